"""Fast Fourier convolution: the paper's parameters, its formula in NumPy, and shifts."""

import keras
import numpy as np
import pytest
from drawn import examples
from gradients import assert_layer_gradients_are_right
from hypothesis import given
from hypothesis import strategies as st
from keras import ops
from scipy.ndimage import correlate

from specnet.layers import FastFourierConvolution

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def parameters(channels, filters, kernel, before, after, local_unit=False):
    """Of table 1 of the paper, without normalization: products of numbers of channels."""
    cg, fg = int(channels * before), int(filters * after)
    cl, fl = channels - cg, filters - fg
    total = kernel**2 * (cl * fl + cl * fg + cg * fl)
    if not (cg and fg):
        return total
    # C_g F_g / 2 before the unit, (F_g)² in it, F_g² / 2 behind; once more in the local unit.
    return total + cg * fg // 2 + fg**2 + fg**2 // 2 + local_unit * fg**2


@pytest.mark.parametrize("ratios", [(0.5, 0.5), (0, 0.5), (0.25, 0), (1, 1), (0, 0)])
@pytest.mark.parametrize("local_unit", [False, True])
def test_kernels_have_the_parameters_of_the_paper(ratios, local_unit):
    layer = FastFourierConvolution(
        32, 3, ratio=ratios[1], input_ratio=ratios[0], local_unit=local_unit
    )
    layer.build((None, 8, 8, 16))
    kernels = [each for each in layer.weights if each.name == "kernel"]
    found = sum(int(np.prod(each.shape)) for each in kernels)
    assert found == parameters(16, 32, 3, *ratios, local_unit)


@examples(40)
@given(st.integers(0, 100), st.integers(1, 300))
def test_shares_are_rounded_down_as_whole_numbers_are(percent, channels):
    layer = FastFourierConvolution(channels, ratio=percent / 100)
    whole = channels * percent // 100
    assert layer._outputs() == layer._split(channels) == (channels - whole, whole)


def test_the_resnet_50_of_the_paper_has_26_1_million():
    """Bottlenecks of three blocks, a quarter of their channels global; normalization counted."""
    total, before = 64 * 3 * 49 + 2 * 64, 64
    for width, blocks, first, rest in (
        *((64, 3, 0, 0.25), (128, 4, 0.25, 0.25), (256, 6, 0.25, 0.25)),
        (512, 3, 0.25, 0),
    ):
        for number in range(blocks):
            own = first if number == 0 else rest
            shapes = [(before, width, 1, own), (width, width, 3, rest), (width, 4 * width, 1, rest)]
            shapes += [(before, 4 * width, 1, first)] if number == 0 else []
            for channels, filters, kernel, ratio in shapes:
                total += parameters(channels, filters, kernel, ratio, rest) + 2 * filters
                inner = int(filters * rest) // 2 if ratio and rest else 0
                total += 2 * inner + 2 * 2 * inner
            before = 4 * width
    assert (total + 2048 * 1000 + 1000) / 1e6 == pytest.approx(26.1, abs=0.05)


def normalized(x, layer, training):
    """Weights as they begin: no gain, no shift."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = (x.mean(axes), x.var(axes)) if training else (0, 1)
    return (x - mean) / np.sqrt(variance + layer.epsilon)


def unit_in_numpy(x, unit, training):
    spectrum = np.fft.rfft2(x, axes=(1, 2), norm="ortho")
    both = np.concatenate([spectrum.real, spectrum.imag], -1) @ numpy_of(unit.matrix.kernel)
    both = np.maximum(normalized(both, unit.normalization, training), 0)
    real, imaginary = np.split(both, 2, -1)
    return np.fft.irfft2(real + 1j * imaginary, x.shape[1:3], axes=(1, 2), norm="ortho")


def local_in_numpy(x, unit, training):
    (height, width), part = x.shape[1:3], x[..., : x.shape[-1] // 4]
    h, w = -(-height // 2), -(-width // 2)
    corners = [part[:, a : a + h, b : b + w] for b in (0, width - w) for a in (0, height - h)]
    small = unit_in_numpy(np.concatenate(corners, -1), unit, training)
    return np.tile(small, (1, 2, 2, 1))[:, :height, :width]


def global_in_numpy(images, inside, training):
    x = images @ numpy_of(inside.reduction.kernel)
    x = np.maximum(normalized(x, inside.normalization, training), 0)
    total = x + unit_in_numpy(x, inside.unit, training)
    if inside.local_unit:
        total = total + local_in_numpy(x, inside.quarters_unit, training)
    return total @ numpy_of(inside.expansion.kernel)


@pytest.mark.parametrize("training", [False, True])
def test_the_global_branch_is_the_formula_of_the_paper(training, size, rng):
    images = rng.normal(size=(2, *size, 6))
    layer = FastFourierConvolution(8, ratio=1, input_ratio=1, local_unit=True)
    found = numpy_of(layer(images, training=training))
    expected = global_in_numpy(images, layer.spectral, training)
    # A variance of 0, as of imaginary parts of one pixel, makes noise of rounding errors.
    if not training or min(size) > 1:
        np.testing.assert_allclose(found, expected, atol=1e-6)
    assert layer.compute_output_shape(images.shape) == found.shape


def test_the_local_branch_is_a_convolution_that_wraps_around_if_asked(rng):
    images = rng.normal(size=(1, 7, 6, 2))
    for padding, mode in (("circular", "wrap"), ("same", "constant")):
        layer = FastFourierConvolution(2, 3, ratio=0, padding=padding)
        found = numpy_of(layer(images))[0]
        kernel = numpy_of(layer.from_local.kernel)
        for output in range(2):
            planes = [
                correlate(images[0, ..., c], kernel[..., c, output], mode=mode) for c in range(2)
            ]
            np.testing.assert_allclose(found[..., output], sum(planes), atol=1e-12)


def small_kernels(images, kernel, strides):
    """Around the border, by SciPy; of an even number of taps, the middle is before its half."""
    origin = [taps % 2 - 1 for taps in kernel.shape[:2]]

    def one(image, own):
        planes = (
            correlate(image[..., c], own[..., c], mode="wrap", origin=origin)
            for c in range(image.shape[-1])
        )
        return sum(planes)

    whole = [[one(image, own) for own in np.moveaxis(kernel, -1, 0)] for image in images]
    return np.moveaxis(np.array(whole), 1, -1)[:, :: strides[0], :: strides[1]]


def test_branches_cross_as_in_the_paper_with_strides_and_even_kernels(rng):
    """Channels and filters are local first; what is global begins with the means over a step."""
    images = rng.normal(size=(2, 7, 5, 5))
    layer = FastFourierConvolution(
        7, [3, 2], [2, 3], ratio=0.6, input_ratio=0.4, padding="circular", use_bias=True
    )
    layer.build(images.shape)
    layer.bias.assign(rng.normal(size=7))
    found = numpy_of(layer(images))
    local, crossing = images[..., :3], images[..., 3:]
    expected = small_kernels(local, numpy_of(layer.from_local.kernel), (2, 3))
    kernel = numpy_of(layer.from_global.kernel)
    expected[..., :3] += small_kernels(crossing, kernel, (2, 3))
    # The last step down has one pixel, the last across two.
    whole = np.pad(crossing, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=np.nan)
    means = np.nanmean(whole.reshape(2, 4, 2, 2, 3, 2), axis=(2, 4))
    expected[..., 3:] += global_in_numpy(means, layer.spectral, training=False)
    np.testing.assert_allclose(found, expected + numpy_of(layer.bias), atol=1e-6)


def test_gradients_are_right_through_both_branches(rng):
    layer = FastFourierConvolution(16, 3, ratio=0.5, local_unit=True)
    layer.build((2, 5, 4, 4))
    # Elsewhere, Keras's batch normalization rounds to float32, and differences are noisy.
    relative = 1e-6 if keras.backend.backend() == "tensorflow" else 1e-2
    assert_layer_gradients_are_right(layer, rng.normal(size=(2, 5, 4, 4)), relative)


@pytest.mark.parametrize("strides", [1, 2])
def test_shifts_of_images_that_repeat_shift_what_comes_from_local_channels(strides, rng):
    """What is global does not shift: a matrix and ReLU take both parts of a spectrum apart."""
    images = rng.normal(size=(2, 12, 8, 8))
    layer = FastFourierConvolution(6, [3, 2], strides, input_ratio=0, padding="circular")
    straight = numpy_of(layer(images))
    shifted = numpy_of(layer(np.roll(images, (4, 2), (1, 2))))
    steps = 4 // strides, 2 // strides
    np.testing.assert_allclose(shifted, np.roll(straight, steps, (1, 2)), atol=1e-12)
    assert straight.std() > 0.01


@pytest.mark.graph
def test_statistics_are_learned_in_training_also_of_images_of_any_size(rng):
    for size in ((8, 6), (None, None)):
        images = keras.Input((*size, 4))
        layer = FastFourierConvolution(4)
        features = keras.layers.GlobalAveragePooling2D()(layer(images))
        model = keras.Model(images, keras.layers.Dense(1)(features))
        model.compile("sgd", "mse")
        before = [numpy_of(each.value) for each in layer.non_trainable_variables]
        model.train_on_batch(rng.normal(size=(4, 8, 6, 4)), np.ones((4, 1)))
        for old, new in zip(before, layer.non_trainable_variables, strict=True):
            assert np.abs(numpy_of(new.value) - old).max() > 1e-6


def test_what_cannot_be_cut_into_quarters_is_refused():
    with pytest.raises(ValueError, match="expected global filters that 8 divides, found 2"):
        FastFourierConvolution(4, local_unit=True).build((None, 8, 8, 4))
