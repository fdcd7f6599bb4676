"""The method in one picture: an image, its spectrum, a filter of the run, and what it leaves.

A convolution is a product of spectra. Shown is the first convolution of the run, of spectra or of
images, at the image as it arrives there, without bias and activation.

    C  channels   H, W  height and width, in pixels   P, Q  the same with what padding adds
    V  rows of the half spectrum, U its columns
"""

from collections.abc import Iterator

import keras
import numpy as np
from keras import ops

from specnet.analysis import Filters, entering, filters_of, in_space, whole_plane
from specnet.analysis.frequency_plane import Size
from specnet.layers import GlobalFilter, SpectralConvolution
from specnet.layers.image_convolution import StridedConvolution
from specnet.ops.padding import Padding, extend
from specnet.plots.method import Steps, method
from specnet.workflow.pictures.subject import Picture, Subject

_COMPARED = 64  # filters among which the one is found that shows best what a filter does


def pictures(subject: Subject) -> Iterator[Picture]:
    """One picture; none of a run without a convolution."""
    spatial = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)
    kinds = (SpectralConvolution, StridedConvolution, GlobalFilter, *spatial)
    for layer in subject.layers:
        if isinstance(layer, kinds):
            filters = filters_of(layer, subject.model.input_shape[1:-1], _COMPARED)
            if filters is not None:
                yield _picture(subject, layer, filters)
                return


def _picture(subject: Subject, layer: keras.layers.Layer, filters: Filters) -> Picture:
    channels = entering(subject.model, subject.normalized, layer)
    numbers = range(len(filters.labels))
    images = [_image(channels, layer, filters.total, number) for number in numbers]
    best = max(numbers, key=lambda number: _change(images[number], layer, filters, number))
    steps = steps_of(images[best], layer, filters, best)
    title = f"{subject.run.path.name}, {filters.layer} ({filters.kind}): convolution as a product"
    if subject.rank == 3:
        title += ", slices in the middle of the depth and at its frequency 0"
    what, unit = {1: ("signal", "sample"), 2: ("image", "pixel"), 3: ("slice", "voxel")}[
        subject.rank
    ]
    figure = method(_in_the_middle(steps), what, filters.labels[best], title, unit)
    return Picture("method", f"{filters.layer}: {filters.labels[best]} at work", figure)


def _in_the_middle(steps: Steps) -> Steps:
    """Of a volume, the slice in the middle of the depth, and the planes at its frequency 0."""
    if steps.image.ndim < 3:
        return steps
    return Steps(*(each[each.shape[0] // 2] for each in vars(steps).values()))


def _image(channels: np.ndarray, layer: keras.layers.Layer, total: int, number: int) -> np.ndarray:
    """What function `number` of the layer is applied to: a channel, or with mixing `sum` all."""
    owner = getattr(layer, "convolution", layer)
    if getattr(owner, "mixing", "full") == "sum":
        return channels.sum(axis=0)
    # Both other mixings number their functions by channel first.
    return channels[number // (total // len(channels))]


def steps_of(image: np.ndarray, layer: keras.layers.Layer, filters: Filters, number: int) -> Steps:
    """The way of an image (H, W), a signal or a volume through one transfer function."""
    size, response = filters.size, filters.response[number]
    spectrum = _spectrum(image, layer, size)
    product = spectrum * response
    return Steps(
        image,
        whole_plane(spectrum, size),
        whole_plane(response, size),
        whole_plane(product, size),
        _cut(in_space(product, size, "ortho"), image),
    )


def _spectrum(image: np.ndarray, layer: keras.layers.Layer, size: Size) -> np.ndarray:
    """(H, W) -> (V, U), orthonormal, of the image extended as the layer does."""
    padding: Padding = layer.padding if isinstance(layer, StridedConvolution) else "circular"
    whole = ops.convert_to_numpy(extend(image[None, None], padding, size))[0, 0]
    return np.fft.rfftn(whole, norm="ortho")


def _cut(whole: np.ndarray, image: np.ndarray) -> np.ndarray:
    """The part of it that padding did not add."""
    return whole[tuple(slice(length) for length in image.shape)]


def _change(image: np.ndarray, layer: keras.layers.Layer, filters: Filters, number: int) -> float:
    """How much the filtered image holds that the image itself does not, for a filter of height 1:
    the deviation of what is left when the image is subtracted as well as it can be."""
    response = filters.response[number]
    half = _spectrum(image, layer, filters.size) * response / (np.abs(response).max() or 1.0)
    result = _cut(in_space(half, filters.size, "ortho"), image)
    return float(result.std() * np.sqrt(max(0.0, 1 - _correlation(image, result) ** 2)))


def _correlation(image: np.ndarray, result: np.ndarray) -> float:
    """Of all pixels, -1 to 1; 0 where one of the two is flat and there is nothing to compare."""
    one, other = image - image.mean(), result - result.mean()
    strength = np.linalg.norm(one) * np.linalg.norm(other)
    return float((one * other).sum() / strength) if strength > 0 else 0.0
