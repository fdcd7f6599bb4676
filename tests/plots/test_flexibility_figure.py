"""The picture of flexibility: which families are on the front, and whether names can be read."""

import numpy as np
from matplotlib.text import Annotation

from specnet.plots import flexibility
from specnet.plots.flexibility import front


def test_no_point_on_the_front_is_beaten_and_each_other_one_is(rng):
    points = np.stack([rng.integers(4, 40, 60), rng.uniform(0, 1, 60).round(1)], axis=1)
    chosen = front(points)
    for point, on_front in zip(points, chosen, strict=True):
        beaten = [
            p[0] <= point[0] and p[1] >= point[1] and tuple(p) != tuple(point) for p in points
        ]
        assert on_front != any(beaten)
    assert 1 < chosen.sum() < 30


def rows_of(parameters, medians):
    return [
        {
            "label": f"family {i}", "family": "abc"[i % 3], "parameters": spent, "median": median,
            "lower_quartile": median * 0.9, "upper_quartile": (median + 1) / 2,
            "kernels": 7, "of": 9,
        }
        for i, (spent, median) in enumerate(zip(parameters, medians, strict=True))
    ]  # fmt: skip


def test_names_hide_neither_each_other_nor_points(rng):
    spent = rng.choice([4, 6, 8, 10, 12, 24, 50, 347], 24)
    figure = flexibility(rows_of(spent, rng.uniform(0.2, 1, 24)), kernel=(5, 5))
    axes = figure.axes[0]
    notes = [each for each in axes.texts if isinstance(each, Annotation) and each.get_text()]
    assert {note.get_text() for note in notes} == {f"family {i}" for i in range(24)}
    boxes = [note.get_window_extent() for note in notes]
    places = axes.transData.transform([note.xy for note in notes])
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])
        assert not any(box.contains(*place) for place in places)
        assert axes.bbox.x0 < box.x0 - 3 < box.x1 + 3 < axes.bbox.x1


def test_every_text_is_on_the_paper():
    figure = flexibility(rows_of([4, 20, 160], [0.3, 0.9, 1.0]))
    figure.draw_without_rendering()
    (axes,) = figure.axes
    ticks = [*axes.get_xticklabels(), *axes.get_yticklabels()]
    assert ticks[-1].get_text() == "99.9 %\nor more"
    for text in (*ticks, axes.xaxis.label, axes.yaxis.label, axes.title):
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert 0 <= box.y0 < box.y1 <= figure.bbox.y1


def test_what_explains_all_is_drawn_within_the_axes():
    axes = flexibility(rows_of([8, 20, 300], [0.5, 1.0, 1.0])).axes[0]
    low, high = axes.get_ylim()
    drawn = np.concatenate([each.get_offsets() for each in axes.collections[1:]])
    assert ((low < drawn[:, 1]) & (drawn[:, 1] < high)).all()
    assert "7 of the 9 kernels" in axes.get_title()
    assert [9, 0.999] in drawn.tolist()  # the 3 x 3 kernel itself
