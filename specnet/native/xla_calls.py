"""Functions of NumPy arrays as operations of XLA on a CPU, by the C interface that XLA has for it.

XLA calls a registered function with a frame of pointers; Python reads it with `ctypes`. So nothing
is copied, neither of what goes in nor of what comes out, and nothing of JAX runs within a call:
where `jax.pure_callback` does, a large array on few threads waits for itself.

The names and orders of the fields are those of `xla/ffi/api/c_api.h`, versions 0.1 to 0.3.
"""

import ctypes
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from specnet.native.pairs import Array

Function = Callable[[Sequence[Array], Sequence[Array]], None]

_METADATA, _EXECUTE, _INTERNAL = 1, 3, 13
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
    import jax

    @_HANDLER
    def handler(pointer: Any) -> int | None:
        frame = pointer.contents
        if frame.extension and frame.extension.contents.kind == _METADATA:
            version = frame.extension.contents.metadata.contents.version
            version.major, version.minor = 0, 1
            return None
        try:
            function(_arrays(frame.arguments), _arrays(frame.results))
        except BaseException as error:
            message = f"{type(error).__name__}: {error}".encode()
            failure = _Failure(ctypes.sizeof(_Failure), None, message, _INTERNAL)
            return frame.api.contents.failed(ctypes.byref(failure))
        return None

    address = ctypes.cast(handler, ctypes.c_void_p).value
    jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(address), platform="cpu")
    _registered[name] = handler


def _arrays(buffers: _Buffers) -> list[Array]:
    return [_array(buffers.each[i].contents) for i in range(buffers.count)]


def _array(buffer: _Buffer) -> Array:
    shape, dtype = buffer.shape[: buffer.rank], _DTYPES[buffer.dtype]
    size = math.prod(shape) * dtype.itemsize
    if size == 0:
        return np.empty(shape, dtype)
    return np.ndarray(shape, dtype, (ctypes.c_char * size).from_address(buffer.data))
