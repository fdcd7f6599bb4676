"""Spectral pooling and upsampling of signals and of volumes, with their means kept.

The layers of images, in `pooling.py`, at another rank.

B  batch   C  channels   T  samples of a signal   D, H, W  depth, height and width of a volume
t, d, h, w  those of the result; S, V, U  bins of a half spectrum, s, v, u  those that are kept
"""

from specnet.layers.declaring import layer
from specnet.layers.pooling import CropSpectrum, SpectralPooling, SpectralUpsampling


@layer("spectral_pooling1d", "Pooling and resampling")
class SpectralPooling1D(SpectralPooling):
    """Shorter signals by keeping their low frequencies, as `scipy.signal.resample` does.

    Args:
        size: samples of the result; takes the place of `factor`.
        factor: what the length is divided by, at least 1, fractions rounded up.
        transform: what is cropped, as in `SpectralPooling`.
        edge: how the kept band ends, as in `SpectralPooling`.

    Input shape: (B, T, C).
    Output shape: (B, t, C).
    """

    dimensions = 1


@layer("spectral_upsampling1d", "Pooling and resampling")
class SpectralUpsampling1D(SpectralUpsampling):
    """Longer signals by zero-padding their spectra: the band-limited interpolation.

    Args:
        size: samples of the result; takes the place of `factor`.
        factor: what the length is multiplied with, at least 1, and rounded.
        transform: what is zero-padded, as in `SpectralPooling`.

    Input shape: (B, T, C).
    Output shape: (B, t, C).
    """

    dimensions = 1


@layer("spectral_pooling3d", "Pooling and resampling")
class SpectralPooling3D(SpectralPooling):
    """Smaller volumes by keeping their low frequencies, along each axis as in one dimension.

    Args:
        size: voxels of the result, one number or three; takes the place of `factor`.
        factor: what depth, height and width are divided by, at least 1, fractions rounded up.
        transform: what is cropped, as in `SpectralPooling`.
        edge: how the kept band ends, as in `SpectralPooling`.

    Input shape: (B, D, H, W, C).
    Output shape: (B, d, h, w, C).
    """

    dimensions = 3


@layer("spectral_upsampling3d", "Pooling and resampling")
class SpectralUpsampling3D(SpectralUpsampling):
    """Larger volumes by zero-padding their spectra: the band-limited interpolation.

    Args:
        size: voxels of the result, one number or three; takes the place of `factor`.
        factor: what depth, height and width are multiplied with, at least 1, and rounded.
        transform: what is zero-padded, as in `SpectralPooling`.

    Input shape: (B, D, H, W, C).
    Output shape: (B, d, h, w, C).
    """

    dimensions = 3


@layer("crop_spectrum1d", "Pooling and resampling", takes="spectra")
class CropSpectrum1D(CropSpectrum):
    """Spectral pooling of the spectrum of signals, for networks that stay in that domain.

    Args:
        size: samples of the signals that the result belongs to; takes the place of `factor`.
        factor: what their length is divided by, at least 1, fractions rounded up.
        edge: how the kept band ends, as in `SpectralPooling`.
        odd_width: whether the signals are an odd number of samples long.
        norm: scaling of the spectrum; the same as in `RFFT1D`.

    Input shape: (B, 2, C, U).
    Output shape: (B, 2, C, u).
    """

    dimensions = 1


@layer("crop_spectrum3d", "Pooling and resampling", takes="spectra")
class CropSpectrum3D(CropSpectrum):
    """Spectral pooling of the spectrum of volumes, for networks that stay in that domain.

    Args:
        size: voxels of the volumes that the result belongs to, one number or three; takes the place
            of `factor`.
        factor: what depth, height and width are divided by, at least 1, fractions rounded up.
        edge: how the kept band ends, as in `SpectralPooling`.
        odd_width: whether the volumes are an odd number of voxels wide.
        norm: scaling of the spectrum; the same as in `RFFT3D`.

    Input shape: (B, 2, C, S, V, U).
    Output shape: (B, 2, C, s, v, u).
    """

    dimensions = 3
