"""Functions with their mirror images: Hermitian on the whole plane, with no jump at frequency 0."""

from dataclasses import replace

import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops

from specnet.layers import CLASSES, GaussianConvolution, PolynomialConvolution
from specnet.ops.grids import signed_grid
from specnet.transfer import FAMILIES
from specnet.transfer.gaussian import gaussian

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]

JUMPING = {name: make() for name, make in FAMILIES.items() if make().jumps}
JUMPING |= {"gaussian": gaussian(), "polar gaussian": replace(gaussian(), form="polar")}
every_family = pytest.mark.parametrize("family", JUMPING.values(), ids=JUMPING.keys())
K = 4
SIZE = 9, 7


def values(family, parameters, *grid):
    tensors = {name: ops.convert_to_tensor(value) for name, value in parameters.items()}
    real, imaginary = np.asarray(ops.convert_to_numpy(family.response(tensors, *grid)))
    return real + 1j * imaginary


@every_family
def test_the_half_plane_is_that_of_a_real_filter(family, rng):
    """Of the whole plane, each bin computed by itself, at odd sizes; by NumPy's full transform."""
    parameters = family.initial(rng, K)
    seamless = replace(family, seamless=True)
    whole = values(seamless, parameters, *(np.fft.fftfreq(length) for length in SIZE))
    impulses = np.fft.ifft2(whole)
    assert np.abs(impulses.imag).max() < 1e-12 * np.abs(impulses).max()
    half = values(seamless, parameters, *signed_grid(*SIZE))
    np.testing.assert_allclose(np.fft.irfft2(half, SIZE), impulses.real, atol=1e-12)


@every_family
def test_functions_are_continuous_where_the_half_planes_meet(family, rng):
    """Just right of u = 0, and what a real filter has just left of it: the conjugate of -v, -u."""
    parameters, step = family.initial(rng, K), 1e-7
    rows, near = np.linspace(-0.5, 0.5, 21), np.array([step])

    def jump(kind):
        right = values(kind, parameters, rows, near)
        left = np.conj(values(kind, parameters, -rows, near))
        return np.abs(right - left).max() / np.abs(right).max()

    assert jump(family) > 0.1
    assert jump(replace(family, seamless=True)) < 1e-4


def test_a_bump_has_its_mirror_image():
    """By hand, at the centres of both parts: 1.5 and, opposite, 1.5; 0.5i and, opposite, -0.5i."""
    centres, scales = np.array([[[0.2, 0.3]], [[-0.1, 0.25]]]), np.array([[1.5], [0.5]])
    narrow = np.full((2, 1, 3), -4.0)
    parameters = {"centre": centres, "covariance": narrow, "scale": scales}
    family = replace(gaussian(), seamless=True)
    for (v, u), expected in zip(centres[:, 0, :, None], (1.5, 0.5j), strict=True):
        np.testing.assert_allclose(values(family, parameters, v, u), expected, atol=1e-12)
        opposite = values(family, parameters, -v, -u)
        np.testing.assert_allclose(opposite, np.conj(expected), atol=1e-12)


@pytest.mark.parametrize("size", [(9,), (3, 5, 7)], ids=str)
@pytest.mark.parametrize("kind", [GaussianConvolution, CLASSES["ImplicitConvolution"]])
def test_filters_of_signals_and_volumes_are_real_too(kind, size):
    layer = kind(K, seamless=True, odd_width=True, seed=3)
    layer.build((None, 2, 1, *size[:-1], size[-1] // 2 + 1))
    real, imaginary = layer.transfer_functions(size)
    half, axes = real + 1j * imaginary, tuple(range(1, 1 + len(size)))
    again = np.fft.rfftn(np.fft.irfftn(half, size, axes), axes=axes)
    np.testing.assert_allclose(again, half, atol=1e-12 * np.abs(half).max())


def test_initial_functions_keep_the_power_of_white_noise():
    layer = GaussianConvolution(64, seamless=True, seed=1)
    layer.build((None, 2, 3, 32, 17))
    power = np.square(layer.transfer_functions((32, 32))).sum(0).mean((-2, -1))
    np.testing.assert_allclose(power, 1 / 3, rtol=1e-6)


def test_gradients_are_those_of_finite_differences(rng):
    layer = GaussianConvolution(2, seamless=True, odd_width=True, seed=2)
    layer.build((None, 2, 1, 5, 4))
    assert_layer_gradients_are_right(layer, rng.normal(size=(1, 2, 1, 5, 4)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: PolynomialConvolution(2, seamless=True),
        lambda: CLASSES["GaborConvolution"](2, seamless=True),
        lambda: GaussianConvolution(2, seamless=True, grid="wood2021"),
    ],
)
def test_what_has_no_seam_or_no_opposites_is_refused(make):
    with pytest.raises(ValueError, match="seamless: "):
        make()
