"""Image convolutions of limited reach, dilated, in groups and without padding, against SciPy's."""

import keras
import numpy as np
import pytest
from convolution_in_space import assert_close, built, hermitian, numpy_of, output_of
from gradients import assert_layer_gradients_are_right
from keras import ops
from scipy.signal import convolve2d

from specnet.errors import RecipeError
from specnet.layers import SpectralConv2D
from specnet.models import builder, cost
from specnet.recipe import of_content


def kernels_by_hand(layer, extent):
    """(C, F, 2e + 1, 2e + 1): impulse responses under a Hann window, by NumPy.

    Of 64 pixels, or 4e; of an extent of 20, 80.
    """
    size = tuple(max(64, 4 * e) for e in extent)
    real, imaginary = layer.convolution.transfer_functions(size)
    whole = np.fft.irfft2(hermitian(real + 1j * imaginary, size[1]), size)
    rows, columns = (np.arange(-e, e + 1) for e in extent)
    windows = [np.hanning(2 * e + 3)[1:-1] for e in extent]
    short = whole[:, rows[:, None], columns] * np.outer(*windows)
    return short.reshape(-1, layer.filters, *short.shape[1:])


def in_space(images, kernels, padding, dilation):
    """Kernels with zeros between their pixels, over images that are extended first."""
    shape = [(n - 1) * d + 1 for n, d in zip(kernels.shape[2:], dilation, strict=True)]
    stuffed = np.zeros((*kernels.shape[:2], *shape))
    stuffed[..., :: dilation[0], :: dilation[1]] = kernels
    margins = [(0, 0), *((n // 2, n // 2) for n in shape), (0, 0)]
    modes = {"same": "constant", "circular": "wrap", "reflect": "reflect"}
    if padding != "valid":
        images = np.pad(images, margins, mode=modes[padding])
    return np.stack(
        [
            [
                sum(convolve2d(x[..., c], k[c], mode="valid") for c in range(len(k)))
                for k in np.moveaxis(stuffed, 1, 0)
            ]
            for x in images
        ]
    ).transpose(0, 2, 3, 1)


on_every_backend = pytest.mark.backend
CASES = [
    ("same", (7, 10), 2, 1, 1),
    # Beyond the image on both sides.
    pytest.param("same", (4, 5), (5, 2), (1, 3), 1, marks=on_every_backend),
    ("same", (9, 8), 1, 2, (2, 3)),
    ("valid", (11, 8), (3, 2), 1, 1),
    pytest.param("valid", (13, 9), 1, (3, 2), (2, 1), marks=on_every_backend),
    ("circular", (6, 5), (20, 1), (1, 2), 2),
    ("reflect", (7, 6), 2, (1, 2), 1),
]


@pytest.mark.parametrize(("padding", "size", "extent", "dilation", "strides"), CASES)
@pytest.mark.usefixtures("float64")
def test_it_is_scipys_convolution_with_kernels_that_are_cut_off(
    padding, size, extent, dilation, strides, rng
):
    images = rng.normal(size=(2, *size, 2))
    layer = SpectralConv2D(
        3,
        strides=strides,
        padding=padding,
        kernel_extent=extent,
        dilation_rate=dilation,
        seed=1,
    )
    found = output_of(layer, images)
    kernels = kernels_by_hand(layer, layer.extent)
    expected = in_space(images, kernels, padding, layer.dilation)
    assert_close(found, expected[:, :: layer.steps[0], :: layer.steps[1]], 1e-12)
    assert layer.compute_output_shape(images.shape) == found.shape


@pytest.mark.parametrize(("padding", "size", "extent", "dilation", "strides"), CASES[2:5:2])
def test_float32_is_convolved_to_float32s_precision_also_by_compiled_loops(
    padding, size, extent, dilation, strides, rng
):
    images = rng.normal(size=(2, *size, 2)).astype("float32")
    layer = SpectralConv2D(
        3, "sinc", strides, padding, kernel_extent=extent, dilation_rate=dilation, seed=1
    )
    found = output_of(layer, images)
    kernels = kernels_by_hand(layer, layer.extent)
    expected = in_space(images, kernels, padding, layer.dilation)
    assert_close(found, expected[:, :: layer.steps[0], :: layer.steps[1]], 2e-6)


@pytest.mark.usefixtures("float64")
def test_nothing_is_seen_beyond_the_extent_with_dilation():
    images = np.zeros((1, 25, 25, 1))
    images[0, 12, 12] = 1
    layer = SpectralConv2D(4, kernel_extent=3, dilation_rate=(1, 2), use_bias=False, seed=2)
    found = np.abs(output_of(layer, images))
    inside = found[:, 12 - 3 : 12 + 4, 12 - 6 : 12 + 7 : 2]
    assert inside.max() == found.max()
    assert inside.min() > 1e-6 * found.max()
    found[:, 12 - 3 : 12 + 4, 12 - 6 : 12 + 7 : 2] = 0
    assert found.max() < 1e-14


def of_group(value, mixing, group, groups, per):
    """The functions of one group: of `per` channels and the filters that see them."""
    shape = (2, per, groups, -1) if mixing == "full" else (2, groups, -1)
    parts = value.reshape(*shape, *value.shape[2:])
    chosen = parts[:, :, group] if mixing == "full" else parts[:, group]
    return chosen.reshape(2, -1, *value.shape[2:])


@pytest.mark.parametrize(
    ("groups", "mixing", "more"),
    [
        pytest.param(2, "full", {}, marks=on_every_backend),
        (2, "full", {"dtype": "float32"}),  # which compiled loops compute without groups
        (2, "sum", {"strides": 2, "antialias": True}),
        (6, "full", {"padding": "valid", "kernel_extent": 2}),
    ],
)
@pytest.mark.usefixtures("float64")
def test_groups_are_separate_convolutions(groups, mixing, more, rng):
    images = rng.normal(size=(2, 8, 7, 6))
    arguments = {"mixing": mixing, "use_bias": False, **more}
    layer = built(SpectralConv2D(12, groups=groups, seed=3, **arguments), images)
    found = np.split(output_of(layer, images), groups, axis=-1)
    for group, part in enumerate(np.split(images, groups, axis=-1)):
        alone = built(SpectralConv2D(12 // groups, **arguments), part)
        for own, whole in zip(alone.weights, layer.weights, strict=True):
            values = numpy_of(whole.value)
            own.assign(of_group(values, mixing, group, groups, part.shape[-1]))
        assert_close(found[group], output_of(alone, part), 2e-6 if "dtype" in more else 1e-12)


@pytest.mark.parametrize("family", ["gaussian", "implicit", {"free": {"resample": True}}], ids=str)
@pytest.mark.usefixtures("float64")
def test_white_images_keep_their_variance_at_the_start(family, rng):
    images = rng.normal(size=(2, 40, 33, 4))
    layer = SpectralConv2D(32, family, padding="valid", kernel_extent=3, groups=2, seed=3)
    assert output_of(layer, images).var() == pytest.approx(1, rel=0.1)


@pytest.mark.backend
@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(rng):
    images = rng.normal(size=(1, 7, 6, 2))
    arguments = {"padding": "valid", "kernel_extent": 1, "dilation_rate": (2, 1), "groups": 2}
    layer = built(SpectralConv2D(2, seed=1, **arguments), images)
    assert_layer_gradients_are_right(layer, images)


def test_images_of_every_size_are_convolved_with_the_same_kernels(rng):
    """Also of a size that is unknown when the layer is built."""
    layer = SpectralConv2D(3, padding="valid", kernel_extent=2, seed=1)
    open_images = keras.Input((None, None, 2))
    model = keras.Model(open_images, layer(open_images))
    assert model.output_shape == (None, None, None, 3)
    image = rng.normal(size=(1, 12, 11, 2)).astype("float32")
    whole = numpy_of(ops.convert_to_tensor(model.predict(image, verbose=0)))
    part = model.predict(image[:, 3:, :8], verbose=0)
    np.testing.assert_allclose(part, whole[:, 3:, :4], atol=1e-5)


def network(arguments):
    data = {"source": "gratings", "image_size": [12, 9]}
    content = {"data": data, "model": [{"conv2d": {"filters": 4, "kernel_size": 1}}]}
    content["model"].append({"spectral_conv2d": arguments})
    return builder.build(of_content(content, "grouped"))


def test_a_recipe_says_what_groups_must_divide():
    assert network({"filters": 6, "groups": 2}).output_shape == (None, 12, 9, 6)
    with pytest.raises(RecipeError, match="groups must divide the 4 channels before it, found 3"):
        network({"filters": 6, "groups": 3})
    with pytest.raises(RecipeError, match="groups must divide the 6 filters, found 4"):
        network({"filters": 6, "groups": 4})


def test_groups_divide_the_products_of_a_bin():
    layer = {"filters": 6, "padding": "circular", "use_bias": False}
    *_, whole = cost.count(network(layer)).costs.values()
    *_, halves = cost.count(network(layer | {"groups": 2})).costs.values()
    bins = 12 * 5
    assert whole.arithmetic == bins * 6 * (6 * 4 + 2 * 3)
    assert halves.arithmetic == bins * 6 * (6 * 2 + 2)
    assert halves.transforms == whole.transforms


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"padding": "valid"}, "padding: valid needs a kernel_extent"),
        ({"dilation_rate": [1, 2]}, "dilation_rate: needs a kernel_extent"),
        ({"kernel_extent": 0}, "kernel_extent: expected a whole number above 0, found 0"),
        ({"kernel_extent": 1, "antialias": True}, "antialias: .* expected one of both"),
        ({"kernel_extent": 1, "family": "free"}, "found free; say `free: {resample: true}`"),
        ({"kernel_extent": 1, "family": {"free": {"modes": 3}}}, "expected filters that fit"),
        ({"groups": 2, "mixing": "depthwise"}, "groups: with mixing depthwise"),
        ({"groups": 3}, "groups: must divide the 4 filters, found 3"),
    ],
)
def test_what_makes_no_sense_together_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpectralConv2D(4, **arguments)


def test_images_that_nothing_is_left_of_are_refused():
    layer = SpectralConv2D(2, padding="valid", kernel_extent=2, dilation_rate=(1, 2))
    with pytest.raises(ValueError, match="leaves nothing of 8 pixels, of which kernels see 9"):
        layer(np.zeros((1, 6, 8, 1)))
    with pytest.raises(ValueError, match="groups must divide the 3 channels, found 2"):
        SpectralConv2D(2, groups=2)(np.zeros((1, 6, 8, 3)))
