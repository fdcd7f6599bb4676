"""Wavelet transforms of signals and of volumes.

The layers of images, in `wavelet_transforms.py`, at another rank.

B  batch   C  channels   T  samples of a signal   D, H, W  depth, height and width of a volume
t, d, h, w  those of a band: half of them, rounded up
"""

from specnet.layers.declaring import layer
from specnet.layers.wavelet_transforms import DWT2D, IDWT2D


@layer("dwt1d", "Wavelets")
class DWT1D(DWT2D):
    """Signals to the two bands of a wavelet, side by side as channels, at half the length.

    Periodised, so that the bands hold as many numbers as the signal; of an odd length, the last
    sample is repeated first.

    Args:
        wavelet: a discrete wavelet of PyWavelets: haar, db2, sym4, coif1, bior2.2 and 101 others.

    Input shape: (B, T, C).
    Output shape: (B, t, 2C): C channels of the low band, then C of the high one.
    """

    dimensions = 1


@layer("idwt1d", "Wavelets")
class IDWT1D(IDWT2D):
    """The two bands of a wavelet back to signals: the inverse of `DWT1D`.

    Args:
        wavelet: the wavelet of the bands.
        size: samples of the signals, where they are odd; twice those of the bands if not given.

    Input shape: (B, t, 2C), the channels in the order of `DWT1D`.
    Output shape: (B, T, C).
    """

    dimensions = 1


@layer("dwt3d", "Wavelets")
class DWT3D(DWT2D):
    """Volumes to the eight bands of a wavelet, side by side as channels, at half the size.

    Periodised, so that the bands hold as many numbers as the volume; of an odd length, the last
    plane is repeated first.

    Args:
        wavelet: a discrete wavelet of PyWavelets: haar, db2, sym4, coif1, bior2.2 and 101 others.

    Input shape: (B, D, H, W, C).
    Output shape: (B, d, h, w, 8C): C channels of each band. Band i is the high one along the depth
        where i has the bit 1, along the height where it has 2, along the width where it has 4.
    """

    dimensions = 3


@layer("idwt3d", "Wavelets")
class IDWT3D(IDWT2D):
    """The eight bands of a wavelet back to volumes: the inverse of `DWT3D`.

    Args:
        wavelet: the wavelet of the bands.
        size: voxels of the volumes along each axis, where they are odd; twice those of the bands if
            not given.

    Input shape: (B, d, h, w, 8C), the channels in the order of `DWT3D`.
    Output shape: (B, D, H, W, C).
    """

    dimensions = 3
