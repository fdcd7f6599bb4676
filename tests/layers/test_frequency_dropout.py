"""Laws of dropout in the frequency domain."""

import keras
import numpy as np
import pytest
from gradients import assert_gradient_is_right
from keras import ops

from specnet.layers import RFFT2D, FrequencyDropout, LowPass, SpectralDropout
from specnet.ops.compiled import forget_call
from specnet.ops.grids import half_width

pytestmark = pytest.mark.backend

KINDS = {"frequency": FrequencyDropout, "spectral": SpectralDropout}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def masks(layer, size=(16, 16), count=6, channels=4):
    """The masks (B, C, V, U) that a layer draws: what it leaves of spectra of ones."""
    layer.odd_width = size[1] % 2 == 1
    ones = np.ones((count, 2, channels, size[0], half_width(size[1])), "float32")
    real, imaginary = np.moveaxis(numpy_of(layer(ones, training=True)), 1, 0)
    np.testing.assert_array_equal(real, imaginary)
    return real


@every_kind
@pytest.mark.parametrize("shape", [(2, 7, 6, 3), (2, 2, 3, 7, 4)], ids=["images", "spectra"])
def test_nothing_is_dropped_at_inference(kind, shape, rng):
    inputs = rng.normal(size=shape).astype("float32")
    layer = kind(seed=1)
    np.testing.assert_array_equal(numpy_of(layer(inputs)), inputs)
    assert not np.allclose(numpy_of(layer(inputs, training=True)), inputs, atol=0.1)


@every_kind
@pytest.mark.parametrize("size", [(8, 8), (7, 7), (4, 1), (5, 2)], ids=str)
def test_images_lose_what_their_spectra_lose(kind, size, rng):
    """The image is that of the masked spectrum, by NumPy; and so the mask is symmetric."""
    images = rng.normal(size=(2, *size, 3)).astype("float32")
    odd = {"odd_width": size[1] % 2 == 1}
    re, im = np.moveaxis(numpy_of(kind(seed=4, **odd)(RFFT2D()(images), training=True)), 1, 0)
    output = np.moveaxis(numpy_of(kind(seed=4)(images, training=True)), -1, 1)
    spectrum = np.fft.rfft2(output.astype("float64"), norm="ortho")
    np.testing.assert_allclose(spectrum, re + 1j * im, atol=1e-5)


@every_kind
def test_equal_seeds_draw_alike_and_every_call_anew(kind):
    first, second, other = (masks(kind(seed=seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
    layer = kind(seed=5)
    assert not np.array_equal(masks(layer), masks(layer))


@pytest.mark.graph
@every_kind
def test_every_compiled_step_draws_anew(kind, rng):
    model = keras.Sequential([keras.Input((6, 6, 1)), kind(seed=3), keras.layers.Flatten()])
    model.compile("sgd", "mse", jit_compile=True)
    images = rng.normal(size=(4, 6, 6, 1)).astype("float32")
    losses = [model.train_on_batch(images, np.zeros((4, 36))) for _ in range(3)]
    assert len({float(loss) for loss in losses}) == 3


@every_kind
@pytest.mark.parametrize("shape", [(2, 5, 6, 2), (2, 2, 2, 5, 4)], ids=["images", "spectra"])
@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(kind, shape, rng):
    inputs = rng.normal(size=shape)
    layer = kind(seed=2)
    layer.build(shape)
    state = [numpy_of(variable) for variable in layer.non_trainable_variables]

    def loss(inputs):
        output = layer.stateless_call([], state, inputs, training=True)[0]
        return ops.sum(output * output * output)

    assert_gradient_is_right(loss, inputs)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
@every_kind
def test_layers_give_the_dtype_of_their_policy(kind, policy):
    keras.config.set_dtype_policy(policy)
    output = kind()(np.ones((2, 6, 5, 1), "float32"), training=True)
    wanted = keras.config.dtype_policy().compute_dtype
    assert keras.backend.standardize_dtype(output.dtype) == wanted


def distances(region, size):
    """Of each bin from frequency 0: Euclid's, or the larger of the two."""
    vertical, horizontal = np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])
    both = np.stack(np.broadcast_arrays(vertical, horizontal))
    return np.linalg.norm(both, ord={"disc": 2, "square": np.inf}[region], axis=0)


every_region = pytest.mark.parametrize("region", ["disc", "square"])


@every_region
def test_a_frequency_is_kept_as_often_as_the_radius_exceeds_it(region):
    size, low, high = (7, 8), 0.1, 0.6
    layer = FrequencyDropout(low, high, region, seed=8)
    kept = masks(layer, size, count=3000, channels=1).mean((0, 1))
    expected = np.clip((high - distances(region, size)) / (high - low), 0, 1)
    # The standard error of a frequency of 3000 draws is at most 0.009.
    np.testing.assert_allclose(kept, expected, atol=0.04)


@every_region
def test_what_is_kept_is_a_disc_or_a_square_in_each_image(region):
    size = (15, 13)
    found = masks(FrequencyDropout(low=0.0, high=0.5, region=region, seed=1), size, count=20)
    assert set(np.unique(found)) <= {0, 1}
    assert found[:, :, 0, 0].all()
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
    radii = distances(region, size)
    for mask in found[:, 0]:
        assert radii[mask == 1].max() < radii[mask == 0].min(initial=1)


def test_every_image_has_a_radius_of_its_own():
    found = masks(FrequencyDropout(seed=1))
    assert len({mask.sum() for mask in found}) > 3


def test_a_fixed_radius_is_a_brick_wall(rng):
    """The wall stands on bins of both sides: 3 of 12 and 2 of 8 cycles."""
    images = rng.normal(size=(2, 12, 8, 3)).astype("float32")
    output = FrequencyDropout(0.25, 0.25)(images, training=True)
    expected = LowPass(0.25, transition=0)(images)
    np.testing.assert_allclose(numpy_of(output), numpy_of(expected), atol=1e-6)


def test_the_mean_of_an_image_is_never_dropped(rng):
    images = rng.normal(3, 1, size=(20, 6, 5, 2)).astype("float32")
    output = numpy_of(FrequencyDropout(low=0.0, high=0.3, seed=2)(images, training=True))
    np.testing.assert_allclose(output.mean((1, 2)), images.mean((1, 2)), rtol=1e-5)


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.7])
def test_spectral_dropout_keeps_the_expectation(rate):
    found = masks(SpectralDropout(rate, seed=7), (5, 6), count=1500, channels=2)
    np.testing.assert_allclose(np.unique(found), [0, 1 / (1 - rate)] if rate else [1], rtol=1e-6)
    # The standard error of a mean of 3000 is at most 0.028.
    np.testing.assert_allclose(found.mean((0, 1)), 1, atol=0.13)


def test_images_and_channels_lose_bins_of_their_own():
    """Survival in one image or channel says nothing of another: correlations vanish."""
    found = masks(SpectralDropout(seed=7))
    inner = found[..., 1:-1].reshape(24, -1)  # beside the columns whose bins come in pairs
    correlation = np.corrcoef(inner) - np.eye(24)
    # The standard error over 112 bins is 0.094.
    assert np.abs(correlation).max() < 0.5


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (FrequencyDropout, {"high": 0.8}, r"high: .* at most 0\.7071, found 0\.8"),
        (FrequencyDropout, {"low": 0.5, "high": 0.4}, "low: .* from 0 to 0.4, found 0.5"),
        (FrequencyDropout, {"low": -0.1}, "low: .* found -0.1"),
        (SpectralDropout, {"rate": 1}, r"rate: expected a number in \[0, 1\), found 1"),
        (SpectralDropout, {"rate": "half"}, "rate: .* found 'half'"),
    ],
)
def test_wrong_arguments_are_explained(kind, arguments, message):
    with pytest.raises(ValueError, match=message):
        kind(**arguments)


def test_a_call_that_failed_says_nothing_of_training_to_later_ones(rng):
    images = rng.normal(size=(2, 7, 6, 1)).astype("float32")
    layer = SpectralDropout(0.5)
    with pytest.raises(ValueError):  # noqa: PT011
        layer(images[0], training=True)
    forget_call()
    np.testing.assert_array_equal(numpy_of(layer(images)), images)
