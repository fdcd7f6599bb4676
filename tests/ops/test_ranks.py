"""Signals and volumes: the maths of images at other ranks, against NumPy, SciPy and PyWavelets."""

import keras
import numpy as np
import pytest
import pywt
import scipy.signal
from drawn import examples
from gradients import assert_gradient_is_right
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from specnet.ops.fourier import irfftn, rfftn
from specnet.ops.hermitian import hermitian_projection
from specnet.ops.resizing import resize
from specnet.ops.wavelets import dwtn, idwtn

pytestmark = pytest.mark.backend

LENGTH = st.sampled_from([1, 2, 3, 4, 5, 7, 8])
SIZES = st.one_of(st.tuples(LENGTH), st.tuples(LENGTH, LENGTH, LENGTH))
SEEDS = st.integers(0, 2**32 - 1)
WIDE = "float32" if keras.backend.backend() == "jax" else "float64"
CLOSE = {"rtol": 1e-4, "atol": 1e-4} if WIDE == "float32" else {"rtol": 1e-9, "atol": 1e-9}


def tensor(array):
    return ops.cast(array, WIDE)


def array(x):
    return ops.convert_to_numpy(x)


def axes(size):
    return tuple(range(-len(size), 0))


@given(SIZES, SEEDS)
@examples(40)
def test_the_transform_is_that_of_numpy(size, seed):
    signals = np.random.default_rng(seed).normal(size=(2, *size))
    real, imaginary = map(array, rfftn(tensor(signals), len(size)))
    np.testing.assert_allclose(
        real + 1j * imaginary, np.fft.rfftn(signals, axes=axes(size)), **CLOSE
    )


@given(SIZES, SEEDS)
@examples(40)
def test_the_way_back_is_the_adjoint_of_the_projected_way_there(size, seed):
    """Of any spectrum: what is not Hermitian is left out, and nothing else."""
    rng = np.random.default_rng(seed)
    bins = (*size[:-1], size[-1] // 2 + 1)
    spectrum = rng.normal(size=(2, *bins))
    planes = hermitian_projection(*map(tensor, spectrum), size[-1], len(size))
    back = array(irfftn(*planes, size))
    again = np.fft.rfftn(back)
    np.testing.assert_allclose(again, array(planes[0]) + 1j * array(planes[1]), **CLOSE)
    # The nearest Hermitian one: what is taken away is orthogonal to all spectra of real signals.
    other = np.fft.rfftn(rng.normal(size=size))
    weights = np.full(bins[-1], 2.0)
    weights[0] = 1
    if size[-1] % 2 == 0:
        weights[-1] = 1
    gone = (spectrum[0] + 1j * spectrum[1] - again) * weights
    most = 1e-3 if WIDE == "float32" else 1e-9
    assert abs((gone * other.conj()).sum().real) < most


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("size", [(6,), (7,), (3, 4, 6), (4, 3, 5)], ids=str)
def test_gradients_are_right_there_and_back(size, rng):
    """Also of spectra that belong to no signal, as those are that a loss is made of."""
    weights = rng.normal(size=(2, *size[:-1], size[-1] // 2 + 1))

    def loss(signals):
        planes = rfftn(signals, len(size))
        weighted = [
            plane * ops.convert_to_tensor(each) for plane, each in zip(planes, weights, strict=True)
        ]
        back = irfftn(*hermitian_projection(*weighted, size[-1], len(size)), size)
        return ops.sum(weighted[0] ** 2) + ops.sum(weighted[1] ** 3) + ops.sum(back**3)

    assert_gradient_is_right(loss, rng.normal(size=size))


@given(SIZES, SEEDS, st.data())
@examples(30)
def test_pooling_is_what_scipy_resamples_along_each_axis(size, seed, data):
    volumes = np.random.default_rng(seed).normal(size=(2, *size, 3))
    to = tuple(data.draw(st.integers(1, length)) for length in size)
    expected = volumes
    for axis, length in enumerate(to, 1):
        expected = scipy.signal.resample(expected, length, axis=axis)
    np.testing.assert_allclose(array(resize(tensor(volumes), to)), expected, **CLOSE)


@given(SIZES, SEEDS, st.sampled_from(["haar", "db2", "bior2.2"]))
@examples(30)
def test_wavelet_bands_are_those_of_pywavelets_and_give_all_back(size, seed, wavelet):
    volumes = np.random.default_rng(seed).normal(size=(2, *size, 2))
    bands = dwtn(tensor(volumes), wavelet)
    known = pywt.dwtn(volumes, wavelet, "periodization", axes=range(1, len(size) + 1))
    for number, band in enumerate(bands):
        key = "".join("ad"[number >> axis & 1] for axis in range(len(size)))
        np.testing.assert_allclose(array(band), known[key], **CLOSE)
    np.testing.assert_allclose(array(idwtn(bands, wavelet, size)), volumes, **CLOSE)
