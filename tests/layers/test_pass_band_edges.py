"""Laws of pass bands with other edges than the smooth one; the edges are in `tests/ops`."""

import numpy as np
import pytest
from keras import ops

from specnet.layers import BandPass, HighPass, LowPass
from specnet.ops.edges import Edge

pytestmark = pytest.mark.backend

SOFT = pytest.mark.parametrize("edge", ["butterworth", "gaussian", "kaiser"])


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def by_hand(images, gains):
    """NumPy's transform of the whole plane, times gains of the radius."""
    rows, columns = images.shape[1:3]
    radii = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.fftfreq(columns))
    mask = numpy_of(gains(ops.convert_to_tensor(radii)))
    return np.fft.ifft2(np.fft.fft2(images, axes=(1, 2)) * mask[..., None], axes=(1, 2)).real


@SOFT
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("size", [(15, 12), (1, 7)], ids=str)
@pytest.mark.parametrize("learnable", [False, True])
def test_images_are_weighed_by_the_edge(edge, size, learnable, rng):
    images = rng.normal(size=(2, *size, 2))
    gains = Edge(edge, 0.1).gains
    given = {"edge": edge, "learnable": learnable}
    low, high, band = (
        numpy_of(layer(images))
        for layer in (LowPass(0.2, **given), HighPass(0.2, **given), BandPass(0.1, 0.3, **given))
    )
    np.testing.assert_allclose(low, by_hand(images, lambda r: gains(r, 0.2)), atol=1e-12)
    np.testing.assert_allclose(high, images - low, atol=1e-12)
    expected = by_hand(images, lambda r: gains(r, 0.3) - gains(r, 0.1))
    np.testing.assert_allclose(band, expected, atol=1e-12)


@pytest.mark.parametrize("edge", ["brick", "butterworth", "gaussian", "kaiser"])
def test_a_low_pass_keeps_constants_whatever_its_cutoff(edge):
    images = np.full((1, 6, 7, 1), 3, "float32")
    np.testing.assert_allclose(numpy_of(LowPass(0.03, edge=edge)(images)), 3, rtol=1e-6)


def test_a_brick_edge_is_that_of_no_transition(rng):
    images = rng.normal(size=(1, 9, 8, 1)).astype("float32")
    brick, sharp = LowPass(0.25, edge="brick")(images), LowPass(0.25, transition=0)(images)
    np.testing.assert_array_equal(numpy_of(brick), numpy_of(sharp))
    assert LowPass(0.25, edge="ideal").get_config()["edge"] == "brick"  # of older recipes


@pytest.mark.parametrize(
    ("layer", "name", "expected"),
    [
        (LowPass(edge="butterworth", order=3), "an octave above", [3.01, 18.13]),
        (LowPass(edge="gaussian"), "an octave above", [3.01, 12.04]),
        # 1 less a gain that is 1 / sqrt(1 + 2^-4) an octave below.
        (HighPass(edge="butterworth"), "an octave below", [10.67, 30.5]),
    ],
)
def test_what_is_printed_is_the_attenuation_in_decibels(layer, name, expected):
    layer.build((None, 8, 8, 1))
    found = layer.learned()
    np.testing.assert_allclose(found["cut-off (cycles/pixel)"], 0.25)
    printed = found[f"attenuation at the cut-off, {name} (dB)"]
    np.testing.assert_allclose(printed, expected, atol=0.02)
    assert "attenuation" not in str(LowPass().learned())


@pytest.mark.parametrize("edge", ["smooth", "butterworth", "gaussian", "kaiser"])
@pytest.mark.parametrize("steps", [[-120, -120], [-120, 3], [3, -120]])
def test_cutoffs_stay_positive_and_in_order_whatever_their_weights(edge, steps):
    layer = BandPass(edge=edge, learnable=True)
    layer.build((None, 8, 8, 1))
    layer.steps.assign(steps)
    low, high = numpy_of(layer.cutoffs())
    assert 0 < low <= high
    radii = ops.convert_to_tensor([0, 0.01, 0.7], "float32")
    assert np.isfinite(numpy_of(layer.band(radii, layer.cutoffs()))).all()


def test_removed_frequencies_are_infinitely_weak():
    layer = LowPass(0.2, edge="brick")
    layer.build((None, 8, 8, 1))
    np.testing.assert_array_equal(layer.attenuations([0.1, 0.3]), [0, np.inf])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"edge": "soft"}, "edge: expected one of smooth, brick, .* found 'soft'"),
        ({"edge": "ideal", "learnable": True}, "learnable: expected another edge than brick"),
        ({"edge": "kaiser", "transition": 0}, "transition: expected a number of at least 0.01"),
        ({"attenuation": 10}, "attenuation: expected a number from 21 to 150, found 10"),
        ({"attenuation": 1e4}, "attenuation: expected a number from 21 to 150, found 10000"),
        ({"order": 0}, "order: expected a whole number above 0"),
    ],
)
def test_wrong_arguments_are_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        LowPass(**arguments)
