"""Laws of the spectral convolution of images, against convolutions in space by NumPy and SciPy."""

import keras
import numpy as np
import pytest
import scipy.signal
from convolution_in_space import (
    CHANNELS,
    FILTERS,
    assert_close,
    built,
    in_space,
    numpy_of,
    output_of,
    random_images,
)
from gradients import assert_layer_gradients_are_right
from keras import ops

from specnet.layers import SpectralConv2D
from specnet.ops.padding import extended_size
from specnet.recipe import registry
from specnet.recipe.signatures import families

pytestmark = pytest.mark.backend

PADDINGS = ["circular", "same", "reflect"]


@pytest.fixture(autouse=True)
def _uncompiled(request):
    """XLA takes a second for each of these many layers; tests in float32 compile nevertheless."""
    if keras.backend.backend() != "tensorflow" or "float64" not in request.fixturenames:
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize("size", [(7, 7), (6, 9), (1, 4), (4, 1), (1, 1), (2, 2)], ids=str)
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.usefixtures("float64")
def test_output_is_the_convolution_in_space_with_the_impulse_responses(padding, size, rng):
    images = random_images(rng, size)
    layer = SpectralConv2D(FILTERS, padding=padding, seed=1)
    assert_close(output_of(layer, images), in_space(layer, images, padding), 1e-12)


@pytest.mark.parametrize("mixing", ["sum", "depthwise", "full"])
@pytest.mark.parametrize("family", ["free", {"polynomial": {"order": 3}}], ids=str)
@pytest.mark.usefixtures("float64")
def test_every_mixing_and_family_is_a_convolution_in_space(family, mixing, rng):
    images = random_images(rng, (5, 8))
    layer = SpectralConv2D(FILTERS, family=family, mixing=mixing, padding="reflect", seed=1)
    assert_close(output_of(layer, images), in_space(layer, images, "reflect"), 1e-12)


@pytest.mark.parametrize("padding", PADDINGS)
def test_float32_images_are_convolved_to_float32s_precision(padding, rng):
    images = random_images(rng, (12, 10)).astype("float32")
    layer = SpectralConv2D(FILTERS, padding=padding, seed=1)
    assert_close(output_of(layer, images), in_space(layer, images, padding), 1e-6)


@pytest.mark.usefixtures("float64")
def test_responses_belong_to_real_filters(size, rng):
    """So that nothing is left to how a backend transforms spectra that are not Hermitian."""
    layer = built(SpectralConv2D(2, family="free", padding="circular"), random_images(rng, size))
    weights = layer.convolution.weights_by_name()
    real, imaginary = numpy_of(layer.response(weights, size))
    response = real + 1j * imaginary
    of_real_filter = np.fft.rfft2(np.fft.irfft2(response, size))
    assert_close(response, of_real_filter, 1e-12)


@pytest.mark.parametrize("family", families())
def test_every_convolution_of_spectra_is_a_family(family):
    layer = SpectralConv2D(FILTERS, family=family, seed=1)
    images = keras.KerasTensor((None, 6, 9, CHANNELS))
    assert layer(images).shape == (None, 6, 9, FILTERS)
    kind = registry.resolve(family)
    assert type(layer.convolution) is kind
    alone = kind(FILTERS, mixing="full", seed=1)
    alone.build((None, 2, CHANNELS, 12, 10))  # of images of 12 x 18 pixels: extended to 2H - 1
    inner = layer.convolution.get_weights()
    for found, expected in zip(inner, alone.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("size", "strides"), [((12, 10), 2), ((9, 12), 3), ((7, 5), (2, 3)), ((6, 9), (2, 1))], ids=str
)
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.usefixtures("float64")
def test_strides_take_every_pixel_in_s(padding, size, strides, rng):
    images = random_images(rng, size)
    plain = SpectralConv2D(FILTERS, padding=padding, seed=1)
    strided = SpectralConv2D(FILTERS, padding=padding, strides=strides, seed=1)
    sv, su = strided.steps
    expected = in_space(built(strided, images), images, padding)[:, ::sv, ::su]
    output = output_of(strided, images)
    assert_close(output, expected, 1e-12)
    assert strided.compute_output_shape(images.shape) == output.shape
    if padding != "same":  # whose extended sizes are multiples of the stride
        assert_close(output, output_of(plain, images)[:, ::sv, ::su], 1e-12)


@pytest.mark.parametrize(("size", "strides"), [((12, 10), (2, 2)), ((9, 8), (3, 2))], ids=str)
@pytest.mark.usefixtures("float64")
def test_antialiased_strides_are_scipys_resampling_of_the_convolution(size, strides, rng):
    images = random_images(rng, size)
    layer = SpectralConv2D(FILTERS, padding="circular", strides=strides, antialias=True, seed=1)
    output = output_of(layer, images)
    filtered = in_space(layer, images, "circular")
    for axis in (1, 2):
        filtered = scipy.signal.resample(
            filtered, filtered.shape[axis] // strides[axis - 1], axis=axis
        )
    assert_close(output, filtered, 1e-12)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.usefixtures("float64")
def test_antialiased_strides_are_an_ideal_low_pass_at_every_size(padding, rng):
    """Frequencies of more than half a cycle a step are gone, then every s-th pixel is taken."""
    images = random_images(rng, (7, 10))
    arguments = {"padding": padding, "strides": (2, 3), "antialias": True, "seed": 1}
    layer = built(SpectralConv2D(FILTERS, family="free", **arguments), images)
    output = output_of(layer, images)
    height, width = extended_size(padding, (7, 10), (2, 3))
    keeps = (np.abs(np.fft.fftfreq(height))[:, None] < 1 / 4 + 1e-9) & (
        np.fft.rfftfreq(width) < 1 / 6 + 1e-9
    )
    layer.convolution.bins.assign(numpy_of(layer.convolution.bins) * keeps)
    assert_close(output, in_space(layer, images, padding)[:, ::2, ::3], 1e-12)


@pytest.mark.parametrize(
    "arguments",
    [
        {"padding": "same"},
        {"padding": "reflect", "strides": 2},
        {"padding": "circular", "strides": (3, 2), "antialias": True, "family": "free"},
        {"padding": "circular", "mixing": "sum", "family": "free"},
        {"padding": "circular", "mixing": "depthwise", "family": "free"},
    ],
    ids=str,
)
@pytest.mark.usefixtures("float64")
def test_white_images_keep_their_variance_at_the_start(arguments, rng):
    images = random_images(rng, (45, 30), channels=4, batch=4)
    output = output_of(SpectralConv2D(32, seed=3, **arguments), images)
    inner = output[:, 9:-9, 9:-9] if arguments["padding"] == "same" else output
    assert inner.var() == pytest.approx(images.var(), rel=0.1)


def test_bias_and_activation_act_in_space(rng):
    images = random_images(rng, (6, 9)).astype("float32")
    plain, bent = SpectralConv2D(3, seed=1), SpectralConv2D(3, seed=1, activation="relu")
    bias = np.array([1.0, -2.0, 0.5], "float32")
    built(bent, images).bias.assign(bias)
    expected = np.maximum(output_of(plain, images) + bias, 0)
    np.testing.assert_allclose(output_of(bent, images), expected, atol=1e-6)
    bare = built(SpectralConv2D(3, seed=1, use_bias=False), images)
    assert bare.count_params() == plain.count_params() - 3


def test_weights_fit_every_size_but_those_of_free_filters(rng):
    small, large = random_images(rng, (6, 9)), random_images(rng, (8, 5))
    layer = SpectralConv2D(FILTERS)
    layer(small.astype("float32"))
    found = output_of(layer, large.astype("float32"))
    assert_close(found, in_space(layer, large, "same"), 1e-6)
    bound = built(SpectralConv2D(FILTERS, family="free"), small)
    with pytest.raises(ValueError, match="expected axis 1 of input shape to have value 6"):
        bound(large)
    with pytest.raises(ValueError, match="expected axis 3 of input shape to have value 2"):
        layer(random_images(rng, (6, 9), channels=3))


@pytest.mark.parametrize("family", ["gaussian", "free"])
@pytest.mark.parametrize(
    "arguments",
    [
        {"padding": "same", "strides": 2},
        {"padding": "circular", "strides": 2, "antialias": True},
        {"padding": "reflect", "mixing": "sum"},
    ],
    ids=str,
)
@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(family, arguments, rng):
    images = random_images(rng, (5, 6), batch=1)
    layer = built(SpectralConv2D(2, family=family, **arguments), images)
    assert_layer_gradients_are_right(layer, images)


def test_low_precision_rounds_images_and_outputs_alone(rng):
    """The transform, the filters and their product are not in bfloat16."""
    images = ops.cast(random_images(rng, (12, 10)), "bfloat16")
    exact = SpectralConv2D(FILTERS, seed=1)
    rounded = SpectralConv2D(FILTERS, seed=1, dtype="mixed_bfloat16")
    expected = numpy_of(ops.cast(exact(ops.cast(images, "float32")), "bfloat16"))
    output = rounded(images)
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    difference = numpy_of(ops.cast(output, "float32")) - expected.astype("float32")
    assert np.mean(difference != 0) < 0.02


def test_configurations_are_complete_and_saved():
    given = {
        "filters": 3, "family": {"polynomial": {"order": 2}}, "strides": (2, 3),
        "padding": "reflect", "antialias": True, "mixing": "sum", "activation": "relu",
        "use_bias": False, "seed": 4,
    }  # fmt: skip
    config = SpectralConv2D(**given).get_config()
    assert {name: config[name] for name in given} == given
    assert SpectralConv2D.from_config(config).get_config() == config


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0}, "filters: expected a whole number above 0, found 0"),
        ({"strides": 0}, "strides: expected a whole number above 0, found 0"),
        ({"strides": [1, 2, 3]}, "strides: expected one number, or two"),
        (
            {"padding": "full"},
            "padding: expected one of circular, same, reflect, valid, found 'full'",
        ),
        ({"mixing": "max"}, "mixing: expected one of sum, depthwise, full"),
        ({"family": "gausian"}, "family: unknown family 'gausian'; did you mean 'gaussian'"),
        ({"family": {"polynomial": {"ordr": 2}}}, "family.polynomial.ordr: unknown argument"),
    ],
)
def test_wrong_arguments_are_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpectralConv2D(**{"filters": 2, **arguments})
