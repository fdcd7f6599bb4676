"""Pictures of a search show every trial, and hide none."""

import numpy as np
import pytest

from specnet.plots.tuning import history, importance

TRIALS = [(1, 0.5, True), (2, 0.7, False), (3, 0.4, True), (4, 0.6, True)]


def test_every_trial_is_a_point_and_the_line_is_of_those_trained_to_the_end():
    (axes,) = history(TRIALS, "accuracy", True).axes
    points = np.concatenate([each.get_offsets() for each in axes.collections])
    np.testing.assert_allclose(sorted(map(tuple, points)), [(n, 100 * v) for n, v, _ in TRIALS])
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [50, 50, 60, 60])
    (axes,) = history(TRIALS, "loss", False).axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.5, 0.4, 0.4, 0.4])


@pytest.mark.parametrize("maximise", [True, False])
def test_a_trial_that_diverged_is_marked_beyond_the_worst(maximise):
    figure = history([*TRIALS, (5, None, False)], "loss", maximise)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    places = {
        x: each.get_offset_transform().transform((x, y))[1] * (1 if maximise else -1)
        for each in axes.collections
        for x, y in each.get_offsets()
    }
    assert min(places, key=places.get) == 5
    (legend,) = figure.legends
    assert "diverged: counts as the worst" in [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize("width", [7.6, 4.4])
def test_all_words_are_on_the_paper(width):
    shares = {"learning_rate": 0.9, "a_setting_whose_name_has_very_many_letters": 0.1}
    for figure in (history(TRIALS, "accuracy", True, width), importance(shares, "loss", width)):
        figure.draw_without_rendering()
        (axes,) = figure.axes
        names = [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
        if "variance" in axes.get_xlabel():
            names += axes.get_yticklabels()
        names += figure.texts
        for text in (each for each in names if each.get_text()):
            box = text.get_window_extent()
            assert -1 <= box.x0 <= box.x1 <= figure.bbox.width + 1, text.get_text()
