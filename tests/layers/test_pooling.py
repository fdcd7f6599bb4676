"""Laws of spectral pooling and upsampling, of images and of spectra."""

import keras
import numpy as np
import pytest
from gradients import assert_gradient_is_right
from keras import ops
from scipy import signal

from specnet.layers import IRFFT2D, RFFT2D, CropSpectrum, SpectralPooling, SpectralUpsampling
from specnet.ops.grids import full_width
from specnet.recipe.signatures import check_arguments

pytestmark = pytest.mark.backend

# (H, W) -> (h, w): odd, even, prime; the last keeps a height.
SMALLER = [((12, 10), (6, 5)), ((15, 13), (7, 8)), ((7, 14), (7, 6))]
every_size = pytest.mark.parametrize(
    ("size", "to"), SMALLER, ids=lambda size: f"{size[0]}x{size[1]}"
)
every_edge = pytest.mark.parametrize("edge", ["brick", "hamming", "cosine", "asap"])

# Of the frequency, in cycles/pixel, and of what it is of the Nyquist frequency of the result.
TAPERS = {
    "brick": lambda f, r: np.ones_like(f),
    "hamming": lambda f, r: 0.54 + 0.46 * np.cos(np.pi * r),
    "cosine": lambda f, r: np.where(r < 0.5, 1, 0.5 + 0.5 * np.cos(2 * np.pi * (r - 0.5))),
    "asap": lambda f, r: np.sqrt(0.54 + 0.46 * np.cos(2 * np.pi * f)),
}


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def relative(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def tapered(x, length, edge, axis):
    """One axis of images at another length; the edge as a filter of SciPy's."""
    band = min(length, x.shape[axis]) / x.shape[axis] / 2
    window = None
    if length < x.shape[axis]:
        window = lambda f: TAPERS[edge](f, np.minimum(abs(f) / band, 1))  # noqa: E731
    return signal.resample(x, length, axis=axis, window=window)


def pooled(images, to, edge="brick"):
    return tapered(tapered(images, to[0], edge, 1), to[1], edge, 2)


@every_size
@every_edge
def test_pooling_agrees_with_scipy_along_each_axis(size, to, edge, rng):
    images = rng.normal(size=(2, *size, 3)).astype("float32")
    layer = SpectralPooling(to, edge=edge)
    output = numpy_of(layer(images))
    assert relative(output, pooled(images.astype("float64"), to, edge)) < 1e-6
    assert layer.compute_output_shape(images.shape) == output.shape


@every_size
def test_upsampling_agrees_with_scipy_along_each_axis(size, to, rng):
    images = rng.normal(size=(2, *to, 3)).astype("float32")
    layer = SpectralUpsampling(size)
    output = numpy_of(layer(images))
    assert relative(output, pooled(images.astype("float64"), size)) < 1e-6
    assert layer.compute_output_shape(images.shape) == output.shape


@pytest.mark.usefixtures("float64")
def test_layers_of_float64_keep_its_digits(rng):
    images = rng.normal(size=(1, 9, 8, 2))
    small = numpy_of(SpectralPooling((5, 6))(images))
    assert relative(small, pooled(images, (5, 6))) < 1e-12
    spectrum = RFFT2D()(images)
    back = IRFFT2D()(CropSpectrum((5, 6))(spectrum))
    assert relative(numpy_of(back), small) < 1e-12


@every_size
def test_an_image_survives_upsampling_and_pooling(size, to, rng):
    """Up to the waves at an even size's Nyquist frequency that have no place in it: none."""
    images = rng.normal(size=(2, *to, 2)).astype("float32")
    back = numpy_of(SpectralPooling(to)(SpectralUpsampling(size)(images)))
    assert relative(back, images) < 1e-6


@every_edge
def test_means_survive(edge, size, rng):
    """A constant image too: of 3 in the second channel."""
    images = rng.normal(size=(2, *size, 2)).astype("float32")
    images[..., 1] = 3
    small = numpy_of(SpectralPooling(factor=1.6, edge=edge)(images))
    np.testing.assert_allclose(small.mean((1, 2)), images.mean((1, 2)), atol=1e-6)
    np.testing.assert_allclose(small[..., 1], 3, rtol=1e-6)


def overshoot(edge, transform="fourier"):
    """By how much a step from 0 to 1 goes beyond 1 when 64 pixels become 32, wherever it is."""
    places = np.arange(64)
    first = np.arange(16)[:, None] + (32 if transform == "dct" else 16)
    last = 64 if transform == "dct" else first + 32
    steps = ((places >= first) & (places < last)).astype("float32")
    layer = SpectralPooling((16, 32), edge=edge, transform=transform)
    return numpy_of(layer(steps[None, ..., None])).max() - 1


def test_a_step_rings_less_with_each_window():
    """The figures of the documentation, by an independent reference in the tests above."""
    found = {edge: overshoot(edge) for edge in TAPERS}
    expected = {"brick": 0.069, "hamming": 0.001, "cosine": 0.083, "asap": 0.057}
    assert found == pytest.approx(expected, abs=6e-4)
    assert overshoot("hamming", "dct") < 0.004 < 0.07 < overshoot("asap", "dct")
    assert overshoot("asap", "dct") < overshoot("brick", "dct")


@every_size
@every_edge
@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
def test_a_cropped_spectrum_is_that_of_the_pooled_image(size, to, edge, norm, rng):
    images = rng.normal(size=(2, *size, 3))
    spectrum = np.fft.rfft2(np.moveaxis(images, -1, 1), norm=norm)
    layer = CropSpectrum(to, edge=edge, odd_width=size[1] % 2 == 1, norm=norm)
    planes = np.stack([spectrum.real, spectrum.imag], axis=1).astype("float32")
    output = numpy_of(layer(planes))
    expected = np.fft.rfft2(np.moveaxis(pooled(images, to, edge), -1, 1), norm=norm)
    assert relative(output[:, 0] + 1j * output[:, 1], expected) < 1e-6
    assert layer.compute_output_shape(planes.shape) == output.shape


@pytest.mark.parametrize("size", [(12, 10), (9, 13), (8, 15)])
@pytest.mark.parametrize("arguments", [{"factor": 1.5}, {"factor": 1.0}, {"size": 7}, {"size": 8}])
def test_cropped_spectra_tell_the_parity_of_their_width(size, arguments):
    layer = CropSpectrum(**arguments, odd_width=size[1] % 2 == 1)
    spectrum = (None, 2, 1, size[0], size[1] // 2 + 1)
    layer.build(spectrum)
    height, width = SpectralPooling(**arguments).compute_output_shape((None, *size, 1))[1:3]
    *_, rows, columns = layer.compute_output_shape(spectrum)
    assert rows == height
    assert full_width(columns, layer.odd_output_width) == width


def test_parity_goes_through_the_chain_to_the_image(rng):
    images = rng.normal(size=(1, 12, 14, 2)).astype("float32")
    crop = CropSpectrum(factor=2)
    spectrum = crop(RFFT2D()(images))
    back = numpy_of(IRFFT2D(odd_width=crop.odd_output_width)(spectrum))
    assert relative(back, numpy_of(SpectralPooling(factor=2)(images))) < 1e-6


@pytest.mark.parametrize(
    ("layer", "size", "to"),
    [
        (SpectralPooling(), (12, 7), (6, 4)),
        (SpectralPooling(factor=1.1), (22, 11), (20, 10)),  # 11 / 1.1 is 10, not 10.000000000000002
        (SpectralPooling(factor=1e9), (5, 4), (1, 1)),
        (SpectralPooling(factor=1), (5, 4), (5, 4)),
        (SpectralPooling(3), (5, 4), (3, 3)),
        (SpectralPooling([4, 3], factor=9.0), (5, 4), (4, 3)),
        (SpectralUpsampling(), (5, 4), (10, 8)),
        (SpectralUpsampling(factor=1.4), (5, 4), (7, 6)),
        (SpectralUpsampling(factor=1.3), (7, 4), (9, 5)),  # 9.1 and 5.2
        (SpectralUpsampling([6, 9]), (5, 4), (6, 9)),
    ],
)
def test_sizes_follow_from_size_or_factor(layer, size, to):
    assert layer.compute_output_shape((None, *size, 3)) == (None, *to, 3)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_rounded_at_the_ends_only(policy, rng):
    keras.config.set_dtype_policy(policy)
    dtype = keras.config.dtype_policy().compute_dtype
    images = ops.cast(100 * rng.normal(size=(1, 40, 42, 1)), dtype)
    expected = pooled(numpy_of(ops.cast(images, "float64")), (20, 15))
    spectrum = RFFT2D(dtype="float32")(ops.cast(images, "float32"))
    cropped = CropSpectrum((20, 15))(spectrum)
    for output in (SpectralPooling((20, 15))(images), cropped):
        assert keras.backend.standardize_dtype(output.dtype) == dtype
    small = SpectralPooling((20, 15))(images)
    assert relative(numpy_of(ops.cast(small, "float64")), expected) < 2**-8
    spectrum = numpy_of(ops.cast(cropped, "float64"))
    exact = np.fft.rfft2(expected[..., 0], norm="ortho")
    assert relative(spectrum[:, 0, 0] + 1j * spectrum[:, 1, 0], exact) < 2**-7


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: SpectralPooling((3, 4), edge="hamming"), (1, 6, 5, 2)),
        (lambda: SpectralUpsampling((7, 8)), (1, 6, 5, 2)),
        (lambda: CropSpectrum((3, 4), odd_width=True), (1, 2, 1, 6, 3)),
    ],
)
def test_gradients_are_those_of_finite_differences(layer, shape, rng):
    layer = layer()
    layer.build(shape)

    def loss(x):
        output = layer(x)
        return ops.sum(output * output * output)

    assert_gradient_is_right(loss, rng.normal(size=shape))


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (SpectralPooling([9, 3], name="p"), (None, 8, 8, 1), "p makes .* 8 x 8 .* 9 x 3; use spec"),
        (SpectralPooling(9), (None, 8, 9, 1), "use spectral_upsampling"),
        (SpectralUpsampling(8), (None, 8, 9, 1), "8 x 9 .* 8 x 8; use spectral_pooling"),
        (SpectralPooling(name="p"), (None, 2, 3, 8, 5), "p expects images .* spectrum already"),
        (CropSpectrum(name="c"), (None, 8, 8, 1), "c expects a spectrum .* put rfft2d before it"),
        (CropSpectrum(9, name="c"), (None, 2, 1, 9, 5), "9 x 8 pixels cannot become 9 x 9"),
        (CropSpectrum(), (None, 2, 1, 9, 1), "1 pixel wide, which is odd; set odd_width"),
    ],
)
def test_wrong_shapes_are_explained(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.build(shape)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 0}, "size: expected a whole number above 0, found 0"),
        ({"size": [4, 0]}, "size: expected a whole number above 0, found 0"),
        ({"size": [4, 3, 2]}, r"size: expected one number, or two .*, found \[4, 3, 2\]"),
        ({"factor": 0.5}, "factor: expected a number of at least 1, found 0.5"),
        ({"factor": float("nan")}, "factor: .* found nan"),
        ({"factor": float("inf")}, "factor: .* found inf"),
        ({"edge": "soft"}, "edge: expected one of brick, hamming, cosine, asap, found 'soft'"),
        ({"norm": "l2"}, "norm: expected one of backward, ortho, forward, found 'l2'"),
    ],
)
def test_wrong_arguments_are_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        CropSpectrum(**arguments)


@pytest.mark.parametrize("layer", ["spectral_pooling", "spectral_upsampling", "crop_spectrum"])
def test_recipes_may_give_one_size_or_two(layer):
    for size in (16, [16, 12], None):
        assert not check_arguments(layer, {"size": size, "factor": 1.5})
    for size in (0, [16, 12, 3], [16, 0], 1.5, "16"):
        assert check_arguments(layer, {"size": size})
