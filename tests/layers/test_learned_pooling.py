"""Laws of spectral pooling with learned strides."""

import keras
import numpy as np
import pytest
from gradients import assert_gradient_is_right
from keras import ops
from scipy import signal

from specnet.layers import LearnedSpectralPooling, SpectralPooling
from specnet.recipe.signatures import check_arguments

pytestmark = pytest.mark.backend


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def relative(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def by_hand(images, strides, smoothness):
    """Riad et al. (2022), eq. 2, on whole transforms of NumPy, then every bin of gain 0 removed."""
    spectrum, ratio = np.fft.fft2(images, axes=(1, 2)), 1.0
    for axis, stride in zip((1, 2), strides, strict=True):
        length = images.shape[axis]
        bins = np.abs(np.fft.fftfreq(length) * length)
        mask = np.clip((smoothness + length / (2 * stride) - bins) / smoothness, 0, 1)
        shape = [-1 if each == axis else 1 for each in range(4)]
        spectrum = np.compress(mask > 0, spectrum * mask.reshape(shape), axis=axis)
        ratio *= spectrum.shape[axis] / length
    return np.fft.ifft2(spectrum, axes=(1, 2)).real * ratio


@pytest.fixture
def images(rng):
    return rng.normal(size=(2, 16, 13, 3)).astype("float32")


@pytest.mark.parametrize(
    ("strides", "smoothness"), [([2.3, 1.7], 4.0), ([4.0, 1.0], 1.5), ([1.3, 9.0], 2.0)]
)
def test_the_layer_is_the_mask_of_the_paper_on_the_spectrum(strides, smoothness, images):
    layer = LearnedSpectralPooling(strides, smoothness)
    expected = by_hand(images.astype("float64"), strides, smoothness)
    assert relative(numpy_of(layer(images)), expected) < 1e-6


def test_a_stride_of_one_changes_nothing(images):
    np.testing.assert_allclose(numpy_of(LearnedSpectralPooling(1)(images)), images, atol=1e-5)


@pytest.mark.parametrize(("stride", "size", "to"), [(3, (15, 21), (5, 7)), (2, (14, 10), (7, 5))])
def test_with_a_sharp_edge_it_is_spectral_pooling(stride, size, to, rng):
    images = rng.normal(size=(2, *size, 2)).astype("float32")
    output = numpy_of(LearnedSpectralPooling(stride, smoothness=0.01)(images))
    assert relative(output, numpy_of(SpectralPooling(to)(images))) < 1e-6


@pytest.mark.parametrize("stride", [1.0, 1.6, 3.0, 100.0])
def test_means_survive_at_every_stride(stride, size, rng):
    images = rng.normal(size=(1, *size, 2)).astype("float32")
    images[..., 1] = 3
    small = numpy_of(LearnedSpectralPooling(stride, smoothness=1.0)(images))
    np.testing.assert_allclose(small.mean((1, 2)), images.mean((1, 2)), atol=1e-6)
    np.testing.assert_allclose(small[..., 1], 3, rtol=1e-6)


def test_the_size_follows_the_strides_when_it_is_asked_to(images):
    layer = LearnedSpectralPooling(2.0, smoothness=2.0)
    before = layer(images).shape
    layer.learned_strides.assign([4.0, 1.0])
    assert layer(images).shape == before
    assert layer.resize()
    assert tuple(layer(images).shape) == (2, 7, 13, 3)
    np.testing.assert_allclose(numpy_of(layer(images)), by_hand(images, [4.0, 1.0], 2.0), atol=1e-6)
    layer.learned_strides.assign([4.01, 1.0])
    assert not layer.resize()


def test_the_mask_follows_the_strides_at_once(images):
    """Only the crop waits for `resize`; until then, it keeps bins of gain 0."""
    layer = LearnedSpectralPooling(2.0, smoothness=2.0)
    before = tuple(layer(images).shape)
    layer.learned_strides.assign([3.0, 2.5])
    expected, found = by_hand(images, [3.0, 2.5], 2.0), numpy_of(layer(images))
    assert found.shape == before
    for axis in (1, 2):
        assert expected.shape[axis] < before[axis]
        found = signal.resample(found, expected.shape[axis], axis=axis)
    assert relative(found, expected) < 1e-6


def test_one_layer_pools_images_of_any_size(rng):
    layer = LearnedSpectralPooling([2.0, 3.0], smoothness=1.0)
    for size in [(12, 10), (9, 17), (1, 1)]:
        images = rng.normal(size=(1, *size, 2)).astype("float32")
        expected = by_hand(images, np.minimum([2.0, 3.0], size), 1.0)
        np.testing.assert_allclose(numpy_of(layer(images)), expected, atol=1e-6)


def test_the_shape_is_known_only_when_frozen():
    shape = (None, 16, 13, 3)
    assert LearnedSpectralPooling().compute_output_shape(shape) == (None, None, None, 3)
    assert LearnedSpectralPooling([4.0, 2.0], smoothness=2.0, frozen=True).compute_output_shape(
        shape
    ) == (None, 7, 11, 3)
    flat = keras.layers.Flatten()(LearnedSpectralPooling()(keras.Input(shape[1:])))
    with pytest.raises(ValueError, match="must be fully-defined"):
        keras.layers.Dense(2)(flat)


def test_a_frozen_layer_gives_what_was_learned(images):
    layer = LearnedSpectralPooling(2.0, name="pool")
    layer(images)
    layer.learned_strides.assign([2.71, 1.63])
    layer.resize()
    frozen = layer.freeze()
    np.testing.assert_allclose(numpy_of(frozen(images)), numpy_of(layer(images)), atol=1e-6)
    assert not frozen.trainable_variables
    assert frozen.compute_output_shape(images.shape) == tuple(layer(images).shape)
    assert frozen.name == "pool"
    np.testing.assert_allclose(layer.learned()["stride v, u"], [2.71, 1.63], rtol=1e-6)


@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(rng):
    images = rng.normal(size=(1, 9, 8, 2))
    layer = LearnedSpectralPooling([2.3, 1.7], smoothness=1.5)
    layer.build(images.shape)
    fixed = [numpy_of(weight) for weight in layer.non_trainable_variables]

    def loss(images, strides):
        output = layer.stateless_call([strides], fixed, images)[0]
        return ops.sum(output * output * output)

    assert_gradient_is_right(lambda x: loss(x, ops.convert_to_tensor([2.3, 1.7])), images)
    assert_gradient_is_right(lambda s: loss(images, s), np.array([2.3, 1.7]))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float64"])
def test_layers_give_the_dtype_of_their_policy(policy, images):
    keras.config.set_dtype_policy(policy)
    wanted = keras.config.dtype_policy().compute_dtype
    output = LearnedSpectralPooling([2.0, 1.7])(images)
    assert keras.backend.standardize_dtype(output.dtype) == wanted
    expected = by_hand(images.astype("float64"), [2.0, 1.7], 4.0)
    assert relative(numpy_of(ops.cast(output, "float64")), expected) < 1e-2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strides": 0.5}, "strides: expected a number of at least 1, found 0.5"),
        ({"strides": [2, 0.5]}, "strides: expected a number of at least 1, found 0.5"),
        ({"strides": [2]}, r"strides: expected one number, or two .*, found \[2\]"),
        ({"smoothness": 0}, "smoothness: expected a number above 0, found 0"),
        ({"regularizer": -1}, "regularizer: expected a number of at least 0, found -1"),
    ],
)
def test_wrong_arguments_are_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        LearnedSpectralPooling(**arguments)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((None, 2, 3, 8, 5), "p expects images .* this is a spectrum already"),
        ((None, 8), "p expects images"),
    ],
)
def test_wrong_shapes_are_explained(shape, message):
    with pytest.raises(ValueError, match=message):
        LearnedSpectralPooling(name="p").build(shape)


def test_recipes_may_give_one_stride_or_two():
    for strides in (2, 2.5, [2, 1.5]):
        assert not check_arguments("learned_spectral_pooling", {"strides": strides})
    for strides in (0.5, [2, 0], [2, 2, 2], "2"):
        assert check_arguments("learned_spectral_pooling", {"strides": strides})
