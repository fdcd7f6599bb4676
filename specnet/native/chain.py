"""Several pointwise layers of spectra, one after the other, and their gradient.

Functions of NumPy arrays that call the layers. Of a layer whose spectrum the next one sums over its
channels, that sum is all that is ever kept.

B  images     2  real and imaginary part
F  filters    N  bins of the half spectrum
O  outputs of the head, a dense layer over all channels and bins
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack

import numpy as np

from specnet.native import pointwise
from specnet.native.compiling import Array
from specnet.native.memory import handed_over, scratch
from specnet.native.threads import BLOCK, each_block, threads

# Of few images, blocks are longer: to start a loop takes 2 us, as many as 768 bins of one image do.
_FEW = 8 * BLOCK


def forward(
    spectrum: Array,
    responses: Sequence[Array],
    floors: Sequence[float] | Array,
    matrix: Array | None,
    results: Sequence[Array] | None = None,
) -> list[Array]:
    """What the last layer gives, and the sums that the hidden ones hand on.

    Args:
        spectrum: (B, 2, N), summed over its channels; float32, as all others.
        responses: a (2, F, N) for each layer; F may differ.
        floors: a bend max(x, floor) for each layer.
        matrix: the head's weights (2, F, N, O), or None.
        results: arrays of any content that become the results; new ones if not given.

    Returns:
        (B, O) of the head, or the channels (B, 2, F, N); then a (B, 2, N) for each hidden layer.
    """
    images, _, bins = spectrum.shape
    channels = responses[-1].shape if matrix is None else matrix.shape[3:]
    shapes = (images, *channels), *[spectrum.shape] * (len(responses) - 1)
    out, *hidden = _new(*shapes) if results is None else results
    inputs, bends = [spectrum, *hidden], [np.float32(floor) for floor in floors]
    shares = np.zeros((threads(), *out.shape), np.float32) if matrix is not None else out

    def work(thread: int, *edges: int) -> None:
        start, stop = map(np.uintp, edges)
        for i, total in enumerate(hidden):
            pointwise.sums(inputs[i], responses[i], bends[i], total, start, stop)
        last = (inputs[-1], responses[-1], bends[-1])
        if matrix is None:
            pointwise.planes(*last, out, start, stop)
        else:
            pointwise.outputs_ahead(matrix, rows, start, stop)
            pointwise.outputs(*last, rows, shares[thread], start, stop)

    with _rows(matrix) as rows:
        each_block(work, bins, max(BLOCK, _FEW // max(1, images)))
    if matrix is not None:
        np.sum(shares, axis=0, out=out)
    return [out, *hidden]


def gradient(
    spectrum: Array,
    responses: Sequence[Array],
    floors: Sequence[float] | Array,
    matrix: Array | None,
    hidden: Sequence[Array],
    upstream: Array,
    results: Sequence[Array] | None = None,
) -> list[Array]:
    """Gradients of the first result of `forward`.

    Args:
        spectrum, responses, floors, matrix: as for `forward`.
        hidden: what it gave next to its first result.
        upstream: the gradient of that, in its shape.
        results: as for `forward`.

    Returns:
        The gradients of the spectrum, of each response and, where there is one, of the matrix.
    """
    layers = len(responses)
    inputs, bends = [spectrum, *hidden], [np.float32(floor) for floor in floors]
    like = [spectrum, *responses] if matrix is None else [spectrum, *responses, matrix]
    results = _new(*(each.shape for each in like)) if results is None else results
    to_spectrum, *to_responses = results[: 1 + layers]

    def work(thread: int, *edges: int) -> None:
        start, stop = map(np.uintp, edges)
        last = (inputs[-1], responses[-1], bends[-1])
        to_last = (to_inputs[-1], to_responses[-1])
        if matrix is None:
            pointwise.planes_gradients(*last, upstream, *to_last, start, stop)
        else:
            pointwise.outputs_ahead(matrix, rows, start, stop)
            pointwise.outputs_gradients(*last, rows, upstream, *to_last, to_rows, start, stop)
            pointwise.outputs_last(to_rows, results[-1], start, stop)
        for i in reversed(range(len(hidden))):
            layer = (inputs[i], responses[i], bends[i])
            to_layer = (to_inputs[i], to_responses[i])
            pointwise.sums_gradients(*layer, to_inputs[i + 1], *to_layer, start, stop)

    with ExitStack() as stack:
        # Each layer's gradient is needed for the one before it, then no more: two take turns.
        pair = [stack.enter_context(scratch(spectrum.shape, np.float32)) for _ in hidden[:2]]
        to_inputs = [to_spectrum, *(pair[i % 2] for i in range(len(hidden)))]
        rows, to_rows = (stack.enter_context(_rows(matrix)) for _ in range(2))
        each_block(work, spectrum.shape[-1])
    return [*results]


def _new(*shapes: tuple[int, ...]) -> list[Array]:
    return [handed_over(shape, np.float32) for shape in shapes]


def _rows(matrix: Array | None) -> AbstractContextManager[Array]:
    """Room for the head's weights (2, F, N, O) as (O, 2, F, N); none without a head."""
    shape = (0,) * 4 if matrix is None else (matrix.shape[3], *matrix.shape[:3])
    return scratch(shape, np.float32)
