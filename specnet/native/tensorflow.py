"""The loops as differentiable operations of TensorFlow, on the CPU.

B  images     2  real and imaginary part     F  filters
V  rows of the half spectrum, U its columns  O  outputs of the head
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from specnet.native import chain, filtering
from specnet.native.compiling import Array

Tensor = Any
Size = tuple[int, int]


def chained(
    spectrum: Tensor, responses: Sequence[Tensor], floors: Sequence[float], matrix: Tensor | None
) -> Tensor:
    """See `Operations`."""
    rows, columns = spectrum.shape[-2:]
    bins = rows * columns
    flat = [tf.reshape(response, (2, -1, bins)) for response in responses]
    filters = flat[-1].shape[1]
    tail = [] if matrix is None else [tf.reshape(matrix, (2, filters, bins, matrix.shape[1]))]
    out = _chained(tf.reshape(spectrum, (-1, 2, bins)), *flat, *tail, floors=tuple(floors))
    return out if matrix is not None else tf.reshape(out, (-1, 2, filters, rows, columns))


def filtered(
    images: Tensor, response: Tensor, size: Size, crop: Size, depthwise: bool = False
) -> Tensor:
    """See `Operations`."""
    seen, bins = 1 if depthwise else images.shape[-1], response.shape[2] * response.shape[3]
    filters = response.shape[1] // seen

    def forward(images: Array, response: Array) -> list[Array]:
        return filtering.forward(images, response, size, crop)

    def backward(response: Array, spectra: Array, upstream: Array) -> list[Array]:
        return filtering.gradient(response, spectra, size, images.shape[1:3], upstream)

    @tf.custom_gradient
    def run(*tensors: Tensor) -> tuple[Tensor, Callable[[Tensor], list[Tensor]]]:
        out, spectra = _call(forward, tensors, 2)
        out.set_shape((images.shape[0], *crop, filters))

        def gradient(upstream: Tensor) -> list[Tensor]:
            return _first_derivatives(backward, [tensors[1], spectra, upstream], tensors)

        return out, gradient

    return run(images, tf.reshape(response, (2, seen, filters, bins)))


def _chained(*inputs: Tensor, floors: tuple[float, ...]) -> Tensor:
    layers = len(floors)

    def split(arrays: Sequence[Array]) -> tuple[Array, Sequence[Array], Sequence[float], Any]:
        matrix = arrays[1 + layers] if len(arrays) > 1 + layers else None
        return arrays[0], arrays[1 : 1 + layers], floors, matrix

    def forward(*arrays: Array) -> list[Array]:
        return chain.forward(*split(arrays))

    def backward(*arrays: Array) -> list[Array]:
        given, hidden, upstream = arrays[: len(inputs)], arrays[len(inputs) : -1], arrays[-1]
        return chain.gradient(*split(given), hidden, upstream)

    @tf.custom_gradient
    def run(*tensors: Tensor) -> tuple[Tensor, Callable[[Tensor], list[Tensor]]]:
        out, *hidden = _call(forward, tensors, layers)
        matrix = tensors[1 + layers :]
        shape = matrix[0].shape[3:] if matrix else tensors[layers].shape
        out.set_shape((tensors[0].shape[0], *shape))

        def gradient(upstream: Tensor) -> list[Tensor]:
            return _first_derivatives(backward, [*tensors, *hidden, upstream], tensors)

        return out, gradient

    return run(*inputs)


def _call(
    function: Callable[..., list[Array]], tensors: Sequence[Tensor], results: int
) -> list[Tensor]:
    # TensorFlow takes a list of one for one array with an axis more.
    if results == 1:
        return [tf.numpy_function(lambda *arrays: function(*arrays)[0], tensors, tf.float32)]
    return list(tf.numpy_function(function, list(tensors), [tf.float32] * results))


def _first_derivatives(
    function: Callable[..., list[Array]], tensors: Sequence[Tensor], like: Sequence[Tensor]
) -> list[Tensor]:
    """Results in the shapes of others; to differentiate them is an error, not silently nothing."""

    @tf.custom_gradient
    def once(*tensors: Tensor) -> tuple[list[Tensor], Callable[..., Any]]:
        def again(*upstream: Tensor) -> Any:
            raise NotImplementedError(
                "the loops of spectral layers have first derivatives only; for second ones set "
                "SPECNET_LOOPS=0 in the environment, or let XLA compile the function"
            )

        results = _call(function, tensors, len(like))
        for result, tensor in zip(results, like, strict=True):
            result.set_shape(tensor.shape)
        return results, again

    return once(*tensors)
