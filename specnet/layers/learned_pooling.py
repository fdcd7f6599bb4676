"""Spectral pooling whose strides are learned (DiffStride).

The mask and the size it leaves are functions in `specnet.ops.resampling`; this layer owns the
strides, and says when the size of its output follows them.

    B  batch   C  channels
    H, W  height and width of the images, in pixels   h, w  those of the result
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakSet

import keras
import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.shapes import (
    Shape,
    check_above_zero,
    check_at_least,
    check_flag,
    check_image,
    check_one_or_two,
)
from specnet.layers.spectral_layer import ImageLayer, maths_dtype
from specnet.ops.flops import Cost, Known, Transform
from specnet.ops.precision import maximum
from specnet.ops.resampling import Size, stride_gains, strided_size
from specnet.ops.resizing import resize
from specnet.recipe.ranges import NotNegative, Positive, Strides

Tensor = Any


@layer("learned_spectral_pooling", "Pooling and resampling")
class LearnedSpectralPooling(ImageLayer):
    """Spectral pooling with strides that are learned: DiffStride (Riad et al. 2022).

    The spectrum is multiplied by a mask with a soft edge, through which the strides have a gradient
    (arXiv 2202.01653, eq. 2), and cropped to the bins where the mask is above 0. Pixels keep their
    values. Strides stay within 1 and the length of their axis.

    A traced function has a fixed size, so the crop stays as it is until `resize` is called, between
    epochs; what the strides do meanwhile shows in the mask. A stride of 1 cuts nothing; its
    gradient is 0, and only the regularizer brings it away from there.

    Args:
        strides: vertical and horizontal stride at the start, or one number for both; at least 1.
        smoothness: R, the width of the mask's edge in bins; the result has about H / stride + 2R
            rows.
        regularizer: adds this times 1 / (vertical stride * horizontal stride) to the loss: the
            share of the features that the layer keeps. (The paper's cost of a network has the
            product with the shares of the layers before it.)
        frozen: do not learn the strides; the shape of the output is then known.

    Input shape: (B, H, W, C).
    Output shape: (B, h, w, C), with `strided_size` giving h and w; (B, None, None, C) to the layers
        behind it unless frozen.
    """

    keeps_constants = True

    def __init__(
        self,
        strides: Strides = 2.0,
        smoothness: Positive = 4.0,
        regularizer: NotNegative = 0.0,
        frozen: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.strides = check_one_or_two("strides", strides, partial(check_at_least, least=1))
        self.smoothness = check_above_zero("smoothness", smoothness)
        self.regularizer = check_at_least("regularizer", regularizer, 0)
        self.frozen = check_flag("frozen", frozen)
        # In float32, as the weights will be: what is saved gives the same size again.
        self._crop = np.broadcast_to(np.asarray(self.strides, "float32"), 2).tolist()
        self._seen: set[Size] = set()
        self._models: WeakSet[keras.Model] = WeakSet()

    def build(self, input_shape: Shape) -> None:
        """Makes the strides; H and W may be unknown, behind another layer of this kind."""
        check_image(self, input_shape, self.data_format)
        self.learned_strides = self.add_weight_from(
            "strides",
            self._crop,
            trainable=not self.frozen,
            regularizer=self._cost if self.regularizer else None,
            constraint=lambda strides: maximum(strides, 1),
        )
        self.crop_strides = self.add_weight_from("crop_strides", self._crop, trainable=False)
        _notify(self.crop_strides, self.sync)

    def resize(self) -> bool:
        """Lets the size of the output follow the strides; whether it changed.

        If so, the functions of models that were traced with this layer are made anew.
        """
        before = self._crop
        # By way of numbers: on JAX, two variables must not share what they hold.
        self.crop_strides.assign(ops.convert_to_numpy(self.learned_strides).tolist())
        return self._changes(before)

    def sync(self) -> None:
        """Takes the size of the output from the weights, whenever they are assigned."""
        before, self._crop = self._crop, ops.convert_to_numpy(self.crop_strides).tolist()
        if self._changes(before):
            if keras.backend.backend() == "jax":
                import jax

                jax.clear_caches()  # it knows a step by its method, also of a function made anew
            for model in list(self._models):
                _forget_traces(model)

    def freeze(self) -> "LearnedSpectralPooling":
        """This layer with strides as learned and the shape of its output known, for export.

        It gives what this layer gives after `resize`.
        """
        strides = ops.convert_to_numpy(self.learned_strides).tolist()
        return type(self).from_config({**self.get_config(), "strides": strides, "frozen": True})

    def learned(self) -> dict[str, np.ndarray]:
        """What the layer learned: the vertical and the horizontal stride, (2,)."""
        return {"stride v, u": ops.convert_to_numpy(self.learned_strides)}

    def computed(self, images: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, h, w, C)."""
        self._seen.add(tuple(images.shape[1:3]))
        model = self._get_call_context().entry_layer
        if isinstance(model, keras.Model):
            self._models.add(model)
        return self._pooled(images, ops.cast(self.learned_strides, maths_dtype(self)))

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """As the input, at the size that the strides leave; unknown unless frozen."""
        batch, height, width, channels = images
        if not self.frozen or height is None or width is None:
            return batch, None, None, channels
        return batch, *self._target((height, width)), channels

    def cost(self, before: Known, after: Known) -> Cost:
        """Between two sizes by way of the spectrum."""
        channels = before[2]
        return Cost(
            0, tuple(Transform(channels, (shape[0], shape[1])) for shape in (before, after))
        )

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "strides": self.strides,
            "smoothness": self.smoothness,
            "regularizer": self.regularizer,
            "frozen": self.frozen,
        }

    def _pooled(self, images: Tensor, strides: Tensor) -> Tensor:
        size = images.shape[1:3]
        to = self._target(size)
        return resize(images, to, stride_gains(strides, size, to, self.smoothness))

    def _changes(self, before: list[float]) -> bool:
        return any(
            strided_size(before, size, self.smoothness) != self._target(size) for size in self._seen
        )

    def _target(self, size: Size) -> Size:
        return strided_size(self._crop, size, self.smoothness)

    def _cost(self, strides: Tensor) -> Tensor:
        return self.regularizer / (strides[0] * strides[1])


def _notify(variable: keras.Variable, changed: Callable[[], None]) -> None:
    """Calls `changed` after each assignment that gives the variable a value, whoever makes it.

    The shape of what is traced depends on the value, and while JAX traces, variables have none.
    """
    assign = variable.assign

    def assigned(value: Tensor) -> Tensor:
        result = assign(value)
        if not keras.src.backend.common.stateless_scope.in_stateless_scope():
            changed()
        return result

    variable.assign = assigned


def _forget_traces(model: keras.Model) -> None:
    """Has the functions of `fit`, `evaluate` and `predict` traced again; those in use go on."""
    for task in ("train", "test", "predict"):
        if getattr(model, f"{task}_function", None) is not None:
            getattr(model, f"make_{task}_function")(force=True)
