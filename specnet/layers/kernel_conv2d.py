"""What the Conv2D layers share whose kernel is made of the weights that they learn."""

from typing import Any, Literal

from keras import ops
from keras.layers import Conv2D

from specnet.layers.shapes import (
    Shape,
    check_choice,
    check_flag,
    check_image,
    check_one_or_two,
    check_positive,
)
from specnet.layers.spectral_layer import also_of_none, check_data_format, refuse_unknown
from specnet.recipe.ranges import Count, Sizes

Tensor = Any


class KernelConv2D(Conv2D):
    """A Conv2D with the kernel that `in_space` makes of its weights; a base class.

    What Conv2D does with a kernel it does with the weights: initializers, regularizers, constraints
    and low-rank adaptation are of these, and these are what is stored.

    Args:
        filters: output channels F.
        kernel_size: height and width (k, l) in pixels, or one number for both.
        strides: one number of pixels, or two, vertical and horizontal.
        padding: `valid`: the image as it is; `same`: zeros around it.
        dilation_rate: the kernel's pixels are so far apart, with zeros between; one number, or two.
        groups: into how many equal parts channels and filters are cut; filters see the channels of
            their part alone.
        activation: a Keras activation.
        use_bias: add a learned number to each channel.
    """

    def __init__(
        self,
        filters: Count,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: Literal["valid", "same"] = "valid",
        data_format: Literal["channels_last", "channels_first"] | None = None,
        dilation_rate: Sizes = 1,
        groups: Count = 1,
        activation: str | None = None,
        use_bias: bool = True,
        **kwargs: Any,
    ):
        refuse_unknown(type(self), kwargs, "rank")
        sizes = {"kernel_size": kernel_size, "strides": strides, "dilation_rate": dilation_rate}
        filters, groups = check_positive("filters", filters), check_positive("groups", groups)
        if filters % groups:
            raise ValueError(f"groups: must divide the {filters} filters, found {groups}")
        super().__init__(
            filters,
            padding=check_choice("padding", padding, ("valid", "same")),
            data_format=check_data_format(data_format),
            groups=groups,
            activation=activation,
            use_bias=check_flag("use_bias", use_bias),
            **{name: check_one_or_two(name, each, check_positive) for name, each in sizes.items()},
            **kwargs,
        )

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; `input_shape` is that of images, whose size may be unknown."""
        self.compute_output_shape(input_shape)
        super().build(input_shape)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """As Conv2D, which would take a spectrum for batches; ValueError if it is no images."""
        check_image(self, input_shape, self.data_format)
        return super().compute_output_shape(input_shape)

    def call(self, images: Tensor) -> Tensor:
        """As Conv2D, of images in the compute dtype: integers are numbers."""
        self.compute_output_shape(tuple(images.shape))  # which checks the shape
        return super().call(ops.cast(images, self.compute_dtype))

    def convolution_op(self, images: Tensor, kernel: Tensor) -> Tensor:
        """As Conv2D, of no images too."""
        convolution_op = super().convolution_op
        return also_of_none(lambda some: convolution_op(some, kernel), images)

    def in_space(self, weights: Tensor) -> Tensor:
        """The kernel of these weights, both (k, l, C, F)."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    @property
    def kernel_weights(self) -> Tensor:
        """What is learned in place of the kernel, with its low-rank adaptation: (k, l, C, F)."""
        return super().kernel

    @property
    def kernel(self) -> Tensor:
        """The kernel in space, (k, l, C, F)."""
        return ops.cast(self.in_space(self.kernel_weights), self.compute_dtype)

    def save_own_variables(self, store: Any) -> None:
        """Stores the weights themselves, so that a loaded layer is equal to the last bit."""
        if not self.built:
            return
        weights = (self.kernel_weights, self.bias) if self.use_bias else (self.kernel_weights,)
        for place, each in enumerate(weights):
            store[str(place)] = each
