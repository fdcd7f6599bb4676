"""Laws of strides in the frequency domain, against NumPy and SciPy in space."""

import numpy as np
import pytest
import scipy.signal
from drawn import examples
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from specnet.ops.striding import below_new_nyquist, fold, repeat, subsampled

pytestmark = pytest.mark.backend

lengths, steps = st.integers(1, 9), st.integers(1, 4)


def planes_of(images):
    spectrum = np.fft.rfft2(images)
    return ops.convert_to_tensor(spectrum.real), ops.convert_to_tensor(spectrum.imag)


def images_of(planes, size):
    real, imaginary = (np.asarray(ops.convert_to_numpy(plane)) for plane in planes)
    return np.fft.irfft2(real + 1j * imaginary, size)


def random_images(size):
    return np.random.default_rng(size).normal(size=(2, *size))


def assert_close(found, expected):
    assert found.shape == expected.shape
    assert np.linalg.norm(found - expected) <= 1e-12 * max(1, np.linalg.norm(expected))


@given(lengths, lengths, steps, steps)
@examples(40)
def test_folding_is_taking_every_pixel_in_s(h, w, sv, su):
    images = random_images((h * sv, w * su))
    folded = fold(*planes_of(images), (h * sv, w * su), (sv, su))
    assert_close(images_of(folded, (h, w)), images[:, ::sv, ::su])


@given(lengths, lengths, steps, steps)
@examples(40)
def test_repeating_is_putting_zeros_between_the_pixels(h, w, sv, su):
    images = random_images((h, w))
    expected = np.zeros((2, h * sv, w * su))
    expected[:, ::sv, ::su] = images
    repeated = repeat(*planes_of(images), (h, w), (sv, su))
    assert_close(images_of(repeated, (h * sv, w * su)), expected)


@given(st.integers(1, 13), st.integers(1, 13), steps, steps)
@examples(40)
def test_subsampling_holds_at_sizes_that_the_strides_do_not_divide(height, width, sv, su):
    images = random_images((height, width))
    found = subsampled(*planes_of(images), (height, width), (sv, su))
    assert_close(np.asarray(ops.convert_to_numpy(found)), images[:, ::sv, ::su])


@given(lengths, lengths, steps, steps)
@examples(40)
def test_below_the_new_nyquist_frequency_subsampling_is_scipys_resampling(h, w, sv, su):
    """Both bins at an even length's Nyquist frequency are kept, so that folding adds them up."""
    size = (h * sv, w * su)
    images = random_images(size)
    mask = ops.convert_to_tensor(below_new_nyquist(size, (sv, su)).astype(float))
    real, imaginary = planes_of(images)
    found = subsampled(real * mask, imaginary * mask, size, (sv, su))
    expected = scipy.signal.resample(scipy.signal.resample(images, h, axis=1), w, axis=2)
    assert_close(np.asarray(ops.convert_to_numpy(found)), expected)


def test_the_mask_keeps_frequencies_up_to_half_a_cycle_a_step(size):
    """At any size, also where the stride does not divide it."""
    vertical, horizontal = np.fft.fftfreq(size[0]), np.fft.rfftfreq(size[1])
    tolerance = 1e-9
    expected = (np.abs(vertical)[:, None] <= 1 / 6 + tolerance) & (horizontal <= 1 / 4 + tolerance)
    np.testing.assert_array_equal(below_new_nyquist(size, (3, 2)), expected)
