"""The loops against the same formulas in float64, and as a differentiable operation."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from specnet.native import chain, threads  # noqa: E402
from specnet.native.tensorflow import chained  # noqa: E402

RELU, NONE = 0.0, -np.inf


def reference(spectrum, responses, floors, matrix=None):
    """The layers as their formulas say, in complex numbers; float64 tensors."""
    for response, floor in zip(responses, floors, strict=True):
        z = tf.reduce_sum(spectrum, axis=2, keepdims=True)
        product = tf.complex(z[:, 0], z[:, 1]) * tf.complex(response[0], response[1])
        parts = tf.stack([tf.math.real(product), tf.math.imag(product)], axis=1)
        spectrum = tf.nn.relu(parts) if floor == RELU else parts
    if matrix is None:
        return spectrum
    return tf.reshape(spectrum, (spectrum.shape[0], -1)) @ matrix


def example(images, size, filters, outputs=None, seed=0):
    """Spectra, responses and a head in float64 whose products are nowhere near a bend's edge."""
    rng = np.random.default_rng(seed)
    rows, columns = size[0], size[1] // 2 + 1
    spectrum = rng.normal(size=(images, 2, 1, rows, columns))
    responses = [rng.normal(size=(2, f, rows, columns)) / f for f in filters]
    matrix = None
    if outputs:
        matrix = rng.normal(size=(2 * filters[-1] * rows * columns, outputs))
    return spectrum, responses, matrix


def single(values):
    return tensors(values, tf.float32)


def double(values):
    return tensors(values, tf.float64)


def tensors(values, dtype):
    return tf.nest.map_structure(lambda x: None if x is None else tf.constant(x, dtype), values)


def gradients(function, spectrum, responses, floors, matrix, upstream):
    sources = [spectrum, *responses] + ([] if matrix is None else [matrix])
    with tf.GradientTape() as tape:
        tape.watch(sources)
        loss = tf.reduce_sum(function(spectrum, responses, floors, matrix) * upstream)
    return tape.gradient(loss, sources)


def distance(found, expected):
    """Root mean square of the difference over that of what is expected."""
    found, expected = np.asarray(found, "float64"), np.asarray(expected)
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


CASES = [
    (3, (5, 7), (4,), (RELU,), 2),
    (4, (6, 8), (3, 2), (RELU, NONE), None),
    (1, (9, 4), (2, 5, 3), (NONE, RELU, RELU), 1),
    (5, (1, 1), (2, 2), (RELU, RELU), 3),
    (2, (70, 130), (3, 2), (RELU, RELU), 2),  # more bins than a block of each thread
]


@pytest.mark.parametrize(("images", "size", "filters", "floors", "outputs"), CASES)
def test_a_chain_is_its_layers_one_after_the_other(images, size, filters, floors, outputs):
    values = example(images, size, filters, outputs)
    spectrum, responses, matrix = double(values)
    expected = reference(spectrum, responses, floors, matrix)
    spectrum, responses, matrix = single(values)
    assert distance(chained(spectrum, responses, floors, matrix), expected) < 1e-6


@pytest.mark.parametrize(("images", "size", "filters", "floors", "outputs"), CASES)
def test_gradients_of_a_chain_are_those_of_its_formulas(images, size, filters, floors, outputs):
    values = example(images, size, filters, outputs)
    shape = reference(*double(values)[:2], floors, double(values)[2]).shape
    upstream = np.random.default_rng(1).normal(size=shape)
    spectrum, responses, matrix = double(values)
    expected = gradients(
        reference, spectrum, responses, floors, matrix, tf.constant(upstream, tf.float64)
    )
    spectrum, responses, matrix = single(values)
    found = gradients(
        chained, spectrum, responses, floors, matrix, tf.constant(upstream, tf.float32)
    )
    for own, other in zip(found, expected, strict=True):
        assert distance(own, other) < 2e-6


def test_any_number_of_threads_gives_the_same(monkeypatch):
    spectrum, responses, _ = example(3, (90, 120), (3, 2))
    flat = np.float32(spectrum).reshape(3, 2, -1)
    filters = [np.float32(response).reshape(2, len(response[0]), -1) for response in responses]
    results = []
    for count in (1, 2, 5):
        monkeypatch.setattr(threads, "threads", lambda count=count: count)
        monkeypatch.setattr(threads, "BLOCK", 100 * count)
        results.append(chain.forward(flat, filters, (RELU, RELU), None)[0])
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_blocks_are_all_bins_once(monkeypatch):
    monkeypatch.setattr(threads, "BLOCK", 7)
    for bins in (1, 2, 13, 14, 15, 100):
        seen = np.zeros(bins, int)

        def count(thread, start, stop, seen=seen):
            seen[start:stop] += 1

        threads.each_block(count, bins)
        assert (seen == 1).all()


@pytest.mark.parametrize("broken", [0, 1])
def test_what_is_not_a_number_stays_so(broken):
    spectrum, responses, _ = example(2, (4, 4), (2, 2))
    (spectrum[0, :, 0], responses[0][:, 0])[broken][..., 1, 1] = np.nan
    out = chained(*single((spectrum, responses)), (RELU, RELU), None)
    assert np.isnan(out[0, :, :, 1, 1]).all()
    assert np.isfinite(out[1, :, :, 2, 2]).all()
