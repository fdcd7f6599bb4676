"""What XLA compiles: spectral networks as a whole, networks with spatial convolutions in part."""

import keras
import numpy as np
import pytest
from recipes_at_hand import write

from specnet import recipe
from specnet.errors import RecipeError
from specnet.layers import (
    RFFT2D,
    GaussianConvolution,
    SpectralConv2D,
    SpectralConv2DTranspose,
    SpectralKernelConv2D,
)
from specnet.models import builder
from specnet.models.compilation import compile_model, wants_whole_compilation
from specnet.ops.compiled import runs_loops


@pytest.mark.parametrize(
    ("layers", "whole"),
    [
        ([RFFT2D(), GaussianConvolution(2)], True),
        ([SpectralConv2D(2, mixing="sum")], True),
        ([SpectralConv2DTranspose(2, mixing="sum")], True),
        ([SpectralConv2D(2)], not runs_loops()),
        ([SpectralConv2D(2), keras.layers.Conv2D(2, 3)], False),
        ([SpectralConv2D(2), SpectralKernelConv2D(2, 3)], False),
        ([SpectralKernelConv2D(2, 3)], False),
        ([keras.layers.Flatten()], False),
    ],
    ids=str,
)
def test_spectral_networks_without_spatial_convolutions_are_compiled_whole(layers, whole):
    model = keras.Sequential([keras.Input((6, 8, 1)), *layers])
    assert wants_whole_compilation(model) is whole


OF_MAXIMA = """
data: {source: gratings, image_size: 8}
model: [{conv2d: {filters: 2, kernel_size: 3}}, dwt2d, global_max_pooling2d, {dense: {units: 8}}]
"""
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"


@pytest.mark.backend
@pytest.mark.graph
def test_gradients_of_maxima_of_whole_images_are_finite(tmp_path, rng):
    """TensorFlow's XLA divides 0 by 0 there, since it computes what it compares twice."""
    loaded = recipe.load(write(tmp_path, OF_MAXIMA, "maxima"))
    model = builder.build(loaded)
    compile_model(model, loaded)
    images = rng.normal(size=(16, 8, 8, 1)).astype("float32")
    model.train_on_batch(images, np.eye(8)[np.arange(16) % 8])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


@pytest.mark.skipif(not ON_TENSORFLOW, reason="a fault of its XLA alone")
def test_maxima_of_whole_images_are_not_compiled_by_tensorflows_xla(tmp_path):
    wanted = ["training.jit_compile=true"]
    loaded = recipe.load(write(tmp_path, OF_MAXIMA, "maxima"), wanted)
    model = builder.build(loaded)
    with pytest.raises(RecipeError, match="gradient of global_max_pooling2d"):
        compile_model(model, loaded, steps=1)
    compile_model(model, loaded)  # to measure what an earlier version trained
    assert model.jit_compile is False


def test_pytorch_takes_one_step_at_a_time(tmp_path, monkeypatch):
    loaded = recipe.load(write(tmp_path, OF_MAXIMA, "maxima"), ["training.steps_per_execution=3"])
    model = builder.build(loaded)
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(RecipeError, match="steps_per_execution: is 3, and PyTorch takes one"):
        compile_model(model, loaded, steps=1)
    compile_model(model, loaded)  # to measure what was trained elsewhere
    assert model.steps_per_execution == 1
