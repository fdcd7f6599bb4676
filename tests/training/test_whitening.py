"""Layers that whiten: a training gives them the kernels of its images, once."""

import keras
import numpy as np
import pytest
from recipes_at_hand import TINY, write

from specnet import data, recipe, workflow
from specnet.data import Normalization
from specnet.errors import RecipeError
from specnet.layers import WhiteningConv2D, whitening_conv2d
from specnet.models import builder
from specnet.workflow.common import open_model

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("undrawn")]

WHITENED = TINY.replace("  - rfft2d\n", "  - whitening_conv2d\n  - rfft2d\n").replace(
    "epochs: 3", "epochs: 1"
)


def kernel_of(run):
    _, model = open_model(run)
    (layer,) = (each for each in model.layers if isinstance(each, WhiteningConv2D))
    return keras.ops.convert_to_numpy(layer.kernel)


def of_images(settings, factor=1.0, rows=slice(None)):
    images = data.load(settings.data).train
    layer = WhiteningConv2D()
    layer.adapt(factor * Normalization.of(settings.data, images)(images.images[rows]))
    return keras.ops.convert_to_numpy(layer.kernel)


def test_a_training_whitens_its_images_and_one_that_begins_with_it_keeps_that(tmp_path):
    settings = recipe.load(write(tmp_path, WHITENED))
    first = workflow.train(settings, tmp_path / "first")
    found = kernel_of(first.run)
    np.testing.assert_allclose(found, of_images(settings), atol=1e-5)
    later = recipe.load(
        tmp_path / "tiny.yaml", [f"training.weights={first.run.path}", "data.seed=5"]
    )
    second = workflow.train(later, tmp_path / "second")
    np.testing.assert_array_equal(kernel_of(second.run), found)


def test_it_is_what_comes_into_the_layer_that_is_whitened(tmp_path):
    scaled = WHITENED.replace("  - whiten", "  - rescaling: {scale: 3.0}\n  - whiten")
    settings = recipe.load(write(tmp_path, scaled))
    trained = workflow.train(settings, tmp_path / "run")
    np.testing.assert_allclose(kernel_of(trained.run), of_images(settings, 3.0), atol=1e-5)


def test_images_are_of_all_classes_where_they_are_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(whitening_conv2d, "_PIXELS", 7 * 16 * 15)
    settings = recipe.load(write(tmp_path, WHITENED))
    trained = workflow.train(settings, tmp_path / "run")
    rows = [0, 10, 21, 31, 42, 52, 63]  # of 64
    np.testing.assert_allclose(kernel_of(trained.run), of_images(settings, rows=rows), atol=1e-5)


def test_it_stands_before_what_is_trained(tmp_path):
    behind = TINY.replace(
        "  - rfft2d\n",
        "  - conv2d: {filters: 2, kernel_size: 3}\n  - whitening_conv2d\n  - rfft2d\n",
    )
    with pytest.raises(RecipeError) as told:
        builder.build(recipe.load(write(tmp_path, behind)))
    assert "model[1].whitening_conv2d: is set once, and conv2d before it changes" in str(told.value)


def test_a_patch_larger_than_the_images_is_told_with_its_place(tmp_path):
    large = WHITENED.replace("whitening_conv2d", "whitening_conv2d: {kernel_size: [2, 17]}")
    with pytest.raises(RecipeError) as told:
        builder.build(recipe.load(write(tmp_path, large)))
    assert "model[0].whitening_conv2d: whitening_conv2d: kernel_size is (2, 17)" in str(told.value)
