"""Pooling by cosine and Hartley transforms, against those of SciPy and NumPy."""

import keras
import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops
from scipy import fft

from specnet.layers import CropSpectrum, SpectralPooling, SpectralUpsampling

pytestmark = pytest.mark.backend

# (H, W) -> (h, w): odd, even, prime, kept, one pixel.
SMALLER = [((12, 10), (6, 5)), ((15, 13), (7, 8)), ((7, 14), (7, 6)), ((4, 5), (1, 1))]
every_size = pytest.mark.parametrize(("size", "to"), SMALLER, ids=str)
every_kind = pytest.mark.parametrize("kind", ["fourier", "dct", "hartley"])
real_kind = pytest.mark.parametrize("kind", ["dct", "hartley"])


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def hartley(x, axis):
    spectrum = np.fft.fft(x, axis=axis)
    return spectrum.real - spectrum.imag


def at_length(x, to, axis, kind):
    """Along one axis: the transform, centred and cropped or zero-padded, and back; means kept."""
    length = x.shape[axis]
    pad = [(0, 0)] * x.ndim
    if kind == "dct":
        pad[axis] = 0, max(to - length, 0)
        kept = np.take(fft.dct(x, axis=axis, norm="ortho"), np.arange(min(to, length)), axis)
        return fft.idct(np.pad(kept, pad), axis=axis, norm="ortho") * np.sqrt(to / length)
    shorter = min(to, length)
    centred = np.fft.fftshift(hartley(x, axis), axis)
    kept = np.take(centred, np.arange(shorter) + length // 2 - shorter // 2, axis)
    before = to // 2 - shorter // 2
    pad[axis] = before, to - shorter - before
    return hartley(np.fft.ifftshift(np.pad(kept, pad), axis), axis) / length


def resampled(images, to, kind):
    return at_length(at_length(images, to[0], 1, kind), to[1], 2, kind)


@pytest.mark.usefixtures("float64")
@every_size
@real_kind
def test_images_are_cropped_and_padded_as_by_scipy(size, to, kind, rng):
    images = rng.normal(size=(2, *size, 3))
    small = SpectralPooling(to, transform=kind)
    np.testing.assert_allclose(numpy_of(small(images)), resampled(images, to, kind), atol=1e-13)
    assert small.compute_output_shape(images.shape) == (2, *to, 3)
    large = SpectralUpsampling(size, transform=kind)
    images = images[:, : to[0], : to[1]]
    np.testing.assert_allclose(numpy_of(large(images)), resampled(images, size, kind), atol=1e-13)


@pytest.mark.usefixtures("float64")
def test_a_dct_of_two_dimensions_is_one_along_each(rng):
    images = rng.normal(size=(9, 12))
    kept = fft.dctn(images, norm="ortho")[:5, :6]
    expected = fft.idctn(kept, norm="ortho") * np.sqrt(5 * 6 / (9 * 12))
    output = numpy_of(SpectralPooling((5, 6), transform="dct")(images[None, ..., None]))
    np.testing.assert_allclose(output[0, ..., 0], expected, atol=1e-14)


@pytest.mark.usefixtures("float64")
def test_hartley_pooling_is_fourier_pooling_at_odd_sizes_and_not_at_even_ones(rng):
    images = rng.normal(size=(1, 12, 11, 2))

    def difference(to):
        fourier, other = (SpectralPooling(to, transform=kind) for kind in ("fourier", "hartley"))
        return np.abs(numpy_of(fourier(images)) - numpy_of(other(images))).max()

    assert difference((7, 5)) < 1e-13
    assert difference((6, 5)) > 0.01


@pytest.mark.usefixtures("float64")
@every_size
@real_kind
def test_the_adjoint_of_pooling_is_upsampling(size, to, kind, rng):
    x, y = rng.normal(size=(1, *size, 1)), rng.normal(size=(1, *to, 1))
    pooled = numpy_of(SpectralPooling(to, transform=kind)(x))
    back = numpy_of(SpectralUpsampling(size, transform=kind)(y))
    share = to[0] * to[1] / (size[0] * size[1])
    np.testing.assert_allclose((pooled * y).sum(), share * (x * back).sum(), atol=1e-13)


@pytest.mark.usefixtures("float64")
@real_kind
@pytest.mark.parametrize("edge", ["brick", "hamming"])
def test_means_stay_at_every_size(kind, edge, size, rng):
    images = rng.normal(size=(1, *size, 2))
    small = numpy_of(SpectralPooling(factor=1.6, transform=kind, edge=edge)(images))
    np.testing.assert_allclose(small.mean((1, 2)), images.mean((1, 2)), atol=1e-14)


@pytest.mark.usefixtures("float64")
@real_kind
def test_a_wave_at_half_the_new_nyquist_frequency_has_its_gain(kind):
    """0.54 + 0.46 cos(π / 2): 24 pixels become 12, 3 waves of which fit in a period."""
    places = np.arange(24)[None, None, :, None]
    turn = {"dct": np.pi * 6 * (places + 0.5) / 24, "hartley": 2 * np.pi * 3 * places / 24}[kind]
    soft, sharp = (
        numpy_of(SpectralPooling((1, 12), transform=kind, edge=edge)(np.cos(turn)))
        for edge in ("hamming", "brick")
    )
    assert np.abs(sharp).max() > 0.5
    np.testing.assert_allclose(soft, 0.54 * sharp, atol=1e-14)


def test_only_a_dct_does_not_wrap_around():
    """The left border of a ramp, which a period has beside the right one."""
    ramp = np.linspace(0, 1, 32, dtype="float32")[None, :, None, None]

    def error(kind):
        small = numpy_of(SpectralPooling((16, 1), transform=kind)(ramp))[0, :, 0, 0]
        return np.abs(small - ramp[0].reshape(16, 2).mean(1)).max()

    assert error("dct") < 0.01
    assert error("fourier") > 0.05
    assert error("hartley") > 0.05


@pytest.mark.usefixtures("float64")
@real_kind
def test_gradients_are_those_of_finite_differences(kind, rng):
    layer = SpectralPooling((3, 4), edge="hamming", transform=kind)
    images = rng.normal(size=(1, 6, 5, 2))
    layer.build(images.shape)
    assert_layer_gradients_are_right(layer, images)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_rounded_at_the_ends_only(policy, rng):
    keras.config.set_dtype_policy(policy)
    dtype = keras.config.dtype_policy().compute_dtype
    images = ops.cast(100 * rng.normal(size=(1, 40, 42, 1)), dtype)
    expected = resampled(numpy_of(ops.cast(images, "float64")), (20, 15), "dct")
    small = SpectralPooling((20, 15), transform="dct")(images)
    assert keras.backend.standardize_dtype(small.dtype) == dtype
    error = numpy_of(ops.cast(small, "float64")) - expected
    assert np.linalg.norm(error) < 2**-8 * np.linalg.norm(expected)


def test_spectra_are_fouriers_alone():
    with pytest.raises(ValueError, match="transform: expected one of fourier, dct, hartley"):
        SpectralPooling(transform="sine")
    with pytest.raises(ValueError, match="unknown argument 'transform'"):
        CropSpectrum(transform="dct")
    assert "transform" not in CropSpectrum().get_config()
