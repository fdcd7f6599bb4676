"""Laws of the layers between images and spectra."""

import keras
import numpy as np
import pytest
from keras import ops

from specnet.layers import IRFFT2D, RFFT1D, RFFT2D, FromComplexLast, ToComplexLast

pytestmark = pytest.mark.backend

NORMS = ["backward", "ortho", "forward"]


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def odd(size):
    return size[1] % 2 == 1


@pytest.fixture
def images(rng, size):
    return rng.normal(size=(2, *size, 3)).astype("float32")


@pytest.mark.parametrize("norm", NORMS)
def test_irfft2d_inverts_rfft2d(images, size, norm):
    back = IRFFT2D(odd_width=odd(size), norm=norm)(RFFT2D(norm=norm)(images))
    np.testing.assert_allclose(numpy_of(back), images, atol=1e-5)


def test_spectrum_holds_real_and_imaginary_planes_of_each_channel(images):
    spectrum = numpy_of(RFFT2D(norm="backward")(images))
    expected = np.fft.rfft2(np.moveaxis(images, -1, 1))
    np.testing.assert_allclose(spectrum[:, 0], expected.real, atol=1e-4)
    np.testing.assert_allclose(spectrum[:, 1], expected.imag, atol=1e-4)


def test_summed_channels_are_the_sum_of_the_spectra(images):
    for some in (images, np.concatenate([images, -2 * images], axis=-1)):  # added in two ways
        summed = RFFT2D(channels="sum")(some)
        apart = numpy_of(RFFT2D()(some))
        np.testing.assert_allclose(numpy_of(summed), apart.sum(2, keepdims=True), atol=1e-5)


def test_complex_last_is_the_layout_of_the_original_package(images):
    spectrum = RFFT2D(norm="backward")(images)
    last = numpy_of(ToComplexLast()(spectrum))
    expected = np.fft.rfft2(images, axes=(1, 2))
    np.testing.assert_allclose(last[..., 0] + 1j * last[..., 1], expected, atol=1e-4)
    np.testing.assert_array_equal(numpy_of(FromComplexLast()(last)), numpy_of(spectrum))


def test_a_spectrum_of_no_image_goes_back_as_the_nearest_image(rng, size):
    """NumPy takes the real part of what is not Hermitian, which is the projection."""
    spectrum = rng.normal(size=(1, 2, 1, size[0], size[1] // 2 + 1)).astype("float32")
    back = numpy_of(IRFFT2D(odd_width=odd(size), norm="backward")(spectrum))[0, ..., 0]
    expected = np.fft.irfft2(spectrum[0, 0, 0] + 1j * spectrum[0, 1, 0], size)
    np.testing.assert_allclose(back, expected, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_layers_give_the_dtype_of_their_policy(policy):
    keras.config.set_dtype_policy(policy)
    spectrum = RFFT2D()(np.ones((1, 5, 6, 2), "float32"))
    images = IRFFT2D()(spectrum)
    wanted = keras.config.dtype_policy().compute_dtype
    assert keras.backend.standardize_dtype(spectrum.dtype) == wanted
    assert keras.backend.standardize_dtype(images.dtype) == wanted


def test_a_bright_image_does_not_overflow_in_float16():
    keras.config.set_dtype_policy("mixed_float16")
    images = np.full((1, 300, 300, 1), 100.0, "float32")
    back = numpy_of(IRFFT2D()(RFFT2D()(images)))
    np.testing.assert_allclose(back.astype("float32"), images, rtol=1e-2)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (RFFT2D(name="a"), (None, 2, 3, 8, 5), "a expects images .* this is a spectrum already"),
        (RFFT2D(name="a"), (None, 5, 8, 8, 3), "a expects images .* volumes have layers of their"),
        (RFFT2D(name="a"), (8, 8, 3), "a expects images .* all 4 axes, also of one example"),
        (RFFT1D(name="a"), (None, 8, 8, 3), "a expects signals .* images have layers of their own"),
        (RFFT2D(name="a"), (None, 8, 8, None), "the channels must be known"),
        (IRFFT2D(name="b"), (None, 8, 8, 1), "b expects a spectrum .* put rfft2d before it"),
        (IRFFT2D(name="b"), (None, 2, 1, 4, 1), "1 pixel wide, which is odd; set odd_width"),
        (FromComplexLast(name="c"), (None, 8, 5, 1), r"c expects .* found shape \(None, 8, 5, 1\)"),
    ],
)
def test_wrong_shapes_are_explained(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.build(shape)


@pytest.mark.parametrize("dtype", ["int32", "bool", "complex64"])
def test_layers_compute_with_real_numbers_alone(dtype):
    with pytest.raises(ValueError, match=f"a: dtype: expected one of real numbers.*found {dtype}"):
        RFFT2D(name="a", dtype=dtype)


def test_wrong_choices_are_explained():
    with pytest.raises(ValueError, match=r"norm: expected one of .*, found 'l2'"):
        RFFT2D(norm="l2")
