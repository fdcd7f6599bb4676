"""What the machine can do: copies, multiply-adds, transforms, products with a matrix.

Single operations at their best, each measured when it is asked for; `roofline.py` compares a
network with them.

    B  batch   N  numbers that go into a dense layer   M  units
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet import environment
from specnet.native.threads import threads
from specnet.studies.bench.timing import Job, in_turn
from specnet.studies.bench.workloads import compiled_job

Tensor = Any

_LARGE = 32 << 20  # float32 numbers, 128 MiB: beyond every cache
_SWEPT = 1 << 20
_CHAINS, _DEPTH = 8, 32


@dataclass(frozen=True)
class Rates:
    """Of this machine, all cores at work.

    Attributes:
        copied: bytes a second that are read or written while a large array is copied.
        multiplied: operations a second of multiply-adds on numbers that stay in registers.
    """

    copied: float
    multiplied: float


def best(job: Job, seconds: float = 0.1) -> float:
    """Seconds of the fastest run."""
    return float(in_turn({"job": job}, seconds, rounds=5)["job"].min())


def beyond_call(job: Job) -> float:
    """Seconds of the fastest run, without what calling a compiled function takes anyway."""
    return max(best(job) - _call(), 0.0)


@cache
def _call() -> float:
    return best(compiled_job(lambda x: x + 1, ops.zeros(1)))


def measure() -> Rates:
    """Both rates, in about half a second."""
    return Rates(copied=8 * _LARGE / best(_copying()), multiplied=_multiplied())


def transform(planes: int, size: tuple[int, ...]) -> float:
    """Seconds of the real 2-D transform of (planes, H, W), the faster of compiled and not."""
    images = ops.convert_to_tensor(np.ones((planes, *size), "float32"))
    return min(beyond_call(compiled_job(_rfft2, images, jit=jit)) for jit in _jits())


def products(batch: int, numbers: int, units: int) -> float:
    """Seconds of a dense layer's three products, each with its matrices lying as is best for it.

    Forward (B, N) by (N, M); the gradients (N, B) by (B, M) and (B, M) by (M, N).
    """
    shapes = {"x": (batch, numbers), "w": (numbers, units), "g": (batch, units)}
    arrays = {name: np.ones(shape, "float32") for name, shape in shapes.items()}
    x, w, g = (ops.convert_to_tensor(array) for array in arrays.values())
    turned = ops.convert_to_tensor(np.ascontiguousarray(arrays["w"].T))
    ways: tuple[tuple[tuple[Callable[..., Tensor], Tensor, Tensor], ...], ...] = (
        ((_plain, x, w), (_second, x, turned), (_second, turned, x)),
        ((_first, x, g), (_first, g, x)),
        ((_second, g, w), (_plain, g, turned)),
    )
    return sum(
        min(beyond_call(compiled_job(*way, jit=False)) for way in product) for product in ways
    )


def _plain(a: Tensor, b: Tensor) -> Tensor:
    return ops.matmul(a, b)


def _first(a: Tensor, b: Tensor) -> Tensor:
    return ops.matmul(ops.transpose(a), b)


def _second(a: Tensor, b: Tensor) -> Tensor:
    return ops.matmul(a, ops.transpose(b))


def _rfft2(images: Tensor) -> Tensor:
    """Complex, as the backend gives it: what `fourier.rfft2` adds is no part of the floor."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.signal.rfft2d(images)
    if keras.backend.backend() == "torch":
        import torch

        return torch.fft.rfft2(images)
    import jax

    return jax.numpy.fft.rfft2(images)


def _jits() -> tuple[bool, ...]:
    return (True, False) if keras.backend.backend() == "tensorflow" else (True,)


def _copying() -> Job:
    if environment.device() != "CPU":
        return compiled_job(lambda x: x + 1, ops.zeros(_LARGE))
    source, target = np.ones(_LARGE, "float32"), np.ones(_LARGE, "float32")
    targets, sources = (np.array_split(array, threads()) for array in (target, source))
    parts = list(zip(targets, sources, strict=True))
    pool = ThreadPoolExecutor(len(parts))
    return lambda: list(pool.map(lambda part: np.copyto(*part), parts))


def _multiplied() -> float:
    """Chains of y <- y a + b, side by side, on numbers read and written once."""

    def sweep(numbers: Tensor, factors: Tensor, offset: Tensor) -> Tensor:
        chains = [numbers + float(chain) for chain in range(_CHAINS)]
        for _ in range(_DEPTH):
            chains = [y * factors[chain] + offset for chain, y in enumerate(chains)]
        return sum(chains[1:], chains[0])

    factors = ops.convert_to_tensor(np.linspace(0.9, 0.99, _CHAINS, dtype="float32"))
    job = compiled_job(sweep, ops.ones(_SWEPT), factors, ops.ones(()))
    return 2 * _CHAINS * _DEPTH * _SWEPT / best(job)
