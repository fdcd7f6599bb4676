"""Laws of extending images: sizes that transforms like, and what lies beyond the border."""

import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from specnet.ops.padding import extend, extended_size, fast_length

pytestmark = pytest.mark.backend


@given(st.integers(1, 5000))
def test_fast_lengths_are_those_of_scipy(least):
    assert fast_length(least) == scipy.fft.next_fast_len(least, real=True)


@given(st.integers(-3, 500), st.integers(1, 20))
def test_a_fast_length_is_a_multiple_and_no_shorter_one_would_do(least, multiple):
    length = fast_length(least, multiple)
    smooth = {2**i * 3**j * 5**k for i in range(10) for j in range(7) for k in range(5)}
    assert length == min(n * multiple for n in smooth if n * multiple >= least)


def test_nothing_wraps_around_a_same_padded_image(size):
    for length, extended in zip(size, extended_size("same", size, (3, 2)), strict=True):
        assert extended >= 2 * length - 1
    assert extended_size("same", size, (3, 2))[0] % 3 == 0
    assert extended_size("same", size, (3, 2))[1] % 2 == 0


@pytest.mark.parametrize("padding", ["circular", "same", "reflect"])
def test_the_image_is_at_the_top_left_and_then_comes_what_numpy_pads(padding, size, rng):
    images = rng.normal(size=(2, 3, *size))
    to = extended_size(padding, size, (1, 1))
    margins = ((0, 0), (0, 0), (0, to[0] - size[0]), (0, to[1] - size[1]))
    mode = "reflect" if padding == "reflect" else "constant"
    found = ops.convert_to_numpy(extend(ops.convert_to_tensor(images), padding, to))
    np.testing.assert_array_equal(found, np.pad(images, margins, mode=mode))


def test_the_periodic_extension_of_a_reflected_image_is_even(size, rng):
    """Pixel -n is pixel n: the repeated image has no seam."""
    images = rng.normal(size=(1, 1, *size))
    to = extended_size("reflect", size, (1, 1))
    found = np.asarray(ops.convert_to_numpy(extend(ops.convert_to_tensor(images), "reflect", to)))[
        0, 0
    ]
    rows, columns = -np.arange(to[0]), -np.arange(to[1])
    np.testing.assert_array_equal(found[rows][:, columns], found)
