"""Max, average, spectral and wavelet pooling of one image, after Rippel et al. (2015), figure 2.

Not a view of a run: a picture of a photograph, with what the layers of recipes compute.

    H, W  height and width of the image, in pixels; C its channels
    S  stride along each axis: one pixel for S * S
"""

import functools
from collections.abc import Callable

import numpy as np
from keras import layers, ops

from specnet.data.images import from_array
from specnet.errors import UsageError
from specnet.ops.resizing import resize
from specnet.ops.wavelets import dwt2, idwt2
from specnet.plots.pooling import Pooled, pooling
from specnet.workflow.pictures.subject import Picture

STRIDES = (2, 4, 8, 16, 32, 64)
WAVELET = "db2"
"""Not Haar, whose low band is average pooling itself: the two rows would be one."""

_SMALLEST = 4  # pixels that are still a picture, along each side
_LARGEST = 1024  # pixels of the longer side

Pool = Callable[[np.ndarray, int], np.ndarray]


def picture(pixels: np.ndarray) -> Picture:
    """Pooling of one image from 4 to 4096 pixels to one, as far as 4 x 4 pixels remain.

    The image is shrunk to 1024 pixels of its longer side if it is larger, and its edges are cut off
    so that every stride divides it. Below each picture is its error.

    Args:
        pixels: uint8 (H, W, C), C in {1, 3}.

    Raises:
        UsageError: where a side of the image is shorter than 8 pixels.
    """
    whole = _shrunk(pixels)
    strides = strides_of(whole.shape[:2])
    image = _cut(whole, strides[-1]).astype("float32") / 255
    rows = {name: [pooled(image, name, stride) for stride in strides] for name in METHODS}
    shown = _shown(pixels.shape, whole.shape, image.shape)
    figure = pooling(
        image,
        rows,
        [stride**2 for stride in strides],
        "One image under four kinds of pooling, by the number of pixels that become one",
        "Error: of the image brought back to its size, over its contrast (both root mean square); "
        "one even colour has 100 %.\nBack by repeating pixels (max, average), by zero-padding the "
        f"spectrum, and without details (wavelet: {WAVELET}).{shown}",
    )
    return Picture("pooling", "one image after four kinds of pooling", figure)


def strides_of(size: tuple[int, int]) -> list[int]:
    """The strides that leave an image of (H, W) at least 4 x 4 pixels; UsageError if none does."""
    fitting = [stride for stride in STRIDES if min(size) // stride >= _SMALLEST]
    if not fitting:
        raise UsageError(
            f"the image has {size[0]} x {size[1]} pixels; expected at least "
            f"{_SMALLEST * STRIDES[0]} on each side, so that something is left to look at"
        )
    return fitting


def pooled(image: np.ndarray, method: str, stride: int) -> Pooled:
    """An image after one method, and its error.

    Args:
        image: float (H, W, C); the stride divides H and W.
        method: a key of `METHODS`.
        stride: S, a power of 2.

    Returns:
        The image (H / S, W / S, C). The error is the root mean square of what is lost, over that of
        the image less the mean of each channel: 1 for an image of one even colour.
    """
    shrink, enlarge = METHODS[method]
    small = shrink(image[None], stride)
    lost = np.linalg.norm(image - enlarge(small, stride)[0])
    contrast = np.linalg.norm(image - image.mean(axis=(0, 1)))
    # An even image has no contrast to lose; what is left of it are rounding errors.
    even = contrast <= 1e-5 * np.linalg.norm(image)
    return Pooled(small[0], 0.0 if even else float(lost / contrast))


def _max(images: np.ndarray, stride: int) -> np.ndarray:
    return ops.convert_to_numpy(layers.MaxPooling2D(stride)(images))


def _average(images: np.ndarray, stride: int) -> np.ndarray:
    return ops.convert_to_numpy(layers.AveragePooling2D(stride)(images))


def _repeat(images: np.ndarray, stride: int) -> np.ndarray:
    return images.repeat(stride, axis=1).repeat(stride, axis=2)


def _spectral(images: np.ndarray, stride: int) -> np.ndarray:
    height, width = images.shape[1:3]
    return ops.convert_to_numpy(resize(images, (height // stride, width // stride)))


def _zero_padded(images: np.ndarray, stride: int) -> np.ndarray:
    height, width = images.shape[1:3]
    return ops.convert_to_numpy(resize(images, (height * stride, width * stride)))


def _levels(step: Callable[[np.ndarray], np.ndarray]) -> Pool:
    """A step of stride 2, log2 S times."""
    return lambda images, stride: functools.reduce(
        lambda each, _: step(each), range(stride.bit_length() - 1), images
    )


def _low_band(images: np.ndarray) -> np.ndarray:
    # Twice as bright as the image.
    return ops.convert_to_numpy(dwt2(images, WAVELET)[0]) / 2


def _without_details(images: np.ndarray) -> np.ndarray:
    none = np.zeros_like(images)
    height, width = images.shape[1:3]
    bands = 2 * images, none, none, none
    return ops.convert_to_numpy(idwt2(bands, WAVELET, (2 * height, 2 * width)))


METHODS: dict[str, tuple[Pool, Pool]] = {
    "max": (_max, _repeat),
    "average": (_average, _repeat),
    "spectral": (_spectral, _zero_padded),
    "wavelet": (_levels(_low_band), _levels(_without_details)),
}
"""Method -> how it makes images (B, H, W, C) smaller by a stride, and how they come back."""


def _shown(given: tuple[int, ...], whole: tuple[int, ...], image: tuple[int, ...]) -> str:
    """What was done to the image that is called the original; nothing if it is the one given."""
    done = ["shrunk"] * (whole != given) + ["cut"] * (image != whole)
    if not done:
        return ""
    before, after = (f"{each[0]} x {each[1]}" for each in (given, image))
    told = " and ".join(done)
    return f"\nOf the image's {before} pixels the original has {after}, {told}."


def _shrunk(pixels: np.ndarray) -> np.ndarray:
    height, width, channels = pixels.shape
    scale = _LARGEST / max(height, width)
    if scale >= 1:
        return pixels
    sides = (max(1, round(side * scale)) for side in (height, width))
    return from_array(pixels, (*sides, channels))


def _cut(pixels: np.ndarray, stride: int) -> np.ndarray:
    """The middle of an image, of the largest size that the stride divides."""
    height, width = (side // stride * stride for side in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]
