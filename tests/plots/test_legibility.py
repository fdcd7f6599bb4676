"""Nothing in a picture hides what it shows, whatever the names and however many there are."""

from itertools import combinations

import numpy as np
import pytest

from specnet.plots import confusion, history, loss_against_parameters
from specnet.plots.comparison import accuracy_against_parameters, violins
from specnet.plots.comparison_curves import accuracy_against_seconds, loss_against_step
from specnet.plots.explanation import explanation
from specnet.plots.feature_lines import channel_lines, line_overview
from specnet.plots.features import Row, channels, overview
from specnet.plots.method import Steps, method
from specnet.plots.pooling import Pooled, pooling
from specnet.plots.profile import Curves, profile
from specnet.plots.robustness import panels
from specnet.plots.sheet import Panel, sheet

LONG = "a-network-with-spectral-pooling-and-a-name-of-sixty-letters-"
NAMES = [f"{LONG}{number}" for number in range(3)]
RISING = np.array([[0.1, 0.2, 0.3], [0.9, 0.5, 0.1], [0.8, 0.4, 0.0], [1.0, 0.6, 0.2]])


def boxes(figure):
    """Every text that is seen, with its place in pixels."""
    renderer = figure.canvas.get_renderer() if hasattr(figure.canvas, "get_renderer") else None
    figure.draw_without_rendering()
    return {
        each.get_text(): each.get_window_extent(renderer)
        for each in figure.findobj(lambda artist: hasattr(artist, "get_text"))
        if each.get_visible() and each.get_text().strip()
    }


def assert_titles_are_whole(figure, *words):
    """Of the texts that begin like one of these, both ends are on the paper."""
    found = {text: box for text, box in boxes(figure).items() if text.startswith(tuple(words))}
    assert found
    for box in found.values():
        assert -1 <= box.x0 <= box.x1 <= figure.bbox.width + 1
        assert -1 <= box.y0 <= box.y1 <= figure.bbox.height + 1


@pytest.mark.parametrize("values", [
    np.full(6, 0.8), np.array([0.7]), np.array([0.7, 0.7, 0.71]), np.repeat([0.5, 0.6], 4),
])  # fmt: skip
def test_every_trial_is_seen_and_the_mean_stands_apart(values):
    figure = violins({"one": values, "other": values - 0.1})
    figure.draw_without_rendering()
    (axes,) = figure.axes
    trials = [c for c in axes.collections if len(c.get_offsets()) == len(values)]
    for drawn, mean in zip(trials, (line for line in axes.lines), strict=True):
        places = axes.transData.transform(drawn.get_offsets())
        gaps = np.abs(places[:, None] - places).max(-1)[~np.eye(len(values), dtype=bool)]
        assert (gaps > 1).all()
        mark = axes.transData.transform(mean.get_xydata())[0]
        reach = mean.get_markersize() / 2 * figure.dpi / 72
        assert (np.abs(places - mark).max(-1) > reach).all()


def test_a_front_says_what_it_is_and_looks_like_no_bar():
    figure = accuracy_against_parameters({"a": (100, 0.5, 0.01), "b": (200, 0.6, 0.02)})
    (axes,) = figure.axes
    (stairs,) = (line for line in axes.lines if line.get_linestyle() == ":")
    np.testing.assert_array_equal(stairs.get_xydata(), [(100, 50), (200, 50), (200, 60)])
    assert any("orange and dotted stairs: " in text.get_text() for text in figure.texts)
    (alone,) = loss_against_parameters({"a": (100, 0.5, None)}).texts
    assert "stairs" not in alone.get_text()


@pytest.mark.parametrize("width", [7.6, 4.4])
def test_names_stand_over_no_point(width):
    seconds = np.array([[1.0, 2.0, 3.0]])
    curves = {name: (seconds, np.array([[0.2, 0.4, 0.5]])) for name in ("a", "b")}
    timed = accuracy_against_seconds(curves, {"a": 0.5}, width)
    lowered = panels(
        {"kind": {"a": RISING}}, "", "x", None, {"kind": (0.3, "knee")}, 0.1, width=width
    )
    for figure in (timed, lowered):
        figure.draw_without_rendering()
        axes = figure.axes[0]
        inside = [each for each in axes.texts if each.get_window_extent().y0 < axes.bbox.y1]
        assert not inside
        assert figure.legends[0].get_window_extent().y1 < axes.bbox.y0


def test_a_single_step_is_seen():
    (axes,) = loss_against_step({"a": np.ones((1, 1))}).axes
    assert axes.lines[0].get_marker() == "o"


def drawn_with_long_titles(rng):
    planes = rng.normal(size=(3, 6, 5)) + 0j
    row = Row(LONG * 2, ["channel 0"], rng.random((1, 6, 5)), planes[:1])
    curves = Curves(np.linspace(0, 0.7, 5), rng.random((3, 5)))
    epoch = dict.fromkeys(("epoch", "loss", "val_loss", "accuracy", "val_accuracy"), 1.0)
    small = {"max": [Pooled(rng.random((3, 3, 1)), 0.1)]}
    line = Row(LONG * 2, ["channel 0"], rng.random((1, 6)), planes[:1, 0])
    yield channel_lines(line)
    yield line_overview([line], LONG * 2)
    yield channels(row)
    yield overview([row], LONG * 2)
    yield method(Steps(rng.random((6, 5)), *planes, rng.random((6, 5))), "x", "H", LONG * 3)
    yield pooling(rng.random((6, 6, 1)), small, [4], LONG * 2, LONG * 3)
    yield profile(curves, curves, [0.2], [0.1, 0.3], LONG * 3)
    yield history([epoch], "accuracy", LONG * 3)
    yield confusion([[3, 1], [0, 2]], ["a", "b"], LONG * 2)
    yield sheet([Panel("filter 0", (" / ".join(["0.10, 0.20"] * 20),))], LONG * 2).figure
    yield panels({name: {"a": RISING} for name in NAMES}, LONG, "x")
    yield accuracy_against_parameters({NAMES[0]: (9, 0.5, 0.1), NAMES[1]: (99, 0.6, 0.1)})


def test_long_titles_are_on_the_paper_as_a_whole(rng):
    for figure in drawn_with_long_titles(rng):
        assert_titles_are_whole(figure, LONG[:8])


def touching(figure):
    """Pairs of texts that lie on one another."""
    figure.draw_without_rendering()
    texts = figure.findobj(lambda artist: hasattr(artist, "get_text") and artist.get_visible())
    seen = [(text, text.get_window_extent()) for text in texts if text.get_text().strip()]
    return {
        (one.get_text(), other.get_text())
        for (one, box), (other, its) in combinations(seen, 2)
        if box.overlaps(its) and one.get_text() != other.get_text()  # legends hold theirs twice
    }


@pytest.mark.parametrize("size", [1.0, 1e4])
def test_values_of_signals_touch_no_other_word_and_are_on_the_paper(size, rng):
    signal = size * rng.normal(size=37)
    spectrum = np.fft.fftshift(np.fft.fft(signal))
    figure = method(Steps(signal, spectrum, spectrum, spectrum, signal), "x", "H", "t", "sample")
    assert not touching(figure)
    first, *_ = figure.axes
    assert min(label.get_window_extent().x0 for label in first.get_yticklabels()) > 0
    assert first.yaxis.label.get_window_extent().x0 > 0


def test_the_exponent_of_contributions_touches_no_title(rng):
    small = 1e-5 * rng.normal(size=(2, 12, 12))
    kept = np.stack([np.linspace(0, 0.7, 5), *rng.random((2, 5))])
    figure = explanation(rng.random((12, 12, 1)), *small, kept, "title", "vertical stripes", "p")
    assert not touching(figure)


def test_a_channel_that_is_white_everywhere_has_a_frame(rng):
    white = Row("layer", ["channel 0"], np.ones((1, 6, 5)), rng.normal(size=(1, 6, 5)) + 0j)
    axes = overview([white], "title").axes[0]
    assert axes.axison
    assert axes.spines["left"].get_visible()


def test_small_print_is_no_wider_than_its_panel():
    page = sheet([Panel("a", ("centre " + " / ".join(["0.10, 0.20"] * 30) + " c/px",))], "title")
    page.figure.draw_without_rendering()
    (axes,) = page.axes
    ends = [text.get_window_extent().x1 for text in axes.texts]
    assert max(ends) <= axes.bbox.x1 + 0.05 * axes.bbox.width
