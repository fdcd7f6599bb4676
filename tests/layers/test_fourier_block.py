"""The block of the Fourier neural operator against its formula in NumPy, at many sizes."""

import keras
import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops
from scipy.special import erf

from specnet.layers import FourierBlock

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]

FACTORIZATIONS = [None, "cp", "tucker"]


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def complex_of(weight):
    parts = numpy_of(weight)
    return parts[0] + 1j * parts[1]


def full_weights(layer):
    """(C, F, 2m, n) by the definition of the factorization."""
    if layer.factorization is None:
        return complex_of(layer.bins)
    axes = [complex_of(getattr(layer, f"axis_{axis}")) for axis in range(4)]
    if layer.factorization == "cp":
        return np.einsum("cr,fr,vr,ur->cfvu", *axes)
    return np.einsum("abde,ca,fb,vd,ue->cfvu", complex_of(layer.core), *axes)


def by_the_paper(images, weights, modes):
    """The two corners of the spectrum, as the authors' code multiplies them, mode by mode."""
    spectra = np.fft.rfft2(images, axes=(1, 2))
    output = np.zeros((*spectra.shape[:3], weights.shape[1]), complex)
    height, columns = spectra.shape[1:3]
    for row in range(-modes[0], modes[0]):
        if not -(height // 2) <= row < (height + 1) // 2:
            continue  # images of this size have no such mode
        for column in range(min(modes[1], columns)):
            output[:, row, column] = spectra[:, row, column] @ weights[:, :, row, column]
    return np.fft.irfft2(output, images.shape[1:3], axes=(1, 2))


@pytest.mark.parametrize("factorization", FACTORIZATIONS)
def test_it_is_the_formula_of_the_paper_at_every_size(size, factorization, rng):
    images = rng.normal(size=(2, *size, 3))
    layer = FourierBlock(2, modes=[3, 2], factorization=factorization, rank=2, seed=1)
    layer.build(images.shape)
    layer.bias.assign(rng.normal(size=2))
    found = numpy_of(layer(images))
    x = by_the_paper(images, full_weights(layer), (3, 2))
    x = x + images @ numpy_of(layer.kernel) + numpy_of(layer.bias)
    np.testing.assert_allclose(found, x * (1 + erf(x / 2**0.5)) / 2, atol=1e-7)  # gelu
    assert layer.compute_output_shape(images.shape) == found.shape


def wave_images(size, rng):
    """Images of two channels without frequencies above 2 cycles/image, sampled at `size`."""
    y, x = (np.arange(length) / length for length in size)
    total = np.zeros((1, *size, 2))
    for v in range(-2, 3):
        for u in range(-2, 3):
            phases = 2 * np.pi * (v * y[:, None] + u * x)
            total += np.cos(phases[..., None] + rng.uniform(0, 6, 2)) * rng.normal(size=2)
    return total


@pytest.mark.parametrize("modes", [[3, 3], [2, 3], [4, 4]])
def test_what_images_show_comes_out_the_same_at_every_resolution(modes):
    layer = FourierBlock(3, modes=modes, activation=None, seed=4)
    layer.build((None, None, None, 2))
    fine, coarse = (
        numpy_of(layer(wave_images(size, np.random.default_rng(5))))
        for size in ((48, 36), (16, 12))
    )
    np.testing.assert_allclose(fine[:, ::3, ::3], coarse, atol=1e-12)
    assert np.abs(coarse).max() > 0.1


@pytest.mark.parametrize("factorization", FACTORIZATIONS)
def test_noise_of_the_modes_keeps_its_variance(factorization, rng):
    images = rng.normal(size=(4, 12, 12, 8))
    gains = [
        numpy_of(FourierBlock(16, [6, 7], factorization, 4, None, seed=seed)(images)).var()
        for seed in range(8)
    ]
    assert np.mean(gains) == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("factorization", FACTORIZATIONS)
def test_gradients_are_right(factorization, rng):
    # Without an activation: JAX rounds tanh and gelu to float32.
    layer = FourierBlock(2, [2, 2], factorization, 2, activation=None, seed=3)
    layer.build((2, 5, 4, 2))
    assert_layer_gradients_are_right(layer, rng.normal(size=(2, 5, 4, 2)))


def test_factors_are_as_few_as_they_say():
    counts = {
        factorization: keras.Sequential(
            [keras.Input((8, 8, 6)), FourierBlock(5, [4, 3], factorization, 4, use_bias=False)]
        ).count_params()
        - 6 * 5
        for factorization in FACTORIZATIONS
    }
    lengths = 6 + 5 + 8 + 3
    assert counts == {
        None: 2 * 6 * 5 * 8 * 3,
        "cp": 2 * 4 * lengths,
        "tucker": 2 * (4 * (6 + 5 + 8) + 3 * 3 + 4**3 * 3),
    }
