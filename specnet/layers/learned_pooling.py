"""Spectral pooling whose strides are learned (DiffStride).

The mask and the size it leaves are functions in `specnet.resampling`; this layer owns the strides,
and says when the size of its output follows them.

    B  batch   C  channels
    H, W  height and width of the images, in pixels   h, w  those of the result
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.layers.shapes import (
    Shape,
    check_above_zero,
    check_at_least,
    check_image,
    check_one_or_two,
)
from specnet.resampling import Size, stride_gains, strided_size
from specnet.resizing import resize

Tensor = Any


@keras.saving.register_keras_serializable("specnet")
class LearnedSpectralPooling(keras.layers.Layer):
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

    def __init__(
        self,
        strides: float | list[float] = 2.0,
        smoothness: float = 4.0,
        regularizer: float = 0.0,
        frozen: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.strides = check_one_or_two("strides", strides, partial(check_at_least, least=1))
        self.smoothness = check_above_zero("smoothness", smoothness)
        self.regularizer = check_at_least("regularizer", regularizer, 0)
        self.frozen = frozen
        # In float32, as the weights will be: what is saved gives the same size again.
        self._crop = np.broadcast_to(np.asarray(strides, "float32"), 2).tolist()
        self._seen: set[Size] = set()

    def build(self, input_shape: Shape) -> None:
        """Makes the strides; H and W may be unknown, behind another layer of this kind."""
        check_image(self, [length or 1 for length in input_shape])
        self.learned_strides = self._add(
            "strides",
            trainable=not self.frozen,
            regularizer=self._cost if self.regularizer else None,
            constraint=lambda strides: ops.maximum(strides, 1),
        )
        self.crop_strides = self._add("crop_strides", trainable=False)

    def resize(self) -> bool:
        """Lets the size of the output follow the strides; whether it changed.

        If so, functions that were traced with this layer must be traced again.
        """
        before = self._crop
        # By way of numbers: on JAX, two variables must not share what they hold.
        self.crop_strides.assign(ops.convert_to_numpy(self.learned_strides).tolist())
        self.sync()
        return any(
            strided_size(before, size, self.smoothness) != self._target(size) for size in self._seen
        )

    def sync(self) -> None:
        """Takes the size of the output from the weights; needed after `set_weights`."""
        self._crop = ops.convert_to_numpy(self.crop_strides).tolist()

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Loads the strides and the size that belongs to them."""
        super().load_own_variables(store)
        self.sync()

    def freeze(self) -> "LearnedSpectralPooling":
        """This layer with strides as learned and the shape of its output known, for export.

        It gives what this layer gives after `resize`.
        """
        strides = ops.convert_to_numpy(self.learned_strides).tolist()
        return type(self).from_config({**self.get_config(), "strides": strides, "frozen": True})

    def learned(self) -> dict[str, np.ndarray]:
        """What the layer learned: the vertical and the horizontal stride, (2,)."""
        return {"stride v, u": ops.convert_to_numpy(self.learned_strides)}

    def call(self, images: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, h, w, C)."""
        check_image(self, images.shape)
        self._seen.add(tuple(images.shape[1:3]))
        return self._pooled(images, ops.convert_to_tensor(self.learned_strides))

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """As the input, at the size that the strides leave; unknown unless frozen."""
        batch, height, width, channels = input_shape
        if not self.frozen or height is None or width is None:
            return batch, None, None, channels
        return batch, *self._target((height, width)), channels

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

    def _target(self, size: Size) -> Size:
        return strided_size(self._crop, size, self.smoothness)

    def _cost(self, strides: Tensor) -> Tensor:
        return self.regularizer / (strides[0] * strides[1])

    def _add(self, name: str, **options: Any) -> keras.Variable:
        # The mask is computed in the variable's own precision, also under a mixed policy.
        return self.add_weight(
            (2,),
            initializer=lambda shape, dtype: ops.convert_to_tensor(self._crop, dtype),
            name=name,
            autocast=False,
            **options,
        )
