"""Layers of signals and of volumes against convolution in space, and what refuses to be one."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from drawn import examples
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from specnet import layers
from specnet.ops.grids import signed_grid
from specnet.recipe.registry import RANKS, resolve
from specnet.recipe.signatures import families
from specnet.transfer.gaussian import bump_over, gaussian

pytestmark = pytest.mark.backend

EVERY_RANK = [name for name, ranks in RANKS.items() if {1, 3} <= {*ranks}]
LENGTH = st.sampled_from([1, 2, 3, 4, 5, 7])
SIZES = st.one_of(st.tuples(LENGTH), st.tuples(LENGTH, LENGTH, LENGTH))
# What NumPy puts behind a signal; of `circular` it is nothing.
BEYOND = {"circular": "constant", "same": "constant", "reflect": "reflect"}
LAYERS = {1: layers.SpectralConv1D, 3: layers.SpectralConv3D}
WIDE = "float32" if keras.backend.backend() == "jax" else "float64"
CLOSE = {"rtol": 1e-3, "atol": 1e-4} if WIDE == "float32" else {"rtol": 1e-9, "atol": 1e-9}


def array(x):
    return ops.convert_to_numpy(x)


def in_space(signal, kernel):
    """The circular convolution, the first number of the kernel being that of no shift."""
    centred = np.fft.fftshift(kernel)
    return scipy.ndimage.convolve(signal, centred, mode="wrap")


@given(
    SIZES,
    st.sampled_from([*BEYOND]),
    st.integers(1, 3),
    st.sampled_from(EVERY_RANK),
    st.integers(0, 2**32 - 1),
)
@examples(30)
def test_spectral_convolution_is_convolution_in_space(size, padding, strides, family, seed):
    layer = LAYERS[len(size)](
        2, family, strides=strides, padding=padding, use_bias=False, seed=seed, dtype=WIDE
    )
    signals = np.random.default_rng(seed).normal(size=(1, *size, 2))
    output = array(layer(ops.cast(signals, WIDE)))[0]

    whole = layer.whole_size(size)
    functions = layer.convolution.transfer_functions(whole)  # NumPy projects as the layer does
    kernels = np.fft.irfftn(functions[0] + 1j * functions[1], whole, range(1, len(size) + 1))
    behind = [(0, long - short) for long, short in zip(whole, size, strict=True)]
    extended = np.pad(signals[0], [*behind, (0, 0)], mode=BEYOND[padding])
    every = tuple(slice(0, length, strides) for length in size)
    for filter_number in range(2):
        expected = sum(
            in_space(extended[..., channel], kernels[2 * channel + filter_number])
            for channel in range(2)
        )
        np.testing.assert_allclose(output[..., filter_number], expected[every], **CLOSE)


@pytest.mark.parametrize("size", [(12,), (9,), (6, 4, 8)], ids=str)
def test_antialiased_strides_are_what_scipy_resamples_of_what_is_without(size, rng):
    steps = 3 if len(size) == 1 else (3, 2, 2)
    signals = ops.cast(rng.normal(size=(1, *size, 2)), WIDE)
    strided, plain = (
        LAYERS[len(size)](2, padding="circular", use_bias=False, seed=1, dtype=WIDE, **more)
        for more in ({"strides": steps, "antialias": True}, {})
    )
    output = strided(signals)
    plain.build(signals.shape)
    plain.set_weights(strided.get_weights())
    whole = array(plain(signals))
    for axis, length in enumerate(output.shape[1:-1], 1):
        whole = scipy.signal.resample(whole, length, axis=axis)
    np.testing.assert_allclose(array(output), whole, **CLOSE)


def covariance_of(raw, rank):
    """From the parameters of a bump, by NumPy's own Cholesky factors."""
    widths = np.log1p(np.exp(raw[:rank]))
    factor = np.eye(rank)
    factor[np.tril_indices(rank, -1)] = raw[rank:]
    factor /= np.linalg.norm(factor, axis=1, keepdims=True)
    return np.outer(widths, widths) * (factor @ factor.T)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_bump_over_any_axes_is_the_normal_density_brought_to_its_scale(rank, rng):
    centre, raw = rng.uniform(-0.3, 0.3, rank), rng.normal(-1, 0.7, rank * (rank + 1) // 2)
    grid = signed_grid(*(5, 4, 7)[:rank])
    found = array(bump_over(*(ops.cast(x, WIDE) for x in (centre, raw, 0.7)), *grid))
    away = np.stack(np.meshgrid(*grid, indexing="ij"), axis=-1) - centre
    inverse = np.linalg.inv(covariance_of(raw, rank))
    expected = 0.7 * np.exp(-np.einsum("...i,ij,...j", away, inverse, away) / 2)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("size", [(9,), (3, 2, 4)], ids=str)
def test_a_polar_form_is_magnitude_and_phase_at_every_rank(size):
    made = [layers.GaussianConvolution(3, form=form, seed=4) for form in ("polar", "cartesian")]
    for layer in made:
        layer.build((None, 2, 1, *size[:-1], size[-1] // 2 + 1))
    made[1].set_weights(made[0].get_weights())
    polar, (magnitude, phase) = (layer.transfer_functions(size) for layer in made)
    expected = magnitude * np.exp(1j * phase)
    np.testing.assert_allclose(polar[0] + 1j * polar[1], expected, rtol=1e-5, atol=1e-6)


def test_over_two_axes_it_is_the_bump_of_images(rng):
    family, grid = gaussian(), signed_grid(9, 8)
    parameters = {name: ops.cast(x, WIDE) for name, x in family.initial(rng, 6).items()}
    every = bump_over(*(parameters[name] for name in family.shapes), *grid)
    np.testing.assert_allclose(
        array(every), array(family.parts(parameters, *grid)), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("rank", [1, 3])
def test_what_the_families_say_they_learned_fits_their_rank(rank, rng):
    described = gaussian(rank=rank)
    told = described.describe(described.initial(rng, 2))
    raw = described.initial(rng, 1)["covariance"][0, 0]
    spread = covariance_of(raw, rank)
    widths = np.sqrt(np.diag(spread))
    found = described.describe({"centre": np.zeros((1, rank)), "covariance": raw[None], "scale": 1})
    name = {1: "width u (cycles/sample)", 3: "width s, v, u (cycles/voxel)"}[rank]
    np.testing.assert_allclose(found[name][0], widths, rtol=1e-6)
    assert ("correlation" in told) == (rank > 1)
    if rank > 1:
        lower = (spread / np.outer(widths, widths))[np.tril_indices(rank, -1)]
        np.testing.assert_allclose(found["correlation"][0], lower, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("shape", [(None, 2, 3, 5), (None, 2, 3, 4, 5, 3)])
def test_families_take_signals_and_volumes_if_they_say_so_and_refuse_them_otherwise(shape):
    assert {*RANKS} == {*families()}
    for name, ranks in RANKS.items():
        layer = resolve(name)(2)
        if len(shape) - 3 in ranks:
            layer.build(shape)
            assert layer.compute_output_shape(shape) == (None, 2, 2, *shape[3:])
        else:
            with pytest.raises(ValueError, match=r"functions of two frequencies.*take bspline"):
                layer.build(shape)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (layers.RFFT1D(name="a"), (None, 8, 8, 1), "a expects signals .batch, time, channels"),
        (layers.IRFFT3D(name="b"), (None, 8, 8, 8, 1), "b expects a spectrum .* put rfft3d"),
        (layers.IRFFT1D(name="c"), (None, 2, 3, 8, 5), "c expects .* no spectra of images"),
        (layers.GaussianConvolution(2, name="d"), (None, 8, 3), "d expects .* put rfft1d before"),
        (layers.GaussianConvolution(2, name="e", grid="wood2021"), (None, 2, 3, 8), "e: wood2021"),
        (layers.FreeConvolution(2, name="f", modes=3), (None, 2, 3, 8), "f: modes, resample and"),
        (layers.DWT3D(name="g"), (None, 8, 8, 1), "g expects volumes"),
    ],
)
def test_a_wrong_shape_is_told_in_words(layer, shape, words):
    with pytest.raises(ValueError, match=words):
        layer.build(shape)


def test_a_pair_is_refused_where_axes_are_not_two():
    with pytest.raises(ValueError, match="strides: expected one number, found"):
        layers.SpectralConv1D(2, strides=(2, 2))
    with pytest.raises(ValueError, match="size: expected one number, or 3, one an axis"):
        layers.SpectralPooling3D(size=(4, 4))
