"""Layers that whiten: a training gives them the kernels of its images, once."""

import keras
import numpy as np
import pytest
from recipes_at_hand import TINY, write

from specnet import data, recipe, workflow
from specnet.data import Normalization
from specnet.layers import WhiteningConv2D
from specnet.workflow.common import open_model

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("undrawn")]

WHITENED = TINY.replace("  - rfft2d\n", "  - whitening_conv2d\n  - rfft2d\n").replace(
    "epochs: 3", "epochs: 1"
)


def kernel_of(run):
    _, model = open_model(run)
    return keras.ops.convert_to_numpy(model.layers[1].kernel)


def test_a_training_whitens_its_images_and_one_that_begins_with_it_keeps_that(tmp_path):
    settings = recipe.load(write(tmp_path, WHITENED))
    first = workflow.train(settings, tmp_path / "first")
    images = data.load(settings.data).train
    seen = Normalization.of(settings.data, images)(images.images)
    expected = WhiteningConv2D()
    expected.adapt(seen)
    found = kernel_of(first.run)
    np.testing.assert_allclose(found, keras.ops.convert_to_numpy(expected.kernel), atol=1e-5)
    later = recipe.load(
        tmp_path / "tiny.yaml", [f"training.weights={first.run.path}", "data.seed=5"]
    )
    second = workflow.train(later, tmp_path / "second")
    np.testing.assert_array_equal(kernel_of(second.run), found)
