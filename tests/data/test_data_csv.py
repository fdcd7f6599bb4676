"""The csv source: tables that it takes, and what it says of the others, by line."""

import shutil

import numpy as np
import pytest
from PIL import Image

from specnet import data, recipe
from specnet.data import load
from specnet.errors import DataError, RecipeError
from specnet.recipe.schema import CsvData, FolderData

SIZE = (7, 6)
CLASSES = ("ant", "bee", "cat")
ROWS = [(f"{name}/{i}.png", name) for name in CLASSES for i in range(20)]


@pytest.fixture
def photos(tmp_path):
    """Three classes of 20 images, each of a grey level: of image i of class k, 20 k + i."""
    for level, (file, _) in enumerate(ROWS):
        path = tmp_path / "photos" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", SIZE[::-1], level).save(path)
    return tmp_path / "photos"


@pytest.fixture
def read(photos):
    """Write a table beside the photographs, and read it."""

    def read_table(rows, header=("image", "class"), between=",", encoding="utf-8", **options):
        lines = [between.join(cells) for cells in (header, *rows)]
        path = photos / "labels.csv"
        path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
        return load(settings(path, **options))

    return read_table


def settings(path, **options):
    chosen = {"file": "image", "label": "class"} | options
    return CsvData(source="csv", path=path, image_size=SIZE, channels=1, **chosen)


@pytest.fixture
def problems(read):
    def problems_of(*arguments, **options):
        with pytest.raises(DataError) as error:
            read(*arguments, **options)
        return str(error.value)

    return problems_of


def splits(dataset):
    return {name: getattr(dataset, name) for name in ("train", "validation", "test")}


def levels(split):
    return split.images[:, 0, 0, 0].tolist()


def test_a_table_of_a_folders_files_gives_what_the_folder_gives(photos, read):
    ours = read(reversed(ROWS))
    theirs = load(FolderData(source="folder", path=photos, image_size=SIZE, channels=1))
    assert ours.classes == theirs.classes == CLASSES
    assert data.record(ours) == data.record(theirs)  # the same images in the same splits
    for mine, other in zip(splits(ours).values(), splits(theirs).values(), strict=True):
        np.testing.assert_array_equal(mine.images, other.images)
        np.testing.assert_array_equal(mine.labels, other.labels)


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_separators_and_marks_make_no_difference(read, between, encoding):
    rows = [(file, f'"{kind}, or {kind}; a müsli"') for file, kind in ROWS]
    dataset = read(rows, between=between, encoding=encoding)
    assert dataset.classes == tuple(f"{kind}, or {kind}; a müsli" for kind in CLASSES)
    assert sum(map(len, splits(dataset).values())) == 60


def test_a_column_says_the_split_and_missing_ones_are_cut(read):
    words = ["Train"] * 18 + ["TEST", "testing"]
    rows = [(*row, words[i % 20], "x") for i, row in enumerate(ROWS)]
    header = ("image", "class", "subset", "more")
    dataset = read(rows, header, split="subset", validation=0.2)
    assert levels(dataset.test) == [18, 19, 38, 39, 58, 59]
    assert set(dataset.validation.labels) == {0, 1, 2}
    assert len(dataset.train) + len(dataset.validation) == 54
    alone = read([row for row in rows if row[2] == "Train"], header, split="subset", test=0)
    assert len(alone.test) == 0


def test_a_row_more_or_less_moves_no_other(read):
    before = read(ROWS, validation=0.2, test=0.2)
    after = read([row for row in ROWS if row[0] != "ant/7.png"], validation=0.2, test=0.2)
    for name, split in splits(before).items():
        assert set(levels(splits(after)[name])) == set(levels(split)) - {7}
    assert data.changes({"data": data.record(before)}, after)


def test_files_lie_below_the_root_or_the_table_wherever_these_lie(photos, read, tmp_path):
    before = read(ROWS)
    (tmp_path / "tables").mkdir()
    shutil.move(photos / "labels.csv", tmp_path / "tables")
    below = load(settings(tmp_path / "tables" / "labels.csv", root=photos))
    assert data.record(below) == data.record(before)
    path = tmp_path / "tables" / "whole.csv"
    path.write_text("image,class\n" + "".join(f"{photos / file},{kind}\n" for file, kind in ROWS))
    whole = load(settings(path, validation=0, test=0))
    assert sorted(levels(whole.train)) == [*range(60)]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["10", "9", "x"], ("10", "9", "x")),
        (["01", "1", "2"], ("01", "1", "2")),
    ],
)
def test_classes_are_sorted_and_whole_numbers_by_their_value(read, labels, expected):
    assert read([(file, labels[i // 20]) for i, (file, _) in enumerate(ROWS)]).classes == expected


def test_without_labels_every_file_is_of_one_class(read):
    dataset = read([(file,) for file, _ in ROWS], ("image",), label=None)
    assert dataset.classes == ("image",)
    assert sorted(level for split in splits(dataset).values() for level in levels(split)) == [
        *range(60)
    ]


def test_a_classifier_needs_a_column_of_classes(tmp_path):
    file = tmp_path / "x.yaml"
    text = "data: {source: csv, path: t.csv, root: photos, file: image, image_size: 8}\n"
    file.write_text(text + "model: [flatten, {dense: {units: 2}}]\n")
    with pytest.raises(RecipeError, match=r"data\.label: is missing; only autoencoders"):
        recipe.load(file)
    loaded = recipe.load(file, ["data.label=kind"]).data
    assert (loaded.path, loaded.root) == (tmp_path / "t.csv", tmp_path / "photos")


def test_missing_columns_are_told_with_those_there_are(problems):
    found = problems(ROWS, ("image", "kind"), split="subset")
    assert "labels.csv: no column 'class' (data.label); there are: 'image', 'kind'" in found
    assert "labels.csv: no column 'subset' (data.split); there are: 'image', 'kind'" in found
    assert "2 columns 'image' (data.file)" in problems(ROWS, ("image", "image"), label="image")
    assert "there are: nothing" in problems([], ("",))
    assert "no rows below the header" in problems([])


def test_wrong_rows_are_told_all_at_once_with_their_lines(problems, photos):
    (photos / "folder.png").mkdir()
    rows = [(*row, "train") for row in ROWS]
    rows[3:3] = [
        ("ant/0.png", "bee", "train"),
        ("ant/1.png", "ant", "test"),
        ("ant/2.png", "", "train"),
        ("", "", ""),
        ("", "ant", "train"),
        ("gone.png", "ant", "train"),
        ("folder.png", "ant", "train"),
        ("x.png", "ant", "tset"),
        ("y\0.png", "ant", "train"),
        ("x.png", "ant", "train", "more"),
        ("ant/3.png", "dog", "test"),
    ]
    found = problems(rows, ("image", "class", "subset"), split="subset").splitlines()
    where = f"{photos}/labels.csv"
    assert found == [
        f"{where}:5: {photos}/ant/0.png: is 'bee', and 'ant' in line 2",
        f"{where}:6: {photos}/ant/1.png: is test, and train in line 3",
        f"{where}:7: label: nothing in column 'class'",
        f"{where}:9: file: nothing in column 'image'",
        f"{where}:10: {photos}/gone.png: found nothing, expected an image",
        f"{where}:11: {photos}/folder.png: found a folder, expected an image",
        f"{where}:12: split: expected train, validation or test, found 'tset'",
        f"{where}:13: file: 'y\\x00.png' is no name of a file",
        f"{where}:14: 4 cells, and the header has 3; put quotes around cells that hold ','",
        f"{where}:16: {photos}/ant/3.png: is 'ant', and 'dog' in line 15",
        f"{where}:15: class 'dog': no image to train on",
    ]


def test_classes_of_too_few_images_are_told_by_the_line(problems, read):
    rows = [*ROWS[:21], *ROWS[40:42]]
    found = problems(rows)
    assert "labels.csv:22: class 'bee': found 1 of the 3 images needed for train and" in found
    assert "labels.csv:23: class 'cat': found 2 of the 3 images" in found
    assert len(read(rows, validation=0, test=0).train) == 23
    assert "column 'class': found one class only ('ant')" in problems(ROWS[:20])
    rows = [(*row, "val") for row in ROWS]
    found = problems(rows, ("image", "class", "subset"), split="subset")
    assert "no row says train in column 'subset'" in found


def test_rows_that_repeat_others_are_read_once_and_counted(read):
    dataset = read([*ROWS, ("./ant/../bee/0.png", "bee"), ROWS[5]])
    assert data.record(dataset) == data.record(read(ROWS))
    assert "2 rows repeat others, the first in line 62" in dataset.notes[0]


def test_missing_and_unreadable_files_can_be_left_out(photos, problems, read):
    (photos / "ant" / "0.png").write_bytes(b"no image")
    assert "ant/0.png: not a JPEG" in problems(ROWS)
    (photos / "ant" / "1.png").unlink()
    dataset = read(ROWS, on_error="skip")
    assert [row.path for row in dataset.skipped] == [f"{photos}/ant/{i}.png" for i in (0, 1)]
    assert sum(map(len, splits(dataset).values())) == 58


def test_many_problems_are_counted(problems):
    found = problems([*ROWS, *((f"{i}.png", "ant") for i in range(30))]).splitlines()
    assert len(found) == 21
    assert found[-1].endswith("labels.csv: and 10 more problems")


def test_what_is_no_table_is_told(problems, photos):
    assert "labels.csv:3: not UTF-8" in problems([ROWS[0], ("é.png", "ant")], encoding="latin-1")
    assert "labels.csv:2: unexpected end of data" in problems([('"ant/0.png', "ant"), *ROWS])
    with pytest.raises(DataError, match="photos: a folder, not a file; correct"):
        load(settings(photos))
    with pytest.raises(DataError, match=r"none\.csv: No such file"):
        load(settings(photos / "none.csv"))
