"""The tfds source: real datasets where they are on disk, and the errors where they are not."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from specnet.data import cache, load, tfds
from specnet.errors import DataError
from specnet.recipe.schema import TfdsData

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("tensorflow"), reason="needs TensorFlow"
)


def on_disk(name):
    found = list(tfds.data_dir().glob(f"{name}/*/dataset_info.json"))
    return pytest.mark.skipif(not found, reason=f"TFDS_DATA_DIR does not hold {name}")


def settings(name, size, channels=3, **splits):
    chosen = {"train": "train[:300]", "validation": "train[300:340]", "test": "train[340:390]"}
    return TfdsData(
        source="tfds", name=name, image_size=size, channels=channels, splits=chosen | splits
    )


def message(name, **splits):
    with pytest.raises(DataError) as error:
        load(settings(name, 8, **splits))
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "size", "classes", "own_channels"),
    [
        pytest.param("cats_vs_dogs", (60, 71), 2, 3, marks=on_disk("cats_vs_dogs")),
        pytest.param("mnist", (28, 28), 10, 1, marks=on_disk("mnist")),
        pytest.param("cifar10", (33, 32), 10, 3, marks=on_disk("cifar10")),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_real_images_come_in_the_order_size_and_channels_asked_for(
    name, size, classes, own_channels, channels
):
    dataset = load(settings(name, size, channels))
    assert [len(s) for s in (dataset.train, dataset.validation, dataset.test)] == [300, 40, 50]
    assert dataset.train.images.shape == (300, *size, channels)
    assert len(dataset.classes) == classes
    assert len(np.unique(dataset.train.labels)) == classes
    if channels == 3:
        colourful = np.ptp(dataset.train.images.astype(int), axis=3).max() > 0
        assert colourful == (own_channels == 3)


@on_disk("mnist")
def test_images_and_labels_are_those_of_tensorflow_datasets():
    import tensorflow_datasets

    across_files = "train[3900:8100]"
    dataset = load(settings("mnist", 28, 1, validation=across_files))
    builder = tensorflow_datasets.builder("mnist", data_dir=tfds.data_dir())
    expected = builder.as_dataset(split=across_files, batch_size=-1, shuffle_files=False)
    np.testing.assert_array_equal(dataset.validation.images, expected["image"].numpy())
    np.testing.assert_array_equal(dataset.validation.labels, expected["label"].numpy())


@on_disk("mnist")
def test_a_cached_dataset_is_not_decoded_again(monkeypatch):
    first = load(settings("mnist", 28, 1))
    monkeypatch.delattr(cache, "decode")
    second = load(settings("mnist", 28, 1))
    np.testing.assert_array_equal(first.train.images, second.train.images)


@on_disk("mnist")
def test_every_wrong_split_is_explained():
    found = message("mnist", train="trian", validation="train[:8x%]", test="train[999999:]")
    assert "data.splits.train: 'trian': Unknown split 'trian'" in found
    assert "data.splits.validation: 'train[:8x%]'" in found
    assert "data.splits.test: 'train[999999:]'" in found
    assert "train (60000 images)" in found
    assert "train[:80%]" in found


@on_disk("cats_vs_dogs")
def test_a_misspelt_name_is_corrected_from_what_is_on_disk():
    assert "did you mean 'cats_vs_dogs'?" in message("cat_vs_dogs")


def test_a_missing_dataset_says_where_it_looked_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "none"))
    found = message("cifar100")
    for part in (
        str(tmp_path / "none"),
        "TFDS_DATA_DIR",
        "specnet data prepare cifar100",
        "folder",
    ):
        assert part in found


@pytest.mark.parametrize("name", ["", "../mnist", "mnist/nothing", "mnist:9.9.9"])
def test_names_of_the_wrong_form_are_data_errors(name):
    assert "expected name, name/configuration or name:version" in message(name)


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """Write a small dataset as TensorFlow Datasets does, with the features and bytes given."""
    tfds_library = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))

    def write(features, example, count=30):
        writer = tfds_library.dataset_builders.store_as_tfds_dataset
        data = {"train": [(i, example(i)) for i in range(count)]}
        info = tfds_library.features.FeaturesDict(features(tfds_library.features))
        writer("tiny", "1.0.0", info, data, data_dir=tmp_path)

    return write


def test_a_dataset_without_images_and_labels_is_refused(prepared):
    prepared(lambda f: {"text": f.Text()}, lambda i: {"text": str(i)})
    found = message("tiny", train="train", validation="train", test="train")
    assert "expected an image and a label, found text" in found


def test_a_dataset_with_other_features_of_any_length_is_read(prepared):
    prepared(
        lambda f: {
            "image": f.Image(shape=(None, None, 3)),
            "label": f.ClassLabel(names=["even", "odd"]),
            "more": f.Sequence(f.Text()),
        },
        lambda i: {
            "image": np.full((4 + i, 5, 3), i, np.uint8),
            "label": i % 2,
            "more": ["x"] * i,
        },
    )
    dataset = load(settings("tiny", (6, 7), train="train", validation="train", test="train"))
    assert dataset.classes == ("even", "odd")
    levels = dataset.train.images[:, 0, 0, 0]
    assert sorted(levels) == list(range(30))
    np.testing.assert_array_equal(dataset.train.labels, levels % 2)


def labelled(prepared, label, **image):
    """A set of 30 images of two classes, with labels of one's own."""
    prepared(
        lambda f: {
            "image": f.Image(shape=(4, 5, 1), **image),
            "label": f.ClassLabel(names=["even", "odd", "more"]),
        },
        lambda i: {
            "image": np.full((4, 5, 1), i, image.get("dtype", np.uint8)),
            "label": label(i),
        },
    )


ALL = {"train": "train", "validation": "train", "test": "train"}


def test_images_that_are_not_labelled_are_refused_with_their_number(prepared):
    labelled(prepared, lambda i: -1 if i < 12 else i % 3)
    found = message("tiny", **ALL)
    assert "tiny: 12 of 30 images have labels like -1 (not labelled)" in found
    assert "classes are 0 to 2" in found


def test_labels_beyond_the_classes_are_refused_with_their_number(prepared, tmp_path):
    labelled(prepared, lambda i: 2 if i < 12 else i % 2)
    (names,) = tmp_path.rglob("label.labels.txt")
    names.write_text("even\nodd\n")
    features = names.with_name("features.json")
    features.write_text(features.read_text().replace('"numClasses": "3"', '"numClasses": "2"'))
    found = message("tiny", **ALL)
    assert "tiny: 12 of 30 images have labels like 2, and the classes are 0 to 1" in found


def test_floats_stored_as_if_they_were_colours_are_refused(prepared):
    labelled(prepared, lambda i: i % 3, dtype=np.float32)
    assert "tiny: images of float32; expected uint8 or uint16" in message("tiny", **ALL)


def test_splits_that_share_images_are_named(prepared):
    labelled(prepared, lambda i: i % 3)
    chosen = {"train": "train[:20]", "validation": "train[15:25]", "test": "train[25:]"}
    (note,) = load(settings("tiny", (4, 5), 1, **chosen)).notes
    assert note == (
        "tiny: 5 images are in data.splits.train (train[:20]) and in data.splits.validation "
        "(train[15:25])"
    )


def test_a_pipe_among_the_files_is_not_waited_for(prepared, tmp_path):
    labelled(prepared, lambda i: i % 3)
    (record,) = tmp_path.rglob("*.tfrecord*")
    record.unlink()
    os.mkfifo(record)
    assert f"{record}: found a named pipe, expected a file" in message("tiny", **ALL)


@on_disk("mnist")
def test_a_truncated_record_file_is_a_data_error(tmp_path, monkeypatch):
    source = next(tfds.data_dir().glob("mnist/*/dataset_info.json")).parent
    copy = tmp_path / "mnist" / source.name
    copy.mkdir(parents=True)
    for path in source.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    for record in copy.glob("*train.tfrecord*"):
        os.truncate(record, 5000)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert "cannot be read" in message("mnist")


def test_a_failed_download_says_why_and_names_the_way_out(tmp_path, monkeypatch):
    downloader = pytest.importorskip("tensorflow_datasets.core.download.downloader")
    monkeypatch.setattr(downloader, "MAX_RETRIES", 0)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    with pytest.raises(DataError) as error:
        tfds.prepare("mnist")
    assert f"mnist: could not be downloaded to {tmp_path}: " in str(error.value)
    assert "data.source folder" in str(error.value)


@on_disk("mnist")
def test_preparing_what_is_there_returns_its_folder():
    assert (tfds.prepare("mnist") / "dataset_info.json").is_file()


def test_the_folder_follows_the_environment(monkeypatch):
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    assert tfds.data_dir() == Path.home() / "tensorflow_datasets"


def without_shards(folder):
    for record in folder.glob("*.tfrecord*"):
        record.unlink()
    return f"{record}: missing"


def empty_shard(folder):
    (record,) = folder.glob("*.tfrecord*")
    os.truncate(record, 0)
    return f"{record}: empty"


def damaged_info(folder):
    (folder / "dataset_info.json").write_text("{")
    return f"{folder / 'dataset_info.json'}: damaged (no JSON object)"


@pytest.mark.parametrize("damage", [without_shards, empty_shard, damaged_info])
def test_a_missing_or_damaged_file_is_named_with_its_remedy(prepared, tmp_path, damage):
    labelled(prepared, lambda i: i % 3)
    assert tfds.damaged() == []
    folder = tmp_path / "tiny" / "1.0.0"
    expected = damage(folder)
    remedy = f"remove {folder} and run `specnet data prepare tiny`"
    assert message("tiny", **ALL) == f"tiny: {expected}; {remedy}"
    assert tfds.damaged() == [(f"tiny: {expected}", remedy)]


@pytest.mark.parametrize("name", ["cats_vs_dogs", "cifar10", "mnist"])
def test_real_datasets_are_not_said_to_be_damaged(name):
    assert not [words for words, _ in tfds.damaged() if words.startswith(f"{name}:")]
