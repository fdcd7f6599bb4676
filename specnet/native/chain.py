"""Several pointwise layers of spectra, one after the other, and their gradient.

Functions of NumPy arrays that call the layers. Of a layer whose spectrum the next one sums over its
channels, that sum is all that is ever kept.

B  images     2  real and imaginary part
F  filters    N  bins of the half spectrum
O  outputs of the head, a dense layer over all channels and bins
"""

from collections.abc import Sequence

import numpy as np

from specnet.native import pointwise
from specnet.native.pairs import Array
from specnet.native.threads import each_block, threads


def forward(
    spectrum: Array, responses: Sequence[Array], floors: Sequence[float], matrix: Array | None
) -> list[Array]:
    """What the last layer gives, and the sums that the hidden ones hand on.

    Args:
        spectrum: (B, 2, N), summed over its channels; float32, as all others.
        responses: a (2, F, N) for each layer; F may differ.
        floors: a bend max(x, floor) for each layer.
        matrix: the head's weights (O, 2, F, N), or None.

    Returns:
        (B, O) of the head, or the channels (B, 2, F, N); then a (B, 2, N) for each hidden layer.
    """
    hidden = [np.zeros_like(spectrum) for _ in responses[1:]]
    inputs = [spectrum, *hidden]
    images, _, bins = spectrum.shape
    shape = (images, *responses[-1].shape) if matrix is None else (threads(), images, len(matrix))
    out = np.zeros(shape, np.float32) if matrix is not None else np.empty(shape, np.float32)
    bends = [np.float32(floor) for floor in floors]

    def work(thread: int, start: int, stop: int) -> None:
        for i, total in enumerate(hidden):
            pointwise.sums(inputs[i], responses[i], bends[i], total, start, stop)
        last = (inputs[-1], responses[-1], bends[-1])
        if matrix is None:
            pointwise.planes(*last, out, start, stop)
        else:
            pointwise.outputs(*last, matrix, out[thread], start, stop)

    each_block(work, bins)
    return [out if matrix is None else out.sum(0), *hidden]


def gradient(
    spectrum: Array,
    responses: Sequence[Array],
    floors: Sequence[float],
    matrix: Array | None,
    hidden: Sequence[Array],
    upstream: Array,
) -> list[Array]:
    """Gradients of the first result of `forward`.

    Args:
        spectrum, responses, floors, matrix: as for `forward`.
        hidden: what it gave next to its first result.
        upstream: the gradient of that, in its shape.

    Returns:
        The gradients of the spectrum, of each response and, where there is one, of the matrix.
    """
    inputs = [spectrum, *hidden]
    to_inputs = [np.zeros_like(spectrum) for _ in inputs]
    to_responses = [np.zeros_like(response) for response in responses]
    to_matrix = [] if matrix is None else [np.zeros_like(matrix)]
    bends = [np.float32(floor) for floor in floors]

    def work(thread: int, start: int, stop: int) -> None:
        last = (inputs[-1], responses[-1], bends[-1])
        to_last = (to_inputs[-1], to_responses[-1])
        if matrix is None:
            pointwise.planes_gradients(*last, upstream, *to_last, start, stop)
        else:
            pointwise.outputs_gradients(
                *last, matrix, upstream, *to_last, to_matrix[0], start, stop
            )
        for i in reversed(range(len(hidden))):
            layer = (inputs[i], responses[i], bends[i])
            to_layer = (to_inputs[i], to_responses[i])
            pointwise.sums_gradients(*layer, to_inputs[i + 1], *to_layer, start, stop)

    each_block(work, spectrum.shape[-1])
    return [to_inputs[0], *to_responses, *to_matrix]
