"""Activations, normalization, crops and transposed convolutions of signals and volumes."""

import numpy as np
import pytest
from gradients import compiled_on_jax
from keras import ops
from scipy import signal

from specnet import layers

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]

SIZES = [(8,), (9,), (3, 2, 6), (2, 3, 5)]
every_size = pytest.mark.parametrize("size", SIZES, ids=str)


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def planes(z):
    """Complex (B, C, ...) -> (B, 2, C, ...)."""
    return np.stack([z.real, z.imag], axis=1)


@every_size
def test_activations_are_those_of_complex_numbers_and_of_real_signals(size, rng):
    axes, odd = tuple(range(2, len(size) + 2)), size[-1] % 2 == 1
    signals = rng.normal(size=(2, 3, *size))
    z = np.fft.rfftn(signals, axes=axes, norm="ortho")
    bias = np.array([-0.7, 0.0, 0.4])
    shrunk = np.abs(z) + bias.reshape(3, *[1] * len(size))
    mod_relu, cardioid, spatial = layers.ModReLU(), layers.Cardioid(), layers.SpatialReLU(odd)
    mod_relu.build(planes(z).shape)
    mod_relu.bias.assign(bias)
    for layer, expected in (
        (mod_relu, np.maximum(shrunk, 0) * np.exp(1j * np.angle(z))),
        (cardioid, z * (1 + np.cos(np.angle(z))) / 2),
        (spatial, np.fft.rfftn(np.maximum(signals, 0), axes=axes, norm="ortho")),
    ):
        np.testing.assert_allclose(numpy_of(layer(planes(z))), planes(expected), atol=1e-6)


@every_size
def test_normalised_spectra_are_white_in_each_channel(size, rng):
    bins = (*size[:-1], size[-1] // 2 + 1)
    spectrum = (
        3 + rng.normal(size=(4, 2, 2, *bins)) * np.array([1, 5])[:, *[None] * (1 + len(bins))]
    )
    layer = layers.ComplexBatchNormalization(epsilon=1e-12)
    output = numpy_of(layer(spectrum, training=True))
    for channel in range(2):
        parts = np.moveaxis(output[:, :, channel], 1, 0).reshape(2, -1)
        np.testing.assert_allclose(parts.mean(1), 0, atol=1e-6)
        np.testing.assert_allclose(np.cov(parts, bias=True), np.eye(2) / 2, atol=1e-6)


CROPS = [
    ("brick", (8,), 5),
    ("brick", (9,), 4),
    ("hamming", (8,), 4),
    ("brick", (4, 3, 6), (2, 3, 4)),
    ("hamming", (5, 4, 7), (4, 2, 4)),
]


@pytest.mark.parametrize(("edge", "size", "to"), CROPS, ids=str)
def test_cropped_spectra_are_those_of_pooled_signals(edge, size, to, rng):
    """SciPy's resampling along each axis; with an edge, what the layer of signals makes."""
    rank, signals = len(size), rng.normal(size=(2, *size, 3))
    rfft, crop, irfft, pooling = (
        getattr(layers, f"{name}{rank}D")
        for name in ("RFFT", "CropSpectrum", "IRFFT", "SpectralPooling")
    )
    expected = numpy_of(pooling(to, edge=edge)(signals))
    if edge == "brick":
        expected = signals
        for axis, length in enumerate([to] if rank == 1 else to, 1):
            expected = signal.resample(expected, length, axis=axis)
    layer = crop(to, edge=edge, odd_width=size[-1] % 2 == 1)
    spectrum = layer(rfft()(signals))
    found = irfft(layer.odd_output_width)(spectrum)
    np.testing.assert_allclose(numpy_of(found), expected, atol=1e-12)
    assert layer.compute_output_shape((2, 2, 3, *size[:-1], size[-1] // 2 + 1)) == spectrum.shape


@pytest.mark.parametrize(
    ("size", "strides"), [((5,), 2), ((4,), 3), ((3, 2, 4), 2), ((2, 1, 3), (1, 3, 2))], ids=str
)
@pytest.mark.parametrize(("padding", "antialias"), [("circular", False), ("same", True)])
def test_transposed_convolutions_are_the_adjoints(antialias, padding, size, strides, rng):
    """<conv(x), y> = <x, transposed(y)>, where pairs of channel and filter are swapped."""
    channels, filters, rank = 2, 3, len(size)
    steps = (strides,) * rank if isinstance(strides, int) else strides
    given = {"strides": strides, "padding": padding, "antialias": antialias, "use_bias": False}
    layer = getattr(layers, f"SpectralConv{rank}D")(filters, **given)
    transposed = getattr(layers, f"SpectralConv{rank}DTranspose")(channels, **given)
    x = rng.normal(size=(2, *(n * step for n, step in zip(size, steps, strict=True)), channels))
    y = rng.normal(size=(2, *size, filters))
    layer.build(x.shape)
    transposed.build(y.shape)
    for weight, own in zip(layer.get_weights(), transposed.weights, strict=True):
        pairs = weight.reshape(2, channels, filters, *weight.shape[2:]).swapaxes(1, 2)
        own.assign(pairs.reshape(weight.shape))
    through, back = (numpy_of(compiled_on_jax(f)(z)) for f, z in ((layer, x), (transposed, y)))
    assert back.shape == x.shape == transposed.compute_output_shape(y.shape)
    scale = np.linalg.norm(through) * np.linalg.norm(y)
    assert abs(np.vdot(through, y) - np.vdot(x, back)) <= 1e-12 * scale


@pytest.mark.parametrize("rank", [1, 3])
def test_with_antialias_a_band_limited_signal_is_interpolated(rank):
    """Under a function of s everywhere, samples keep their values and others are between them."""
    grid = np.meshgrid(*[np.arange(12) / 2] * rank, indexing="ij")
    wave = (2 + np.cos(2 * np.pi * sum(grid) / 6) + np.sin(4 * np.pi * grid[0] / 6))[
        None, ..., None
    ]
    kind = getattr(layers, f"SpectralConv{rank}DTranspose")
    layer = kind(1, strides=2, antialias=True, padding="circular", family="free")
    shorter = wave[:, *[slice(None, None, 2)] * rank]
    layer.build(shorter.shape)
    bins = numpy_of(layer.convolution.bins)
    flat = np.zeros_like(bins)
    flat[0] = 2**rank
    layer.convolution.bins.assign(flat)
    np.testing.assert_allclose(numpy_of(layer(shorter)), wave, atol=1e-12)
