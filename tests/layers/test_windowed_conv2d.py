"""Conv2D with kernels under windows, against SciPy's windows and Keras's convolution."""

import keras
import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops
from scipy.signal import get_window

from specnet.layers import WindowedConv2D

WINDOWS = {"hamming": "hamming", "hann": "hann", "blackman": "blackman", "kaiser": ("kaiser", 5.0)}


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def by_scipy(window, length):
    """Symmetric; those that end in zeros over two pixels more."""
    zeros = window in ("hann", "blackman")
    found = get_window(WINDOWS[window], length + 2 * zeros, fftbins=False)
    found = found[1:-1] if zeros else found
    return found / np.sqrt(np.mean(found**2))


@pytest.mark.parametrize("window", WINDOWS)
def test_it_is_conv2d_with_the_weights_times_scipys_window(window, rng):
    images = rng.normal(size=(2, 9, 8, 3)).astype("float32")
    arguments = {"padding": "same", "strides": 2, "activation": "tanh"}
    layer = WindowedConv2D(4, (5, 4), window=window, beta=5.0, **arguments)
    layer.build(images.shape)
    plain = keras.layers.Conv2D(4, (5, 4), **arguments)
    plain.build(images.shape)
    windows = np.outer(by_scipy(window, 5), by_scipy(window, 4))[..., None, None]
    weights, bias = layer.get_weights()
    plain.set_weights([weights * windows, bias])
    np.testing.assert_allclose(numpy_of(layer(images)), numpy_of(plain(images)), atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "bfloat16"])
def test_low_precision_rounds_as_conv2d_does(policy, rng):
    images = rng.normal(size=(2, 7, 6, 2)).astype("float32")
    rounded, exact = (WindowedConv2D(3, 3, dtype=dtype) for dtype in (policy, "float32"))
    for layer in (rounded, exact):
        layer.build(images.shape)
    exact.set_weights([numpy_of(ops.cast(each, "float32")) for each in rounded.weights])
    output = rounded(images)
    assert keras.backend.standardize_dtype(output.dtype) == rounded.compute_dtype
    np.testing.assert_allclose(
        numpy_of(ops.cast(output, "float32")), numpy_of(exact(images)), atol=0.1
    )


def test_side_lobes_are_those_of_the_window():
    """Of constant weights, beyond the main lobe: 13 dB below it without a window, 40 with one."""
    bare, tapered = (
        WindowedConv2D(1, (31, 1), "kaiser", beta=beta, kernel_initializer="ones")
        for beta in (0.0, 6.0)
    )
    lobes = []
    for layer in (bare, tapered):
        layer.build((None, 64, 1, 1))
        response = np.abs(np.fft.rfft(numpy_of(layer.kernel).ravel(), 4096))
        decibels = 20 * np.log10(response / response[0])
        first = np.argmax(np.diff(decibels) > 0)  # the end of the main lobe
        lobes.append(decibels[first:].max())
    assert lobes[0] == pytest.approx(-13.3, abs=0.2)
    assert lobes[1] < -40


@pytest.mark.backend
@pytest.mark.usefixtures("float64")
def test_white_images_keep_their_variance_and_gradients_are_right(rng):
    images = rng.normal(size=(2, 30, 30, 8))
    layer = WindowedConv2D(64, 7, kernel_initializer="lecun_normal")
    assert numpy_of(layer(images)).var() == pytest.approx(1, rel=0.1)
    small = WindowedConv2D(2, 3, window="hann")
    small.build((1, 4, 5, 1))
    assert_layer_gradients_are_right(small, images[:1, :4, :5, :1])


def test_wrong_arguments_are_explained():
    with pytest.raises(ValueError, match=r"window: expected one of hamming, hann, .* found 'flat'"):
        WindowedConv2D(2, 3, window="flat")
    with pytest.raises(ValueError, match="beta: expected a number of at least 0, found -1"):
        WindowedConv2D(2, 3, beta=-1)
    with pytest.raises(ValueError, match="expects images"):
        WindowedConv2D(2, 3)(np.zeros((1, 2, 3, 8, 5)))
