"""Pictures of autoencoders show the numbers that they were given."""

import numpy as np
import pytest

from specnet.plots import loss_against_parameters, loss_curves, reconstructions
from specnet.plots.flexibility import FRONT


@pytest.fixture
def returned(rng):
    return {name: rng.random((3, 5, 6, 2)) for name in ("spatial", "gaussian")}


def shown(figure):
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]


def test_a_row_holds_what_comes_back_and_then_that_less_the_image(rng, returned):
    images = rng.random((3, 5, 6, 2))
    tiles = shown(reconstructions(images[..., :1], {k: v[..., :1] for k, v in returned.items()}))
    np.testing.assert_array_equal(tiles[:3], images[..., 0])
    for start, back in zip((3, 9), returned.values(), strict=True):
        np.testing.assert_array_equal(tiles[start : start + 3], back[..., 0])
        expected = back[..., 0] - images[..., 0]
        np.testing.assert_allclose(tiles[start + 3 : start + 6], expected, atol=1e-12)


def test_errors_share_one_scale_with_zero_in_the_middle(rng, returned):
    images = rng.random((3, 5, 6, 2))[..., :1]
    back = {name: values[..., :1] for name, values in returned.items()}
    figure = reconstructions(images, back)
    signed = [axes.images[0] for axes in figure.axes if axes.images][6:9]
    limit = max(np.abs(values - images).max() for values in back.values())
    assert {image.get_clim() for image in signed} == {(-limit, limit)}


def test_curves_run_over_the_epochs_from_1():
    losses = {"spatial": np.array([0.3, 0.2, 0.1]), "free": np.array([0.5, 0.4])}
    (axes,) = loss_curves(losses).axes
    for line, (name, values) in zip(axes.lines, losses.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_ydata(), values)
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, len(values) + 1))


def test_encoders_that_none_beats_in_both_are_marked_as_the_front():
    costs = {
        "linear": (256, 0.10, None),
        "gaussian": (768, 0.07, 0.001),
        "gabor": (700, 0.08, None),
        "free": (9000, 0.08, None),
        "spatial": (9568, 0.06, None),
    }
    (axes,) = loss_against_parameters(costs).axes
    colours = {note.get_text(): note.get_color() for note in axes.texts if note.get_text()}
    assert {name for name, colour in colours.items() if colour == FRONT} == set(costs) - {"free"}
    (points,) = (c for c in axes.collections if len(c.get_offsets()) == len(costs))
    np.testing.assert_allclose(points.get_offsets(), [(p, loss) for p, loss, _ in costs.values()])


def test_errors_of_colours_do_not_cancel():
    image = np.full((1, 4, 4, 3), 0.5)
    back = image + np.array([0.3, 0.0, -0.3])
    figure = reconstructions(image, {"net": back})
    drawn = figure.axes[-2].images[0].get_array()
    np.testing.assert_allclose(np.abs(drawn), np.sqrt(2 * 0.3**2 / 3))
