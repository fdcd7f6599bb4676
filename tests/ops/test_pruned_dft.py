"""Transforms to few modes and back against NumPy's whole ones."""

import numpy as np
import pytest
from convolution_in_space import numpy_of

from specnet.ops.modes import rows_of_modes
from specnet.ops.pruned_dft import irfft2_of_modes, rfft2_of_modes

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]

MODES = pytest.mark.parametrize("modes", [(1, 1), (3, 2), (6, 8)])


def kept(size, modes):
    """Indices of the rows and of the columns of a half spectrum."""
    above, below = rows_of_modes(size[0], modes[0])
    rows = [*range(above), *range(size[0] - below, size[0])]
    return rows, [*range(min(modes[1], size[1] // 2 + 1))]


@MODES
def test_the_modes_of_images_are_bins_of_their_spectra(size, modes, rng):
    images = rng.normal(size=(2, *size, 3))
    rows, columns = kept(size, modes)
    expected = np.fft.rfft2(images, axes=(1, 2))[:, rows][:, :, columns]
    real, imaginary = map(numpy_of, rfft2_of_modes(images, modes))
    np.testing.assert_allclose(real + 1j * imaginary, expected, atol=1e-11)


@MODES
def test_images_of_modes_have_those_bins_and_no_others(size, modes, rng):
    rows, columns = kept(size, modes)
    bins = rng.normal(size=(2, 2, len(rows), len(columns), 3))
    whole = np.zeros((2, size[0], size[1] // 2 + 1, 3), complex)
    whole[:, np.array(rows)[:, None], columns] = bins[0] + 1j * bins[1]
    expected = np.fft.irfft2(whole, size, axes=(1, 2))
    found = irfft2_of_modes(bins[0], bins[1], size, modes)
    np.testing.assert_allclose(numpy_of(found), expected, atol=1e-11)
