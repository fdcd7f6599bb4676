"""The picture of time against size."""

import numpy as np
import pytest

from specnet.plots.benchmark import time_against_size
from specnet.studies.bench.figures import picture
from specnet.studies.bench.timing import Quartiles


def law(factor, power, sizes):
    middle = {size: factor * size**power for size in sizes}
    return {size: Quartiles(0.9 * ms, ms, 1.2 * ms) for size, ms in middle.items()}


def test_the_line_stands_where_two_power_laws_meet():
    sizes = (16, 64, 256)
    curves = {"ours": law(8, 1.0, sizes), "theirs": law(0.1, 2.0, sizes)}
    figure = picture(curves, "theirs", "title")
    (axes,) = figure.axes
    (line,) = [line for line in axes.lines if len(set(line.get_xdata())) == 1]
    assert line.get_xdata()[0] == pytest.approx(80)
    assert [text.get_text() for text in figure.legends[0].get_texts()][-1] == "equal at 80"


def test_medians_are_drawn_and_bands_reach_from_quartile_to_quartile():
    values = np.array([[8, 32], [1.0, 5.0], [2.0, 6.0], [4.0, 9.0]])
    (axes,) = time_against_size({"only": values}, "title").axes
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [[8, 2], [32, 6]])
    corners = axes.collections[0].get_paths()[0].vertices
    assert {tuple(corner) for corner in corners} == {(8, 1), (8, 4), (32, 5), (32, 9)}
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_every_curve_is_named_once_and_looks_like_no_other():
    curves = {f"subject {i}": np.array([[1, 2], [1, 1], [2, 2 + i], [4, 9]]) for i in range(9)}
    figure = time_against_size(curves, "title")
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == [*curves]
    looks = {(line.get_color(), line.get_marker()) for line in figure.axes[0].lines}
    assert len(looks) == 9
