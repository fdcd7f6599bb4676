"""Pictures of comparisons show the numbers that they were given."""

import numpy as np
import pytest

from specnet.plots.comparison import accuracy_against_parameters, accuracy_against_size, violins
from specnet.plots.comparison_curves import (
    accuracy_against_seconds,
    attacked_against_epoch,
    loss_against_step,
    smoothed,
)
from specnet.plots.curve_sheet import looks
from specnet.plots.flexibility import FRONT


def texts(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_every_trial_is_a_point_and_means_are_marked(rng):
    values = {"spatial": rng.random(6), "free": rng.random(2), "linear": np.full(5, 0.5)}
    (axes,) = violins(values, {"free": (0.25, 0.1)}).axes
    points = [c for c in axes.collections if len(c.get_offsets()) > 1]
    for drawn, each in zip(points, values.values(), strict=True):
        np.testing.assert_allclose(sorted(drawn.get_offsets()[:, 0]), sorted(100 * each))
    means = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "^"]
    np.testing.assert_allclose(means, [100 * each.mean() for each in values.values()])
    assert 25 in [line.get_xdata()[0] for line in axes.lines]
    assert [label.get_text() for label in axes.get_yticklabels()] == [*values]


def test_recipes_that_none_beats_in_both_are_the_front():
    costs = {"a": (100, 0.5, 0.01), "b": (200, 0.6, None), "c": (300, 0.55, 0.02)}
    (axes,) = accuracy_against_parameters(costs).axes
    colours = {note.get_text(): note.get_color() for note in axes.texts if note.get_text()}
    assert {name for name, colour in colours.items() if colour == FRONT} == {"a", "b"}
    (points,) = (c for c in axes.collections if len(c.get_offsets()) == 3)
    np.testing.assert_allclose(points.get_offsets(), [(100, 50), (200, 60), (300, 55)])


def test_the_size_trained_at_is_ringed():
    curves = {"a": np.array([[64, 96, 150], [0.5, 0.6, 0.7], [0, 0, 0]])}
    figure = accuracy_against_size(curves, {"a": 96})
    ring = figure.axes[0].collections[-1].get_offsets()
    np.testing.assert_allclose(ring, [(96, 60)])
    assert texts(figure) == ["a"]


@pytest.mark.parametrize("steps", [7, 1000, 1999])
def test_smoothing_keeps_the_mean_and_a_straight_line(steps):
    line = np.arange(1.0, steps + 1)
    middles, means = smoothed(np.stack([line, 2 * line]), points=100)
    np.testing.assert_allclose(means, [middles, 2 * middles])
    assert 0 < len(middles) <= 200


def test_losses_are_means_over_trials_in_a_band_of_all(rng):
    losses = 1 + rng.random((3, 20))
    figure = loss_against_step({"only": losses})
    (line,) = figure.axes[0].lines
    np.testing.assert_allclose(line.get_ydata(), losses.mean(0))
    corners = figure.axes[0].collections[0].get_paths()[0].vertices[:, 1]
    assert (corners.min(), corners.max()) == pytest.approx((losses.min(), losses.max()))


def test_what_attacks_leave_is_a_mean_over_trials_at_whole_epochs(rng):
    shares = rng.random((3, 5))
    (axes,) = attacked_against_epoch({"only": shares}).axes
    (line,) = axes.lines
    np.testing.assert_allclose(line.get_xydata().T, [range(1, 6), 100 * shares.mean(0)])
    corners = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (corners.min(), corners.max()) == pytest.approx((100 * shares.min(), 100 * shares.max()))


def test_a_baseline_draws_the_line_to_reach():
    seconds = np.array([[1.0, 2.0, 3.0]] * 2)
    curves = {name: (seconds, np.array([[0.2, 0.4, 0.5]] * 2)) for name in ("a", "b")}
    (axes,) = accuracy_against_seconds(curves, {"a": 0.5}).axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [20, 40, 50])
    levels = [line for line in axes.lines if len(set(line.get_ydata())) == 1]
    assert [line.get_ydata()[0] for line in levels] == [50]
    assert levels[0].get_label() == "end of a"
    assert not axes.texts


def test_fourteen_networks_look_like_no_other():
    found = looks([str(n) for n in range(14)])
    assert len({tuple(look.values()) for look in found.values()}) == 14
