import numpy as np
import pytest

from specnet.ops.grids import full_width, half_width, signed_grid, wood2021_grid


@pytest.mark.parametrize("width", range(1, 20))
def test_full_width_inverts_half_width_given_the_parity(width):
    assert full_width(half_width(width), odd=width % 2 == 1) == width


def test_signed_grid_is_the_frequency_of_each_bin(size):
    """A cosine of the frequency of a bin has all its power in that bin and its mirror image."""
    height, width = size
    vertical, horizontal = signed_grid(height, width)
    rows, columns = np.mgrid[:height, :width]
    for v, u in [(0, 0), (height // 2, 0), (height - 1, len(horizontal) - 1)]:
        wave = np.exp(2j * np.pi * (vertical[v] * rows + horizontal[u] * columns))
        power = np.abs(np.fft.fft2(wave))
        assert power[v, u] == pytest.approx(height * width)
        assert power.sum() == pytest.approx(height * width)


def test_wood2021_grid_puts_dc_at_minus_one_half():
    vertical, horizontal = wood2021_grid(4, 5, first_column=-0.5)
    np.testing.assert_allclose(vertical, [-0.5, -0.25, 0, 0.25])
    np.testing.assert_allclose(horizontal, [-0.5, -0.3, -0.1, 0.1, 0.3])
