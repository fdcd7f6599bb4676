"""Functions of NumPy arrays as operations of XLA on a CPU, by the C interface that XLA has for it.

XLA calls a registered function with a frame of pointers; Python reads it with `ctypes`. So nothing
is copied, neither of what goes in nor of what comes out, and nothing of JAX runs within a call:
where `jax.pure_callback` does, a large array on few threads waits for itself.

The names and orders of the fields are those of `xla/ffi/api/c_api.h`.
"""

import atexit
import ctypes
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from specnet.native.compiling import Array

Function = Callable[[Sequence[Array], Sequence[Array]], None]

_MAJOR = 0  # of the interface; a minor version only adds fields at the end
_METADATA, _INTERNAL = 1, 13
_DTYPES = {4: np.dtype(np.int32), 11: np.dtype(np.float32)}


class _Version(ctypes.Structure):
    _fields_ = (
        ("struct_size", ctypes.c_size_t),
        ("extension", ctypes.c_void_p),
        ("major", ctypes.c_int),
        ("minor", ctypes.c_int),
    )


class _Metadata(ctypes.Structure):
    _fields_ = (("struct_size", ctypes.c_size_t), ("version", _Version))


class _Extension(ctypes.Structure):
    _fields_ = (
        ("struct_size", ctypes.c_size_t),
        ("kind", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("metadata", ctypes.POINTER(_Metadata)),
    )


class _Failure(ctypes.Structure):
    _fields_ = (
        ("struct_size", ctypes.c_size_t),
        ("extension", ctypes.c_void_p),
        ("message", ctypes.c_char_p),
        ("code", ctypes.c_int),
    )


class _Api(ctypes.Structure):
    _fields_ = (
        ("struct_size", ctypes.c_size_t),
        ("extension", ctypes.c_void_p),
        ("version", _Version),
        ("internal", ctypes.c_void_p),
        ("failed", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(_Failure))),
    )


class _Buffer(ctypes.Structure):
    _fields_ = (
        ("struct_size", ctypes.c_size_t),
        ("extension", ctypes.c_void_p),
        ("dtype", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("rank", ctypes.c_int64),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
    )


class _Buffers(ctypes.Structure):
    _fields_ = (
        ("struct_size", ctypes.c_size_t),
        ("extension", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("kinds", ctypes.c_void_p),
        ("each", ctypes.POINTER(ctypes.POINTER(_Buffer))),
    )


class _Frame(ctypes.Structure):
    _fields_ = (
        ("struct_size", ctypes.c_size_t),
        ("extension", ctypes.POINTER(_Extension)),
        ("api", ctypes.POINTER(_Api)),
        ("context", ctypes.c_void_p),
        ("stage", ctypes.c_int),
        ("arguments", _Buffers),
        ("results", _Buffers),
    )


_HANDLER = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(_Frame))
_registered: dict[str, Any] = {}  # what XLA calls may not be freed


def register(name: str, function: Function) -> None:
    """Makes `name` a target of `jax.ffi.ffi_call` on a CPU, once and for all.

    Args:
        name: among all of this process.
        function: is called as function(arguments, results), with arrays of float32 or int32 in the
            memory of XLA, which live as long as the call; it writes the results.

    Raises:
        RuntimeError: where XLA speaks another version of its interface.
    """
    import jax

    @_HANDLER
    def handler(pointer: Any) -> int | None:
        return _answer(pointer.contents, function)

    jax.devices()  # if XLA refuses the function while it starts, there are no devices at all
    address = ctypes.cast(handler, ctypes.c_void_p).value
    _registered[name] = handler
    try:
        jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(address), platform="cpu")
    except Exception as error:
        raise RuntimeError(
            f"the loops of spectral layers do not fit this version of JAX ({error})"
        ) from error


def _answer(frame: _Frame, function: Function) -> int | None:
    """Runs a call; an address where it failed, of an error that XLA takes over."""
    if frame.extension and frame.extension.contents.kind == _METADATA:
        version, own = (
            frame.extension.contents.metadata.contents.version,
            frame.api.contents.version,
        )
        version.major, version.minor = _MAJOR, own.minor if own.major == _MAJOR else 0
        return None
    try:
        function(_arrays(frame.arguments), _arrays(frame.results))
    except BaseException as error:  # what is raised beyond this would be printed and forgotten
        message = f"{type(error).__name__}: {error}".encode()
        failure = _Failure(ctypes.sizeof(_Failure), None, message, _INTERNAL)
        return frame.api.contents.failed(ctypes.byref(failure))
    return None


@atexit.register
def _finish() -> None:
    """Waits for calls that are yet to come: JAX, which ends after this, lets no Python run then.

    One more call does, as XLA runs what a thread asks for in the order in which it asks.
    """
    if not _registered:
        return
    import jax

    register("specnet_end", lambda arguments, results: results[0].fill(0))
    nothing = jax.ShapeDtypeStruct((1,), np.float32)
    jax.jit(jax.ffi.ffi_call("specnet_end", nothing))().block_until_ready()


def _arrays(buffers: _Buffers) -> list[Array]:
    return [_array(buffers.each[i].contents) for i in range(buffers.count)]


def _array(buffer: _Buffer) -> Array:
    shape, dtype = buffer.shape[: buffer.rank], _DTYPES[buffer.dtype]
    size = math.prod(shape) * dtype.itemsize
    if size == 0:
        return np.empty(shape, dtype)
    return np.ndarray(shape, dtype, (ctypes.c_char * size).from_address(buffer.data))
