"""Laws of blur pooling, against convolutions and rank filters of SciPy."""

import keras
import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops
from scipy import ndimage, signal

from specnet.layers import BlurPooling
from specnet.models.cost import count

pytestmark = pytest.mark.backend

# Of the paper's Rect-2, Tri-3 and Bin-5, and by Pascal's rule the others.
KERNELS = {
    2: [1, 1],
    3: [1, 2, 1],
    4: [1, 3, 3, 1],
    5: [1, 4, 6, 4, 1],
    7: [1, 6, 15, 20, 15, 6, 1],
}


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def blurred(images, taps, strides, max_size=1):
    """As published: maxima, reflection, a convolution with the outer product, every s-th pixel."""
    kernel = np.outer(KERNELS[taps], KERNELS[taps]) / np.sum(KERNELS[taps]) ** 2
    pad = (taps - 1) // 2, taps // 2

    def one(plane):
        # A window of 2 has the pixel and the next.
        origin = -1 if max_size % 2 == 0 else 0
        plane = ndimage.maximum_filter(
            plane, max_size, mode="constant", cval=-np.inf, origin=origin
        )
        whole = signal.convolve2d(np.pad(plane, [pad, pad], mode="reflect"), kernel, mode="valid")
        return whole[:: strides[0], :: strides[1]]

    return np.stack([[one(plane) for plane in np.moveaxis(image, -1, 0)] for image in images])


def compared(layer, images, expected):
    output = numpy_of(layer(images))
    np.testing.assert_allclose(output, np.moveaxis(expected, 1, -1), atol=1e-12)
    assert layer.compute_output_shape(images.shape) == output.shape


@pytest.mark.usefixtures("float64")
def test_every_size_is_blurred_as_published(size, rng):
    images = rng.normal(size=(2, *size, 2))
    compared(BlurPooling(), images, blurred(images, 3, (2, 2)))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("taps", KERNELS)
@pytest.mark.parametrize(("size", "strides"), [((7, 10), (2, 3)), ((13, 2), (1, 1))], ids=str)
def test_every_number_of_taps_is_pascals_row(taps, size, strides, rng):
    images = rng.normal(size=(1, *size, 2))
    compared(BlurPooling(taps, strides), images, blurred(images, taps, strides))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("max_size", [2, 3])
@pytest.mark.parametrize("size", [(9, 8), (1, 5)], ids=str)
def test_maxima_are_blurred(max_size, size, rng):
    images = rng.normal(size=(1, *size, 2))
    expected = blurred(images, 3, (2, 2), max_size)
    compared(BlurPooling(max_size=max_size), images, expected)


@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(rng):
    layer = BlurPooling(5, (2, 3), max_size=2)
    images = rng.normal(size=(1, 6, 7, 2))
    layer.build(images.shape)
    assert_layer_gradients_are_right(layer, images)


def test_the_higher_the_frequency_the_less_of_it_is_aliased():
    """What comes out of the wave at Nyquist, which plain subsampling takes for a constant: 0."""
    wave = np.cos(np.pi * np.arange(24))[None, :, None, None] * np.ones((1, 1, 6, 1))
    assert np.abs(wave[:, ::2]).min() == 1
    np.testing.assert_allclose(numpy_of(BlurPooling(2)(wave.astype("float32")))[:, :-1], 0)
    np.testing.assert_allclose(numpy_of(BlurPooling(3)(wave.astype("float32"))), 0, atol=1e-7)


def test_maxima_of_a_shifted_image_differ_less_with_more_taps(rng):
    images = ndimage.gaussian_filter(rng.normal(size=(4, 24, 24, 1)), (0, 1, 1, 0)).astype(
        "float32"
    )

    def change(layer):
        """Between an image and itself one pixel on, of interpolated outputs, away from the edge."""
        here, there = (numpy_of(layer(np.roll(images, n, 1)))[:, 2:-2] for n in (0, 2))
        halfway = numpy_of(layer(np.roll(images, 1, 1)))[:, 2:-2]
        return np.linalg.norm(halfway - (here + there) / 2) / np.linalg.norm(halfway)

    plain = change(keras.layers.MaxPooling2D(2))
    blurs = [change(BlurPooling(taps, max_size=2)) for taps in (3, 5, 7)]
    assert plain > 1.3 * blurs[0]
    assert blurs[0] > blurs[1] > blurs[2]


def test_operations_are_maxima_and_two_passes_of_taps():
    images = keras.Input((8, 6, 2))
    model = keras.Model(images, BlurPooling(3, 2, max_size=2)(images))
    assert count(model).flops == 8 * 6 * 2 * 3 + 5 * (4 * 6 * 2 + 4 * 3 * 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"taps": 8}, "taps: expected one of 2, 3, 4, 5, 6, 7, found 8"),
        ({"strides": 0}, "strides: expected a whole number above 0, found 0"),
        ({"max_size": 1.5}, "max_size: expected a whole number above 0, found 1.5"),
    ],
)
def test_wrong_arguments_are_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        BlurPooling(**arguments)
