"""Compiled functions: what they give, and what their gradients are."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from gradients import symbolic_gradient
from keras import ops

from specnet.ops.compiled import compiled

pytestmark = [pytest.mark.backend, pytest.mark.graph]


def shifted(x, weights):
    """With a padding and a concatenation, of which XLA must know the sizes."""
    padded = ops.pad(x, ((1, 2), (0, 0)))
    return ops.concatenate([padded, padded * weights["a"]], axis=0) ** 2


def test_a_compiled_function_and_its_gradients_are_those_of_the_function(rng):
    x, a = rng.normal(size=(3, 4)), rng.normal(size=(4,))
    fused = compiled(shifted)
    np.testing.assert_allclose(
        ops.convert_to_numpy(fused(x, {"a": a, "unused": x})),
        ops.convert_to_numpy(shifted(ops.convert_to_tensor(x), {"a": a})),
        rtol=1e-12,
    )

    def slopes(function):
        tensors = ops.convert_to_tensor(x), ops.convert_to_tensor(a)
        by_input = symbolic_gradient(lambda y: ops.sum(function(y, {"a": tensors[1]})), x)
        by_weight = symbolic_gradient(lambda b: ops.sum(function(tensors[0], {"a": b})), a)
        return by_input, by_weight

    for found, expected in zip(slopes(fused), slopes(shifted), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


STEPS = """
import keras, numpy as np
from specnet.layers import RFFT2D, GaussianConvolution
layers = [RFFT2D(), GaussianConvolution(2, use_bias=True), keras.layers.GlobalAveragePooling3D()]
model = keras.Sequential([keras.Input((6, 7, 1)), *layers])
model.compile("sgd", "mse", jit_compile=True)
rng = np.random.default_rng(0)
for _ in range(4):
    model.train_on_batch(rng.normal(size=(2, 6, 7, 1)), rng.normal(size=(2, 4)))
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX compiles no parts")
def test_a_step_that_is_compiled_whole_is_compiled_once(tmp_path):
    """XLA leaves one file for each module that it compiles; four steps are one module."""
    environment = os.environ | {"XLA_FLAGS": f"--xla_dump_to={tmp_path}"}
    subprocess.run([sys.executable, "-c", STEPS], env=environment, check=True, capture_output=True)
    steps = list(tmp_path.glob("*one_step*.before_optimizations.txt"))
    assert len(steps) == 1, sorted(path.name for path in tmp_path.iterdir())


SWITCHED = """
import jax
from specnet.ops.compiled import has_float64, use_precision

for policy in ("float32", "float64", "float32"):
    use_precision(policy)
    print(has_float64())
jax.config.update("jax_enable_x64", True)
use_precision("float32")
print(has_float64())
"""


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="a switch of JAX")
def test_float64_is_on_where_it_is_asked_for_and_stays_where_a_user_switched_it_on():
    clean = {name: value for name, value in os.environ.items() if name != "JAX_ENABLE_X64"}
    ran = [sys.executable, "-c", SWITCHED]
    told = subprocess.run(ran, env=clean, capture_output=True, text=True, check=True).stdout
    assert told.split() == ["False", "True", "False", "True"]
