"""Layers between signals and their spectra, and between volumes and theirs.

Those of images, in `transforms.py`, at another rank.

B  batch   C  channels   T  samples of a signal   D, H, W  depth, height and width of a volume
U  half spectrum: U = T // 2 + 1, or W // 2 + 1   S, V  planes and rows of it (S = D, V = H)
"""

from specnet.layers.declaring import layer
from specnet.layers.transforms import IRFFT2D, RFFT2D


@layer("rfft1d", "Between images and spectra", gives="spectra")
class RFFT1D(RFFT2D):
    """Signals to half spectra.

    Args:
        norm: scaling of the transform, as in NumPy. `ortho` keeps the variance of white noise.
        channels: `sum` adds up the channels first; see `RFFT2D`.
        widths: which signals are taken where their length is unknown when the layer is built:
            those of even or of odd length, or any.

    Input shape: (B, T, C).
    Output shape: (B, 2, C, U); with `channels: sum`, C is 1.
    """

    dimensions = 1


@layer("irfft1d", "Between images and spectra", takes="spectra", gives="images")
class IRFFT1D(IRFFT2D):
    """Half spectra back to signals; bins at 0 and the Nyquist frequency become real first.

    Args:
        odd_width: whether the signals are an odd number of samples long; U bins belong to a length
            of 2U - 2 or of 2U - 1.
        norm: scaling of the transform; the same as in `RFFT1D`.

    Input shape: (B, 2, C, U).
    Output shape: (B, T, C).
    """

    dimensions = 1


@layer("rfft3d", "Between images and spectra", gives="spectra")
class RFFT3D(RFFT2D):
    """Volumes to half spectra.

    Args:
        norm: scaling of the transform, as in NumPy. `ortho` keeps the variance of white noise.
        channels: `sum` adds up the channels first; see `RFFT2D`.
        widths: which volumes are taken where their width is unknown when the layer is built: those
            of even or of odd width, or any.

    Input shape: (B, D, H, W, C).
    Output shape: (B, 2, C, S, V, U); with `channels: sum`, C is 1.
    """

    dimensions = 3


@layer("irfft3d", "Between images and spectra", takes="spectra", gives="images")
class IRFFT3D(IRFFT2D):
    """Half spectra back to volumes; the spectrum is made Hermitian first.

    Args:
        odd_width: whether the volumes are an odd number of voxels wide; U columns belong to a width
            of 2U - 2 or of 2U - 1.
        norm: scaling of the transform; the same as in `RFFT3D`.

    Input shape: (B, 2, C, S, V, U).
    Output shape: (B, D, H, W, C).
    """

    dimensions = 3
