"""Transfer functions of few frequencies at other sizes: bin by bin, and by Fourier series."""

import numpy as np
import pytest
from keras import ops

from specnet.ops.interpolation import interpolate
from specnet.ops.modes import spread

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


@pytest.mark.parametrize("modes", [(1, 1), (3, 2), (4, 5)], ids=str)
def test_every_bin_has_the_weight_of_its_cycles(modes, size, rng):
    down, across = modes
    bins = rng.normal(size=(2, 3, 2 * down - 1, across))
    found = numpy_of(spread(ops.convert_to_tensor(bins), size))
    expected = np.zeros((2, 3, size[0], size[1] // 2 + 1))
    for row in range(size[0]):
        # Cycles of a row, both where plus and minus are one.
        cycles = {
            v for v in range(-size[0], size[0]) if v % size[0] == row and 2 * abs(v) <= size[0]
        }
        for column in range(expected.shape[-1]):
            if column < across and all(abs(v) < down for v in cycles):
                values = [bins[:, :, v % (2 * down - 1), column] for v in cycles]
                expected[:, :, row, column] = np.mean(values, axis=0)
    np.testing.assert_allclose(found, expected, atol=1e-15)


def of_kernel(kernel, size):
    """The half spectrum of a kernel around pixel 0, in an image of this size."""
    reach = np.arange(-2, 3)
    down = np.exp(-2j * np.pi * np.outer(np.fft.fftfreq(size[0]), reach))
    across = np.exp(-2j * np.pi * np.outer(reach, np.fft.rfftfreq(size[1])))
    spectrum = down @ kernel @ across
    return np.stack([spectrum.real, spectrum.imag])[:, None]


@pytest.mark.parametrize("odd", [0, 1])
@pytest.mark.parametrize("to", [(32, 30), (37, 45), (96, 61), (24, 1)], ids=str)
def test_small_kernels_are_the_same_at_every_size(to, odd, rng):
    """Of 5 x 5 pixels; by the cubic's third order, to 1 %. One pixel wide, their columns add up."""
    kernel = rng.normal(size=(5, 5))
    size = 32, 30 + odd
    bins = ops.convert_to_tensor(of_kernel(kernel, size))
    expected = of_kernel(kernel, to)
    error = numpy_of(ops.stack(interpolate(*bins, size, to))) - expected
    assert np.linalg.norm(error) < 0.01 * np.linalg.norm(expected)
    same = numpy_of(ops.stack(interpolate(*bins, size, size)))
    np.testing.assert_allclose(same, bins, atol=1e-14)
