"""The npz source: the forms it takes, and what it says about others."""

import io
import os
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from specnet import data, environment
from specnet.data import archive, load, npz
from specnet.data.splitting import cut_by_order
from specnet.errors import DataError
from specnet.recipe.schema import NpzData

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
    assert sum(map(len, splits)) == 40
    assert all(set(split.labels) == {0, 1, 2, 3} for split in splits)
    rows = {image.tobytes() for split in splits for image in split.images}
    assert rows == {image.tobytes() for image in X}


@pytest.mark.parametrize(
    "labels",
    [
        np.eye(4)[Y],
        np.eye(4, dtype=np.int64)[Y],
        np.eye(4, dtype=bool)[Y],
        np.asfortranarray(np.eye(4, dtype=np.float16)[Y]),
        Y[:, None],
        Y.astype(np.uint64),
        Y.astype(">i2"),
        Y.astype(np.float32),
        Y[:, None].astype(np.longdouble),
    ],
)
def test_labels_may_be_one_hot_or_a_column_or_whole_numbers_of_any_type(read, labels):
    test = {"x_val": X, "y_val": Y, "x_test": X, "y_test": labels}
    dataset = read(x_train=X, y_train=labels, **test)
    np.testing.assert_array_equal(dataset.train.labels, Y)
    np.testing.assert_array_equal(dataset.test.labels, Y)
    assert dataset.classes == ("0", "1", "2", "3")


def test_truth_values_are_two_classes(read):
    dataset = read(x_train=X, y_train=Y > 1, x_val=X, y_val=Y % 2, x_test=X, y_test=Y > 2)
    np.testing.assert_array_equal(dataset.train.labels, Y > 1)


def test_an_image_more_or_less_moves_no_other(read):
    before, after = read(x_train=X, y_train=Y), read(x_train=X[1:], y_train=Y[1:])
    for name in ("train", "validation", "test"):
        kept = {image.tobytes() for image in getattr(before, name).images} - {X[0].tobytes()}
        assert kept == {image.tobytes() for image in getattr(after, name).images}
    changed = data.changes({"data": data.record(before)}, after)
    assert len(changed) == 1
    assert data.changes({"data": data.record(before)}, read(x_train=X, y_train=Y)) == {}


def test_old_runs_get_their_old_splits(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, x_train=X, y_train=Y)
    dataset = load(NpzData(source="npz", path=path, image_size=(7, 6)), "order")
    rows = cut_by_order(Y, {"validation": 0.1, "test": 0.1})
    np.testing.assert_array_equal(dataset.test.images, X[rows["test"]])
    np.testing.assert_array_equal(dataset.train.images, X[rows["train"]])


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_floats_are_scaled_to_255(read, kind, monkeypatch):
    monkeypatch.setattr(npz, "CHUNK", 16)  # in several, the last one smaller
    grey = (X[..., 0] / 255).astype(kind)
    dataset = read(channels=1, x_train=grey, y_train=Y, x_val=grey, y_val=Y, x_test=grey, y_test=Y)
    np.testing.assert_array_equal(dataset.train.images[..., 0], X[..., 0])


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_rounding_error_beyond_0_and_1_is_clipped(read, order):
    floats = np.array(X / np.float32(255), order=order)
    floats[0], floats[1] = 1 + 1e-6, -1e-6
    test = {"x_val": X, "y_val": Y, "x_test": X, "y_test": Y}
    dataset = read(x_train=floats, y_train=Y, **test)
    assert (dataset.train.images[0] == 255).all()
    assert (dataset.train.images[1] == 0).all()
    np.testing.assert_array_equal(dataset.train.images[2:], X[2:])


def test_images_that_are_all_but_black_are_worth_a_word(read):
    (note,) = read(x_train=X // 128, y_train=Y).notes
    assert "x_train: the largest grey level is 1 of 255" in note
    assert read(x_train=X, y_train=Y).notes == ()


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
    found = message(read, x_train=X.astype(int), y_train=Y[:-1] * 1j, x_test=X, x_valid=X)
    assert "x_train: dtype int64; expected uint8, or float in [0, 1]" in found
    assert "y_train: dtype complex128; expected integers" in found
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
        ({"x_train": X, "y_train": np.array([{}] * 40, object)}, "y_train: dtype object"),
        ({"x_train": X.astype(object), "y_train": Y}, "x_train: dtype object"),
        ({"x_train": X, "y_train": Y / 2}, "holds 0.5; expected integers"),
        ({"x_train": X, "y_train": np.where(Y == 3, np.nan, Y)}, "holds nan; expected integers"),
        ({"x_train": X, "y_train": np.where(Y == 3, np.inf, Y)}, "holds inf; expected integers"),
        ({"x_train": X, "y_train": np.eye(4)[Y] * 0.9}, "not every row holds a single 1"),
        ({"x_train": X, "y_train": np.zeros((40, 0))}, "shape (40, 0)"),
        ({"x_train": X / np.float32(200), "y_train": Y}, "floats from 0 to 1.275"),
        ({"x_train": X > 9, "y_train": Y}, "dtype bool"),
        ({"x_train": X * (1 + 0j), "y_train": Y}, "dtype complex128"),
        ({"x_train": X, "y_train": Y, "x_test": X, "y_test": np.eye(7)[Y]}, "one-hot of 7 classes"),
        (
            {"x_train": X, "y_train": Y, "x_test": X, "y_test": Y + 2**32},
            "y_test: label 4294967299",
        ),
        (
            {"x_train": X, "y_train": (Y - 1).astype(np.uint32)},
            "no image of class 3; expected all of 0 to 4294967295, which may stand for -1",
        ),
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


def read_file(path):
    return load(NpzData(source="npz", path=path, image_size=(7, 6)))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_flipped_bit_is_found_or_changes_nothing(tmp_path, save):
    path = tmp_path / "a.npz"
    save(path, x_train=X[:12], y_train=Y[:12])
    whole, content = read_file(path), path.read_bytes()
    for place in RANDOM.integers(0, len(content), 150):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(RANDOM.integers(8))
        path.write_bytes(damaged)
        with suppress(DataError):
            found = read_file(path)
            np.testing.assert_array_equal(found.train.images, whole.train.images)
            np.testing.assert_array_equal(found.train.labels, whole.train.labels)


def test_a_small_file_that_declares_more_than_memory_is_refused_at_once(tmp_path):
    for shape in ((10**9, 64, 64, 3), (40, 7, 6, 3)):  # in its own words, or the archive's
        header = io.BytesIO()
        kind = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, kind)
        content = header.getvalue() + bytes(100)
        with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x_train.npy", content)
            archive.filelist[0].file_size = 10**13 if shape[0] == 40 else len(content)
        with pytest.raises(DataError, match=r"declares .* bytes|KiB of arrays|damaged"):
            read_file(tmp_path / "a.npz")


def test_what_memory_cannot_hold_is_refused_with_its_size_before_it_is_read(read, monkeypatch):
    """A file's own arrays, and images that a recipe makes larger."""
    monkeypatch.setattr(environment, "physical_memory", lambda: 2**16)
    monkeypatch.setattr(archive.Archive, "read", None)
    whole = {"x_train": np.zeros((40, 30, 20, 3), np.uint8), "y_train": Y}  # 72,000 and 40 * 8
    with pytest.raises(DataError, match=r"its 70.6 KiB of arrays, and 0 bytes .* take 70.6 KiB, "):
        read(size=(30, 20), **whole)
    words = r"5.23 KiB of arrays, and 105 KiB .* machine has 64 KiB; store fewer or smaller"
    with pytest.raises(DataError, match=words):
        read(size=(30, 30), x_train=X, y_train=Y)


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "zero.npz").symlink_to("/dev/zero")
    for name, words in (("pipe", "a named pipe"), ("zero", "a device")):
        with pytest.raises(DataError, match=f"found {words}, not a file; correct data.path"):
            read_file(tmp_path / f"{name}.npz")
