"""Counts against ones done by hand, and against those of JAX's compiler."""

from math import log2

import keras
import pytest

from specnet import recipe
from specnet.layers import (
    DWT2D,
    SpectralConv1D,
    SpectralConv2D,
    SpectralPooling,
    SpectralPooling1D,
)
from specnet.models import builder, cost
from specnet.ops.flops import Transform


def network(*layers, size=(12, 9), channels=2):
    """A model of a recipe's layers on images of two channels."""
    data = {"source": "gratings", "image_size": list(size)}
    made = recipe.of_content({"data": data, "model": [*layers]}, "counted")
    data = made.data.model_copy(update={"channels": channels})
    return builder.build(made.model_copy(update={"data": data}))


def counted(*layers, **options):
    found = cost.count(network(*layers, **options))
    assert found.unknown == ()
    return found.flops


def fft(pixels):
    return 2.5 * pixels * log2(pixels)


def test_a_transform_of_one_pixel_is_nothing_and_of_64_is_960():
    assert Transform(1, (1, 1)).flops == 0
    assert Transform(3, (8, 8)).flops == 3 * 2.5 * 64 * 6


def test_a_conv2d_is_two_for_each_tap_pixel_and_pair_of_channels():
    kernel = {"filters": 5, "kernel_size": [3, 2], "padding": "same"}
    assert counted({"conv2d": kernel | {"use_bias": False}}) == 2 * 6 * 2 * 5 * 108
    assert counted({"conv2d": kernel | {"activation": "relu"}}) == (2 * 6 * 2 + 1 + 1) * 5 * 108


def test_strides_groups_and_depth_divide_a_conv2d():
    assert counted(
        {"conv2d": {"filters": 4, "kernel_size": 3, "strides": 3, "groups": 2, "use_bias": False}}
    ) == 2 * 9 * 1 * 4 * (4 * 3)
    assert counted({"depthwise_conv2d": {"kernel_size": 2, "use_bias": False}}) == 2 * 4 * 2 * 88


def test_a_transposed_conv2d_spreads_each_pixel_over_a_kernel():
    layer = {"filters": 5, "kernel_size": 3, "strides": 2, "use_bias": False}
    assert counted({"conv2d_transpose": layer}) == 2 * 9 * 2 * 5 * 108


def test_convolutions_of_signals_and_volumes_are_counted_like_those_of_images():
    def counted_of(data, layer):
        model = builder.build(recipe.of_content({"data": data, "model": [layer]}, "counted"))
        return cost.count(model).flops

    chirps = {"source": "chirps", "length": 30}
    transposed = {"filters": 5, "kernel_size": 3, "strides": 2, "use_bias": False}
    assert counted_of(chirps, {"conv1d_transpose": transposed}) == 2 * 3 * 5 * 30
    separable = {"filters": 4, "kernel_size": 3, "padding": "same", "use_bias": False}
    assert counted_of(chirps, {"separable_conv1d": separable}) == 2 * 3 * 30 + 2 * 4 * 30
    volumes = {"source": "npz_volumes", "path": "x.npz", "size": [4, 6, 5]}
    assert counted_of(volumes, {"conv3d_transpose": transposed}) == 2 * 27 * 5 * 120


def test_a_spectral_network_is_transform_products_and_head():
    bins, dense = 12 * 5, 2 * (2 * 3 * 60) * 4 + 4
    network = [{"rfft2d": {"channels": "sum"}}, {"gaussian": {"filters": 3, "activation": "relu"}}]
    first = 108 + fft(108) + bins * 3 * (6 + 2)
    assert counted(*network, "flatten", {"dense": {"units": 4}}) == round(first + dense)
    second = bins * (3 * 6 + 2 * 2)  # of three channels, two complex sums a bin
    assert counted(*network, {"linear": {"filters": 3}}) == round(first + second)


@pytest.mark.parametrize(
    ("mixing", "each"),
    [("sum", 6 * 4 + 2), ("depthwise", 6 * 4), ("full", 4 * (6 * 2 + 2))],
)
def test_mixing_decides_how_many_products_a_bin_takes(mixing, each):
    layer = {"gaussian": {"filters": 4, "mixing": mixing}}
    assert counted("rfft2d", layer) == round(2 * fft(108) + 60 * each)


def test_an_image_convolution_goes_there_and_back_at_its_extended_size():
    layer = {"filters": 3, "padding": "circular", "use_bias": False}
    bins = 12 * 5
    assert counted({"spectral_conv2d": layer}) == round(5 * fft(108) + bins * 3 * (6 * 2 + 2))
    strided = layer | {"strides": [2, 3]}
    products = bins * 3 * 14 + 2 * 3 * (bins - 6 * 2)
    assert counted({"spectral_conv2d": strided}) == round(2 * fft(108) + 3 * fft(18) + products)


def test_wavelets_take_two_operations_a_tap():
    # Rows: 12 x 5 lows of 2 taps; columns: 6 x 5 of them; halved at the end; two channels.
    assert counted("wavelet_pooling") == 2 * (2 * 2 * 60 + 2 * 2 * 30 + 30)
    assert counted({"dwt2d": {"wavelet": "db2"}}) == 2 * (2 * 4 * 60 * 2 + 2 * 4 * 30 * 4)


def test_a_global_filter_goes_there_and_back_with_a_product_for_each_bin():
    assert counted("global_filter") == round(4 * fft(108) + 60 * 2 * 6)


def test_a_fourier_block_is_a_matrix_for_each_mode_and_pixel():
    layer = {"filters": 3, "modes": [4, 2], "activation": "relu"}
    modes, pixels = 8 * 2 * 3 * 14, 108 * 3 * (2 * 2 + 1 + 1)
    assert counted({"fourier_block": layer}) == round(5 * fft(108) + modes + pixels)


def test_a_fast_fourier_convolution_is_small_kernels_and_a_unit_of_spectra():
    layer = {"filters": 8, "kernel_size": 3, "ratio": 0.5, "input_ratio": 0.5}
    kernels = 2 * 9 * (1 * 8 + 1 * 4) * 108 + 8 * 108
    outer = 108 * 2 * (2 * 1 + 3 + 1 + 2 * 4)
    unit = 60 * 4 * (2 * 4 + 3) + 4 * fft(108)
    assert counted({"fast_fourier_convolution": layer}) == round(kernels + outer + unit)


def test_mixing_attention_bands_and_networks_of_spectra_go_by_their_formulas():
    matrices = 108 * 2 * (4 * 2 - 1)
    assert counted("fourier_mixing") == round(2 * fft(108) + matrices)
    assert counted({"frequency_attention": {"reduction": 1}}) == 3 * 216 + 4 * 4 + 2 + 2
    image, bands = (2 * 9 + 3) * 216, 2 * 4 * 30 * (2 * 9 + 1)
    there_and_back = 2 * 2 * (2 * 2 * 60 * 2 + 2 * 2 * 30 * 4)
    layer = {"wavelet_convolution": {"kernel_size": 3}}
    assert counted(layer) == image + there_and_back + bands
    network = 2 * 8 * 2 * 2 + 2 * (2 * 2 + 2 * 2)
    assert counted("adaptive_fourier") == round(4 * fft(108) + 60 * network + 216)


def test_pooling_and_activations_go_by_numbers():
    assert counted("max_pooling2d") == 4 * 2 * 6 * 4
    assert counted("global_average_pooling2d", "relu") == 2 * 108 + 2
    assert counted({"low_pass": {"cutoff": 0.2}}) == round(4 * fft(108) + 2 * 2 * 60)


def test_adaptive_pooling_to_a_divisor_costs_what_pooling_in_those_windows_does():
    adaptive = counted({"adaptive_max_pooling2d": {"output_size": [6, 3]}})
    assert adaptive == counted({"max_pooling2d": {"pool_size": [2, 3]}})


@pytest.mark.parametrize("kind", [SpectralConv2D, SpectralPooling, DWT2D, keras.layers.Conv2D])
def test_images_with_channels_first_cost_what_they_cost_with_channels_last(kind):
    arguments = {SpectralPooling: [4], DWT2D: ["db2"]}.get(kind, [5, 3])
    flops = []
    for data_format, size in (("channels_last", (12, 9, 2)), ("channels_first", (2, 12, 9))):
        layer = kind(*arguments[: 1 if kind is SpectralConv2D else None], data_format=data_format)
        images = keras.Input(size)
        flops.append(cost.count(keras.Model(images, layer(images))).flops)
    assert flops[0] == flops[1] > 0


@pytest.mark.parametrize("kind", [SpectralConv1D, SpectralPooling1D])
def test_signals_with_channels_first_cost_what_they_cost_with_channels_last(kind):
    flops = []
    for data_format, size in (("channels_last", (9, 4)), ("channels_first", (4, 9))):
        layer = kind(5, data_format=data_format)
        signals = keras.Input(size)
        flops.append(cost.count(keras.Model(signals, layer(signals))).flops)
    assert flops[0] == flops[1] > 0


def test_layers_without_a_formula_are_named_and_not_counted():
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, keras.layers.UnitNormalization(name="strange")(inputs))
    assert cost.count(model) == cost.Count({}, ("strange (UnitNormalization)",))


def test_models_in_models_are_counted_too():
    inner = network({"conv2d": {"filters": 2, "kernel_size": 1, "use_bias": False}})
    inputs = keras.Input((12, 9, 2))
    assert cost.count(keras.Model(inputs, inner(inputs))).flops == 2 * 2 * 2 * 108


@pytest.mark.backend
@pytest.mark.skipif(keras.backend.backend() != "jax", reason="asks JAX's compiler")
def test_jax_counts_the_same_of_a_conv2d_and_a_dense_layer():
    import jax

    model = network(
        {"conv2d": {"filters": 4, "kernel_size": 3, "padding": "valid", "activation": "relu"}},
        "flatten",
        {"dense": {"units": 7}},
    )
    values = [v.value for v in model.trainable_variables]
    images = keras.ops.zeros((1, 12, 9, 2))
    run = jax.jit(lambda values, x: model.stateless_call(values, [], x)[0])
    compiler = run.lower(values, images).compile().cost_analysis()["flops"]
    assert cost.count(model).flops == pytest.approx(compiler, rel=0.01)
