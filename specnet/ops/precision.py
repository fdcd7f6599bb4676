"""Operations that keep float64: Keras's own round to float32 on PyTorch, whatever they are given.

Its type promotion knows no float64 there, so each operation that asks for it loses digits.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

Tensor = Any


def matmul(left: Tensor, right: Tensor) -> Tensor:
    """Products of matrices over the last two axes, as `numpy.matmul`; both of one dtype."""
    if keras.backend.backend() == "torch":  # whose variables multiply as Keras does
        return ops.convert_to_tensor(left) @ ops.convert_to_tensor(right)
    return ops.matmul(left, right)


def tensordot(left: Tensor, right: Tensor, axes: Sequence[Sequence[int]]) -> Tensor:
    """Sums over the axes of both, as `numpy.tensordot`; both of one dtype."""
    if keras.backend.backend() == "torch":
        import torch

        return torch.tensordot(*map(ops.convert_to_tensor, (left, right)), dims=axes)
    return ops.tensordot(left, right, axes)


def maximum(x: Tensor, least: float) -> Tensor:
    """The larger of each element and a number, in the dtype of `x`."""
    if keras.backend.backend() == "torch":
        return ops.convert_to_tensor(x).clamp(min=least)
    return ops.maximum(x, least)
