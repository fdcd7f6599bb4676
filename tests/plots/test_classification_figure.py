"""Confusion matrices of few and of many classes."""

import numpy as np
import pytest

from specnet.plots.classification import confusion


@pytest.mark.parametrize(("classes", "numbers", "names"), [(3, 9, 3), (30, 900, 30), (150, 0, 50)])
def test_a_matrix_stays_as_large_as_a_page_however_many_classes(classes, numbers, names):
    matrix = np.diag(np.arange(classes))
    figure = confusion(matrix, [f"c{n}" for n in range(classes)], "a run, test")
    (axes, _) = figure.axes
    assert len(axes.texts) == numbers
    assert len(axes.get_xticks()) == names
    assert max(figure.get_size_inches()) < 25
    shades = axes.images[0].get_array()
    np.testing.assert_array_equal(shades, np.diag([0] + [1] * (classes - 1)))
