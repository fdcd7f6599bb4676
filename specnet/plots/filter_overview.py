"""One picture of filters, whatever they filter: signals, images or volumes.

K  filters   T  samples of a signal   D, H, W  depth, height and width of a volume
U  bins of the half spectrum of a signal
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from specnet.plots.filter_lines import response_lines
from specnet.plots.filters import Captions, real_and_imaginary_inks

WAYS = {
    1: "real and imaginary part",
    2: "real part in blue, imaginary in red",
    3: "slices, real part in blue, imaginary in red",
}
"""What the picture shows, by the number of axes: of signals, of images, of volumes."""


def overview(
    half: np.ndarray,
    whole: np.ndarray,
    labels: Sequence[str],
    captions: Captions,
    title: str,
) -> Figure:
    """Lines over the frequency of signals, planes of images, two planes of each volume.

    Args:
        half: transfer functions over half of the frequencies; of signals complex (K, U).
        whole: over all, centred: complex (K, T), (K, H, W) or (K, D, H, W).
        labels: K names.
        captions: for each filter what it learned, a line a part.
        title: what they are filters of; how they are drawn is added.
    """
    size = whole.shape[1:]
    title = f"{title}: {WAYS[len(size)]}"
    if len(size) == 1:
        return response_lines(half, size[0], labels, captions, title)
    if len(size) == 3:
        depth = size[0]
        places = sorted({depth // 2, depth // 2 + depth // 4})  # 0 and about 1/4
        whole = whole[:, places].reshape(-1, *size[1:])
        at = [f"s = {(place - depth // 2) / depth:.2g} c/voxel" for place in places]
        labels = [f"{label}, {each}" for label in labels for each in at]
        captions = [each for each in captions for _ in places]
        return real_and_imaginary_inks(whole, labels, captions, title, "voxel")
    return real_and_imaginary_inks(whole, labels, captions, title)
