"""Sums over products of two bases, for any number of functions."""

import keras
import numpy as np
import pytest

from specnet.transfer.separable import tensor_product

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("terms", [(2, 2), (3, 3), (4, 6)])
def test_a_tensor_product_sums_over_both_bases(count, terms, rng):
    rows, columns = rng.normal(size=(28, terms[0])), rng.normal(size=(15, terms[1]))
    for _ in range(20):  # a wrong product of matrices need not be wrong each time
        coefficients = rng.normal(size=(2, count, *terms)).astype("float32")
        found = tensor_product(keras.ops.convert_to_tensor(coefficients), rows, columns)
        expected = np.einsum("pkmn,vm,un->pkvu", coefficients, rows, columns)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(found), expected, atol=1e-3)
