"""How much of trained kernels a family explains: laws, against NumPy and SciPy in space."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.optimize import least_squares

from specnet.errors import UsageError
from specnet.layers import SpectralKernelConv2D
from specnet.recipe.registry import resolve
from specnet.recipe.signatures import families
from specnet.studies.autoencode.flexibility import (
    LayerKernels,
    flexibility,
    kernels_of,
    ladder,
    transfer_functions,
)
from specnet.studies.autoencode.flexibility.fitting import fit
from specnet.studies.autoencode.flexibility.separable import column_weights
from specnet.studies.autoencode.flexibility.variable_projection import descend

on_every_backend = pytest.mark.backend
SIZE = (8, 9)


def in_space(planes, size):
    """NumPy ignores what is not Hermitian in half a spectrum, (2, K, V, U) -> (K, H, W)."""
    return np.fft.irfft2(planes[0] + 1j * planes[1], s=size)


def response_of(convolution, parameters, size):
    tensors = {name: ops.convert_to_tensor(p, "float32") for name, p in parameters.items()}
    return np.asarray(ops.convert_to_numpy(convolution.response(tensors, size)))


def shares_of(name, targets, size, **options):
    return fit(resolve(name)(1, **options), targets, size, np.random.default_rng(0)).shares


@on_every_backend
@pytest.mark.parametrize(
    ("kernel", "size"), [((3, 3), (9, 12)), ((2, 4), (10, 7)), ((5, 1), (8, 8))]
)
def test_away_from_the_border_conv2d_multiplies_spectra_by_the_transfer_function(kernel, size, rng):
    image, values = rng.normal(size=(1, *size, 1)), rng.normal(size=(*kernel, 1, 3))
    layer = keras.layers.Conv2D(3, kernel, padding="same", use_bias=False)
    layer.build(image.shape)
    layer.set_weights([values])
    real, imaginary = transfer_functions(LayerKernels(values, size).planes, size)
    product = np.fft.rfft2(image[0, ..., 0]) * (real + 1j * imaginary)
    found = np.moveaxis(np.fft.irfft2(product, s=size), 0, -1)
    inner = tuple(slice(n // 2, m - n // 2) for n, m in zip(kernel, size, strict=True))
    expected = ops.convert_to_numpy(layer(image))[0]
    np.testing.assert_allclose(found[inner], expected[inner], atol=1e-5)


@pytest.mark.parametrize("size", [(7, 7), (8, 8), (6, 9), (5, 4), (1, 1), (3, 2)])
def test_weighted_columns_hold_the_energy_of_the_whole_plane(size, rng):
    image = rng.normal(size=size)
    energy = (np.abs(np.fft.rfft2(image)) ** 2 * column_weights(size[1])).sum()
    np.testing.assert_allclose(energy, np.square(image).sum() * image.size, rtol=1e-12)


OWN = {
    "gaussian": {},
    "gabor": {},
    "chebyshev": {"order": 2},
    "lorentzian": {},
    "difference_of_gaussians": {},
    "butterworth": {"band": "band"},
    "log_gabor": {},
    "gaussian_mixture": {"components": 2},
    "radial": {"radii": 3, "harmonics": 1},
}


@pytest.mark.parametrize("name", OWN)
def test_a_family_explains_filters_of_its_own(name, rng):
    convolution = resolve(name)(1, **OWN[name])
    targets = response_of(convolution, convolution.family.initial(rng, 4), SIZE)
    images = in_space(targets, SIZE)
    spectrum = np.fft.rfft2(images)
    shares = shares_of(name, np.stack([spectrum.real, spectrum.imag]), SIZE, **OWN[name])
    assert shares.shape == (4,)
    assert shares.min() > 0.999


@on_every_backend
@pytest.mark.parametrize(("form", "size"), [("cartesian", (6, 6)), ("polar", (5, 7))])
def test_what_a_fit_claims_is_what_its_filters_leave_in_space(form, size, rng):
    kernels = rng.normal(size=(5, 3, 3)) * np.array([1, 1, 100, 1, 0.01])[:, None, None]
    targets = transfer_functions(kernels, size)
    convolution = resolve("lorentzian")(1, form=form)
    found = fit(convolution, targets, size, rng)
    left = in_space(targets - response_of(convolution, found.parameters, size), size)
    expected = 1 - np.square(left).sum((1, 2)) / np.square(kernels).sum((1, 2))
    np.testing.assert_allclose(found.shares, expected, atol=2e-5)
    assert (found.shares > 0.1).all()


def chebyshev_filters(order, size):
    """Impulse responses of all unit coefficients, (H * W, 2 * (order + 1)²), by cosines."""
    angle_v = np.arccos(2 * np.fft.fftfreq(size[0]))
    angle_u = np.arccos(4 * np.fft.rfftfreq(size[1]) - 1)
    each = range(order + 1)
    planes = np.array(
        [np.outer(np.cos(i * angle_v), np.cos(j * angle_u)) for i in each for j in each]
    )
    return (
        np.fft.irfft2(np.concatenate([planes, 1j * planes]), s=size).reshape(2 * len(planes), -1).T
    )


@on_every_backend
@pytest.mark.parametrize("size", [(9, 12), (8, 7)])
def test_sums_of_fixed_functions_are_the_least_squares_of_numpy(size, rng):
    kernels = rng.normal(size=(6, 3, 3))
    targets = transfer_functions(kernels, size)
    images = in_space(targets, size).reshape(6, -1).T
    basis = chebyshev_filters(2, size)
    left = images - basis @ np.linalg.lstsq(basis, images)[0]
    expected = 1 - np.square(left).sum(0) / np.square(kernels).sum((1, 2))
    found = shares_of("chebyshev", targets, size, order=2)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["chebyshev", "polynomial"])
def test_a_higher_order_never_explains_less(name, rng):
    size = (14, 13)
    targets = transfer_functions(rng.normal(size=(20, 3, 3)), size)
    shares = np.array([shares_of(name, targets, size, order=order) for order in range(1, 6)])
    assert (np.diff(shares, axis=0) > -1e-5).all()
    assert (shares[-1] > shares[0] + 0.05).all()


def test_descent_finds_the_optimum_of_scipy(rng):
    time = np.linspace(0, 4, 40)
    targets = np.exp(-np.array([[0.5], [1.5], [3.0]]) * time) + rng.normal(0, 0.05, (3, 40))

    def decay(parameters, amplitudes):
        rates = np.exp(parameters[..., None])  # (S, Q, 2, 1)
        return (amplitudes[..., None] * np.exp(-rates * time)).sum(-2).astype("float32")

    start = np.tile([-1.0, 1.0], (3, 1))
    found = descend(decay, start, 2, targets, 60)
    for k, target in enumerate(targets):
        scipy = least_squares(
            lambda p, t=target: (p[2:, None] * np.exp(-np.exp(p[:2, None]) * time)).sum(0) - t,
            [*start[k], 0.5, 0.5],
        )
        assert found.left[k] <= 2 * scipy.cost * 1.01
    np.testing.assert_allclose(
        found.left,
        np.square(targets - decay(found.parameters[None], found.amplitudes[None])[0]).sum(1),
        rtol=1e-4,
    )


@pytest.fixture
def layers(rng):
    first, second = rng.normal(size=(3, 3, 1, 4)), rng.normal(size=(3, 3, 4, 5))
    second[..., 0, 0] = 0  # a dead kernel explains nothing and is left out
    return [LayerKernels(first, (8, 8)), LayerKernels(second, (4, 5))]


def test_a_summary_tells_shares_cost_and_on_how_many_kernels_it_rests(layers):
    chosen = ["linear", {"chebyshev": {"order": 2}}, "free"]
    linear, chebyshev, free = (flexibility(layers, family, kernels=10) for family in chosen)
    assert [each.parameters for each in (linear, chebyshev)] == [4, 18]
    assert free.parameters == round((4 * 2 * 8 * 5 + 10 * 2 * 4 * 3) / 14)
    assert [(each.kernels, each.of) for each in (linear, free)] == [(14, 23)] * 2
    for each in (linear, chebyshev):
        assert 0 <= each.lower_quartile <= each.median <= each.upper_quartile <= 1
        assert 0 < each.mean < 1
        assert 0 < each.total < 1
        assert each.as_dict()["median"] == each.median
    assert free.mean == free.total == free.lower_quartile == 1
    assert chebyshev.label == "chebyshev 2"
    assert flexibility(layers, "linear", kernels=None).kernels == 23


def test_all_kernels_of_one_strength_count_alike_in_the_total(layers):
    values = layers[1].values.copy()
    values[..., 0, 0] = 1
    alike = values / np.sqrt(np.square(values).sum((0, 1)))
    found = flexibility([LayerKernels(alike, (6, 7))], {"chebyshev": {"order": 1}})
    assert found.total == pytest.approx(found.mean, rel=1e-9)
    louder = alike * np.where(np.arange(5) == 3, 100.0, 1.0)
    few = flexibility([LayerKernels(alike[..., 3:4], (6, 7))], {"chebyshev": {"order": 1}})
    found = flexibility([LayerKernels(louder, (6, 7))], {"chebyshev": {"order": 1}})
    assert found.total == pytest.approx(few.mean, rel=1e-2)


def test_the_ladder_has_every_family_of_the_registry():
    assert {name for rung in ladder() for name in rung} == set(families())


def test_kernels_are_those_of_convolutions_at_the_size_that_they_see():
    model = keras.Sequential(
        [
            keras.Input((8, 6, 2)),
            keras.layers.Conv2D(3, 3, padding="same"),
            keras.layers.MaxPooling2D(2),
            SpectralKernelConv2D(4, (1, 2)),
            keras.layers.Conv2DTranspose(1, 3),
        ]
    )
    first, second = kernels_of(model.layers)
    assert (first.size, second.size) == ((8, 6), (4, 3))
    np.testing.assert_array_equal(first.values, model.layers[0].get_weights()[0])
    np.testing.assert_array_equal(second.values, ops.convert_to_numpy(model.layers[2].kernel))


def test_what_cannot_be_fitted_is_a_usage_error(layers):
    with pytest.raises(UsageError, match="unknown family 'gausian'; did you mean 'gaussian'"):
        flexibility(layers, "gausian")
    with pytest.raises(UsageError, match=r"family\.chebyshev\.ordr"):
        flexibility(layers, {"chebyshev": {"ordr": 2}})
    with pytest.raises(UsageError, match="all kernels are 0"):
        flexibility([LayerKernels(np.zeros((3, 3, 1, 2)), (8, 8))], "linear")
    with pytest.raises(UsageError, match="3x3 pixels do not fit into images of 2x8"):
        LayerKernels(np.ones((3, 3, 1, 1)), (2, 8))
    with pytest.raises(UsageError, match="not finite"):
        LayerKernels(np.full((3, 3, 1, 1), np.nan), (8, 8))
    with pytest.raises(UsageError, match=r"\(h, w, C, F\), found shape \(3, 3\)"):
        LayerKernels(np.ones((3, 3)), (8, 8))
