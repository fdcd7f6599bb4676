"""Laws of the activations of spectra, against the complex arithmetic of NumPy."""

import keras
import numpy as np
import pytest
from gradients import assert_gradient_is_right, symbolic_gradient
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from specnet.layers import IRFFT2D, RFFT2D, Cardioid, ModReLU, SpatialReLU, activations
from specnet.ops.fourier import irfft2
from specnet.ops.grids import half_width

pytestmark = pytest.mark.backend

BIASES = np.array([-0.7, 0.0, 0.4])
KINDS = {"mod_relu": ModReLU, "cardioid": Cardioid, "spatial_relu": SpatialReLU}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
pointwise = pytest.mark.parametrize("kind", [ModReLU, Cardioid])


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def planes(z):
    """Complex (B, C, V, U) -> (B, 2, C, V, U)."""
    return np.stack([z.real, z.imag], axis=1)


def complex_of(spectrum):
    spectrum = numpy_of(spectrum)
    return spectrum[:, 0] + 1j * spectrum[:, 1]


def random_complex(rng, shape=(2, 3, 5, 4)):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def layer_of(kind, shape=(2, 2, 3, 5, 4)):
    """A built layer; a mod_relu with biases of every sign."""
    layer = kind()
    layer.build(shape)
    if kind is ModReLU:
        layer.bias.assign(BIASES)
    return layer


def by_hand(kind, z):
    if kind is ModReLU:
        magnitude = np.abs(z) + BIASES[:, None, None]
        return np.where(magnitude > 0, magnitude, 0) * np.exp(1j * np.angle(z))
    return z * (1 + np.cos(np.angle(z))) / 2


def relative_error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


@pointwise
def test_values_are_those_of_the_formula(kind, rng):
    z = random_complex(rng)
    layer = layer_of(kind)
    output = layer(planes(z).astype("float32"))
    assert relative_error(complex_of(output), by_hand(kind, z)) <= 1e-6
    assert layer.compute_output_shape((2, 2, 3, 5, 4)) == output.shape


@pointwise
@pytest.mark.usefixtures("float64")
def test_float64_keeps_its_digits(kind, rng):
    z = random_complex(rng)
    assert relative_error(complex_of(layer_of(kind)(planes(z))), by_hand(kind, z)) <= 1e-12


@every_kind
@pytest.mark.parametrize("size", [(8, 8), (7, 7), (4, 1), (5, 2)], ids=str)
def test_spectra_of_real_images_stay_such(kind, size, rng):
    """NumPy's inverse and forward transform change only what belongs to no real image."""
    z = np.fft.rfft2(rng.normal(size=(2, 3, *size)), norm="ortho")
    arguments = {"odd_width": size[1] % 2 == 1} if kind is SpatialReLU else {}
    layer = kind(**arguments)
    layer.build((None, 2, 3, size[0], half_width(size[1])))
    if kind is ModReLU:
        layer.bias.assign(BIASES)
    output = complex_of(layer(planes(z).astype("float32")))
    again = np.fft.rfft2(np.fft.irfft2(output, size))
    np.testing.assert_allclose(output, again, atol=1e-5)


@settings(max_examples=10)
@given(angle=st.floats(-np.pi, np.pi))
def test_mod_relu_commutes_with_phases(angle):
    z, phasor = random_complex(np.random.default_rng(3)), np.exp(1j * angle)
    layer = layer_of(ModReLU)
    turned_first = complex_of(layer(planes(phasor * z).astype("float32")))
    turned_last = phasor * complex_of(layer(planes(z).astype("float32")))
    np.testing.assert_allclose(turned_first, turned_last, atol=2e-6)


def test_mod_relu_without_a_bias_is_the_identity(rng):
    spectrum = planes(random_complex(rng)).astype("float32")
    np.testing.assert_array_equal(numpy_of(ModReLU()(spectrum)), spectrum)


def test_mod_relu_starts_at_the_bias_that_is_given(rng):
    layer = ModReLU(bias=-0.25)
    z = random_complex(rng)
    shrunk = np.abs(complex_of(layer(planes(z).astype("float32"))))
    np.testing.assert_allclose(shrunk, np.maximum(np.abs(z) - 0.25, 0), atol=1e-6)
    np.testing.assert_array_equal(numpy_of(layer.bias), np.full(3, -0.25, "float32"))


def test_cardioid_keeps_positive_reals_and_removes_negative_ones(rng):
    reals = rng.normal(size=(2, 3, 5, 4))
    output = complex_of(Cardioid()(planes(reals + 0j).astype("float32")))
    np.testing.assert_allclose(output, np.maximum(reals, 0), atol=1e-6)


def test_cardioid_halves_imaginary_numbers(rng):
    imaginary = 1j * rng.normal(size=(2, 3, 5, 4))
    output = complex_of(Cardioid()(planes(imaginary).astype("float32")))
    np.testing.assert_allclose(output, imaginary / 2, atol=1e-6)


def assert_relu_in_space(images, norm):
    odd = {"odd_width": images.shape[2] % 2 == 1}
    output = IRFFT2D(norm=norm, **odd)(SpatialReLU(**odd)(RFFT2D(norm=norm)(images)))
    np.testing.assert_allclose(numpy_of(output), np.maximum(images, 0), atol=2e-6)


def test_spatial_relu_is_the_relu_of_images(size, rng):
    assert_relu_in_space(rng.normal(size=(2, *size, 3)).astype("float32"), "ortho")


@pytest.mark.parametrize("norm", ["backward", "forward"])
def test_spatial_relu_suits_any_norm(norm, rng):
    assert_relu_in_space(rng.normal(size=(2, 6, 9, 3)).astype("float32"), norm)


@pytest.mark.parametrize("size", [(8, 8), (7, 7), (4, 1)], ids=str)
def test_spatial_relu_takes_what_belongs_to_no_image_as_the_nearest_that_does(size, rng):
    """NumPy takes the real part of what is not Hermitian, which is the projection."""
    z = random_complex(rng, (2, 3, size[0], half_width(size[1])))
    output = complex_of(SpatialReLU(odd_width=size[1] % 2 == 1)(planes(z).astype("float32")))
    expected = np.fft.rfft2(np.maximum(np.fft.irfft2(z, size), 0))
    np.testing.assert_allclose(output, expected, atol=1e-5)


def test_spatial_relu_inverts_only_what_belongs_to_a_real_image(monkeypatch, rng):
    """A CPU makes no difference between the two; a GPU does."""
    inverted = []

    def spy(real, imaginary, size):
        inverted.append(numpy_of(real) + 1j * numpy_of(imaginary))
        return irfft2(real, imaginary, size)

    monkeypatch.setattr(activations, "irfftn", spy)
    activations.spatial_relu(ops.convert_to_tensor(planes(random_complex(rng))), 6)
    (z,) = inverted
    np.testing.assert_allclose(np.fft.rfft2(np.fft.irfft2(z, (5, 6))), z, atol=1e-6)


@pytest.mark.usefixtures("float64")
def test_spatial_relu_keeps_the_digits_of_float64(rng):
    images = rng.normal(size=(2, 3, 6, 7))
    output = complex_of(SpatialReLU(odd_width=True)(planes(np.fft.rfft2(images))))
    assert relative_error(output, np.fft.rfft2(np.maximum(images, 0))) <= 1e-12


@every_kind
@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(kind, rng):
    spectrum = planes(random_complex(rng))
    layer = layer_of(kind)
    weights = [numpy_of(weight) for weight in layer.weights]

    def loss(spectrum, weights):
        output = layer.stateless_call(weights, [], spectrum)[0]
        return ops.sum(output * output * output)

    assert_gradient_is_right(lambda x: loss(x, weights), spectrum)
    for weight in weights:
        assert_gradient_is_right(lambda w: loss(spectrum, [w]), weight)


@every_kind
def test_gradients_at_zero_are_finite(kind):
    layer = layer_of(kind)
    weights = [numpy_of(weight) for weight in layer.weights]
    zeros = np.zeros((2, 2, 3, 5, 4), "float32")

    def loss(spectrum, weights):
        return ops.sum(layer.stateless_call(weights, [], spectrum)[0])

    assert np.isfinite(symbolic_gradient(lambda x: loss(x, weights), zeros)).all()
    for weight in weights:
        assert np.isfinite(symbolic_gradient(lambda w: loss(zeros, [w]), weight)).all()


def test_mod_relu_at_zero_has_the_slope_of_its_neighbourhood():
    """The identity where the bias is 0, nothing where it is negative."""
    layer = layer_of(ModReLU)
    weights = [numpy_of(weight) for weight in layer.weights]

    def loss(spectrum):
        return ops.sum(layer.stateless_call(weights, [], spectrum)[0])

    slopes = symbolic_gradient(loss, np.zeros((1, 2, 3, 5, 4), "float32"))
    np.testing.assert_array_equal(slopes[:, :, 0], 0)
    np.testing.assert_array_equal(slopes[:, :, 1], 1)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
@every_kind
def test_layers_give_the_dtype_of_their_policy(kind, policy, rng):
    keras.config.set_dtype_policy(policy)
    output = kind()(planes(random_complex(rng)))
    wanted = keras.config.dtype_policy().compute_dtype
    assert keras.backend.standardize_dtype(output.dtype) == wanted


def test_large_bins_do_not_overflow_in_float16():
    """300² is beyond float16; magnitudes are taken in float32."""
    keras.config.set_dtype_policy("mixed_float16")
    spectrum = np.full((1, 2, 3, 5, 4), 300.0, "float32")
    np.testing.assert_allclose(numpy_of(ModReLU()(spectrum)), spectrum, rtol=1e-3)


def test_mod_relu_refuses_other_channels(rng):
    layer = layer_of(ModReLU)
    with pytest.raises(ValueError, match="expected axis 2"):
        layer(planes(random_complex(rng, (2, 1, 5, 4))))


@every_kind
def test_images_are_refused(kind):
    with pytest.raises(ValueError, match=r"a expects a spectrum .* put rfft2d before it"):
        kind(name="a").build((None, 8, 8, 1))


def test_spatial_relu_needs_to_know_a_width_of_one_pixel():
    with pytest.raises(ValueError, match="1 pixel wide, which is odd; set odd_width"):
        SpatialReLU(name="s").build((None, 2, 1, 4, 1))
