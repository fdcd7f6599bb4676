"""Numbers at logarithmic axes are plain, and no two ticks are written alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specnet.plots.readable import Figure
from specnet.plots.ticks import plain_number, plain_numbers

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
