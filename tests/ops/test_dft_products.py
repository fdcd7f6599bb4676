"""Transforms as products of matrices, against NumPy's FFT; and what stands in for others."""

import numpy as np
import pytest
from keras import ops

from specnet.ops import dft_products, fourier, hermitian, mixing, padding
from specnet.ops.portable import portable

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("size", [(7, 7), (12, 10), (4, 1), (9,), (4,), (1,), (3, 4, 5), (4, 2, 6)])
def test_spectra_are_those_of_the_fft_and_go_back(size, rng):
    images = rng.normal(size=(2, 3, *size)).astype("float32")
    axes = tuple(range(-len(size), 0))
    expected = np.fft.rfftn(images, axes=axes)
    real, imaginary = dft_products.rfftn(ops.convert_to_tensor(images), len(size))
    np.testing.assert_allclose(real, expected.real, atol=4e-5)
    np.testing.assert_allclose(imaginary, expected.imag, atol=4e-5)
    planes = (
        ops.convert_to_tensor(part.astype("float32")) for part in (expected.real, expected.imag)
    )
    np.testing.assert_allclose(dft_products.irfftn(*planes, size), images, atol=1e-5)


def test_transforms_are_products_where_what_is_traced_shall_run_anywhere(rng, monkeypatch):
    images = rng.normal(size=(2, 6, 9)).astype("float32")
    expected = fourier.rfft2(images, "ortho")
    monkeypatch.setattr(fourier, "_FORWARD", {})  # no FFT is left
    monkeypatch.setattr(fourier, "_INVERSE", {})
    with portable():
        found = fourier.rfft2(images, "ortho")
        np.testing.assert_allclose(fourier.irfft2(*found, (6, 9), "ortho"), images, atol=1e-5)
    np.testing.assert_allclose(np.stack(found), np.stack(expected), atol=1e-5)


@pytest.mark.parametrize(
    "function", ["whole_plane", "projection", "mirrored", "full", "full of signals"]
)
def test_portable_operations_compute_the_same(function, rng):
    planes = rng.normal(size=(2, 3, 5, 4)).astype("float32")
    response = rng.normal(size=(2, 6, 5, 4)).astype("float32")
    spectrum = rng.normal(size=(4, 2, 3, 5, 4)).astype("float32")
    compute = {
        "whole_plane": lambda: np.stack(hermitian.whole_plane(*planes, 6)),
        "projection": lambda: np.stack(hermitian.hermitian_projection(*planes, 6)),
        "mirrored": lambda: np.asarray(padding.mirrored(ops.convert_to_tensor(planes), 2, 8)),
        "full": lambda: np.asarray(
            mixing.convolve(*map(ops.convert_to_tensor, (spectrum, response)), "full")
        ),
        "full of signals": lambda: np.asarray(
            mixing.convolve(
                *map(ops.convert_to_tensor, (spectrum[..., 0], response[..., 0])), "full"
            )
        ),
    }[function]
    expected = compute()
    with portable():
        found = compute()
    np.testing.assert_allclose(found, expected, atol=1e-5)
