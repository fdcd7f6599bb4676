"""Laws of the masks of the frequency plane, against NumPy and SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from scipy.special import betainc

from specnet.ops.grids import half_width, radius_grid
from specnet.ops.masks import low_pass, surviving_pairs

pytestmark = pytest.mark.backend

CUTOFFS = st.floats(0.01, 0.7)
WIDTHS = st.floats(0.01, 0.5)


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def low_pass_of(radii, *others):
    return numpy_of(low_pass(ops.convert_to_tensor(radii), *others))


def test_radii_are_distances_from_frequency_zero(size):
    whole = np.abs(np.fft.fftfreq(size[0])[:, None] + 1j * np.fft.fftfreq(size[1]))
    np.testing.assert_allclose(radius_grid(*size), whole[:, : half_width(size[1])], rtol=1e-15)


@settings(max_examples=20)
@given(cutoff=CUTOFFS, transition=WIDTHS)
def test_the_edge_is_the_smoothstep(cutoff, transition):
    """3t² - 2t³ is the distribution function of Beta(2, 2)."""
    radii = np.linspace(0, 0.75, 40)
    t = np.clip((cutoff + transition / 2 - radii) / transition, 0, 1)
    found = low_pass_of(radii, cutoff, transition)
    np.testing.assert_allclose(found, betainc(2, 2, t), atol=1e-12)
    assert found.dtype == "float64"


@settings(max_examples=20)
@given(cutoff=CUTOFFS, transition=WIDTHS)
def test_a_low_pass_is_exact_outside_its_edge(cutoff, transition):
    radii = np.linspace(0, 0.75, 40).astype("float32")
    found = low_pass_of(radii, cutoff, transition)
    # Away from the ends of the edge by more than float32 rounds.
    assert (found[radii < cutoff - transition / 2 - 1e-5] == 1).all()
    assert (found[radii > cutoff + transition / 2 + 1e-5] == 0).all()
    assert (np.diff(found) <= 1e-6).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("length", [*range(2, 13), 30, 97])
def test_a_brick_wall_keeps_the_bins_that_stand_on_it(length, dtype):
    """k * (1 / N) and k / N need not round alike; a cut-off of k / N keeps k + 1 bins."""
    radii = radius_grid(1, length)[0].astype(dtype)
    kept = [low_pass_of(radii, k / length, 0).sum() for k in range(1, len(radii))]
    np.testing.assert_array_equal(kept, np.arange(2, len(radii) + 1))


def test_the_highest_cutoff_keeps_all(size):
    assert low_pass_of(radius_grid(*size), 0.5**0.5, 0).all()


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.8])
def test_survivors_are_those_of_the_whole_plane(rate, size, rng):
    """Bin by bin: the draw of a bin, or of its mirror image where that comes first."""
    height, width = size
    numbers = rng.uniform(size=(2, 3, height, half_width(width)))
    found = numpy_of(surviving_pairs(ops.convert_to_tensor(numbers), rate, width))
    for v, u in np.ndindex(found.shape[2:]):
        mirrored_column = -u % width
        row = min(v, -v % height) if mirrored_column == u else v
        expected = (numbers[:, :, row, u] >= rate) / (1 - rate)
        np.testing.assert_allclose(found[:, :, v, u], expected, rtol=1e-15)


def test_the_expectation_of_survivors_is_one(rng):
    numbers = ops.convert_to_tensor(rng.uniform(size=(2000, 2, 5, 4)))
    mean = numpy_of(surviving_pairs(numbers, 0.4, 6)).mean((0, 1))
    # The standard error of a mean of 4000 is 0.013.
    np.testing.assert_allclose(mean, 1, atol=0.06)
