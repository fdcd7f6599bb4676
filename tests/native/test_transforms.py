"""The transforms of images with channels last against NumPy's, and the memory that they work in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

tf = pytest.importorskip("tensorflow")

from specnet.native import memory, threads  # noqa: E402
from specnet.native.transforms import irfft2, rfft2  # noqa: E402

# Lengths with each radix, their mixtures, one that has none, and primes.
LENGTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 15, 16, 20, 25, 27, 30, 36, 45, 60, 75, 81]


def random(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def spectrum_of(images, size):
    out = np.full((len(images), size[0], size[1] // 2 + 1, images.shape[-1]), np.nan, "complex64")
    rfft2(images, size, out)
    return out


def padded(images, size):
    height, width = images.shape[1:3]
    beyond = ((0, 0), (0, size[0] - height), (0, size[1] - width), (0, 0))
    return np.pad(images.astype("float64"), beyond)


@given(st.sampled_from(LENGTHS), st.sampled_from(LENGTHS), st.integers(1, 3), st.data())
@settings(max_examples=60, deadline=None)
def test_spectra_are_numpys_of_the_padded_images(rows, columns, batch, data):
    height, width = data.draw(st.integers(1, rows)), data.draw(st.integers(1, columns))
    channels = data.draw(st.sampled_from([1, 2, 3, 17, 70]))
    images = random(0, batch, height, width, channels)
    expected = np.fft.rfft2(padded(images, (rows, columns)), axes=(1, 2))
    found = spectrum_of(images, (rows, columns))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


@given(st.sampled_from(LENGTHS), st.sampled_from(LENGTHS), st.integers(1, 3), st.data())
@settings(max_examples=60, deadline=None)
def test_images_are_numpys_also_of_spectra_that_are_not_hermitian(rows, columns, batch, data):
    height, width = data.draw(st.integers(1, rows)), data.draw(st.integers(1, columns))
    channels = data.draw(st.sampled_from([1, 2, 3, 17, 70]))
    shape = (batch, rows, columns // 2 + 1, channels)
    spectra = random(1, *shape) + 1j * random(2, *shape)
    expected = np.fft.irfft2(spectra, (rows, columns), axes=(1, 2))[:, :height, :width]
    found = np.full((batch, height, width, channels), np.nan, "float32")
    irfft2(spectra.astype("complex64"), (rows, columns), found)
    # The rounding is relative to the whole image, of which little may be kept.
    scale = np.linalg.norm(spectra) / (rows * columns)
    np.testing.assert_allclose(found, expected, rtol=0, atol=3e-6 * scale)


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_threads_gives_the_same_spectra(count, monkeypatch):
    images = random(3, 5, 9, 10, 3)
    expected = spectrum_of(images, (10, 12))
    monkeypatch.setattr(threads, "threads", lambda: count)
    np.testing.assert_array_equal(spectrum_of(images, (10, 12)), expected)


def test_memory_in_use_is_shared_by_no_two_users_and_comes_back():
    with memory.scratch((3, 50), np.float32) as one:
        other = memory.handed_over((30, 5), np.float32)
        one[:], other[:] = 1, 2
        assert (one == 1).all()
        assert not np.shares_memory(one, other)
    address = other.ctypes.data
    del other
    with memory.scratch((150,), np.float32), memory.scratch((150,), np.float32):
        addresses = {free.ctypes.data for free in memory._free}
        assert address not in addresses
    assert address in {free.ctypes.data for free in memory._free}


def test_no_more_memory_is_kept_than_the_limit(monkeypatch):
    monkeypatch.setattr(memory, "_free", [])
    monkeypatch.setattr(memory, "_MOST_KEPT", 1000)
    with memory.scratch((100,), float), memory.scratch((100,), float), memory.scratch((9,), float):
        assert memory._free == []
    assert sum(map(len, memory._free)) <= 1000


@pytest.mark.parametrize("shape", [(1,), (7, 3), (1000, 3)])
def test_what_goes_to_tensorflow_is_aligned(shape):
    assert memory.handed_over(shape, np.float32).ctypes.data % 64 == 0
    assert memory.handed_over(shape, np.float32).shape == shape


def test_a_tensor_keeps_its_numbers_when_memory_is_asked_for_again():
    def one(value):
        array = memory.handed_over((1000,), np.float32)
        array[:] = value
        return array

    tensors = [tf.numpy_function(lambda v=v: one(v), [], tf.float32) for v in range(5)]
    with memory.scratch((1000,), np.float32) as other:
        other[:] = -1
    for value, tensor in enumerate(tensors):
        assert (tensor.numpy() == value).all()
