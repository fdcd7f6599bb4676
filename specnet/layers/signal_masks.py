"""Pass bands and dropout of frequencies for signals and for volumes.

The layers of images, in `pass_bands.py` and `dropout.py`, at another rank. A signal has one
frequency, whose radius is its magnitude; a volume has three, and a corner of them is sqrt(3/4)
cycles/voxel away from frequency 0.

B  batch   C  channels   T  samples of a signal   D, H, W  depth, height and width of a volume
U  half spectrum: U = T // 2 + 1, or W // 2 + 1   S, V  planes and rows of it (S = D, V = H)
"""

from typing import Any, Literal

from specnet.layers.declaring import layer
from specnet.layers.dropout import RandomRadius, SpectralDropout
from specnet.layers.pass_bands import BandPass, HighPass, LowPass
from specnet.layers.shapes import check_choice
from specnet.recipe.ranges import Frequency, FrequencyOrNone, VoxelRadius, VoxelRadiusOrNone


@layer("low_pass1d", "Pass bands", takes="either")
class LowPass1D(LowPass):
    """Keeps the frequencies of signals below a cut-off; see `LowPass`.

    Input shape: signals (B, T, C) or spectra (B, 2, C, U).
    Output shape: as the input.

    Args:
        cutoff: frequency in cycles/sample, in (0, 1/2].
    """

    dimensions = 1

    def __init__(self, cutoff: Frequency = 0.25, **kwargs: Any):
        super().__init__(cutoff, **kwargs)


@layer("high_pass1d", "Pass bands", takes="either")
class HighPass1D(HighPass):
    """Keeps the frequencies of signals above a cut-off: exactly what `LowPass1D` removes.

    Input shape: signals (B, T, C) or spectra (B, 2, C, U).
    Output shape: as the input.

    Args:
        cutoff: frequency in cycles/sample, in (0, 1/2].
    """

    dimensions = 1

    def __init__(self, cutoff: Frequency = 0.25, **kwargs: Any):
        super().__init__(cutoff, **kwargs)


@layer("band_pass1d", "Pass bands", takes="either")
class BandPass1D(BandPass):
    """Keeps the frequencies of signals between two cut-offs; see `BandPass`.

    Input shape: signals (B, T, C) or spectra (B, 2, C, U).
    Output shape: as the input.

    Args:
        low, high: frequencies in cycles/sample, in (0, 1/2].
    """

    dimensions = 1

    def __init__(self, low: Frequency = 0.1, high: Frequency = 0.3, **kwargs: Any):
        super().__init__(low, high, **kwargs)


@layer("low_pass3d", "Pass bands", takes="either")
class LowPass3D(LowPass):
    """Keeps the frequencies of volumes below a cut-off, a ball of them; see `LowPass`.

    Input shape: volumes (B, D, H, W, C) or spectra (B, 2, C, S, V, U).
    Output shape: as the input.

    Args:
        cutoff: radial frequency in cycles/voxel, in (0, sqrt(3/4)].
    """

    dimensions = 3

    def __init__(self, cutoff: VoxelRadius = 0.25, **kwargs: Any):
        super().__init__(cutoff, **kwargs)


@layer("high_pass3d", "Pass bands", takes="either")
class HighPass3D(HighPass):
    """Keeps the frequencies of volumes above a cut-off: exactly what `LowPass3D` removes.

    Input shape: volumes (B, D, H, W, C) or spectra (B, 2, C, S, V, U).
    Output shape: as the input.

    Args:
        cutoff: radial frequency in cycles/voxel, in (0, sqrt(3/4)].
    """

    dimensions = 3

    def __init__(self, cutoff: VoxelRadius = 0.25, **kwargs: Any):
        super().__init__(cutoff, **kwargs)


@layer("band_pass3d", "Pass bands", takes="either")
class BandPass3D(BandPass):
    """Keeps the frequencies of volumes between two cut-offs, a shell of them; see `BandPass`.

    Input shape: volumes (B, D, H, W, C) or spectra (B, 2, C, S, V, U).
    Output shape: as the input.

    Args:
        low, high: radial frequencies in cycles/voxel, in (0, sqrt(3/4)].
    """

    dimensions = 3

    def __init__(self, low: VoxelRadius = 0.1, high: VoxelRadius = 0.3, **kwargs: Any):
        super().__init__(low, high, **kwargs)


@layer("frequency_dropout1d", "Dropout of frequencies", takes="either")
class FrequencyDropout1D(RandomRadius):
    """Keeps the frequencies of each signal below a random one; see `FrequencyDropout`.

    Input shape: signals (B, T, C) or spectra (B, 2, C, U).
    Output shape: as the input.

    Args:
        low, high: the random frequency is uniform between these, in cycles/sample;
            0 <= low <= high, and high in (0, 1/2].
    """

    dimensions = 1

    def __init__(self, low: FrequencyOrNone = 0.1, high: Frequency = 0.5, **kwargs: Any):
        super().__init__(low, high, **kwargs)


@layer("frequency_dropout3d", "Dropout of frequencies", takes="either")
class FrequencyDropout3D(RandomRadius):
    """Keeps the frequencies below a random radius, drawn for each volume; see `FrequencyDropout`.

    Input shape: volumes (B, D, H, W, C) or spectra (B, 2, C, S, V, U).
    Output shape: as the input.

    Args:
        low, high: the radius is uniform between these, in cycles/voxel; 0 <= low <= high, and high
            in (0, sqrt(3/4)]. From 1/2 on, cubes keep everything.
        region: what stays. `ball`: frequencies whose radius is below, in all directions alike.
            `cube`: those whose frequency along each axis is.
    """

    dimensions = 3

    def __init__(
        self,
        low: VoxelRadiusOrNone = 0.1,
        high: VoxelRadius = 0.75**0.5,
        region: Literal["ball", "cube"] = "ball",
        **kwargs: Any,
    ):
        super().__init__(low, high, **kwargs)
        self.region = check_choice("region", region, ("ball", "cube"))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "region": self.region}


@layer("spectral_dropout1d", "Dropout of frequencies", takes="either")
class SpectralDropout1D(SpectralDropout):
    """Drops frequencies at random, in each signal and channel by itself; see `SpectralDropout`.

    Input shape: signals (B, T, C) or spectra (B, 2, C, U).
    Output shape: as the input.

    Args:
        rate: share of the frequencies that is dropped, in [0, 1).
    """

    dimensions = 1


@layer("spectral_dropout3d", "Dropout of frequencies", takes="either")
class SpectralDropout3D(SpectralDropout):
    """Drops frequencies at random, in each volume and channel by itself; see `SpectralDropout`.

    Input shape: volumes (B, D, H, W, C) or spectra (B, 2, C, S, V, U).
    Output shape: as the input.

    Args:
        rate: share of the frequencies that is dropped, in [0, 1).
    """

    dimensions = 3
