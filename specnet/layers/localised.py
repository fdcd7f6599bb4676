"""Convolutions of spectra whose filters have a place, a width or a band in the frequency plane.

Thin classes over the families of `specnet.transfer` that say where in the frequency plane a filter
passes. The sums over fixed basis functions are in `expansions.py`.
"""

from typing import Any, Literal, get_args

import keras

from specnet import transfer
from specnet.layers.base import ParametricConvolution
from specnet.layers.shapes import check_above_zero, check_choice, check_positive


@keras.saving.register_keras_serializable("specnet")
class GaussianMixtureConvolution(ParametricConvolution):
    """Sums of Gaussian bumps in the frequency plane: 12 parameters a filter and component.

    Args:
        components: bumps in each part of a filter.
    """

    def __init__(self, filters: int, components: int = 2, **kwargs: Any):
        family = transfer.gaussian_mixture(check_positive("components", components))
        super().__init__(filters, family=family, options={"components": components}, **kwargs)


@keras.saving.register_keras_serializable("specnet")
class GaborConvolution(ParametricConvolution):
    """Gabor filters, waves of one frequency and orientation: 10 parameters a filter."""

    def __init__(self, filters: int, **kwargs: Any):
        super().__init__(filters, family=transfer.gabor(), options={}, **kwargs)


@keras.saving.register_keras_serializable("specnet")
class LogGaborConvolution(ParametricConvolution):
    """Log-Gabor filters, symmetric in octaves and blind to the mean: 10 parameters a filter."""

    def __init__(self, filters: int, **kwargs: Any):
        super().__init__(filters, family=transfer.log_gabor(), options={}, **kwargs)


@keras.saving.register_keras_serializable("specnet")
class DifferenceOfGaussiansConvolution(ParametricConvolution):
    """Differences of Gaussians, a centre less its surround: 8 parameters a filter."""

    def __init__(self, filters: int, **kwargs: Any):
        super().__init__(filters, family=transfer.difference_of_gaussians(), options={}, **kwargs)


@keras.saving.register_keras_serializable("specnet")
class ButterworthConvolution(ParametricConvolution):
    """Butterworth filters with learned cut-offs and order: 6 parameters a filter, a band 8.

    Args:
        band: `low` passes what lies below the cut-off, `high` what lies above, `band` what lies
            between two.
        order: where the order starts; the edge falls by 6 dB an octave and order.
    """

    def __init__(
        self,
        filters: int,
        band: Literal["low", "high", "band"] = "low",
        order: float = 2.0,
        **kwargs: Any,
    ):
        check_choice("band", band, get_args(transfer.Band))
        family = transfer.butterworth(band, check_above_zero("order", order))
        options = {"band": band, "order": order}
        super().__init__(filters, family=family, options=options, **kwargs)


@keras.saving.register_keras_serializable("specnet")
class LorentzianConvolution(ParametricConvolution):
    """Lorentzian resonances, peaks with long tails: 10 parameters a filter."""

    def __init__(self, filters: int, **kwargs: Any):
        super().__init__(filters, family=transfer.lorentzian(), options={}, **kwargs)
