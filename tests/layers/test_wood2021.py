"""The values of the original package of Wood & Larson (2021), reproduced to 1e-5.

The stored expanded filters and outputs belong to weights that the file does not hold (its
`weights_*` expand to other filters, also by the original's own formulas). So the weights are
recovered from the filters by NumPy, by the original's formulas, and handed to our layers.
"""

import numpy as np
import pytest
from keras import ops

from specnet.layers import (
    RFFT2D,
    FreeConvolution,
    FromComplexLast,
    GaussianConvolution,
    PolynomialConvolution,
    ToComplexLast,
    wood2021_weights,
)

pytestmark = pytest.mark.backend

CASES = ["12x10x3-4", "15x13x2-3"]
TOLERANCE = 1e-5


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def coordinates(rows, columns, first_column):
    """The original's `cols` (down the image) and `rows` (across it)."""
    return np.arange(rows) / rows - 0.5, np.arange(columns) / columns + first_column


def polynomial_terms(filters, order):
    """(V, U, F) -> (2, F, order + 1): what `tf.math.polyval` on both axes was given."""
    rows, columns, count = filters.shape
    down, across = coordinates(rows, columns, -0.5)
    powers = np.arange(order, -1, -1)
    design = np.concatenate(
        [
            np.broadcast_to(across[None, :, None] ** powers, (rows, columns, order + 1)),
            np.broadcast_to(down[:, None, None] ** powers, (rows, columns, order + 1)),
        ],
        axis=-1,
    ).reshape(rows * columns, -1)
    found = np.linalg.lstsq(design, filters.reshape(rows * columns, count))[0]
    return np.moveaxis(found.reshape(2, order + 1, count), -1, 1)


def gaussian_terms(filters):
    """(V, U, F) -> (F, 6): x0, y0, a, b, c and s0 of s0 exp(-a dx² + 2 b dx dy - c dy²)."""
    rows, columns, _ = filters.shape
    down, across = (g.ravel() for g in np.meshgrid(*coordinates(rows, columns, 0), indexing="ij"))
    design = np.stack([np.ones_like(down), across, down, across**2, across * down, down**2], axis=1)
    terms = []
    for function in np.moveaxis(filters, -1, 0):
        log = np.log(np.abs(function.astype("float64"))).ravel()
        constant, across1, down1, across2, both, down2 = np.linalg.lstsq(design, log)[0]
        a, b, c = -across2, both / 2, -down2
        y0, x0 = np.linalg.solve([[2 * a, -2 * b], [-2 * b, 2 * c]], [across1, down1])
        peak = np.exp(constant + a * y0**2 - 2 * b * x0 * y0 + c * x0**2)
        terms.append([x0, y0, a, b, c, peak * np.sign(function[0, 0])])
    return np.array(terms)


@pytest.mark.parametrize("case", CASES)
def test_spectrum_is_the_originals(wood2021, case):
    spectrum = numpy_of(ToComplexLast()(RFFT2D(norm="backward")(wood2021[f"{case}/image"])))
    np.testing.assert_allclose(spectrum, wood2021[f"{case}/spectrum"], atol=TOLERANCE)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["linear1", "linear3", "gaussian", "free"])
def test_filters_and_outputs_are_the_originals(wood2021, case, kind):
    value = {
        key.split("/", 2)[2]: array for key, array in wood2021.items() if f"{case}/{kind}/" in key
    }
    spectrum, output = wood2021[f"{case}/spectrum"], value["output"]
    if kind == "free":
        # An output is the channels' sum times the filter; nothing else tells the filter used.
        total = spectrum.sum(-2)[..., 0] + 1j * spectrum.sum(-2)[..., 1]
        filters = (output[..., 0] + 1j * output[..., 1])[0] / total[0][..., None]
        terms = [filters.real, filters.imag]
        layer = FreeConvolution(output.shape[3])
    elif kind == "gaussian":
        terms = [gaussian_terms(value[f"filter_{part}"]) for part in ("real", "imag")]
        layer = GaussianConvolution(output.shape[3], grid="wood2021")
    else:
        order = int(kind[-1])
        terms = [polynomial_terms(value[f"filter_{part}"], order) for part in ("real", "imag")]
        layer = PolynomialConvolution(output.shape[3], order, intercept=True, grid="wood2021")

    planes = FromComplexLast()(spectrum)
    layer.build(planes.shape)
    layer.set_weights(wood2021_weights(layer, *terms))

    if kind != "free":
        response = layer.transfer_functions((spectrum.shape[1], 2 * spectrum.shape[2] - 2))
        np.testing.assert_allclose(
            np.moveaxis(response[0], 0, -1), value["filter_real"], atol=TOLERANCE
        )
        np.testing.assert_allclose(
            np.moveaxis(response[1], 0, -1), value["filter_imag"], atol=TOLERANCE
        )
    np.testing.assert_allclose(numpy_of(ToComplexLast()(layer(planes))), output, atol=TOLERANCE)
