"""The huggingface source: files of its kinds, and what it says about others, off line."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from specnet import data, recipe
from specnet.data import load
from specnet.errors import DataError
from specnet.recipe.schema import HuggingfaceData

datasets = pytest.importorskip("datasets")

SIZE = (7, 6)
NAMES = ["zebra", "ant"]
SPLITS = {"train": "train[:12]", "validation": "train[12:16]", "test": "train[16:]"}


@pytest.fixture(autouse=True)
def copies(tmp_path, monkeypatch):
    """Keep what the library copies away from the user's own."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "copies")


def encoded(level):
    file = io.BytesIO()
    Image.new("L", SIZE[::-1], level).save(file, "PNG")
    return file.getvalue()


def table(levels=range(20), labels=None, image=None, label=None):
    """Images of one grey level each, every other one a zebra."""
    levels = list(levels)
    columns = {
        "image": [{"bytes": encoded(level), "path": None} for level in levels],
        "label": [level % 2 for level in levels] if labels is None else labels,
    }
    features = {
        "image": image or datasets.Image(),
        "label": label or datasets.ClassLabel(names=NAMES),
    }
    return datasets.Dataset.from_dict(columns, features=datasets.Features(features))


@pytest.fixture
def read(tmp_path):
    """Write a table as Parquet, and read it."""

    def read_table(rows=None, splits=SPLITS, **options):
        path = tmp_path / "photos.parquet"
        if rows is not None:
            rows.to_parquet(str(path))
        return load(settings(path, splits, **options))

    return read_table


def settings(path, splits=SPLITS, **options):
    shape = {"image_size": SIZE, "channels": 1}
    return HuggingfaceData(source="huggingface", path=path, splits=splits, **shape, **options)


@pytest.fixture
def problems(read):
    def problems_of(*arguments, **options):
        with pytest.raises(DataError) as error:
            read(*arguments, **options)
        return str(error.value)

    return problems_of


def levels(split):
    return split.images[:, 0, 0, 0].tolist()


def test_images_labels_and_names_are_those_of_the_file(read):
    dataset = read(table())
    assert dataset.classes == tuple(NAMES)
    assert levels(dataset.train) == [*range(12)]
    assert levels(dataset.validation) == [*range(12, 16)]
    assert levels(dataset.test) == [*range(16, 20)]
    np.testing.assert_array_equal(dataset.train.labels, np.arange(12) % 2)
    assert dataset.notes == ()
    assert data.record(read()) == data.record(dataset)  # from the cache


def test_every_form_of_the_same_table_is_the_same_data(read, tmp_path):
    expected = data.record(read(table()))
    whole = table()
    whole.save_to_disk(str(tmp_path / "saved"))
    datasets.DatasetDict(train=whole).save_to_disk(str(tmp_path / "both"))
    (tmp_path / "folder").mkdir()
    parts = (table(range(9)), table(range(9, 20)))
    for number, part in enumerate(parts):
        part.to_parquet(str(tmp_path / "folder" / f"train-0000{number}-of-00002.parquet"))
    (arrow,) = (tmp_path / "saved").glob("*.arrow")
    for path in (tmp_path / "saved", tmp_path / "both", tmp_path / "folder", arrow):
        assert data.record(load(settings(path))) == expected


def test_without_what_the_library_wrote_bytes_are_images_too(read, tmp_path):
    expected = levels(read(table()).train)
    binary = datasets.Value("binary")
    image = {"bytes": binary, "path": datasets.Value("string")}
    assert levels(read(table(image=image)).train) == expected
    rows = {"image": [encoded(level) for level in range(20)], "label": [0, 1] * 10}
    plain = datasets.Dataset.from_dict(
        rows, datasets.Features(image=binary, label=table().features["label"])
    )
    assert levels(read(plain).train) == expected


@pytest.mark.parametrize(
    ("kind", "labels", "expected"),
    [("int64", [10, 9] * 10, ("9", "10")), ("string", ["b", "10"] * 10, ("10", "b"))],
)
def test_labels_without_names_are_their_own(read, kind, labels, expected):
    dataset = read(table(labels=labels, label=datasets.Value(kind)))
    assert dataset.classes == expected
    assert [dataset.classes[label] for label in dataset.test.labels] == [
        str(label) for label in labels[16:]
    ]


def test_without_labels_all_images_are_of_one_class(read):
    dataset = read(table(), label=None)
    assert dataset.classes == ("image",)
    assert not dataset.train.labels.any()


def test_a_changed_file_is_read_again(read, tmp_path):
    before = read(table())
    rows = table(range(100, 120))
    after = read(rows)
    assert levels(after.train) == [*range(100, 112)]
    assert data.changes({"data": data.record(before)}, after)


def test_images_in_two_splits_and_absent_classes_are_told(read):
    splits = {"train": "train[:10]", "validation": "train[8:12]", "test": "train[10:]+train[:1]"}
    rows = table(labels=[0] * 10 + [1] * 10)
    notes = "\n".join(read(rows, splits).notes)
    assert "data.splits.train has no image of ant" in notes
    assert "2 images are in data.splits.train and in data.splits.validation" in notes
    assert "1 images are in data.splits.train and in data.splits.test" in notes
    assert "2 images are in data.splits.validation and in data.splits.test" in notes


def test_unreadable_images_are_told_or_left_out(read, problems):
    rows = table()
    broken = rows.cast_column("image", datasets.Image(decode=False)).to_dict()
    broken["image"][3]["bytes"] = b"no image"
    broken["image"][5] = None
    rows = datasets.Dataset.from_dict(broken, features=rows.features)
    found = problems(rows)
    assert "photos.parquet: 2 files cannot be read:" in found
    assert "image 3: not a JPEG, PNG" in found
    dataset = read(on_error="skip")
    assert len(dataset.train) == 10
    assert [row.path for row in dataset.skipped] == ["image 3", "image 5"]


def test_all_that_is_wrong_with_columns_and_splits_is_told(problems):
    splits = {"train": "train[:", "validation": "valid", "test": "train[30:]"}
    found = problems(table(), splits).splitlines()
    assert len(found) == 3
    assert "data.splits.train: 'train[:'" in found[0]
    assert "data.splits.validation: 'valid': Unknown split" in found[1]
    assert "data.splits.test: 'train[30:]': holds no image; " in found[2]
    assert "has train (20 images); write a part of it as train[:80%]" in found[2]
    found = problems(image="picture", label="image")
    assert "no column 'picture' (data.image); there are: 'image', 'label'" in found
    assert "column 'image' (data.label) holds no labels: Image(" in found
    assert "column 'label' (data.image) holds no images: Class" in problems(image="label")


def test_labels_that_are_no_class_are_told(problems):
    assert "1 of 4 images of data.splits.test have labels like -1, none of" in problems(
        table(labels=[0, 1] * 9 + [0, -1])
    )
    text = table(labels=["a", "b"] * 9 + ["a", "c"], label=datasets.Value("string"))
    assert "data.splits.test have labels like 'c', none of the classes" in problems(text)
    one = table(labels=["a"] * 20, label=datasets.Value("string"))
    assert "found one class only ('a')" in problems(one)


def test_what_is_neither_parquet_nor_arrow_is_told(tmp_path):
    def refused(name):
        with pytest.raises(DataError) as error:
            load(settings(tmp_path / name))
        return str(error.value)

    (tmp_path / "x.parquet").write_bytes(b"no Parquet")
    (tmp_path / "x.zip").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    (tmp_path / "pipes").mkdir()
    os.mkfifo(tmp_path / "pipes" / "x.parquet")
    assert "x.parquet: Parquet magic bytes not found" in refused("x.parquet")
    assert "x.zip: found a .zip, expected a .parquet or .arrow file" in refused("x.zip")
    assert "empty: no Parquet or Arrow file in this folder" in refused("empty")
    assert "pipes/x.parquet: found a named pipe, expected a file" in refused("pipes")
    assert "none: found nothing, expected a .parquet" in refused("none")


@pytest.fixture
def configured(tmp_path):
    """A folder of two configurations, as the Hub describes them."""
    folder = tmp_path / "configured"
    described = ["---", "configs:"]
    for name, first in (("dark", 0), ("bright", 100)):
        (folder / name).mkdir(parents=True)
        table(range(first, first + 20)).to_parquet(str(folder / name / "train.parquet"))
        described += [f"- config_name: {name}", f"  data_files: {name}/*.parquet"]
    (folder / "README.md").write_text("\n".join([*described, "---", ""]))
    return folder


def test_a_configuration_is_the_one_that_is_named(configured):
    for name, first in (("dark", 0), ("bright", 100)):
        found = load(settings(configured, config=name))
        assert levels(found.train) == [*range(first, first + 12)]


def test_a_configuration_that_is_missing_or_unknown_is_told_with_those_there_are(
    configured, read, problems
):
    for config, words in ((None, "is missing"), ("grey", "found 'grey'")):
        with pytest.raises(DataError) as error:
            load(settings(configured, config=config))
        assert f"data.config: {words}; the configurations are: dark, bright" in str(error.value)
    assert "a file has no configurations; leave data.config out" in problems(table(), config="dark")
    (configured / "README.md").unlink()
    with pytest.raises(DataError, match="found 'dark'; the configurations are: default"):
        load(settings(configured, config="dark"))


def test_the_hub_out_of_reach_is_told(monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DataError) as error:
        load(settings("nobody/nothing"))
    assert "nobody/nothing: no such file or folder, and of the Hub: Couldn't reach" in str(
        error.value
    )


def test_names_of_the_hub_are_passed_on_and_paths_follow_the_recipe(tmp_path, monkeypatch):
    file = tmp_path / "x.yaml"
    text = "data: {source: huggingface, path: user/photos, image_size: 8, splits: "
    text += (
        "{train: train, validation: train, test: test}}\nmodel: [flatten, {dense: {units: 2}}]\n"
    )
    file.write_text(text)
    path = lambda *overrides: str(recipe.load(file, overrides).data.path)  # noqa: E731
    assert path() == "user/photos"
    assert path("data.path=mnist") == "mnist"
    file.write_text(text.replace("user/photos", "user/photos.parquet"))
    assert path() == str(tmp_path / "user" / "photos.parquet")
    file.write_text(text)
    (tmp_path / "user" / "photos").mkdir(parents=True)
    assert path() == str(tmp_path / "user" / "photos")
