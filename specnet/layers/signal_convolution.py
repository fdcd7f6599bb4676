"""Convolution of signals and of volumes by way of their spectra, with filters of any size.

The layers of images, in `image_convolution.py` and `transposed.py`, at another rank.

B  batch   C  channels   F  filters   s  stride
T  samples of a signal   D, H, W  depth, height and width of a volume
t, d, h, w  those of what a transposed convolution makes larger
"""

from specnet.layers.declaring import layer
from specnet.layers.image_convolution import StridedConvolution
from specnet.layers.transposed import SpectralConv2DTranspose


@layer("spectral_conv1d", "Convolutions of signals and volumes")
class SpectralConv1D(StridedConvolution):
    """A convolution of signals with filters of any length, computed in the frequency domain.

    With strides s it gives every s-th sample, beginning with sample 0, of what it gives without.

    Args:
        filters: output channels F.
        family: the transfer functions: `gaussian`, `gaussian_mixture`, `bspline`, `implicit` or
            `free`, or `{name: {its own arguments}}`. `free` is bound to one length.
        strides: one number of samples.
        padding: how the signal goes on beyond its ends. `circular`: it repeats. `same`: zeros.
            `reflect`: backwards, without repeating the last sample.
        antialias: remove the frequencies above the Nyquist frequency of the output, 1 / (2s)
            cycles/sample, before every s-th sample is taken.

    Input shape: (B, T, C).
    Output shape: (B, ceil(T / s), F).
    """

    dimensions = 1


@layer("spectral_conv3d", "Convolutions of signals and volumes")
class SpectralConv3D(StridedConvolution):
    """A convolution of volumes with filters of any size, computed in the frequency domain.

    With strides s it gives every s-th voxel of each axis of what it gives without.

    Args:
        filters: output channels F.
        family: the transfer functions: `gaussian`, `gaussian_mixture`, `bspline`, `implicit` or
            `free`, or `{name: {its own arguments}}`. `free` is bound to one size.
        strides: one number of voxels, or three, one an axis.
        padding: how the volume goes on beyond its border. `circular`: it repeats. `same`: zeros.
            `reflect`: its mirror image, without repeating the edge.
        antialias: remove the frequencies above the Nyquist frequency of the output, 1 / (2s)
            cycles/voxel along each axis, before every s-th voxel is taken.

    Input shape: (B, D, H, W, C).
    Output shape: (B, ceil(D / s), ceil(H / s), ceil(W / s), F).
    """

    dimensions = 3


@layer("spectral_conv1d_transpose", "Convolutions of signals and volumes")
class SpectralConv1DTranspose(SpectralConv2DTranspose):
    """Signals s times as long: zeros between the samples, then a filter in the frequency domain.

    The adjoint of `SpectralConv1D`, as `SpectralConv2DTranspose` is that of the layer of images.

    Args:
        strides: one number of samples.
        padding: the padding of the convolution that this is the adjoint of; the signals that it
            gives repeat (`circular`), or what is beyond their ends is cut off (`same`).
        antialias: remove the frequencies above 1 / (2s) cycles/sample of the output, those that the
            input does not have: a band-limited interpolation instead of zeros.

    Input shape: (B, t, C).
    Output shape: (B, s t, F).
    """

    dimensions = 1


@layer("spectral_conv3d_transpose", "Convolutions of signals and volumes")
class SpectralConv3DTranspose(SpectralConv2DTranspose):
    """Volumes s times as large: zeros between the voxels, then a filter in the frequency domain.

    The adjoint of `SpectralConv3D`, as `SpectralConv2DTranspose` is that of the layer of images.

    Args:
        strides: one number of voxels, or three, one an axis.
        padding: the padding of the convolution that this is the adjoint of; the volumes that it
            gives repeat (`circular`), or what is beyond their border is cut off (`same`).
        antialias: remove the frequencies above 1 / (2s) cycles/voxel of the output, those that the
            input does not have: a band-limited interpolation instead of zeros.

    Input shape: (B, d, h, w, C).
    Output shape: (B, s d, s h, s w, F).
    """

    dimensions = 3
