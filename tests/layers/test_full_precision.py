"""Transforms and filters do not lose digits to the matrix units of GPUs."""

import re

import keras
import pytest

from specnet.layers import RFFT2D, SpectralPooling, SpectralUpsampling
from specnet.recipe.registry import resolve

pytestmark = [
    pytest.mark.backend,
    pytest.mark.skipif(keras.backend.backend() != "jax", reason="others have a switch for all"),
]

FAST = re.compile(r"Precision\.HIGH\b")
LAYERS = {
    "pooling": lambda: SpectralPooling(factor=2),
    "upsampling": lambda: SpectralUpsampling(factor=2),
    **{
        name: lambda name=name: keras.Sequential([RFFT2D(), resolve(name)(2, odd_width=False)])
        for name in ("bspline", "chebyshev", "radial", "implicit", "gaussian")
    },
}


@pytest.mark.parametrize("name", LAYERS)
def test_products_with_matrices_are_exact_where_the_user_asks_for_fast_ones(name):
    import jax

    layer = LAYERS[name]()
    images = jax.numpy.ones((1, 8, 6, 2), "float32")
    layer.build(images.shape)

    def total(images):
        return layer(images).sum()

    with jax.default_matmul_precision("tensorfloat32"):
        both = str(jax.make_jaxpr(jax.value_and_grad(total))(images))
        plain = str(jax.make_jaxpr(lambda x: x @ x)(images[0, :2, :2, 0]))
    assert FAST.search(plain)  # that is how it would look
    assert not FAST.search(both)
