"""Laws of the transforms, against NumPy; on whatever backend Keras runs."""

import keras
import numpy as np
import pytest
from drawn import examples
from gradients import assert_gradient_is_right, symbolic_gradient
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from specnet.ops.fourier import irfft2, polar, rfft2
from specnet.ops.grids import half_width
from specnet.ops.hermitian import hermitian_projection

pytestmark = pytest.mark.backend

NORMS = ["backward", "ortho", "forward"]
lengths = st.integers(1, 24)
seeds = st.integers(0, 2**32 - 1)


def numpy_of(*tensors):
    return tuple(np.asarray(ops.convert_to_numpy(t)) for t in tensors)


def spectrum_of(rng, size, lead=(2,)):
    """Any real and imaginary part, Hermitian or not."""
    return rng.normal(size=(2, *lead, size[0], half_width(size[1])))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-12)])
def test_rfft2_agrees_with_numpy(size, norm, dtype, tolerance, rng):
    images = rng.normal(size=(2, 3, *size)).astype(dtype)
    real, imaginary = numpy_of(*rfft2(images, norm))
    expected = np.fft.rfft2(images.astype("float64"), norm=norm)
    error = np.linalg.norm(real + 1j * imaginary - expected) / np.linalg.norm(expected)
    assert real.dtype == imaginary.dtype == dtype
    assert error < tolerance


@pytest.mark.parametrize("norm", NORMS)
def test_irfft2_agrees_with_numpy_on_hermitian_spectra(size, norm, rng):
    spectrum = np.fft.rfft2(rng.normal(size=(3, *size)))
    images = numpy_of(irfft2(spectrum.real, spectrum.imag, size, norm))[0]
    np.testing.assert_allclose(images, np.fft.irfft2(spectrum, size, norm=norm), atol=1e-12)


@given(lengths, lengths, st.sampled_from(NORMS), seeds)
@examples(40)
def test_irfft2_inverts_rfft2(height, width, norm, seed):
    images = np.random.default_rng(seed).normal(size=(2, height, width))
    back = numpy_of(irfft2(*rfft2(images, norm), (height, width), norm))[0]
    assert np.linalg.norm(back - images) <= 1e-12 * np.linalg.norm(images)


@given(lengths, lengths, seeds)
@examples(25)
def test_parseval_ortho_keeps_the_energy(height, width, seed):
    images = np.random.default_rng(seed).normal(size=(height, width))
    real, imaginary = numpy_of(*rfft2(images, "ortho"))
    twice = np.full(half_width(width), 2.0)
    twice[0] = 1
    if width % 2 == 0:
        twice[-1] = 1
    energy = (twice * (real**2 + imaginary**2)).sum()
    assert energy == pytest.approx((images**2).sum(), rel=1e-12)


def test_integers_are_transformed_as_numbers(size):
    images = np.arange(np.prod(size), dtype="uint8").reshape(size)
    real, _ = numpy_of(*rfft2(images))
    np.testing.assert_allclose(real, np.fft.rfft2(images).real, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_transformed_in_float32(dtype):
    """The DC bin of a bright image would be infinite in float16 before it is scaled."""
    images = ops.ones((512, 512), dtype)
    real, _ = rfft2(images, "ortho")
    assert keras.backend.standardize_dtype(real.dtype) == dtype
    assert float(ops.convert_to_numpy(ops.cast(real, "float32"))[0, 0]) == pytest.approx(
        512, rel=1e-2
    )


def test_irfft2_refuses_a_size_of_other_bins():
    with pytest.raises(ValueError, match="8x5 bins has no image of 8x10 pixels; that takes 8x6"):
        irfft2(np.zeros((8, 5)), np.zeros((8, 5)), (8, 10))


def test_polar_agrees_with_complex_exponentials(rng):
    magnitude, phase = rng.normal(size=(2, 5, 7))
    real, imaginary = numpy_of(*polar(magnitude, phase))
    np.testing.assert_allclose(real + 1j * imaginary, magnitude * np.exp(1j * phase), rtol=1e-14)


@pytest.mark.parametrize("norm", NORMS)
def test_gradient_of_rfft2_is_that_of_finite_differences(size, norm, rng):
    weights = ops.convert_to_tensor(spectrum_of(rng, size, lead=()))

    def loss(images):
        real, imaginary = rfft2(images, norm)
        return ops.sum(weights[0] * real * real + weights[1] * imaginary * imaginary * imaginary)

    images = rng.normal(size=size)
    assert_gradient_is_right(loss, images)


@pytest.mark.parametrize("norm", NORMS)
def test_gradient_of_projected_irfft2_is_that_of_finite_differences(size, norm, rng):
    weights = ops.convert_to_tensor(rng.normal(size=size))

    def loss(spectrum):
        planes = hermitian_projection(spectrum[0], spectrum[1], size[1])
        images = irfft2(*planes, size, norm)
        return ops.sum(weights * images * images)

    assert_gradient_is_right(loss, spectrum_of(rng, size, lead=()))


@pytest.mark.usefixtures("float64")
def test_the_gradient_in_float64_has_no_rounding_of_float32(rng):
    upstream, at = rng.normal(size=(7, 5)), rng.normal(size=(2, 7, 3))
    found = symbolic_gradient(
        lambda planes: ops.sum(irfft2(planes[0], planes[1], (7, 5)) * upstream), at
    )
    bins = np.eye(21).reshape(21, 7, 3)
    for plane, factor in zip(found, (1, 1j), strict=True):
        expected = [(np.fft.irfft2(factor * each, (7, 5)) * upstream).sum() for each in bins]
        np.testing.assert_allclose(plane.ravel(), expected, atol=1e-14)
