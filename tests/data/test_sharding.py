"""Shares of a batch: together they are the batch, and weighted means over them are exact."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specnet.data import Normalization, Split
from specnet.data.pipeline import Batches
from specnet.data.sharding import Share


@given(
    processes=st.integers(1, 4),
    each=st.integers(1, 3),
    count=st.integers(1, 40),
    rows=st.integers(1, 3),
)
def test_means_that_keras_takes_over_all_shares_are_those_of_the_images(
    processes, each, count, rows
):
    devices = processes * each
    size, values = rows * devices, np.random.default_rng(count).normal(size=count)
    total, seen = 0.0, 0
    for start in range(0, count, size):
        batch = values[start : start + size]
        shares = [Share(number, processes, devices) for number in range(processes)]
        read = np.concatenate([share.of(batch) for share in shares])
        weights = np.concatenate([share.weights(len(batch), count) for share in shares])
        np.testing.assert_array_equal(read[: len(batch)], batch)
        assert len(read) == len(weights)
        assert len(read) % devices == 0
        total += (read * weights).mean() * len(read)  # the mean of a batch, weighted by its rows
        seen += len(read)
    assert total / seen == pytest.approx(values.mean(), rel=1e-5, abs=1e-6)


def test_processes_read_the_rows_of_one_batch_after_each_other():
    images = np.random.default_rng(0).integers(0, 256, (11, 3, 5, 1), np.uint8)
    split = Split(images, np.arange(11, dtype=np.int32) % 4)
    given = (split, 4, Normalization((0.0,), (1.0,)), 4)
    whole = Batches(*given, shuffle=True, drop_remainder=True)
    halves = [
        Batches(*given, shuffle=True, drop_remainder=True, share=Share(number, 2, 2))
        for number in range(2)
    ]
    for batch, *parts in zip(whole, *halves, strict=True):
        for array, first, second in zip(batch, *parts, strict=True):
            np.testing.assert_array_equal(np.concatenate([first, second]), array)


def test_one_device_reads_whole_batches_without_weights():
    rows = np.arange(5)
    np.testing.assert_array_equal(Share().of(rows), rows)
    split = Split(np.zeros((5, 2, 2, 1), np.uint8), np.zeros(5, np.int32))
    assert [len(batch) for batch in Batches(split, 2, Normalization((0.0,), (1.0,)), 4)] == [2, 2]
