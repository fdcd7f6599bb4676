"""Laws of the spectral convolutions, whatever the kind of their filters."""

import numpy as np
import pytest
from gradients import assert_gradient_is_right
from keras import ops

from specnet.layers import (
    IRFFT2D,
    RFFT2D,
    FreeConvolution,
    GaussianConvolution,
    LinearConvolution,
    PolynomialConvolution,
)
from specnet.ops.grids import half_width, signed_grid

pytestmark = pytest.mark.backend

KINDS = {
    "linear": LinearConvolution,
    "cubic": lambda filters, **more: PolynomialConvolution(filters, order=3, **more),
    "gaussian": GaussianConvolution,
    "free": FreeConvolution,
}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
every_mixing = pytest.mark.parametrize("mixing", ["sum", "depthwise", "full"])


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def random_spectrum(rng, size, channels=2, batch=2):
    return rng.normal(size=(batch, 2, channels, size[0], half_width(size[1]))).astype("float32")


def parity(size):
    """Half spectra do not tell the parity of the width."""
    return {"odd_width": size[1] % 2 == 1}


def by_hand(spectrum, response, mixing):
    """Complex arithmetic of NumPy, one output channel at a time."""
    x, k = spectrum[:, 0] + 1j * spectrum[:, 1], response[0] + 1j * response[1]
    channels = x.shape[1]
    if mixing == "sum":
        outputs = [x.sum(1) * each for each in k]
    elif mixing == "depthwise":
        outputs = [x[:, f * channels // len(k)] * each for f, each in enumerate(k)]
    else:
        pairs = k.reshape(channels, -1, *k.shape[1:])
        outputs = [(x * pairs[:, f]).sum(1) for f in range(pairs.shape[1])]
    z = np.stack(outputs, axis=1)
    return np.stack([z.real, z.imag], axis=1)


@every_kind
@every_mixing
def test_output_is_the_complex_product_with_the_transfer_functions(kind, mixing, size, rng):
    spectrum = random_spectrum(rng, size)
    layer = kind(4, mixing=mixing, **parity(size))
    output = numpy_of(layer(spectrum))
    expected = by_hand(spectrum, layer.transfer_functions(size), mixing)
    assert np.linalg.norm(output - expected) <= 1e-6 * np.linalg.norm(expected)
    assert layer.compute_output_shape(spectrum.shape) == output.shape


@every_kind
def test_activation_acts_on_each_part(kind, rng):
    spectrum = random_spectrum(rng, (6, 9))
    plain, bent = kind(3, seed=1), kind(3, seed=1, activation="relu")
    np.testing.assert_allclose(
        numpy_of(bent(spectrum)), np.maximum(numpy_of(plain(spectrum)), 0), atol=1e-6
    )


@every_kind
def test_bias_is_a_constant_in_space(kind, size, rng):
    images = rng.normal(size=(2, *size, 2)).astype("float32")
    to, back = RFFT2D(norm="ortho"), IRFFT2D(odd_width=size[1] % 2 == 1, norm="ortho")
    layer = kind(3, use_bias=True, **parity(size))
    before = numpy_of(back(layer(to(images))))
    bias = np.array([1.0, -2.0, 0.5], "float32")
    layer.bias.assign(bias)
    after = numpy_of(back(layer(to(images))))
    constant = np.broadcast_to(bias / np.sqrt(size[0] * size[1]), after.shape)
    np.testing.assert_allclose(after - before, constant, atol=1e-5)


@every_kind
@every_mixing
def test_white_noise_keeps_its_variance_at_the_start(kind, mixing, rng):
    spectrum = random_spectrum(rng, (32, 32), channels=4)
    output = numpy_of(kind(16, mixing=mixing, seed=3)(spectrum))
    assert output.var() == pytest.approx(spectrum.var(), rel=0.1)


@pytest.mark.parametrize("kind", [LinearConvolution, GaussianConvolution])
def test_unit_gain_holds_on_the_original_grid_too(kind, rng):
    spectrum = random_spectrum(rng, (32, 32))
    output = numpy_of(kind(16, grid="wood2021", seed=3)(spectrum))
    assert output.var() == pytest.approx(spectrum.var(), rel=0.1)


@pytest.mark.parametrize("mixing", ["depthwise", "full"])
def test_a_built_layer_refuses_other_channels(mixing, rng):
    layer = GaussianConvolution(6, mixing=mixing)
    layer(random_spectrum(rng, (6, 8), channels=3))
    with pytest.raises(ValueError, match="expected axis 2"):
        layer(random_spectrum(rng, (6, 8), channels=6))


def test_free_filters_refuse_another_size(rng):
    layer = FreeConvolution(2)
    layer(random_spectrum(rng, (6, 8)))
    with pytest.raises(ValueError, match="expected axis 3"):
        layer(random_spectrum(rng, (7, 8)))


@pytest.mark.parametrize("kind", [KINDS[name] for name in ("linear", "cubic", "gaussian")])
def test_original_initial_weights_lose_the_signal(kind, rng):
    """Why `unit_gain` is the default: linear and Gaussian start at a gain near zero."""
    spectrum = random_spectrum(rng, (32, 32))
    gain = numpy_of(kind(16, init="wood2021")(spectrum)).std() / spectrum.std()
    assert gain < 0.2


@every_kind
def test_equal_seeds_give_equal_weights(kind):
    first, second, other = kind(3, seed=5), kind(3, seed=5), kind(3, seed=6)
    for layer in (first, second, other):
        layer.build((None, 2, 2, 6, 4))
    for a, b, c in zip(first.get_weights(), second.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


@pytest.mark.parametrize("kind", [LinearConvolution, GaussianConvolution])
def test_odd_widths_have_frequencies_of_their_own(kind):
    """Seven columns belong to 12 or to 13 pixels; the filter is sampled where the bins lie."""
    even, odd = kind(2, seed=1), kind(2, seed=1, odd_width=True)
    for layer, width in ((even, 12), (odd, 13)):
        layer.build((None, 2, 1, 5, 7))
        weights = {weight.name: weight for weight in layer.weights}
        expected = numpy_of(layer.family.response(weights, *signed_grid(5, width)))
        np.testing.assert_allclose(layer.transfer_functions((5, width)), expected, atol=1e-6)
    assert not np.allclose(even.transfer_functions((5, 12)), odd.transfer_functions((5, 13)))


@every_kind
@every_mixing
@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(kind, mixing, rng):
    spectrum = random_spectrum(rng, (5, 6)).astype("float64")
    layer = kind(2, mixing=mixing, use_bias=True)
    layer.build(spectrum.shape)
    # Away from a bias of 0, where the slope along it may be 0 by symmetry.
    weights = [numpy_of(weight) + 0.1 for weight in layer.weights]

    def loss(spectrum, weights):
        output = layer.stateless_call(weights, [], spectrum)[0]
        return ops.sum(output * output * output)

    assert_gradient_is_right(lambda x: loss(x, weights), spectrum)
    for number in range(len(weights)):
        assert_gradient_is_right(
            lambda w, n=number: loss(spectrum, [*weights[:n], w, *weights[n + 1 :]]),
            weights[number],
        )


def test_depthwise_needs_a_multiple_of_the_channels():
    layer = GaussianConvolution(4, mixing="depthwise", name="g")
    with pytest.raises(ValueError, match=r"g: .* multiple of the channels; found 4 filters for 3"):
        layer.build((None, 2, 3, 8, 5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0}, "filters: expected a whole number above 0, found 0"),
        ({"filters": 2, "mixing": "max"}, "mixing: expected one of sum, depthwise, full"),
        ({"filters": 2, "grid": "polar"}, "grid: expected one of signed, wood2021, found 'polar'"),
        ({"filters": 2, "init": "zeros"}, "init: expected one of unit_gain, wood2021"),
    ],
)
def test_wrong_arguments_are_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        GaussianConvolution(**arguments)
