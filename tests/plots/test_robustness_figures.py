"""Pictures of robustness show the numbers that they were given."""

import numpy as np
import pytest

from specnet.plots.frequency_maps import Plane, frequency_maps
from specnet.plots.robustness import accuracy_by_radius, looks_of_pairs, panels

CURVE = np.array([[0.3, 0.1, 0.2], [0.9, 0.5, 0.7], [0.8, 0.4, 0.6], [1.0, 0.6, 0.8]])


def texts(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_both_bands_are_in_one_plot_in_the_colour_of_their_network():
    figure = accuracy_by_radius({"a": CURVE, "b": CURVE}, {"a": 1 - CURVE, "b": CURVE}, 0.5)
    (axes,) = figure.axes
    drawn = [line for line in axes.lines if len(line.get_xdata()) == 3]
    assert [line.get_linestyle() for line in drawn] == ["-", "--"] * 2
    assert drawn[0].get_color() == drawn[1].get_color() != drawn[2].get_color()
    np.testing.assert_allclose(drawn[0].get_xdata(), [0.1, 0.2, 0.3])
    np.testing.assert_allclose(drawn[0].get_ydata(), [50, 70, 90])
    assert texts(figure)[:2] == ["a", "b"]
    assert [50, 50] in [[*line.get_ydata()] for line in axes.lines]


def test_bands_reach_to_the_ends_of_the_intervals():
    (axes,) = panels({"one": {"a": CURVE}}, "", "strength").axes
    corners = axes.collections[0].get_paths()[0].vertices
    for strength, low, high in zip(CURVE[0], *CURVE[2:], strict=True):
        found = corners[np.isclose(corners[:, 0], strength), 1]
        np.testing.assert_allclose((found.min(), found.max()), (100 * low, 100 * high))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("width", [7.6, 4.4])
def test_every_panel_has_its_title_and_one_scale(count, width):
    curves = {f"kind {number}": {"a": CURVE, "b": 1 - CURVE} for number in range(count)}
    figure = panels(curves, "all", "strength", marked={"kind 0": (0.2, "knee")}, width=width)
    assert [axes.get_title() for axes in figure.axes] == [*curves]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert texts(figure) == ["a", "b"]
    assert [note.get_text() for note in figure.axes[0].texts] == ["knee"]


def test_crowded_strengths_are_evenly_spread_and_keep_0():
    strengths = np.array([0, 1 / 16, 1 / 4, 1, 4])
    curve = np.vstack([strengths, np.full((3, 5), 0.5)])
    figure = panels({"one": {"a": curve}}, "", "epsilon", crowded=True)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1/16", "1/4", "1", "4"]
    pixels = axes.transData.transform(np.stack([strengths, 0 * strengths], axis=1))[:, 0]
    np.testing.assert_allclose(np.diff(pixels[1:]), np.diff(pixels[1:])[0])


def test_the_colour_tells_the_first_of_a_pair_and_the_dashes_the_second():
    looks = looks_of_pairs(["a", "b"], ["FGSM", "PGD"])
    assert [*looks] == ["a, FGSM", "a, PGD", "b, FGSM", "b, PGD"]
    assert looks["a, FGSM"]["color"] == looks["a, PGD"]["color"] != looks["b, PGD"]["color"]
    assert looks["a, PGD"]["linestyle"] == looks["b, PGD"]["linestyle"]


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("width", [7.6, 4.4])
def test_maps_have_one_scale_and_every_frequency_in_its_place(count, width, rng):
    axis = np.linspace(-0.5, 0.5, 5)
    planes = {f"net {n}": Plane(axis, axis, n + rng.random((5, 5))) for n in range(count)}
    radial = {name: np.array([[0, 0.3, 0.7], [1.0, 2, 3]]) for name in planes}
    figure = frequency_maps(planes, radial, "title", "error (%)", dict.fromkeys(planes, 1.5), width)
    drawn = [axes.images[0] for axes in figure.axes if axes.images]
    for image, plane in zip(drawn, planes.values(), strict=True):
        np.testing.assert_array_equal(image.get_array(), plane.values)
        assert image.get_extent() == pytest.approx([-0.625, 0.625, 0.625, -0.625])
        assert image.get_clim() == (
            min(each.values.min() for each in planes.values()),
            max(each.values.max() for each in planes.values()),
        )
    figure.draw_without_rendering()
    titles = [axes.title.get_window_extent() for axes in figure.axes if axes.get_title()]
    assert max(box.y1 for box in titles) + 3 < figure._suptitle.get_window_extent().y0
    assert max(box.x1 for box in titles) <= figure.bbox.x1
    (curves,) = (axes for axes in figure.axes if axes.get_xlabel().startswith("radius"))
    lines = [line for line in curves.lines if len(line.get_xdata()) == 3]
    assert len(lines) == count
    for line in lines:
        np.testing.assert_array_equal(line.get_ydata(), [1, 2, 3])
