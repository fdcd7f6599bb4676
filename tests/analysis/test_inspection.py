"""What a model learned, told layer by layer."""

import keras
import numpy as np
import pytest

from specnet.analysis import learned
from specnet.layers import (
    RFFT2D,
    FreeConvolution,
    GaborConvolution,
    LearnedSpectralPooling,
    LowPass,
    SpectralConv2D,
)


def test_filters_cut_offs_and_strides_are_told_in_the_order_of_the_model():
    model = keras.Sequential(
        [
            keras.Input((8, 9, 2)),
            LowPass(0.3, learnable=True, name="band"),
            SpectralConv2D(3, family={"butterworth": {"band": "band"}}, name="images"),
            LearnedSpectralPooling([1.5, 2.0], frozen=True, name="pool"),
            RFFT2D(),
            GaborConvolution(4, form="polar", name="spectra"),
            FreeConvolution(2, name="free"),
        ]
    )
    band, images, pool, spectra = learned(model)
    assert [each.layer for each in (band, images, pool, spectra)] == [
        "band", "images", "pool", "spectra"
    ]  # fmt: skip
    np.testing.assert_allclose(band.values["cut-off (cycles/pixel)"], 0.3, rtol=1e-6)
    np.testing.assert_allclose(pool.values["stride v, u"], [1.5, 2.0])
    assert (images.kind, images.parts) == ("ButterworthConvolution", ("real", "imaginary"))
    cutoffs = images.values["cut-off low, high (cycles/pixel)"]
    assert cutoffs.shape == (2, 6, 2)  # a filter for each pair of channel and filter
    assert (cutoffs[..., 0] < cutoffs[..., 1]).all()
    assert spectra.parts == ("magnitude", "phase")
    degrees = spectra.values["orientation (degrees)"]
    assert degrees.shape == (2, 4)
    raw = model.get_layer("spectra").orientation
    np.testing.assert_allclose(degrees, np.degrees(raw) % 180, rtol=1e-6)
    assert spectra.as_dict()["values"]["orientation (degrees)"] == pytest.approx(degrees)
