"""Positive parameters and orientations, stored and told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specnet.transfer.polar import orientation, positive, raw


@given(st.floats(1e-8, 1e4))
def test_softplus_undoes_raw(number):
    assert positive(raw(number)) == pytest.approx(number, rel=1e-9)


@given(st.floats(-50, 50))
def test_an_orientation_is_an_axis_not_a_direction(radians):
    degrees = orientation(np.array(radians))
    assert 0 <= degrees < 180
    assert np.sin(np.radians(degrees) - radians) == pytest.approx(0, abs=1e-12)
