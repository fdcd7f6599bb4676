"""Fast Fourier convolution (FFC): a local branch of small kernels, a global one of spectra.

B  batch   C  channels   F  filters   H, W  height and width of the images, in pixels
h, w  those of the result   D  channels inside the global branch: half of its filters
V, U  bins of the half spectrum of (h, w) pixels: V = h, U = w // 2 + 1
"""

from math import prod
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.shapes import (
    Shape,
    check_between,
    check_choice,
    check_flag,
    check_image,
    check_one_or_two,
    check_positive,
    pair,
    strided,
)
from specnet.layers.spectral_layer import ImageLayer, also_of_none, maths_dtype
from specnet.ops.flops import Cost, Known, Transform
from specnet.ops.fourier import irfft2, rfft2
from specnet.ops.grids import half_width
from specnet.ops.hermitian import hermitian_projection
from specnet.recipe.ranges import Count, Sizes, ZeroToOne

Tensor = Any
Padding = Literal["same", "circular"]


class FourierUnit(keras.layers.Layer):
    """(B, h, w, D) -> the same: a matrix for real and imaginary parts at every frequency."""

    def build(self, input_shape: Shape) -> None:
        """Makes the matrix, and what normalizes its products."""
        twice = 2 * (input_shape[-1] or 0)
        # Spectra are computed with in full precision, whatever the policy.
        self.matrix = _pointwise(twice, maths_dtype(self))
        self.normalization = _normalization(maths_dtype(self))
        for inner in (self.matrix, self.normalization):
            inner.build((None, None, None, twice))

    def call(self, images: Tensor, training: bool = False) -> Tensor:
        """(B, h, w, D) -> the same; in training, by the statistics of the batch."""
        size = images.shape[1:3]
        planes = rfft2(ops.cast(ops.transpose(images, (0, 3, 1, 2)), maths_dtype(self)), "ortho")
        spectrum = ops.transpose(ops.concatenate(planes, axis=1), (0, 2, 3, 1))
        spectrum = ops.relu(self.normalization(self.matrix(spectrum), training=training))
        real, imaginary = ops.split(ops.transpose(spectrum, (0, 3, 1, 2)), 2, axis=1)
        images = irfft2(*hermitian_projection(real, imaginary, size[1]), size, "ortho")
        return ops.cast(ops.transpose(images, (0, 2, 3, 1)), self.compute_dtype)


class SpectralTransform(keras.layers.Layer):
    """(B, H, W, C) -> (B, h, w, F): 1 x 1, Fourier unit, also of quarters if asked, 1 x 1.

    Args:
        filters: F.
        strides: vertical and horizontal; means over so many pixels come first.
        local_unit: whether the quarters of the image have a unit too.
    """

    def __init__(self, filters: int, strides: tuple[int, int], local_unit: bool, **kwargs: Any):
        super().__init__(**kwargs)
        self.filters, self.strides, self.local_unit = filters, strides, local_unit

    def build(self, input_shape: Shape) -> None:
        """Makes all layers inside."""
        inner = max(1, self.filters // 2)
        self.pooling = keras.layers.AveragePooling2D(
            self.strides, padding="same", data_format="channels_last", dtype=self.dtype_policy
        )
        self.reduction = _pointwise(inner, self.dtype_policy)
        self.reduction.build((None, None, None, input_shape[-1]))
        self.normalization = _normalization(self.dtype_policy)
        self.unit = FourierUnit(dtype=self.dtype_policy)
        self.expansion = _pointwise(self.filters, self.dtype_policy)
        parts = [self.normalization, self.unit, self.expansion]
        if self.local_unit:
            if inner % 4:
                raise ValueError(
                    f"local_unit: a quarter of the channels of its images is cut into quarters; "
                    f"expected global filters that 8 divides, found {self.filters}"
                )
            self.quarters_unit = FourierUnit(dtype=self.dtype_policy)
            parts.append(self.quarters_unit)
        for part in parts:
            part.build((None, None, None, inner))

    def means(self, images: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, h, w, C): means over steps, at the border over what there is of one.

        On PyTorch, Keras repeats pixels there, and counts them.
        """
        if keras.backend.backend() != "torch":
            return self.pooling(images)
        beyond = [-n % step for n, step in zip(images.shape[1:3], self.strides, strict=True)]
        pad = ((0, 0), *((n // 2, n - n // 2) for n in beyond), (0, 0))
        sums, counts = (
            ops.average_pool(ops.pad(each, pad), self.strides, data_format="channels_last")
            for each in (images, ops.ones_like(images[:1, ..., :1]))
        )
        return sums / counts

    def call(self, images: Tensor, training: bool = False) -> Tensor:
        """(B, H, W, C) -> (B, h, w, F); in training, by the statistics of the batch."""
        if self.strides != (1, 1):
            images = self.means(images)
        images = ops.relu(self.normalization(self.reduction(images), training=training))
        total = images + self.unit(images, training=training)
        if self.local_unit:
            local = self.quarters_unit(quarters(images), training=training)
            total = total + tiled(local, images.shape[1:3])
        return self.expansion(total)


def quarters(images: Tensor) -> Tensor:
    """The four quarters of a quarter of the channels, as channels: (B, H/2, W/2, D).

    Of odd heights and widths, rounded up; quarters share a row or column then.
    """
    part = images[..., : images.shape[-1] // 4]
    height, width = images.shape[1:3]
    h, w = (height + 1) // 2, (width + 1) // 2
    left, right = part[:, :, :w], part[:, :, width - w :]
    corners = [left[:, :h], left[:, height - h :], right[:, :h], right[:, height - h :]]
    return ops.concatenate(corners, axis=-1)


def tiled(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Images four times, two by two, cut to `size`."""
    return ops.tile(images, (1, 2, 2, 1))[:, : size[0], : size[1]]


def wrapped(images: Tensor, kernel: tuple[int, int]) -> Tensor:
    """Images (B, H, W, C) that go on around their borders as far as a kernel reaches."""
    for axis, taps in ((1, kernel[0]), (2, kernel[1])):
        length = images.shape[axis]
        if taps > 1:
            before = (taps - 1) // 2
            places = np.arange(-before, length + taps - 1 - before) % length
            images = ops.take(images, places, axis=axis)
    return images


@layer("fast_fourier_convolution", "Blocks of images")
class FastFourierConvolution(ImageLayer):
    """Small kernels for some channels, spectra for the others (FFC, Chi et al. 2020).

    The first channels are local, the last global. What is local comes from both by small kernels;
    what is global from the local ones by small kernels, from the global ones by a matrix at each
    frequency, between two of 1 x 1, with `batch_normalization` and `relu`, which here is inside.
    The paper has `batch_normalization` and `relu` behind the block. Since that matrix and `relu`
    take real and imaginary parts apart, the global branch does not follow shifts of the image.

    Args:
        filters: output channels F.
        kernel_size: of the small kernels: one number of pixels, or two, vertical and horizontal.
        strides: one number of pixels, or two.
        ratio: share of the filters that is global, rounded down.
        input_ratio: share of the channels that is; `ratio` if not given. The first block of a
            network has 0, as the last has a `ratio` of 0.
        local_unit: also a matrix at each frequency of the four quarters of the image.
        padding: how images go on beyond their border for small kernels. `same`: zeros. `circular`:
            they repeat, as they do for spectra, and with strides every kernel is centred on the
            first pixel of a step; those of `same` lie where Keras puts them.
        use_bias: add a learned number to each channel.

    Input shape: (B, H, W, C).
    Output shape: (B, ceil(H / s), ceil(W / s), F).
    """

    def __init__(
        self,
        filters: Count,
        kernel_size: Sizes = 3,
        strides: Sizes = 1,
        ratio: ZeroToOne = 0.5,
        input_ratio: ZeroToOne | None = None,
        local_unit: bool = False,
        padding: Literal["same", "circular"] = "same",
        use_bias: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.filters = check_positive("filters", filters)
        self.kernel_size = check_one_or_two("kernel_size", kernel_size, check_positive)
        self.strides = check_one_or_two("strides", strides, check_positive)
        self.ratio = check_between("ratio", ratio, 0, 1)
        self.input_ratio = input_ratio
        if input_ratio is not None:
            self.input_ratio = check_between("input_ratio", input_ratio, 0, 1)
        self.local_unit = check_flag("local_unit", local_unit)
        self.padding = check_choice("padding", padding, ("same", "circular"))
        self.use_bias = check_flag("use_bias", use_bias)

    def build(self, input_shape: Shape) -> None:
        """Makes the branches; `input_shape` is that of images, whose size may be unknown."""
        _, _, channels = check_image(self, input_shape, self.data_format)
        (self._local, crossing), (local, whole) = self._split(channels), self._outputs()
        if self._local:
            self.from_local = self._kernels(self.filters, self._local)
        if crossing and local:
            self.from_global = self._kernels(local, crossing)
        if crossing and whole:
            self.spectral = SpectralTransform(
                whole, pair(self.strides), self.local_unit, dtype=self.dtype_policy
            )
            self.spectral.build((None, None, None, crossing))
        if self.use_bias:
            self.bias = self.add_weight((self.filters,), initializer="zeros", name="bias")
        axis = -1 if self.data_format == "channels_last" else 1
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={axis: channels})

    def call(self, images: Tensor, training: bool = False) -> Tensor:
        """What `computed` gives, in the layer's data format."""
        # Said, since what waits for a size that is unknown runs where Keras's context is not.
        return self.result_of(lambda known: self.in_its_format(known, bool(training)), images)

    def in_its_format(self, images: Tensor, training: bool = False) -> Tensor:
        """As of every layer of images."""
        if self.data_format == "channels_last":
            return self.computed(images, training)
        turned = self.computed(ops.transpose(images, (0, 2, 3, 1)), training)
        return ops.transpose(turned, (0, 3, 1, 2))

    def computed(self, images: Tensor, training: bool = False) -> Tensor:
        """(B, H, W, C) -> (B, h, w, F)."""
        local, crossing = images[..., : self._local], images[..., self._local :]
        (few, whole), terms = self._outputs(), []
        around = self._extended(local), self._extended(crossing)
        if self._local:
            terms.append(also_of_none(self.from_local, around[0]))
        if crossing.shape[-1]:
            parts = [also_of_none(self.from_global, around[1])] if few else []
            parts += [self.spectral(crossing, training=training)] if whole else []
            terms.append(ops.concatenate(parts, axis=-1))
        output = terms[0] if len(terms) == 1 else terms[0] + terms[1]
        return output + ops.cast(self.bias, output.dtype) if self.use_bias else output

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """One pixel in s, with F channels."""
        return images[0], *strided(images[1:3], pair(self.strides)), self.filters

    def cost(self, before: Known, after: Known) -> Cost:
        """Small kernels, and the global branch with its transforms."""
        (local, crossing), (few, whole) = self._split(before[2]), self._outputs()
        size = after[0], after[1]
        pixels, taps = prod(size), prod(pair(self.kernel_size))
        kernels = 2 * taps * (local * self.filters + crossing * few) * pixels
        total = Cost(kernels + bool(self.use_bias) * prod(after))
        if local and crossing:
            total = Cost(total.arithmetic + pixels * self.filters)  # the branches add up
        if not crossing or not whole:
            return total
        inner, steps = max(1, whole // 2), prod(pair(self.strides))
        pooling = steps * crossing * pixels if steps > 1 else 0
        outer = pixels * inner * (2 * crossing + 3 + 1 + 2 * whole)
        units = [_unit(inner, size)]
        if self.local_unit:
            units.append(_unit(inner, ((size[0] + 1) // 2, (size[1] + 1) // 2)))
            outer += pixels * inner
        arithmetic = sum(each.arithmetic for each in units)
        transforms = tuple(each for unit in units for each in unit.transforms)
        return Cost(total.arithmetic + pooling + outer + arithmetic, transforms)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "ratio": self.ratio,
            "input_ratio": self.input_ratio,
            "local_unit": self.local_unit,
            "padding": self.padding,
            "use_bias": self.use_bias,
        }

    def _split(self, channels: int) -> tuple[int, int]:
        """How many channels are local and global."""
        ratio = self.ratio if self.input_ratio is None else self.input_ratio
        crossing = _part(ratio, channels)
        return channels - crossing, crossing

    def _outputs(self) -> tuple[int, int]:
        """How many filters are local and global."""
        whole = _part(self.ratio, self.filters)
        return self.filters - whole, whole

    def _kernels(self, filters: int, channels: int) -> keras.layers.Conv2D:
        made = keras.layers.Conv2D(
            filters,
            self.kernel_size,
            self.strides,
            "valid" if self.padding == "circular" else "same",
            data_format="channels_last",
            use_bias=False,
            dtype=self.dtype_policy,
        )
        made.build((None, None, None, channels))
        return made

    def _extended(self, images: Tensor) -> Tensor:
        return wrapped(images, pair(self.kernel_size)) if self.padding == "circular" else images


def _unit(channels: int, size: tuple[int, int]) -> Cost:
    """A Fourier unit with what adds it; 3 for normalization and relu."""
    bins = size[0] * half_width(size[1])
    arithmetic = bins * 2 * channels * (2 * 2 * channels + 3)
    return Cost(arithmetic, (Transform(2 * channels, size),))


def _pointwise(filters: int, dtype: Any) -> keras.layers.Layer:
    """1 x 1 without bias; of channels last."""
    return keras.layers.Dense(filters, use_bias=False, dtype=dtype)


def _normalization(dtype: Any) -> keras.layers.Layer:
    return keras.layers.BatchNormalization(dtype=dtype)


def _part(share: float, whole: int) -> int:
    """A share of a whole number, rounded down."""
    # A little more, so that a rounding error does not take one: 0.29 of 100 is 28.999...96.
    return int(whole * share * (1 + 1e-12))
