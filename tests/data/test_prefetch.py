"""Batches that are read ahead: the same ones in the same order, whoever asks for them."""

import time

import keras
import numpy as np
import pytest

from specnet.data.prefetch import ReadAhead


class Numbers(keras.utils.PyDataset):
    """Item i is i, and takes the longer the smaller it is."""

    def __init__(self, count, broken=None):
        super().__init__()
        self.count, self.broken, self.asked = count, broken, []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if not 0 <= index < self.count:
            raise IndexError(f"batch {index} of {self.count}")
        self.asked.append(index)
        time.sleep(0.002 * (self.count - index))
        if index == self.broken:
            raise OSError("photo.jpg: cannot be read")
        return np.full((2, 1), index, "float32"), np.zeros((2, 1), "float32")


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [0, 0, 1, 2, 3, 4], [3, 1, 4, 1, 0]])
def test_items_are_those_that_are_asked_for(workers, order):
    ahead = ReadAhead(Numbers(5), workers)
    assert len(ahead) == 5
    assert [ahead[index][0][0, 0] for index in order] == order


def test_what_comes_next_is_read_before_it_is_asked_for():
    numbers = Numbers(20)
    ahead = ReadAhead(numbers, 2)
    assert ahead[0][0][0, 0] == 0
    ahead.threads.shutdown()  # waits for what was begun
    assert sorted(numbers.asked) == [0, 1, 2, 3, 4]


def test_items_in_order_are_read_once():
    numbers = Numbers(8)
    ahead = ReadAhead(numbers, 3)
    for index in range(8):
        assert ahead[index][0][0, 0] == index
    assert sorted(numbers.asked) == [*range(8)]


def test_errors_come_where_the_batch_is_asked_for():
    ahead = ReadAhead(Numbers(4, broken=1))
    assert ahead[0][0][0, 0] == 0
    with pytest.raises(OSError, match=r"photo.jpg"):
        ahead[1]
    with pytest.raises(IndexError, match="batch 4 of 4"):
        ahead[4]


class Losses(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.sums = [0.0]

    def on_train_batch_end(self, batch, logs=None):
        self.sums.append(float(logs["loss"]) * (batch + 1))


@pytest.mark.backend
@pytest.mark.parametrize("workers", [1, 3])
def test_keras_trains_on_them_in_their_order_from_the_first_epoch_on(workers):
    """A model that learns nothing, whose loss tells the batch."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    for epoch in range(2):
        losses = Losses()
        batches = ReadAhead(Numbers(6), workers)
        model.fit(
            batches, initial_epoch=epoch, epochs=epoch + 1, callbacks=[losses],
            shuffle=False, verbose=0,
        )  # fmt: skip
        np.testing.assert_allclose(np.sqrt(np.diff(losses.sums)), range(6), atol=1e-3)
