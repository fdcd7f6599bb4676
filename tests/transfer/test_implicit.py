"""One network for all filters of a layer, against networks of their own with equal weights."""

import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops

from specnet.layers import CLASSES
from specnet.ops.grids import signed_grid
from specnet.transfer.implicit import implicit

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]

Implicit = CLASSES["ImplicitConvolution"]


def values(family, parameters):
    tensors = {name: ops.convert_to_tensor(value) for name, value in parameters.items()}
    return np.asarray(ops.convert_to_numpy(family.response(tensors, *signed_grid(9, 10))))


def test_a_shared_network_is_the_same_in_every_filter_and_part(rng):
    shared, own = implicit(5, 2, shared=True), implicit(5, 2)
    parameters = shared.unit_gain(rng, 3, 2, signed_grid(9, 10))
    assert parameters["hidden_kernel"].shape == (1, 1, 5, 24)
    assert parameters["output_kernel"].shape == (2, 3, 5)
    each = {
        name: np.broadcast_to(value, (2, 3, *value.shape[2:])).copy()
        for name, value in parameters.items()
    }
    found = values(shared, parameters)
    np.testing.assert_allclose(found, values(own, each), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(np.square(found).sum(0).mean((-2, -1)), 1 / 2, rtol=1e-6)


def test_units_start_with_a_deviation_of_1_at_every_frequency(rng):
    """There the squares of cos and sin of all shifts add up to one for each."""
    parameters = implicit(32, 2).initial(rng, 32)
    kernel = parameters["hidden_kernel"]
    assert kernel.var() * kernel.shape[-1] / 2 == pytest.approx(1, abs=0.05)
    assert parameters["hidden_bias"].var() == pytest.approx(1, abs=0.1)


def test_parameters_are_a_hidden_layer_and_its_weights_for_each_filter():
    layer = Implicit(64, mixing="full", hidden=32, harmonics=2, shared=True)
    layer.build((None, 2, 3, 8, 5))
    assert layer.count_params() == 32 * (24 + 1) + 2 * 32 * 64 * 3


def test_gradients_of_a_shared_network_are_right(rng):
    layer = Implicit(2, hidden=3, shared=True, odd_width=True, seed=2)
    layer.build((None, 2, 1, 5, 4))
    assert_layer_gradients_are_right(layer, rng.normal(size=(1, 2, 1, 5, 4)))
