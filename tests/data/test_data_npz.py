"""The npz source: the forms it takes, and what it says about others."""

import numpy as np
import pytest
from PIL import Image

from specnet.data import load
from specnet.errors import DataError
from specnet.schema import NpzData

RANDOM = np.random.default_rng(0)
X = RANDOM.integers(0, 256, (40, 7, 6, 3), np.uint8)
Y = np.arange(40) % 4


@pytest.fixture
def read(tmp_path):
    def read_arrays(size=(7, 6), channels=3, **arrays):
        path = tmp_path / "data.npz"
        np.savez(path, **arrays)
        return load(NpzData(source="npz", path=path, image_size=size, channels=channels))

    return read_arrays


def test_all_arrays_are_taken_as_they_are(read):
    arrays = {"x_train": X, "y_train": Y, "x_val": X[:4], "y_val": Y[:4], "x_test": X[4:8]}
    dataset = read(**arrays, y_test=Y[4:8])
    np.testing.assert_array_equal(dataset.train.images, X)
    np.testing.assert_array_equal(dataset.train.labels, Y)
    np.testing.assert_array_equal(dataset.validation.images, X[:4])
    np.testing.assert_array_equal(dataset.test.images, X[4:8])
    assert dataset.classes == ("0", "1", "2", "3")
    assert dataset.train.labels.dtype == np.int32


def test_missing_splits_are_cut_from_train(read):
    dataset = read(x_train=X, y_train=Y)
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [len(split) for split in splits] == [32, 4, 4]
    rows = {image.tobytes() for split in splits for image in split.images}
    assert rows == {image.tobytes() for image in X}


@pytest.mark.parametrize("one_hot", [np.eye(4)[Y], np.eye(4, dtype=np.int64)[Y], Y[:, None]])
def test_labels_may_be_one_hot_or_a_column(read, one_hot):
    test = {"x_val": X, "y_val": Y, "x_test": X, "y_test": Y}
    dataset = read(x_train=X, y_train=one_hot, **test)
    np.testing.assert_array_equal(dataset.train.labels, Y)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_floats_are_scaled_to_255(read, kind):
    grey = (X[..., 0] / 255).astype(kind)
    dataset = read(channels=1, x_train=grey, y_train=Y, x_val=grey, y_val=Y, x_test=grey, y_test=Y)
    np.testing.assert_array_equal(dataset.train.images[..., 0], X[..., 0])


def test_other_sizes_and_channels_are_converted_as_pillow_does(read):
    dataset = read(size=(5, 9), channels=1, x_train=X, y_train=Y)
    expected = [
        np.asarray(Image.fromarray(image).convert("L").resize((9, 5), Image.Resampling.BILINEAR))
        for image in X
    ]
    assert {e.tobytes() for e in expected} >= {i.tobytes() for i in dataset.train.images}


def message(read, **arrays):
    with pytest.raises(DataError) as error:
        read(**arrays)
    return str(error.value)


def test_all_problems_come_at_once(read):
    found = message(read, x_train=X.astype(int), y_train=Y[:-1] / 2, x_test=X, x_valid=X)
    assert "x_train: dtype int64; expected uint8, or float in [0, 1]" in found
    assert "y_train: dtype float64; expected integers" in found
    assert "x_train and y_train have 40 and 39 entries" in found
    assert "no array y_test" in found
    assert "unknown arrays x_valid" in found


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"x_train": X}, "no array y_train"),
        ({"x_train": X[:0], "y_train": Y[:0]}, "there is no image in it"),
        ({"x_train": X.transpose(0, 3, 1, 2), "y_train": Y}, "channels last"),
        ({"x_train": X * 1.0, "y_train": Y}, "floats from 0 to 255"),
        ({"x_train": X * np.nan, "y_train": Y}, "floats from nan to nan"),
        ({"x_train": X, "y_train": Y - 1}, "label -1"),
        ({"x_train": X, "y_train": Y + 1}, "no image of class 0"),
        ({"x_train": X, "y_train": Y * 0}, "one class only"),
        ({"x_train": X, "y_train": np.ones((40, 3))}, "not every row holds a single 1"),
        ({"x_train": X, "y_train": Y.astype(str)}, "expected integers"),
        ({"x_train": X, "y_train": np.int64(3)}, "y_train"),
        ({"x_train": X, "y_train": Y, "x_test": X, "y_test": Y + 1}, "y_test: label 4"),
        ({"x_train": X, "y_train": Y, "x_test": X[:0], "y_test": Y[:0]}, "x_test"),
        ({"x_train": X, "y_train": np.array([{}] * 40, object)}, "not a .npz file of plain arrays"),
    ],
)
def test_what_does_not_fit_is_named(read, arrays, expected):
    assert expected in message(read, **arrays)


def test_files_of_another_kind_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", X)
    (tmp_path / "b.npz").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "c.npz").write_bytes(b"")
    np.savez(tmp_path / "d.npz", x_train=X, y_train=Y)
    content = bytearray((tmp_path / "d.npz").read_bytes())
    content[1000:1100] = bytes(100)
    (tmp_path / "d.npz").write_bytes(content)
    for name in ("a.npy", "b.npz", "c.npz", "d.npz", "missing.npz", "."):
        with pytest.raises(DataError, match=name.replace(".", r"\.")):
            load(NpzData(source="npz", path=tmp_path / name, image_size=7))
