"""Laws of low, high and band passes of images and of spectra."""

from functools import cache

import keras
import numpy as np
import pytest
from gradients import assert_gradient_is_right
from keras import ops
from scipy.special import betainc

from specnet.layers import IRFFT2D, RFFT2D, BandPass, HighPass, LowPass

pytestmark = pytest.mark.backend

KINDS = {"low": LowPass, "high": HighPass, "band": BandPass}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def random_images(rng, size, channels=2):
    return rng.normal(size=(2, *size, channels)).astype("float32")


def error(found, expected):
    return np.linalg.norm(numpy_of(found) - expected) / np.linalg.norm(expected)


def edge(radii, cutoff, transition):
    return betainc(2, 2, np.clip((cutoff + transition / 2 - radii) / transition, 0, 1))


def by_hand(kind, images, transition=0.1):
    """NumPy's transform of the whole plane, with the layers' default cut-offs."""
    rows, columns = images.shape[1:3]
    radii = np.abs(np.fft.fftfreq(rows)[:, None] + 1j * np.fft.fftfreq(columns))
    mask = {
        LowPass: edge(radii, 0.25, transition),
        HighPass: 1 - edge(radii, 0.25, transition),
        BandPass: edge(radii, 0.3, transition) - edge(radii, 0.1, transition),
    }[kind]
    spectra = np.fft.fft2(images.astype("float64"), axes=(1, 2)) * mask[..., None]
    return np.fft.ifft2(spectra, axes=(1, 2)).real


@cache
def default_layers(size):
    """Two random images and a constant one, and what the default layers make of them."""
    images = random_images(np.random.default_rng(size), size)
    images = np.concatenate([images, np.broadcast_to(np.float32([3, -1]), (1, *size, 2))])
    return images, {kind: numpy_of(kind()(images)) for kind in KINDS.values()}


@every_kind
def test_images_are_filtered_as_by_numpy(kind, size):
    images, outputs = default_layers(size)
    difference = outputs[kind] - by_hand(kind, images)
    assert np.linalg.norm(difference) <= 1e-6 * np.linalg.norm(images)
    assert kind().compute_output_shape(images.shape) == outputs[kind].shape


def test_low_and_high_frequencies_add_up_to_the_image(size):
    images, outputs = default_layers(size)
    np.testing.assert_allclose(outputs[LowPass] + outputs[HighPass], images, atol=2e-6)


def test_a_low_pass_keeps_constants_and_the_others_remove_them(size):
    images, outputs = default_layers(size)
    np.testing.assert_allclose(outputs[LowPass][-1], images[-1], atol=1e-5)
    np.testing.assert_allclose(outputs[HighPass][-1], 0, atol=1e-5)
    np.testing.assert_allclose(outputs[BandPass][-1], 0, atol=1e-5)


@every_kind
def test_learnable_cutoffs_start_where_fixed_ones_are(kind):
    images, outputs = default_layers((15, 13))
    output = numpy_of(kind(learnable=True)(images))
    np.testing.assert_allclose(output, outputs[kind], atol=2e-6)


@every_kind
@pytest.mark.usefixtures("float64")
def test_float64_keeps_its_digits(kind, rng):
    images = random_images(rng, (15, 12)).astype("float64")
    assert error(kind()(images), by_hand(kind, images)) <= 1e-12
    assert error(kind(learnable=True)(images), by_hand(kind, images)) <= 1e-12


@every_kind
@pytest.mark.parametrize("size", [(7, 7), (6, 9), (12, 10), (4, 1)], ids=str)
def test_spectra_are_filtered_as_their_images(kind, size):
    images, outputs = default_layers(size)
    odd = {"odd_width": size[1] % 2 == 1}
    through_spectra = IRFFT2D(**odd)(kind(**odd)(RFFT2D()(images)))
    np.testing.assert_allclose(numpy_of(through_spectra), outputs[kind], atol=2e-6)


def test_a_band_is_what_a_low_pass_leaves_of_another():
    images, outputs = default_layers((15, 13))
    difference = numpy_of(LowPass(0.3)(images)) - numpy_of(LowPass(0.1)(images))
    np.testing.assert_allclose(outputs[BandPass], difference, atol=2e-6)


def test_a_low_pass_whose_edge_reaches_zero_weakens_the_mean():
    """A cut-off of 0.025 with an edge of 0.1 weighs the mean by 3t² - 2t³ at t = 3/4."""
    images = np.ones((1, 6, 7, 1), "float32")
    np.testing.assert_allclose(numpy_of(LowPass(0.025)(images)), 27 / 32, atol=1e-6)


@pytest.mark.parametrize(
    ("wave", "kept"), [((1, 2), "low"), ((6, 0), "band"), ((0, 9), "band"), ((9, -9), "high")]
)
def test_a_wave_passes_in_its_own_band_alone(wave, kept):
    """Waves of 0.07, 0.2 (along rows), 0.3 (along columns) and 0.42 cycles/pixel."""
    rows, columns = np.mgrid[:30, :30]
    image = np.cos(2 * np.pi * (wave[0] * rows + wave[1] * columns) / 30 + 1)[None, ..., None]
    sharp = {"transition": 0.05}
    layers = {
        "low": LowPass(0.12, **sharp),
        "band": BandPass(0.12, 0.36, **sharp),
        "high": HighPass(0.36, **sharp),
    }
    for name, layer in layers.items():
        expected = image if name == kept else np.zeros_like(image)
        np.testing.assert_allclose(numpy_of(layer(image)), expected, atol=1e-5)


@every_kind
def test_brick_walls_pass_nothing_new_the_second_time(kind, rng):
    layer, images = kind(transition=0), random_images(rng, (15, 13))
    once = numpy_of(layer(images))
    np.testing.assert_allclose(numpy_of(layer(once)), once, atol=2e-6)
    assert 0.1 < np.linalg.norm(once) / np.linalg.norm(images) < 0.95


@every_kind
def test_shifts_commute_with_pass_bands(kind, rng):
    layer, images = kind(), random_images(rng, (9, 10))

    def shifted(x):
        return np.roll(x, (2, -3), axis=(1, 2))

    np.testing.assert_allclose(
        numpy_of(layer(shifted(images))), shifted(numpy_of(layer(images))), atol=2e-6
    )


@every_kind
def test_a_built_layer_takes_images_of_another_size(kind, rng):
    layer = kind(learnable=True)
    layer(random_images(rng, (8, 8)))
    images, outputs = default_layers((15, 13))
    np.testing.assert_allclose(numpy_of(layer(images)), outputs[kind], atol=2e-6)


@every_kind
@pytest.mark.parametrize("shape", [(2, 5, 6, 2), (2, 2, 2, 5, 4)], ids=["images", "spectra"])
@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(kind, shape, rng):
    inputs = rng.normal(size=shape)
    # No bin of these inputs lies where an edge begins or ends: the curvature jumps there.
    layer = kind(transition=0.27, learnable=True)
    layer.build(shape)
    (steps,) = (numpy_of(weight) for weight in layer.weights)

    def loss(inputs, steps):
        output = layer.stateless_call([steps], [], inputs)[0]
        return ops.sum(output * output * output)

    assert_gradient_is_right(lambda x: loss(x, steps), inputs)
    assert_gradient_is_right(lambda w: loss(inputs, w), steps)


@pytest.mark.parametrize("learnable", [False, True])
def test_cutoffs_are_told_in_cycles_per_pixel(learnable):
    low, band = LowPass(0.2, learnable=learnable), BandPass(0.15, 0.4, learnable=learnable)
    for layer, expected in ((low, [0.2]), (band, [0.15, 0.4])):
        layer.build((None, 8, 8, 1))
        (found,) = layer.learned().values()
        assert isinstance(found, np.ndarray)
        np.testing.assert_allclose(found, expected, rtol=1e-5)
        assert len(layer.trainable_weights) == learnable


def test_learned_cutoffs_stay_positive_and_in_order(rng):
    layer = BandPass(learnable=True)
    layer.build((None, 8, 8, 1))
    for steps in rng.normal(0, 5, (20, 2)):
        layer.set_weights([steps])
        low, high = layer.learned()["cut-off (cycles/pixel)"]
        assert 0 < low < high


def test_a_cutoff_is_learned_from_filtered_images(rng):
    images = random_images(rng, (12, 12))
    wanted = LowPass(0.3)(images)
    model = keras.Sequential([keras.Input((12, 12, 2)), LowPass(0.2, learnable=True)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.fit(images, wanted, epochs=40, verbose=0)
    (found,) = model.layers[0].learned()["cut-off (cycles/pixel)"]
    assert found == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_layers_give_the_dtype_of_their_policy(policy, rng):
    keras.config.set_dtype_policy(policy)
    images = 100 + random_images(rng, (6, 7))
    output = LowPass(learnable=True)(images)
    wanted = keras.config.dtype_policy().compute_dtype
    assert keras.backend.standardize_dtype(output.dtype) == wanted
    assert error(ops.cast(output, "float32"), by_hand(LowPass, images)) < 1e-2


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (LowPass, {"cutoff": 0}, r"cutoff: expected .* above 0, at most 0\.7071, found 0"),
        (HighPass, {"cutoff": 0.8}, "cutoff: .* found 0.8"),
        (LowPass, {"cutoff": "low"}, "cutoff: .* found 'low'"),
        (LowPass, {"cutoff": float("nan")}, "cutoff: .* found nan"),
        (BandPass, {"low": -0.1}, "low: .* found -0.1"),
        (BandPass, {"low": 0.3, "high": 0.3}, r"high: expected .* above 0\.3, .* found 0\.3"),
        (LowPass, {"transition": -0.1}, "transition: expected cycles/pixel from 0, found -0.1"),
        (LowPass, {"transition": 0, "learnable": True}, "learnable: expected a transition above 0"),
    ],
)
def test_wrong_arguments_are_explained(kind, arguments, message):
    with pytest.raises(ValueError, match=message):
        kind(**arguments)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((None, 64), "p expects images"),
        ((None, 3, 1, 8, 5), "p expects a spectrum"),
        ((None, 2, 1, 4, 1), "1 pixel wide, which is odd; set odd_width"),
    ],
)
def test_wrong_shapes_are_explained(shape, message):
    with pytest.raises(ValueError, match=message):
        LowPass(name="p").build(shape)
