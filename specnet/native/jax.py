"""The loops as differentiable operations of JAX, on the CPU.

B  images     2  real and imaginary part     F  filters
V  rows of the half spectrum, U its columns  O  outputs of the head
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from specnet.native import chain, filtering
from specnet.native.compiling import Array
from specnet.native.xla_calls import register

Tensor = Any
Size = tuple[int, int]


def chained(
    spectrum: Tensor, responses: Sequence[Tensor], floors: Sequence[float], matrix: Tensor | None
) -> Tensor:
    """See `Operations`."""
    rows, columns = spectrum.shape[-2:]
    bins = rows * columns
    flat = [jnp.reshape(response, (2, -1, bins)) for response in responses]
    filters = flat[-1].shape[1]
    tail = [] if matrix is None else [jnp.reshape(matrix, (2, filters, bins, matrix.shape[1]))]
    out = _chained(tuple(floors), jnp.reshape(spectrum, (-1, 2, bins)), *flat, *tail)
    return out if matrix is not None else jnp.reshape(out, (-1, 2, filters, rows, columns))


def filtered(
    images: Tensor, response: Tensor, size: Size, crop: Size, depthwise: bool = False
) -> Tensor:
    """See `Operations`."""
    seen = 1 if depthwise else images.shape[-1]
    response = jnp.reshape(response, (2, seen, response.shape[1] // seen, -1))
    return _filtered((*size,), (*crop,), images, response)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _filtered(size: Size, crop: Size, images: Tensor, response: Tensor) -> Tensor:
    return _filter(size, crop, images, response)[0]


def _filter(size: Size, crop: Size, images: Tensor, response: Tensor) -> list[Tensor]:
    batch, channels = len(images), images.shape[-1]
    bins = size[0], size[1] // 2 + 1
    shapes = (batch, *crop, response.shape[2]), (batch, *bins, 2 * channels)
    return _called("specnet_filter", shapes, images, response, np.array(size, np.int32))


def _filter_forward(size: Size, crop: Size, images: Tensor, response: Tensor) -> tuple:
    out, spectra = _filter(size, crop, images, response)
    return out, (response, spectra, images)


def _filter_backward(size: Size, crop: Size, kept: tuple, upstream: Tensor) -> tuple:
    response, spectra, images = kept
    shapes = images.shape, response.shape
    sizes = np.array(size, np.int32)
    return tuple(_called("specnet_filter_gradient", shapes, response, spectra, sizes, upstream))


_filtered.defvjp(_filter_forward, _filter_backward)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _chained(floors: tuple[float, ...], *tensors: Tensor) -> Tensor:
    return _chain(floors, *tensors)[0]


def _chain(floors: tuple[float, ...], *tensors: Tensor) -> list[Tensor]:
    layers = len(floors)
    spectrum, last, matrix = tensors[0], tensors[layers], tensors[1 + layers :]
    out = matrix[0].shape[3:] if matrix else last.shape
    shapes = (len(spectrum), *out), *[spectrum.shape] * (layers - 1)
    return _called("specnet_chain", shapes, np.array(floors, np.float32), *tensors)


def _chain_forward(floors: tuple[float, ...], *tensors: Tensor) -> tuple:
    out, *hidden = _chain(floors, *tensors)
    return out, (tensors, hidden)


def _chain_backward(floors: tuple[float, ...], kept: tuple, upstream: Tensor) -> tuple:
    tensors, hidden = kept
    shapes = [tensor.shape for tensor in tensors]
    given = np.array(floors, np.float32), *tensors, *hidden, upstream
    return tuple(_called("specnet_chain_gradient", shapes, *given))


_chained.defvjp(_chain_forward, _chain_backward)


def _called(name: str, shapes: Sequence[tuple[int, ...]], *tensors: Tensor) -> list[Tensor]:
    results = [jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes]
    return list(jax.ffi.ffi_call(name, results)(*tensors))


def _run_filter(given: Sequence[Array], results: Sequence[Array]) -> None:
    images, response, (rows, columns) = given
    crop = results[0].shape[1:3]
    filtering.forward(images, response, (int(rows), int(columns)), crop, results)


def _run_filter_gradient(given: Sequence[Array], results: Sequence[Array]) -> None:
    response, spectra, (rows, columns), upstream = given
    crop = results[0].shape[1:3]
    filtering.gradient(response, spectra, (int(rows), int(columns)), crop, upstream, results)


def _run_chain(given: Sequence[Array], results: Sequence[Array]) -> None:
    floors, spectrum, *others = given
    responses, matrix = others[: len(floors)], others[len(floors) :]
    chain.forward(spectrum, responses, floors, matrix[0] if matrix else None, results)


def _run_chain_gradient(given: Sequence[Array], results: Sequence[Array]) -> None:
    floors, spectrum, *others, upstream = given
    layers, behind = len(floors), len(results) - 1
    responses, matrix, hidden = others[:layers], others[layers:behind], others[behind:]
    head = matrix[0] if matrix else None
    chain.gradient(spectrum, responses, floors, head, hidden, upstream, results)


register("specnet_filter", _run_filter)
register("specnet_filter_gradient", _run_filter_gradient)
register("specnet_chain", _run_chain)
register("specnet_chain_gradient", _run_chain_gradient)
