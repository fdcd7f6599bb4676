"""The filters of each kind of layer, against what the layer does to images, by NumPy."""

import re

import keras
import numpy as np
import pytest
from convolution_in_space import kernels, numpy_of, output_of

from specnet.analysis import (
    filters,
    filters_of,
    has_filters,
    impulse_responses,
    without_filters,
)
from specnet.layers import (
    RFFT2D,
    ButterworthConvolution,
    ChebyshevConvolution,
    FastFourierConvolution,
    FourierBlock,
    GaussianConvolution,
    GlobalFilter,
    LearnedSpectralPooling,
    LinearConvolution,
    LowPass,
    LowPass3D,
    RadialConvolution,
    SpectralConv2D,
    SpectralConv2DTranspose,
    SpectralKernelConv2D,
)

pytestmark = pytest.mark.backend
SIZE = (6, 9)


def built(layer, *shape):
    layer.build((None, *shape))
    return layer


def filtered(images, found, channels):
    """(B, H, W, C) times the found response, summed over the channels: (B, H, W, F)."""
    spectra = np.fft.rfft2(images, axes=(1, 2))
    response = found.response.reshape(channels, -1, *found.response.shape[1:])
    product = np.einsum("bvuc,cfvu->bvuf", spectra, response)
    return np.fft.irfft2(product, SIZE, axes=(1, 2))


@pytest.mark.parametrize("kernel", [(3, 3), (2, 5)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_the_response_of_a_conv2d_multiplies_spectra(rng, kernel, dilation):
    layer = keras.layers.Conv2D(4, kernel, dilation_rate=dilation, use_bias=False)
    layer.build((None, None, None, 3))  # of no size of its own
    images = rng.normal(size=(2, *SIZE, 3)).astype("float32")
    spans = [(length - 1) * dilation for length in kernel]
    around = [(0, 0), *((span // 2, span - span // 2) for span in spans), (0, 0)]
    circular = numpy_of(layer(np.pad(images, around, mode="wrap")))
    found = filters_of(layer, SIZE)
    np.testing.assert_allclose(filtered(images, found, 3), circular, atol=1e-5)
    assert (found.total, found.size) == (12, SIZE)
    assert found.labels[5] == "channel 1 → filter 1"


def test_a_depthwise_convolution_has_a_filter_for_each_output_channel(rng):
    layer = keras.layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False)
    layer.build((None, None, None, 2))
    images = rng.normal(size=(1, *SIZE, 2)).astype("float32")
    circular = numpy_of(layer(np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="wrap")))
    found = filters_of(layer, SIZE)
    for k in range(4):
        spectrum = np.fft.rfft2(images[0, ..., k // 2]) * found.response[k]
        np.testing.assert_allclose(np.fft.irfft2(spectrum, SIZE), circular[0, ..., k], atol=1e-5)


def test_a_transposed_convolution_has_the_mirror_images_of_its_adjoint(rng):
    kernel = rng.normal(size=(3, 5, 2, 4))
    forward = built(keras.layers.Conv2D(4, (3, 5), use_bias=False), *SIZE, 2)
    forward.set_weights([kernel])
    back = built(keras.layers.Conv2DTranspose(2, (3, 5), use_bias=False), *SIZE, 4)
    back.set_weights([kernel])
    there = filters_of(forward, SIZE).response.reshape(2, 4, 6, 5)
    again = filters_of(back, SIZE).response.reshape(4, 2, 6, 5)
    np.testing.assert_allclose(again, there.swapaxes(0, 1).conj(), atol=1e-5)


@pytest.mark.parametrize(
    ("convolution", "kernel_size", "size"),
    [
        (keras.layers.Conv1DTranspose, (3,), (9,)),
        (keras.layers.Conv2DTranspose, (3, 5), SIZE),
        (keras.layers.Conv3DTranspose, (3, 1, 3), (4, 5, 6)),
    ],
)
def test_a_transposed_convolution_filters_as_its_output_says(rng, convolution, kernel_size, size):
    layer = built(convolution(2, kernel_size, use_bias=False), *size, 3)
    signals = rng.normal(size=(1, *size, 3)).astype("float32")
    whole, rows = numpy_of(layer(signals))[0], tuple(range(len(size)))
    # What a kernel adds around the input wraps around to its other side.
    circular = np.zeros((*size, 2))
    for place in np.ndindex(whole.shape[:-1]):
        shifted = [(i - k // 2) % n for i, k, n in zip(place, kernel_size, size, strict=True)]
        circular[tuple(shifted)] += whole[place]
    response = filters_of(layer, size).response.reshape(3, 2, *size[:-1], size[-1] // 2 + 1)
    spectra = np.fft.rfftn(signals[0], axes=rows[-1:] if len(size) == 1 else rows)
    product = np.einsum("...c,cf...->...f", spectra, response)
    expected = np.fft.irfftn(product, s=size, axes=rows)
    np.testing.assert_allclose(circular, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("convolution", "size"), [(keras.layers.SeparableConv1D, (9,)), (keras.layers.Conv1D, (9,))]
)
def test_convolutions_of_signals_have_filters(convolution, size):
    found = filters_of(built(convolution(2, 3), *size, 2), size)
    assert found.response.shape[-1] == 5


def test_kernels_stored_as_coefficients_have_the_filters_of_their_twin():
    spectral = built(SpectralKernelConv2D(2, 3), *SIZE, 3)
    spatial = built(keras.layers.Conv2D(2, 3), *SIZE, 3)
    spatial.set_weights([numpy_of(spectral.kernel), np.zeros(2)])
    np.testing.assert_allclose(
        filters_of(spectral, SIZE).response, filters_of(spatial, SIZE).response, atol=1e-6
    )


@pytest.mark.parametrize("odd", [False, True])
def test_filters_of_spectra_are_seen_at_the_size_of_the_spectrum(odd):
    layer = built(GaussianConvolution(3, odd_width=odd), 2, 2, 6, 5)
    found = filters_of(layer, (20, 20))
    assert found.size == (6, 9 if odd else 8)
    real, imaginary = layer.transfer_functions(found.size)
    np.testing.assert_allclose(found.response, real + 1j * imaginary)
    assert found.labels == ("filter 0", "filter 1", "filter 2")


@pytest.mark.parametrize("padding", ["circular", "same"])
def test_filters_of_images_are_their_impulse_responses(padding):
    layer = built(SpectralConv2D(4, padding=padding), *SIZE, 2)
    found = filters_of(layer, SIZE)
    expected = np.fft.fftshift(kernels(layer, found.size), axes=(-2, -1))
    impulses = impulse_responses(found.response, found.size)
    np.testing.assert_allclose(impulses, expected.reshape(8, *found.size), atol=1e-5)
    assert found.size == (SIZE if padding == "circular" else (12, 18))


def test_filters_of_channels_first_are_those_of_channels_last():
    last = built(SpectralConv2D(4, padding="circular"), *SIZE, 3)
    first = SpectralConv2D(4, padding="circular", data_format="channels_first")
    first.build((None, 3, *SIZE))
    first.set_weights(last.get_weights())
    found, expected = filters_of(first, SIZE), filters_of(last, SIZE)
    assert (found.size, found.response.shape) == (SIZE, expected.response.shape)
    np.testing.assert_array_equal(found.response, expected.response)


@pytest.mark.parametrize(("channels", "groups"), [(6, 2), (3, 3)])
def test_filters_of_groups_are_named_by_the_channels_that_they_see(channels, groups):
    layer = built(SpectralConv2D(6, groups=groups, use_bias=False), *SIZE, channels)
    seen = set()
    for channel in range(channels):
        image = np.zeros((1, *SIZE, channels), "float32")
        image[0, 3, 4, channel] = 1
        answers = np.abs(output_of(layer, image)).max((0, 1, 2))
        seen |= {f"channel {channel} → filter {k}" for k in np.flatnonzero(answers > 1e-6)}
    assert set(filters_of(layer, SIZE).labels) == seen
    assert len(seen) == channels * 6 // groups


def test_a_transposed_spectral_convolution_answers_a_point_with_its_filter():
    layer = built(SpectralConv2DTranspose(1, padding="circular", use_bias=False), *SIZE, 1)
    point = np.zeros((1, *SIZE, 1), "float32")
    point[0, 3, 4, 0] = 1  # the middle, where impulse responses have their origin
    found = filters_of(layer, SIZE)
    impulse = impulse_responses(found.response, found.size)[0]
    np.testing.assert_allclose(impulse, output_of(layer, point)[0, ..., 0], atol=1e-5)


@pytest.mark.parametrize("size", [SIZE, (8, 7)])
def test_a_global_filter_multiplies_the_spectrum_of_each_channel_by_its_filter(rng, size):
    layer = built(GlobalFilter(SIZE), *size, 3)
    images = rng.normal(size=(1, *size, 3)).astype("float32")
    found = filters_of(layer, size)
    assert (found.size, found.total) == (size, 3)
    spectra = np.fft.rfft2(images[0], axes=(0, 1)) * found.response.transpose(1, 2, 0)
    expected = np.fft.irfft2(spectra, size, axes=(0, 1))
    np.testing.assert_allclose(output_of(layer, images)[0], expected, atol=1e-5)


def test_blocks_of_several_steps_have_weights_but_no_filters():
    blocks = [built(FourierBlock(2, modes=2), *SIZE, 2), built(FastFourierConvolution(4), *SIZE, 4)]
    others = [built(each, *SIZE, 2) for each in (GlobalFilter(), LowPass(0.3), RFFT2D())]
    assert without_filters([*others, *blocks]) == blocks
    assert [has_filters(each) for each in others] == [True, True, False]


def test_a_pass_band_is_a_filter_with_its_cut_off():
    found = filters_of(built(LowPass(0.3, transition=0), *SIZE, 1), SIZE)
    radius = np.hypot(np.fft.fftfreq(6)[:, None], np.fft.rfftfreq(9))
    np.testing.assert_array_equal(found.response[0], radius <= 0.3)
    assert found.cutoffs == pytest.approx((0.3,))
    assert found.captions == (("cut-off 0.30 c/px",),)


def test_learned_strides_keep_the_spectrum_up_to_their_cut_offs(rng):
    layer = built(LearnedSpectralPooling([1.5, 2.0], smoothness=1.0, frozen=True), 12, 15, 1)
    images = rng.normal(size=(1, 12, 15, 1)).astype("float32")
    pooled = output_of(layer, images)[0, ..., 0]
    found = filters_of(layer, (12, 15))
    kept = np.fft.rfft2(images[0, ..., 0]) / images.size * found.response[0]
    expected = np.fft.rfft2(pooled) / pooled.size
    rows = np.fft.fftfreq(len(pooled), 1 / len(pooled)).astype(int)
    columns = expected.shape[1]
    np.testing.assert_allclose(kept[rows, :columns], expected, atol=1e-6)
    assert np.count_nonzero(found.response) <= expected.size
    np.testing.assert_allclose(found.cutoffs, [1 / 3, 1 / 4])


def test_learned_values_stand_in_the_captions_with_their_units():
    layer = built(GaussianConvolution(1), 2, 1, 4, 3)
    layer.centre.assign([[[-0.25, 0.1]], [[0.5, 0.0]]])
    layer.scale.assign([[-0.001], [12.3]])
    real, imaginary = filters_of(layer, SIZE).captions[0]
    assert real.startswith("Re: centre v, u \N{MINUS SIGN}0.25, 0.10; width v, u ")
    assert real.count("c/px") == 1
    assert real.endswith("scale 0.00")
    assert imaginary.startswith("Im: centre v, u 0.50, 0.00")
    assert imaginary.endswith("scale 12")
    polar = built(ButterworthConvolution(1, form="polar"), 2, 1, 4, 3)
    magnitude, phase = filters_of(polar, SIZE).captions[0]
    assert magnitude.startswith("|H|: cut-off ")
    assert phase.startswith("arg H: cut-off ")
    assert filters_of(polar, SIZE).cutoffs == pytest.approx(
        polar.learned()["cut-off (cycles/pixel)"].ravel()
    )
    assert filters_of(built(ChebyshevConvolution(2), 2, 1, 4, 3), SIZE).captions == ((), ())


def test_captions_of_volumes_have_a_number_an_axis_in_cycles_a_voxel():
    layer = built(GaussianConvolution(1), 2, 1, 4, 4, 3)
    layer.centre.assign([[[-0.25, 0.1, 0.2]], [[0.5, 0.0, 0.1]]])
    real, _ = filters_of(layer, (4, 4, 4)).captions[0]
    assert real.startswith("Re: centre s, v, u \N{MINUS SIGN}0.25, 0.10, 0.20; width s, v, u ")
    assert real.count(" c/voxel; ") == 1
    assert "correlation " in real
    assert filters_of(built(LowPass3D(0.3), 4, 4, 4, 1), (4, 4, 4)).captions == (
        ("cut-off 0.30 c/voxel",),
    )


def test_no_caption_runs_the_number_of_a_name_into_its_value():
    radial = built(RadialConvolution(1), 2, 1, 4, 3)
    real, _ = filters_of(radial, SIZE).captions[0]
    assert re.fullmatch(r"Re: (orientation of harmonic \d: \d+(\.\d+)?°(; )?)+", real)
    linear = built(LinearConvolution(1), 2, 1, 4, 3)
    linear.coefficients.assign(np.reshape([0.5, -1, 2, 3], (2, 1, 2, 1)))
    real, _ = filters_of(linear, SIZE).captions[0]
    assert real == "Re: coefficient of v 0.50; coefficient of u \N{MINUS SIGN}1.00"


def test_layers_without_filters_are_left_out_and_the_first_ones_can_be_asked_for():
    model = keras.Sequential(
        [
            keras.Input((8, 9, 2)),
            keras.layers.Conv2D(3, 3, name="spatial"),
            keras.layers.Conv2D(3, 1, name="one pixel"),
            keras.layers.MaxPooling2D(),
            SpectralConv2D(2, name="spectral"),
        ]
    )
    spatial, spectral = filters(model, most=4)
    assert (spatial.layer, spatial.kind, spatial.size) == ("spatial", "Conv2D", (8, 9))
    assert (len(spatial.response), spatial.total, len(spatial.labels)) == (4, 6, 4)
    assert (spectral.layer, spectral.kind) == ("spectral", "GaussianConvolution")
    assert (len(spectral.response), spectral.total) == (4, 6)
    whole = filters_of(model.get_layer("spatial"), (8, 9))
    np.testing.assert_allclose(spatial.response, whole.response[:4])
