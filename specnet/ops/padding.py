"""How an image is extended before a circular convolution, so that its borders meet as one wishes.

Sizes of extended images, in plain Python, and the extension of images.

    H, W  height and width of an image, in pixels
    P, Q  height and width of the extended image
"""

from typing import Literal

from keras import ops

from specnet.ops.hermitian import Tensor
from specnet.ops.portable import flip

Padding = Literal["circular", "same", "reflect", "valid"]
Size = tuple[int, ...]  # one length an axis


def fast_length(least: int, multiple: int = 1) -> int:
    """The smallest length >= `least` that is `multiple` times a product of 2, 3 and 5."""
    factor = max(1, -(-least // multiple))
    while not _is_smooth(factor):
        factor += 1
    return factor * multiple


def extended_size(padding: Padding, size: Size, strides: Size) -> Size:
    """(P, Q) of the circular convolution that stands for one of `size` (H, W).

    `circular`: (H, W). `same`: lengths of fast transforms and a multiple of the stride, 2H - 1 or
    more, so that nothing wraps around. `reflect`: 2H - 2, the period of an image and its mirror
    image.
    """
    if padding == "circular":
        return size
    if padding == "reflect":
        return tuple(max(1, 2 * length - 2) for length in size)
    axes = zip(size, strides, strict=True)
    return tuple(fast_length(2 * length - 1, stride) for length, stride in axes)


def extend(images: Tensor, padding: Padding, to: Size) -> Tensor:
    """Images (B, C, H, W) at the top left of (B, C, P, Q); signals and volumes likewise.

    They are followed by zeros or, with `reflect`, by their mirror image without its first and last
    row and column.
    """
    if padding == "reflect":
        for axis, length in enumerate(to, 2):
            images = mirrored(images, axis, length)
        return images
    beyond = ((0, length - known) for known, length in zip(images.shape[2:], to, strict=True))
    return ops.pad(images, ((0, 0), (0, 0), *beyond))


def mirrored(images: Tensor, axis: int, to: int) -> Tensor:
    """An axis of N pixels followed by its mirror image without the first and the last: 2N - 2.

    Backends pad so too, but TensorFlow no batch of 0 images.
    """
    inner = to - images.shape[axis]
    if inner == 0:
        return images
    beyond = images[(slice(None),) * axis + (slice(1, 1 + inner),)]
    return ops.concatenate([images, flip(beyond, axis)], axis)


def _is_smooth(number: int) -> bool:
    for prime in (2, 3, 5):
        while number % prime == 0:
            number //= prime
    return number == 1
