"""Laws of the transposed spectral convolution: the adjoint of the strided one."""

import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right, compiled_on_jax
from keras import ops

from specnet.layers import SpectralConv2D, SpectralConv2DTranspose

pytestmark = pytest.mark.backend

CHANNELS, FILTERS = 2, 3  # of the convolution; of its adjoint the other way round


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def assert_inner_products_agree(layer, transposed, x, y):
    """<conv(x), y> = <x, transposed(y)>, relative to the norms."""
    through, back = compiled_on_jax(layer)(x), compiled_on_jax(transposed)(y)
    assert numpy_of(through).shape == y.shape
    assert numpy_of(back).shape == x.shape
    left, right = np.vdot(numpy_of(through), y), np.vdot(x, numpy_of(back))
    scale = np.linalg.norm(numpy_of(through)) * np.linalg.norm(y)
    assert abs(left - right) <= 1e-12 * scale


def with_functions(layer, shape, functions):
    """A built layer of free filters that has these functions (2, C, F, V, U)."""
    layer.build(shape)
    layer.convolution.bins.assign(functions.reshape(layer.convolution.bins.shape))
    return layer


def pair(rng, size, strides, **arguments):
    """A convolution, its transposed form with the pairs of channel and filter swapped, x and y."""
    sv, su = (strides, strides) if isinstance(strides, int) else strides
    fine = size[0] * sv, size[1] * su
    given = {"strides": strides, "use_bias": False, "family": "free", **arguments}
    layer, transposed = SpectralConv2D(FILTERS, **given), SpectralConv2DTranspose(CHANNELS, **given)
    x = rng.normal(size=(2, *fine, CHANNELS))
    y = rng.normal(size=(2, *size, FILTERS))
    layer.build(x.shape)
    bins = layer.convolution.bins.shape[-2:]
    functions = rng.normal(size=(2, CHANNELS, FILTERS, *bins))
    with_functions(transposed, y.shape, functions.swapaxes(1, 2))
    layer.convolution.bins.assign(functions.reshape(2, -1, *bins))
    return layer, transposed, x, y


@pytest.mark.parametrize(
    ("size", "strides"),
    [((4, 4), 1), ((4, 6), 2), ((3, 5), 3), ((5, 4), (2, 3)), ((1, 3), (3, 2)), ((7, 1), (1, 2))],
    ids=str,
)
@pytest.mark.parametrize("padding", ["circular", "same"])
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.usefixtures("float64")
def test_it_is_the_adjoint_of_the_convolution(antialias, padding, size, strides, rng):
    assert_inner_products_agree(*pair(rng, size, strides, padding=padding, antialias=antialias))


@pytest.mark.usefixtures("float64")
def test_parametric_functions_have_the_same_adjoint(rng):
    """One channel and one filter: both layers have the same weights."""
    given = {"strides": 2, "use_bias": False, "family": {"gaussian": {"form": "polar"}}}
    layer, transposed = SpectralConv2D(1, **given), SpectralConv2DTranspose(1, **given)
    x, y = rng.normal(size=(2, 10, 6, 1)), rng.normal(size=(2, 5, 3, 1))
    layer.build(x.shape)
    transposed.build(y.shape)
    transposed.set_weights(layer.get_weights())
    assert_inner_products_agree(layer, transposed, x, y)


@pytest.mark.parametrize("mixing", ["sum", "depthwise"])
@pytest.mark.usefixtures("float64")
def test_other_mixings_are_full_with_shared_functions(mixing, rng):
    """`sum`: one function for each output channel. `depthwise`: zero but for the own channel."""
    size, channels, filters = (4, 3), 2, 4
    given = {"strides": 2, "padding": "circular", "family": "free", "use_bias": False}
    shared = SpectralConv2DTranspose(filters, mixing=mixing, seed=1, **given)
    y = rng.normal(size=(2, *size, channels))
    shared.build(y.shape)
    functions = numpy_of(shared.convolution.bins)[:, None].repeat(channels, axis=1)
    if mixing == "depthwise":
        functions[:, 0, filters // channels :] = functions[:, 1, : filters // channels] = 0
    full = with_functions(SpectralConv2DTranspose(filters, **given), y.shape, functions)
    found, expected = (numpy_of(compiled_on_jax(layer)(y)) for layer in (shared, full))
    assert np.linalg.norm(found - expected) <= 1e-12 * np.linalg.norm(expected)


@pytest.mark.usefixtures("float64")
def test_with_antialias_a_band_limited_image_is_interpolated(rng):
    """Under a function of s² everywhere, pixels keep their values and others are between them."""
    y = np.zeros((1, 6, 8, 1))
    rows, columns = np.mgrid[:12, :16] / 2  # in pixels of the input
    expected = 2 + np.cos(2 * np.pi * (rows / 6 + 3 * columns / 8)) + np.sin(2 * np.pi * rows / 3)
    y[0, ..., 0] = expected[::2, ::2]
    layer = SpectralConv2DTranspose(1, strides=2, antialias=True, padding="circular", family="free")
    layer.build(y.shape)
    layer.convolution.bins.assign(np.stack([np.full((1, 12, 9), 4.0), np.zeros((1, 12, 9))]))
    np.testing.assert_allclose(numpy_of(layer(y))[0, ..., 0], expected, atol=1e-12)


@pytest.mark.parametrize(
    "arguments",
    [
        {"strides": 2},
        {"strides": (3, 1), "mixing": "sum"},
        {"strides": (3, 2), "antialias": True},
    ],
    ids=str,
)
@pytest.mark.usefixtures("float64")
def test_white_images_keep_their_variance_at_the_start(arguments, rng):
    images = rng.normal(size=(4, 21, 15, 4))
    layer = SpectralConv2DTranspose(32, family="free", padding="circular", seed=3, **arguments)
    output = numpy_of(compiled_on_jax(layer)(images))
    assert output.var() == pytest.approx(images.var(), rel=0.1)


def test_bias_and_activation_act_in_space(rng):
    images = rng.normal(size=(2, 3, 5, 2)).astype("float32")
    plain = SpectralConv2DTranspose(3, strides=2, seed=1)
    plain.build(images.shape)
    bent = SpectralConv2DTranspose(3, strides=2, seed=1, activation="relu")
    bias = np.array([1.0, -2.0, 0.5], "float32")
    bent.build(images.shape)
    bent.bias.assign(bias)
    expected = np.maximum(numpy_of(compiled_on_jax(plain)(images)) + bias, 0)
    np.testing.assert_allclose(numpy_of(compiled_on_jax(bent)(images)), expected, atol=1e-6)


@pytest.mark.parametrize("arguments", [{"strides": 2}, {"strides": (2, 3), "antialias": True}])
@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(arguments, rng):
    images = rng.normal(size=(1, 2, 3, 2))
    layer = SpectralConv2DTranspose(2, **arguments)
    layer.build(images.shape)
    assert_layer_gradients_are_right(layer, images)


def test_the_adjoint_of_a_reflected_image_is_not_among_the_paddings():
    with pytest.raises(ValueError, match="padding: expected one of circular, same, found 'refl"):
        SpectralConv2DTranspose(2, padding="reflect")
