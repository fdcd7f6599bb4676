"""Numbers at logarithmic axes are plain, and no two ticks are written alike."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specnet.plots.readable import Figure
from specnet.plots.ticks import each_value, plain_number, plain_numbers, whole_numbers

WRITTEN = {0.07: "0.07", 2000: "2,000", 1.5: "1.5", 20: "20", 123456: "123,456", 2e-5: "2e-05"}


@pytest.mark.parametrize("value", WRITTEN)
def test_numbers_are_written_as_people_write_them(value):
    assert plain_number(value) == WRITTEN[value]


@given(low=st.floats(1e-3, 1e5), ratio=st.floats(1.0001, 1e4))
def test_ticks_of_a_logarithmic_axis_are_told_apart(low, ratio):
    axes = Figure(figsize=(6, 4)).subplots()
    axes.set(yscale="log", ylim=(low, low * ratio))
    plain_numbers(axes.yaxis)
    for minor in (False, True):
        ticks = [tick for tick in axes.get_yticks(minor=minor) if low <= tick <= low * ratio]
        formatter = axes.yaxis.get_minor_formatter() if minor else axes.yaxis.get_major_formatter()
        labels = [formatter(tick) for tick in ticks]
        assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("ends", [(1, 1), (1, 2), (1, 3), (0.9, 100)])
def test_what_is_counted_has_no_parts(ends):
    axes = Figure(figsize=(6, 4)).subplots()
    axes.plot(ends, (0, 1))
    whole_numbers(axes.xaxis)
    assert all(tick == int(tick) for tick in axes.get_xticks())


@pytest.mark.parametrize("width", [7.6, 4.4])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_numbers_of_measured_sizes_lie_apart_and_each_has_a_tick(scale, width):
    sizes = np.array([16, 60, 61, 62, 63, 64, 512, 1024])
    figure = Figure(figsize=(width, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(sizes, sizes)
    axes.set(xscale=scale, yscale="log")
    each_value(axes, sizes)
    figure.draw_without_rendering()
    ticks = [*axes.get_xticks(), *axes.get_xticks(minor=True)]
    assert sorted(ticks) == sizes.tolist()
    boxes = [text.get_window_extent() for text in axes.get_xticklabels()]
    assert len(boxes) > 2
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
