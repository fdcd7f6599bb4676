"""The convolution of images in the frequency domain: a drop-in for Conv2D.

The maths is in `specnet.ops.short_kernels` for filters that reach a few pixels, and where
`image_convolution.py` says.

    B  batch   C  channels   F  filters   K  transfer functions (C / groups * F, or F)
    H, W  height and width of the images, in pixels; extended as `padding` says, P and Q
    V  rows of the half spectrum (V = P), U its columns (U = Q // 2 + 1)
    e  extent of a kernel, in pixels; h, w  height and width of the result
"""

from collections.abc import Mapping
from typing import Any, Literal, cast, get_args

import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.image_convolution import Size, StridedConvolution, Tensor
from specnet.layers.shapes import Shape, check_one_or_two, check_positive, each_axis
from specnet.layers.spectral_layer import channels_ahead
from specnet.native import operations
from specnet.ops.compiled import eagerly
from specnet.ops.fourier import irfft2, rfft2, widened
from specnet.ops.hermitian import hermitian_projection
from specnet.ops.mixing import convolve, convolve_groups
from specnet.ops.padding import Padding, extend, mirrored
from specnet.ops.short_kernels import dilated, period, sampling_size, taps, windowed
from specnet.recipe.ranges import Count, Sizes
from specnet.recipe.signatures import family_parts


@layer("spectral_conv2d", "Convolutions of images")
class SpectralConv2D(StridedConvolution):
    """A convolution of images with filters of any size, computed in the frequency domain.

    With strides s it gives every s-th pixel, beginning with the first, of what it gives without;
    with padding `same` of what it gives for an extended image of a multiple of s pixels, which at
    some sizes is another one than without strides.
    In space, filters are as large as the image, or reach `kernel_extent` pixels; `padding` says
    what they see beyond its border.

    Args:
        padding: how the image goes on beyond its border. `circular`: it repeats. `same`: zeros.
            `reflect`: its mirror image, without repeating the edge, so that there is no seam.
            `valid`: it does not; pixels that are nearer to it than the kernel reaches are left out.
        antialias: remove the frequencies above the Nyquist frequency of the output, 1 / (2s)
            cycles/pixel, before every s-th pixel is taken.
        kernel_extent: how far filters reach, in pixels, or two numbers, vertical and horizontal: a
            kernel of 2e + 1 by 2e + 1 pixels, the middle of the filter's impulse response at 64
            pixels (4e if that is more) times a raised cosine that falls to 0 at e + 1. The kernel
            is the same at every image size. None: the whole image.
        dilation_rate: the kernel's pixels are so far apart, with zeros between; one number, or two.
        groups: into how many equal parts channels and filters are cut; filters see the channels of
            their part alone.

    Input shape: (B, H, W, C).
    Output shape: (B, ceil(H / s), ceil(W / s), F); with `valid` and dilation d, of H - 2 d e.
    """

    paddings = get_args(Padding)

    def __init__(
        self,
        filters: Count,
        family: str | dict[str, Any] = "gaussian",
        strides: Sizes = 1,
        padding: Literal["circular", "same", "reflect", "valid"] = "same",
        kernel_extent: Sizes | None = None,
        dilation_rate: Sizes = 1,
        groups: Count = 1,
        **kwargs: Any,
    ):
        super().__init__(filters, family, strides, cast(Any, padding), **kwargs)
        if kernel_extent is not None:
            kernel_extent = check_one_or_two("kernel_extent", kernel_extent, check_positive)
        self.kernel_extent = kernel_extent
        self.dilation_rate = check_one_or_two("dilation_rate", dilation_rate, check_positive)
        self.groups = check_positive("groups", groups)
        _check_kernels(self)
        self.extent = None if kernel_extent is None else each_axis(kernel_extent, 2)
        self.dilation = each_axis(self.dilation_rate, 2)

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; `input_shape` is that of images, whose size may be unknown."""
        super().build(input_shape)
        self.compute_output_shape(input_shape)  # refuses images that `valid` leaves nothing of

    def channels_of_a_filter(self, channels: int) -> int:
        """C / groups."""
        if channels % self.groups:
            raise ValueError(
                f"{self.name}: groups must divide the {channels} channels, found {self.groups}"
            )
        return channels // self.groups

    def whole_size(self, size: Size) -> Size:
        """(P, Q): the size of the extended images."""
        if self.extent is None:
            return super().whole_size(size)
        return period(self.padding, size, self.steps, self._reach())

    def first_gain(self, weights: Mapping[str, np.ndarray], size: Size | None) -> float:
        """And what the window in space removes of all filters together."""
        if self.extent is None:
            return self.initial_gain()
        size = size or sampling_size(self.extent)
        with eagerly():
            tensors = {name: ops.convert_to_tensor(value) for name, value in weights.items()}
            functions = self.convolution.response(tensors, size)
            planes = hermitian_projection(functions[0], functions[1], size[1])
            before = ops.convert_to_numpy(irfft2(*planes, size))
            after = ops.convert_to_numpy(self.kernels(tensors))
        return float((np.square(before).sum() / np.square(after).sum()) ** 0.5)

    def kernels(self, weights: Mapping[str, Tensor]) -> Tensor:
        """With `kernel_extent`, (K, 2e + 1, 2e + 1): what filters are in space, without zeros."""
        size = sampling_size(self.extent or (0, 0))
        functions = self.convolution.response(weights, size)
        return windowed(taps(functions[0], functions[1], size, self.extent or (0, 0)))

    def functions(self, weights: Mapping[str, Tensor], size: Size) -> Tensor:
        """As `response`, also with what filters have that are not real."""
        if self.extent is None:
            return super().functions(weights, size)
        # What zeros around an image hide would wrap around.
        farthest = (size[0] // 2, size[1] // 2) if self.padding == "same" else self._reach()
        return ops.stack(dilated(self.kernels(weights), self.dilation, size, farthest))

    def takes_loops(self) -> bool:
        """Whether `looped` takes the place of `filtered` here; it knows no groups."""
        return self.groups == 1 and super().takes_loops()

    def spectrum(self, images: Tensor, size: Size) -> Tensor:
        """(B, H, W, C) -> (B, 2, C, V, U); with `sum`, a channel for each group."""
        if self.groups > 1 and self.mixing == "sum":
            parts = ops.split(widened(images), self.groups, axis=-1)
            images = ops.stack([ops.sum(part, axis=-1) for part in parts], axis=-1)
            planes = extend(channels_ahead(images), self.padding, size)
            return ops.stack(rfft2(planes), axis=1)
        return super().spectrum(images, size)

    def product(self, spectrum: Tensor, response: Tensor) -> Tensor:
        """(B, 2, C, V, U) -> (B, 2, F, V, U): the convolution theorem, group by group."""
        if self.groups == 1:
            return super().product(spectrum, response)
        response = ops.cast(response, spectrum.dtype)
        if self.mixing == "sum" or spectrum.shape[2] == self.groups:
            return convolve(spectrum, response, "depthwise")
        return convolve_groups(spectrum, response, self.groups)

    def filtered(self, images: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """(B, H, W, C) -> (B, F, h, w), in float32 or float64."""
        if self.padding != "valid":
            return super().filtered(images, weights)
        size = self.whole_size(images.shape[1:3])
        product = self.product(self.spectrum(images, size), self.response(weights, size))
        whole = irfft2(product[:, 0], product[:, 1], size)
        return whole[..., *self._kept(images.shape[1:3])]

    def looped(self, images: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """(B, H, W, C) -> (B, h, w, F), in float32."""
        height, width = images.shape[1:3]
        whole = self.whole_size((height, width))
        size = whole[0], whole[1]
        functions = self._functions(weights, ops.zeros((0, *size)))
        if self.padding == "reflect":
            images = mirrored(mirrored(images, 1, size[0]), 2, size[1])
        depthwise = self.mixing == "depthwise"
        output = operations().filtered(images, functions, size, (height, width), depthwise)
        return output[:, *self._kept((height, width))]

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """One pixel in s, of those that are kept, with F channels."""
        size = (
            None if length is None else -(-self._left(length, 2 * margin) // step)
            for length, margin, step in zip(images[1:3], self._margins(), self.steps, strict=True)
        )
        return images[0], *size, self.filters

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "kernel_extent": self.kernel_extent,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
        }

    def _reach(self) -> Size:
        """How far kernels reach with the zeros in them, in pixels."""
        extent = self.extent or (0, 0)
        return extent[0] * self.dilation[0], extent[1] * self.dilation[1]

    def _margins(self) -> Size:
        """How many rows and columns are left out at each border."""
        return self._reach() if self.padding == "valid" else (0, 0)

    def _left(self, length: int, margins: int) -> int:
        if length <= margins:
            raise ValueError(
                f"{self.name}: padding valid leaves nothing of {length} pixels, of which kernels "
                f"see {margins + 1}; expected a smaller kernel_extent or dilation_rate, or "
                "padding same"
            )
        return length - margins

    def _kept(self, size: Size) -> tuple[slice, slice]:
        """The rows and columns of whole images of (H, W) that are given."""
        down, across = (
            slice(margin, margin + self._left(length, 2 * margin), step)
            for length, margin, step in zip(size, self._margins(), self.steps, strict=True)
        )
        return down, across


def _check_kernels(layer: SpectralConv2D) -> None:
    """Raises ValueError where arguments of a layer's kernels make no sense together."""
    name, family = family_parts(layer.family)
    problems = []
    if layer.kernel_extent is None:
        if layer.padding == "valid":
            problems.append(
                "padding: valid needs a kernel_extent; without it filters reach beyond every border"
            )
        if layer.dilation_rate not in (1, (1, 1)):
            problems.append(
                "dilation_rate: needs a kernel_extent; without it filters are as large as the image"
            )
    else:
        if layer.antialias:
            problems.append(
                "antialias: filters that reach kernel_extent pixels have no limit in frequency; "
                "expected one of both"
            )
        if family.get("frequencies") == "image":
            problems.append(
                "kernel_extent: expected a family in cycles/pixel, found frequencies: image"
            )
        if name == "free" and not family.get("resample"):
            problems.append(
                "kernel_extent: expected filters that fit every image size, found free; say "
                "`free: {resample: true}`"
            )
    if layer.groups > 1 and layer.mixing == "depthwise":
        problems.append(
            "groups: with mixing depthwise, filters see one channel already; expected mixing full "
            "or sum"
        )
    if layer.filters % layer.groups:
        problems.append(f"groups: must divide the {layer.filters} filters, found {layer.groups}")
    if problems:
        raise ValueError("; ".join(problems))
