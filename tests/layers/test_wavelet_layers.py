"""Laws of the wavelet layers, against PyWavelets and NumPy."""

import keras
import numpy as np
import pytest
import pywt
from gradients import assert_gradient_is_right
from keras import ops

from specnet.layers import DWT2D, IDWT2D, WaveletPooling

pytestmark = pytest.mark.backend

EVERY = pywt.wavelist(kind="discrete")


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def relative(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def bands_by_pywt(images, wavelet):
    """(B, h, w, 4C), the bands one after another."""
    low, details = pywt.dwt2(images, wavelet, mode="periodization", axes=(1, 2))
    return np.concatenate([low, *details], axis=-1)


def built(layer, shape):
    layer.build(shape)
    return layer


def test_bands_and_images_agree_with_pywavelets_at_every_size(size, rng):
    images = rng.normal(size=(2, *size, 3)).astype("float32")
    bands = bands_by_pywt(images.astype("float64"), "db2")
    there, back = DWT2D("db2"), IDWT2D("db2", size=list(size))
    for layer, inputs, expected in (
        (there, images, bands),
        (back, bands.astype("float32"), images),
    ):
        output = numpy_of(layer(inputs))
        assert output.dtype == "float32"
        assert layer.compute_output_shape(inputs.shape) == output.shape
        assert relative(output, expected) < 1e-6, layer.name


@pytest.mark.parametrize(("bands", "channels"), [("low", 3), ("all", 12)])
def test_pooling_halves_the_bands_of_pywavelets(bands, channels, rng):
    images = rng.normal(size=(2, 7, 10, 3)).astype("float32")
    pooling = WaveletPooling("bior2.2", bands=bands)
    output = numpy_of(pooling(images))
    assert pooling.compute_output_shape(images.shape) == output.shape == (2, 4, 5, channels)
    expected = bands_by_pywt(images.astype("float64"), "bior2.2")[..., :channels] / 2
    assert relative(output, expected) < 1e-6


def test_two_levels_are_two_layers(rng):
    images = rng.normal(size=(1, 20, 24, 1)).astype("float32")
    low, *_ = pywt.wavedec2(images, "bior2.2", mode="periodization", level=2, axes=(1, 2))
    one, two = DWT2D("bior2.2"), DWT2D("bior2.2")
    assert relative(numpy_of(two(one(images)[..., :1]))[..., :1], low) < 1e-6


def test_bands_without_a_size_become_images_of_twice_their_own(rng):
    bands = rng.normal(size=(2, 3, 4, 8)).astype("float32")
    parts = np.split(bands.astype("float64"), 4, axis=-1)
    expected = pywt.idwt2((parts[0], parts[1:]), "haar", mode="periodization", axes=(1, 2))
    assert relative(numpy_of(IDWT2D()(bands)), expected) < 1e-6


@pytest.mark.usefixtures("float64")
def test_constants_survive_pooling_at_every_size():
    # JAX compiles every operation for every size.
    step = 1 if keras.backend.backend() == "tensorflow" else 35
    for height in range(2, 65, step):
        width = 2 + (7 * height) % 63
        pooling = WaveletPooling(("haar", "db2", "bior2.2")[height % 3])
        found = numpy_of(pooling.transformed(ops.full((1, height, width, 1), 3.0)))
        assert found.shape == (1, -(-height // 2), -(-width // 2), 1)
        np.testing.assert_allclose(found, 3, rtol=1e-12)


@pytest.mark.usefixtures("float64")
def test_constants_and_means_survive_pooling_by_every_wavelet(rng):
    """Means at even sizes: of an odd one, the last row or column counts twice."""
    images = np.concatenate([rng.uniform(1, 2, (1, 4, 6, 1)), np.full((1, 4, 6, 1), 3.0)], axis=-1)
    for wavelet in EVERY:
        pooled = numpy_of(WaveletPooling(wavelet).transformed(images))
        # Those of dmey are cut off: its phases are uneven.
        accuracy = 1e-10 if wavelet != "dmey" else 1e-3
        np.testing.assert_allclose(pooled.mean((1, 2)), images.mean((1, 2)), rtol=accuracy)
        np.testing.assert_allclose(pooled[..., 1], 3, rtol=1e-12)


@pytest.mark.parametrize("layer", [DWT2D, IDWT2D, WaveletPooling])
def test_half_precision_is_rounded_at_the_ends_only(layer, rng):
    inputs = ops.cast(100 * rng.normal(size=(1, 8, 6, 4)), "bfloat16")
    exact = layer(dtype="float64")(ops.cast(inputs, "float64"))
    found = layer(dtype="mixed_bfloat16")(inputs)
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    expected = numpy_of(exact)
    errors = np.abs(numpy_of(ops.cast(found, "float64")) - expected)
    assert np.all(errors <= 2**-8 * np.abs(expected) + 1e-4)


def test_images_of_whole_numbers_are_not_rounded():
    image = np.array([[0, 1], [2, 4]], "uint8")[None, ..., None]
    np.testing.assert_allclose(numpy_of(WaveletPooling()(image)).ravel(), 7 / 4)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (DWT2D, (1, 3, 4, 2)),
        (lambda: IDWT2D(size=(3, 4)), (1, 2, 2, 8)),
        (WaveletPooling, (1, 3, 4, 2)),
    ],
    ids=["DWT2D", "IDWT2D", "WaveletPooling"],
)
@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(layer, shape, rng):
    layer = built(layer(), shape)
    assert_gradient_is_right(lambda x: ops.sum(ops.power(layer(x), 3)), rng.normal(size=shape))


def test_networks_end_as_large_as_they_began(rng):
    """Through a model of any batch size: images -> bands -> images, at an odd size."""
    images = keras.Input((7, 9, 2))
    model = keras.Model(images, IDWT2D("db2", size=[7, 9])(DWT2D("db2")(images)))
    assert model.output_shape == (None, 7, 9, 2)
    for batch in (1, 3):
        x = rng.normal(size=(batch, 7, 9, 2)).astype("float32")
        assert relative(model.predict(x, verbose=0), x) < 1e-6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DWT2D("harr"), "unknown wavelet 'harr'; did you mean 'haar'"),
        (lambda: WaveletPooling("morl"), "'morl' is continuous"),
        (lambda: WaveletPooling(bands="high"), "bands: expected one of low, all, found 'high'"),
        (lambda: IDWT2D(size=0), "size: expected a whole number above 0, found 0"),
        (lambda: IDWT2D(size=[7]), "size: expected one number, or two"),
        (lambda: built(WaveletPooling(), (None, 2, 3, 8, 5)), "this is a spectrum already"),
        (lambda: built(IDWT2D(name="i"), (None, 4, 4, 6)), "i expects four bands .* found 6 chan"),
        (
            lambda: built(IDWT2D(size=[7, 6], name="i"), (None, 4, 4, 4)),
            "i: bands of 4 x 4 pixels belong to images of 8 x 8, or one pixel less, not to 7 x 6",
        ),
    ],
)
def test_wrong_arguments_and_shapes_are_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()
