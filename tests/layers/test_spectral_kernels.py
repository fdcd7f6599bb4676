"""Laws of the spectral parameterisation: Conv2D with other weights, against Conv2D and NumPy."""

import keras
import numpy as np
import pytest
from gradients import assert_gradient_is_right
from keras import ops

from specnet.layers import SpectralKernelConv2D
from specnet.layers.spectral_kernels import to_spatial, to_spectral

pytestmark = pytest.mark.backend

KERNELS = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (3, 2), (2, 5), (1, 4), (7, 1)]
every_kernel_size = pytest.mark.parametrize("size", KERNELS, ids=str)


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def assert_close(found, expected, relative):
    assert found.shape == expected.shape
    assert np.linalg.norm(found - expected) <= relative * np.linalg.norm(expected)


@every_kernel_size
def test_there_and_back_is_the_same_kernel(size, rng):
    kernel = rng.normal(size=(*size, 3, 2))
    assert_close(numpy_of(to_spatial(to_spectral(kernel))), kernel, 1e-12)
    assert_close(numpy_of(to_spectral(to_spatial(kernel))), kernel, 1e-12)


@every_kernel_size
def test_coefficients_are_the_parts_of_numpys_orthonormal_transform(size, rng):
    """Each real number stands at a bin or at its mirror image; together they are all of them."""
    kernel = rng.normal(size=(*size, 1, 1))
    spectrum = np.fft.fft2(kernel[..., 0, 0], norm="ortho")
    packed = numpy_of(to_spectral(kernel))[..., 0, 0]
    mirror = np.roll(spectrum[::-1, ::-1], (1, 1), (0, 1))
    real, imaginary = np.isclose(packed, spectrum.real), np.isclose(packed, mirror.imag)
    assert np.all(real | imaginary)
    alone = np.isclose(spectrum.imag, 0)
    assert real.sum() == alone.sum() + (~alone).sum() / 2


@every_kernel_size
def test_parseval_counts_mirrored_bins_twice(size, rng):
    kernel = rng.normal(size=(*size, 1, 1))
    squares = np.square(numpy_of(to_spectral(kernel)))[..., 0, 0]
    rows, columns = np.indices(size)
    alone = (-rows % size[0] == rows) & (-columns % size[1] == columns)
    assert np.sum(squares * np.where(alone, 1, 2)) == pytest.approx(np.square(kernel).sum())


@pytest.mark.parametrize(
    "arguments",
    [
        {"kernel_size": 3},
        {"kernel_size": (4, 1), "padding": "same", "activation": "relu"},
        {"kernel_size": 1, "strides": 2, "use_bias": False},
        {"kernel_size": (2, 3), "strides": (2, 1), "padding": "same"},
        {"kernel_size": 5, "groups": 2, "bias_initializer": "ones"},
        {"kernel_size": (3, 2), "dilation_rate": 2, "kernel_initializer": "he_normal"},
    ],
    ids=str,
)
def test_with_one_seed_it_computes_what_conv2d_computes(arguments, rng):
    images = rng.normal(size=(2, 11, 12, 4)).astype("float32")
    layers = []
    for kind in (keras.layers.Conv2D, SpectralKernelConv2D):
        keras.utils.set_random_seed(3)
        layers.append(kind(6, **arguments))
    expected, found = (numpy_of(layer(images)) for layer in layers)
    assert_close(found, expected, 1e-6)
    assert layers[1].count_params() == layers[0].count_params()
    assert_close(numpy_of(layers[1].kernel), numpy_of(layers[0].kernel), 1e-6)


def test_low_precision_rounds_the_kernel_once(rng):
    """The transform of the coefficients is not in bfloat16."""
    layer = SpectralKernelConv2D(2, 3, dtype="mixed_bfloat16")
    layer.build((None, 8, 8, 3))
    assert layer.coefficients.dtype == "float32"
    exact = to_spatial(layer.coefficients)
    with keras.src.backend.common.variables.AutocastScope("bfloat16"):
        kernel = layer.kernel
    assert keras.backend.standardize_dtype(kernel.dtype) == "bfloat16"
    np.testing.assert_array_equal(
        numpy_of(ops.cast(kernel, "float32")),
        numpy_of(ops.cast(ops.cast(exact, "bfloat16"), "float32")),
    )


@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(rng):
    images = rng.normal(size=(1, 6, 7, 2))
    layer = SpectralKernelConv2D(2, (3, 4))
    layer.build(images.shape)
    coefficients, bias = (numpy_of(weight) for weight in layer.weights)

    def loss(images, coefficients):
        output = layer.stateless_call([coefficients, bias], [], images)[0]
        return ops.sum(output * output * output)

    assert_gradient_is_right(lambda x: loss(x, coefficients), images)
    assert_gradient_is_right(lambda w: loss(images, w), coefficients)


def test_regularizers_act_on_the_coefficients():
    layer = SpectralKernelConv2D(2, 3, kernel_regularizer=keras.regularizers.L2(0.1))
    layer.build((None, 8, 8, 3))
    expected = 0.1 * np.square(numpy_of(layer.coefficients)).sum()
    assert float(numpy_of(layer.losses[0])) == pytest.approx(expected, rel=1e-5)


def test_low_rank_adaptation_is_of_the_coefficients_and_merges_when_saved(tmp_path, rng):
    """As in Conv2D: what is saved is the sum, and a layer without adaptation loads it."""
    images = rng.normal(size=(2, 6, 6, 3)).astype("float32")
    adapted = keras.Sequential([keras.Input((6, 6, 3)), SpectralKernelConv2D(2, 3)])
    plain = keras.models.clone_model(adapted)
    layer, before = adapted.layers[0], adapted.predict(images, verbose=0)
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(rng.normal(size=layer.lora_kernel_b.shape))
    adapted.save_weights(tmp_path / "adapted.weights.h5")
    plain.load_weights(tmp_path / "adapted.weights.h5")
    adapted.predict_function = None  # traced before there was an adaptation
    expected = adapted.predict(images, verbose=0)
    assert not np.allclose(expected, before)
    assert_close(plain.predict(images, verbose=0), expected, 1e-6)


def test_a_spectrum_is_refused():
    """Conv2D would take its axes for a batch of batches."""
    with pytest.raises(ValueError, match=r"expects images .*; this is a spectrum already"):
        SpectralKernelConv2D(2, 3).build((None, 2, 3, 8, 5))


def test_the_size_of_the_images_may_be_unknown():
    images = keras.Input((None, None, 3))
    assert SpectralKernelConv2D(2, 3)(images).shape == (None, None, None, 2)
