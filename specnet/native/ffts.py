"""Discrete Fourier transforms of images whose channels come last.

Functions of NumPy arrays over axes 1 and 2, by `ducc0`, on threads. Rows of zeros, and rows that
nobody asks for, are not transformed.

B  batch     C  channels
H, W  height and width of images; P, Q where they repeat, in pixels
V  rows of the half spectrum (V = P), U its columns (U = Q // 2 + 1)
"""

from collections.abc import Iterator

import numpy as np
from ducc0.fft import c2c, c2r, r2c

from specnet.native.compiling import Array
from specnet.native.memory import scratch
from specnet.native.threads import threads

Size = tuple[int, int]
# Bytes of spectra that are transformed at once: padded rows then need little memory.
_AT_ONCE = 2**24


def rfft2(images: Array, size: Size, out: Array) -> None:
    """Writes the half spectra of images that end in zeros.

    Args:
        images: (B, H, W, C), float32.
        size: (P, Q), at least (H, W).
        out: (B, V, U, C), complex64.
    """
    height, width = images.shape[1:3]
    for some in _groups(out):
        rows, spectra = images[some], out[some]
        if width == size[1]:
            r2c(rows, axes=(2,), out=spectra[:, :height], nthreads=threads())
        else:
            with scratch((*rows.shape[:2], size[1], rows.shape[3]), np.float32) as padded:
                padded[:, :, :width], padded[:, :, width:] = rows, 0
                r2c(padded, axes=(2,), out=spectra[:, :height], nthreads=threads())
        spectra[:, height:] = 0
        c2c(spectra, axes=(1,), out=spectra, nthreads=threads())


def irfft2(spectra: Array, size: Size, out: Array) -> None:
    """Writes the images of half spectra, of what these have of Hermitian symmetry.

    Args:
        spectra: (B, V, U, C), complex64; overwritten.
        size: (P, Q).
        out: (B, H, W, C), float32: the images at their top left.
    """
    height, width = out.shape[1:3]
    inverse = {"forward": False, "inorm": 2, "nthreads": threads()}
    for some in _groups(spectra):
        columns, images = spectra[some], out[some]
        c2c(columns, axes=(1,), out=columns, **inverse)
        rows, to_rows = columns[:, :height], {"axes": (2,), "lastsize": size[1], **inverse}
        if width == size[1]:
            c2r(rows, out=images, **to_rows)
        else:
            with scratch((*images.shape[:2], size[1], images.shape[3]), np.float32) as padded:
                c2r(rows, out=padded, **to_rows)
                images[:] = padded[:, :, :width]


def _groups(spectra: Array) -> Iterator[slice]:
    """Images that are transformed at once."""
    step = max(1, _AT_ONCE * len(spectra) // max(1, spectra.nbytes))
    for first in range(0, len(spectra), step):
        yield slice(first, first + step)
