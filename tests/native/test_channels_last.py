"""The transforms of images with channels last against NumPy's, and the memory that they work in."""

import os
import queue
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

tf = pytest.importorskip("tensorflow")

from specnet.native import ffts, memory, threads  # noqa: E402
from specnet.native.ffts import irfft2, rfft2  # noqa: E402

# Lengths with one factor, with several, and primes.
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
@settings(max_examples=60)
def test_spectra_are_numpys_of_the_padded_images(rows, columns, batch, data):
    height, width = data.draw(st.integers(1, rows)), data.draw(st.integers(1, columns))
    channels = data.draw(st.sampled_from([1, 2, 3, 17, 70]))
    images = random(0, batch, height, width, channels)
    expected = np.fft.rfft2(padded(images, (rows, columns)), axes=(1, 2))
    found = spectrum_of(images, (rows, columns))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


@given(st.sampled_from(LENGTHS), st.sampled_from(LENGTHS), st.integers(1, 3), st.data())
@settings(max_examples=60)
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
    monkeypatch.setattr(ffts, "threads", lambda: count)
    np.testing.assert_array_equal(spectrum_of(images, (10, 12)), expected)


def test_a_batch_in_several_groups_is_transformed_as_in_one(monkeypatch):
    images, size = random(4, 5, 9, 10, 3), (18, 20)
    expected = spectrum_of(images, size)
    monkeypatch.setattr(ffts, "_AT_ONCE", 2 * expected[0].nbytes)
    spectra, again = spectrum_of(images, size), np.full_like(images, np.nan)
    np.testing.assert_allclose(spectra, expected, rtol=0, atol=1e-6 * np.abs(expected).max())
    irfft2(spectra, size, again)
    np.testing.assert_allclose(again, images, rtol=0, atol=1e-5)


def test_memory_in_use_is_shared_by_no_two_users_and_comes_back(monkeypatch):
    monkeypatch.setattr(memory, "_free", [])  # not what other tests left
    monkeypatch.setattr(memory, "_returned", queue.SimpleQueue())
    with memory.scratch((3, 50), np.float32) as one:
        other = memory.handed_over((30, 5), np.float32)
        one[:], other[:] = 1, 2
        assert (one == 1).all()
        assert not np.shares_memory(one, other)
    address = other.ctypes.data
    del other
    with memory.scratch((150,), np.float32) as again, memory.scratch((150,), np.float32) as more:
        assert address in {again.ctypes.data, more.ctypes.data}


def test_no_more_memory_is_kept_than_the_limit(monkeypatch):
    monkeypatch.setattr(memory, "_free", [])
    monkeypatch.setattr(memory, "_returned", queue.SimpleQueue())
    monkeypatch.setattr(memory, "_MOST_KEPT", 1000)
    with memory.scratch((100,), float), memory.scratch((100,), float), memory.scratch((9,), float):
        assert memory._free == []
    memory._collect()
    assert 0 < sum(map(len, memory._free)) <= 1000


@pytest.mark.parametrize("shape", [(1,), (7, 3), (1000, 3)])
def test_what_goes_to_tensorflow_is_aligned(shape):
    assert memory.handed_over(shape, np.float32).ctypes.data % 64 == 0
    assert memory.handed_over(shape, np.float32).shape == shape


@pytest.mark.graph
def test_a_tensor_keeps_its_numbers_when_memory_is_asked_for_again():
    def one(value):
        array = memory.handed_over((1000,), np.float32)
        array[:] = value
        return array

    @tf.function
    def traced():
        return [tf.numpy_function(lambda v=v: one(v), [], tf.float32) for v in range(5)]

    arrays = [np.asarray(tensor) for tensor in traced()]
    for _ in range(3):
        traced()
        with memory.scratch((1000,), np.float32) as other:
            other[:] = -1
    for value, array in enumerate(arrays):
        assert (array == value).all()


def test_a_share_that_fails_waits_for_the_others():
    ended = []

    def work(thread, start, stop):
        if thread == 0:
            raise ValueError("the first share")
        time.sleep(0.1)
        ended.append(thread)

    with pytest.raises(ValueError, match="the first share"):
        threads.each_block(work, threads.threads(), 1)
    assert ended == [*range(1, threads.threads())]


def test_blas_has_its_threads_again_when_the_last_user_has_left():
    known = threads._blas().info()
    first, second = threads.blas_on_one_thread(), threads.blas_on_one_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert {each["num_threads"] for each in threads._blas().info()} == {1}
    second.__exit__(None, None, None)
    assert threads._blas().info() == known


@pytest.mark.parametrize("outside", [nullcontext, lambda: threadpool_limits(1)])
def test_blas_has_one_thread_whichever_thread_wants_that(outside):
    """Also where the program around has a limit of its own."""
    known = threads._blas().info()

    def limited():
        with threads.blas_on_one_thread():
            return {each["num_threads"] for each in threads._blas().info()}

    with outside(), ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        for pool in (first, second, first):  # the threads live on
            assert pool.submit(limited).result() == {1}
    assert threads._blas().info() == known


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_transforms_work_in_a_forked_process():
    images = random(3, 2, 6, 5, 3)
    expected = spectrum_of(images, (6, 5))
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(spectrum_of(images, (6, 5)), expected) else 1)
    for _ in range(200):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0
            return
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    pytest.fail("the forked process hangs")
