"""Layers of the families with a place, a width or a band: their arguments reach the family."""

import numpy as np
import pytest

from specnet.layers import (
    ButterworthConvolution,
    DifferenceOfGaussiansConvolution,
    GaborConvolution,
    GaussianMixtureConvolution,
    LogGaborConvolution,
    LorentzianConvolution,
)

pytestmark = pytest.mark.backend


@pytest.mark.parametrize(
    ("kind", "arguments", "count", "described"),
    [
        (GaussianMixtureConvolution, {}, 24, "centre v, u (cycles/pixel)"),
        (GaussianMixtureConvolution, {"components": 3}, 36, "correlation"),
        (GaborConvolution, {}, 10, "width along, across (cycles/pixel)"),
        (LogGaborConvolution, {}, 10, "bandwidth (octaves)"),
        (DifferenceOfGaussiansConvolution, {}, 8, "height centre, surround"),
        (ButterworthConvolution, {}, 6, "order"),
        (ButterworthConvolution, {"band": "high"}, 6, "cut-off (cycles/pixel)"),
        (ButterworthConvolution, {"band": "band"}, 8, "cut-off low, high (cycles/pixel)"),
        (LorentzianConvolution, {}, 10, "half width v, u (cycles/pixel)"),
    ],
)
def test_a_layer_has_the_weights_of_its_family_and_tells_what_they_mean(
    kind, arguments, count, described
):
    layer = kind(4, **arguments)
    layer.build((None, 2, 2, 6, 4))
    assert sum(weight.size for weight in layer.get_weights()) == 4 * count
    assert described in layer.learned()


def test_a_butterworth_layer_passes_its_band_and_starts_at_its_order():
    at_dc = {}
    for band in ("low", "high", "band"):
        layer = ButterworthConvolution(4, band=band, order=3)
        layer.build((None, 2, 1, 8, 5))
        response = np.abs(layer.transfer_functions((8, 8)))
        at_dc[band] = (response[..., 0, 0] / response.max((-2, -1))).max()
        np.testing.assert_allclose(layer.learned()["order"], 3, rtol=1e-6)
    assert at_dc["low"] == pytest.approx(1)
    assert at_dc["high"] < 1e-9
    assert at_dc["band"] < 1e-9


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (
            GaussianMixtureConvolution,
            {"components": 0},
            "components: must be .* 0, found 0",
        ),
        (ButterworthConvolution, {"band": "stop"}, "band: must be 'low', 'high' or 'band', found"),
        (ButterworthConvolution, {"order": 0}, "order: must be greater than 0, found 0"),
        (ButterworthConvolution, {"order": float("nan")}, "order: .* found nan"),
        (ButterworthConvolution, {"order": "2"}, "order: .* found '2'"),
    ],
)
def test_wrong_arguments_are_explained(kind, arguments, message):
    with pytest.raises(ValueError, match=message):
        kind(2, **arguments)
