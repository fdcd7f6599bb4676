"""Channel attention by cosine transforms, against SciPy's and the paper's formula."""

import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops
from scipy.fft import dctn

from specnet.layers import FrequencyAttention
from specnet.layers.frequency_attention import described, lowest_frequencies

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


@pytest.mark.parametrize("count", [6, 20])  # of 12 channels
@pytest.mark.parametrize("size", [(7, 7), (9, 6), (28, 23), (1, 4), (1, 1)])
def test_channels_are_described_by_coefficients_of_scipys_transform(size, count, rng):
    """Of the lowest frequency in parts of the plane, 7 x 7 in all; frequency 0 is the mean."""
    images = rng.normal(size=(2, *size, 12))
    every = dctn(images, axes=(1, 2), norm="ortho") / np.sqrt(np.prod(size))
    pairs = lowest_frequencies(min(count, 12), size)
    steps = [max(1, length // 7) for length in size]
    expected = np.stack(
        [
            every[:, v * steps[0], u * steps[1], channel]
            for channel in range(12)
            for v, u in [pairs[channel * len(pairs) // 12]]
        ],
        axis=-1,
    )
    np.testing.assert_allclose(numpy_of(described(images, count)), expected, atol=1e-12)
    np.testing.assert_allclose(expected[:, 0], images[..., 0].mean((1, 2)), atol=1e-12)


def test_frequencies_come_in_the_order_of_the_authors():
    """`low32` of get_freq_indices in github.com/cfzd/FcaNet: x along the height, y the width."""
    x = "00110221203401301234501234561234"
    y = "01012012230043154321065432106543"
    listed = [(int(v), int(u)) for v, u in zip(x, y, strict=True)]
    assert lowest_frequencies(32, (7, 7)) == listed
    every = lowest_frequencies(100, (7, 9))
    assert sorted(every) == [(v, u) for v in range(7) for u in range(7)]
    assert lowest_frequencies(3, (1, 2)) == [(0, 0), (0, 1)]


def test_it_is_the_formula_of_the_paper_and_squeeze_and_excitation_at_frequency_0(rng):
    images = rng.normal(size=(2, 9, 8, 7))
    layer = FrequencyAttention(lowest=1, reduction=2, seed=1)
    found = numpy_of(layer(images))
    hidden = np.maximum(images.mean((1, 2)) @ numpy_of(layer.squeeze), 0)
    gates = 1 / (1 + np.exp(-hidden @ numpy_of(layer.excite)))
    np.testing.assert_allclose(found, images * gates[:, None, None], atol=1e-7)
    assert layer.count_params() == 2 * 7 * 3


def test_what_describes_channels_keeps_its_mean_square_through_both_matrices(rng):
    layer = FrequencyAttention(reduction=2, seed=2)
    layer.build((None, 8, 8, 256))
    hidden = np.maximum(rng.normal(size=(200, 256)) @ numpy_of(layer.squeeze), 0)
    assert np.square(hidden).mean() == pytest.approx(1, abs=0.1)
    assert np.square(hidden @ numpy_of(layer.excite)).mean() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("size", [(8, 7), (1, 1)])
def test_gradients_are_right(size, rng):
    layer = FrequencyAttention(4, 2, seed=3)
    layer.build((2, *size, 5))
    assert_layer_gradients_are_right(layer, rng.normal(size=(2, *size, 5)))
