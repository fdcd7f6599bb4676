"""The folder source: which files it takes, and what it says about the rest."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from specnet import data
from specnet.data import load
from specnet.data.splitting import cut_by_order
from specnet.errors import DataError
from specnet.recipe.schema import FolderData

SIZE = (7, 6)


def write(path, level=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (6, 7), level).save(path)


def settings(root, **options):
    return FolderData(source="folder", path=root, image_size=SIZE, channels=1, **options)


@pytest.fixture
def root(tmp_path):
    """Three classes of 20 images, each of a grey level of its own."""
    for label, name in enumerate(["ant", "bee", "cat"]):
        for i in range(20):
            write(tmp_path / "root" / name / f"{i}.png", 20 * label + i)
    return tmp_path / "root"


def levels(split):
    return split.images[:, 0, 0, 0]


def problems(root, **options):
    with pytest.raises(DataError) as error:
        load(settings(root, **options))
    return str(error.value)


def test_every_image_is_read_once_with_the_label_of_its_folder(root):
    dataset = load(settings(root, validation=0.2, test=0.1))
    splits = (dataset.train, dataset.validation, dataset.test)
    assert dataset.classes == ("ant", "bee", "cat")
    assert sum(map(len, splits)) == 60
    assert sorted(np.concatenate([levels(split) for split in splits])) == list(range(60))
    for split in splits:
        assert split.images.shape[1:] == (*SIZE, 1)
        np.testing.assert_array_equal(split.labels, levels(split) // 20)
        assert set(split.labels) == {0, 1, 2}


@pytest.mark.parametrize("train", ["train", "Training"])
@pytest.mark.parametrize("validation", ["validation", "val", "VALID"])
def test_folders_for_splits_are_used_and_missing_ones_cut_from_train(
    root, tmp_path, train, validation
):
    own = tmp_path / "own"
    own.mkdir()
    tested = set(levels(load(settings(root, test=0.25)).test))
    root.rename(own / train)
    for label, name in enumerate(["ant", "bee", "cat"]):
        write(own / validation / name / "x.png", 100 + label)
    dataset = load(settings(own, test=0.25))
    assert levels(dataset.validation).tolist() == [100, 101, 102]
    assert set(levels(dataset.test)) == tested
    assert len(dataset.train) == 60 - len(tested)


@pytest.mark.parametrize("test", ["test", "Testing", "TEST"])
def test_a_folder_for_testing_is_the_test_split(root, tmp_path, test):
    own = tmp_path / "own"
    own.mkdir()
    root.rename(own / "Train")
    for label, name in enumerate(["ant", "bee", "cat"]):
        write(own / test / name / "x.png", 100 + label)
    assert levels(load(settings(own)).test).tolist() == [100, 101, 102]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("ant", "bee", "test"), "holds test beside ant, bee, and no train"),
        (("ant", "bee", "Valid"), "holds Valid beside ant, bee, and no train"),
        (("val", "test"), "holds val, test, and no train"),
        (("Train", "train"), "holds both Train and train"),
        (("train", "val", "Valid"), "holds both Valid and val"),
        (("train", "ant"), "holds train beside ant"),
        (("training_set", "test_set"), "test_set, training_set look like splits"),
        (("seg_train", "seg_test", "seg_pred"), "seg_test, seg_train look like splits"),
    ],
)
def test_splits_are_never_taken_for_classes(tmp_path, names, expected):
    for name in names:
        write(tmp_path / "own" / name / "ant" / "0.png")
        write(tmp_path / "own" / name / "bee" / "0.png")
    assert expected in problems(tmp_path / "own")


def test_classes_that_only_sound_like_splits_are_classes(tmp_path):
    for name in ("test tube", "trainer", "valley"):
        for i in range(9):
            write(tmp_path / "own" / name / f"{i}.png", i)
    assert load(settings(tmp_path / "own")).classes == ("test tube", "trainer", "valley")


def test_a_file_more_or_less_moves_no_other(root):
    def places(split):
        return set(levels(split))

    before = load(settings(root, validation=0.2, test=0.2))
    (root / "ant" / "7.png").unlink()
    write(root / "bee" / "0a.png", 99)
    after = load(settings(root, validation=0.2, test=0.2))
    for name in ("train", "validation", "test"):
        assert places(getattr(after, name)) - {99} == places(getattr(before, name)) - {7}
    changes = data.changes({"data": data.record(before)}, after)
    assert "train" in changes or "test" in changes or "validation" in changes
    assert data.changes({"data": data.record(before)}, before) == {}


def test_a_split_is_the_same_wherever_the_folder_lies(root, tmp_path):
    before = load(settings(root))
    shutil.copytree(root, tmp_path / "elsewhere" / "photos")
    moved = load(settings(tmp_path / "elsewhere" / "photos"))
    assert data.changes({"data": data.record(before)}, moved) == {}
    np.testing.assert_array_equal(levels(moved.test), levels(before.test))


def test_old_runs_get_their_old_splits(root):
    (root / "cat" / "more").symlink_to(root / "bee")  # which those versions did not follow
    Image.new("L", (6, 7), 250).save(root / "ant" / "x.tif")  # nor read
    dataset = load(settings(root, validation=0.2, test=0.1), "order")
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [len(split) for split in splits] == [42, 12, 6]
    names = sorted(f"{name}/{i}.png" for name in ("ant", "bee", "cat") for i in range(20))
    rows = cut_by_order(np.arange(60) // 20, {"validation": 0.2, "test": 0.1})["test"]
    value = {
        f"{n}/{i}.png": 20 * k + i for k, n in enumerate(["ant", "bee", "cat"]) for i in range(20)
    }
    assert levels(dataset.test).tolist() == [value[names[row]] for row in rows]


def test_linked_folders_are_followed_once_and_not_in_circles(root, tmp_path):
    for i in range(30):
        write(tmp_path / "disk2" / f"{i}.png", 100 + i)
    (root / "ant" / "more").symlink_to(tmp_path / "disk2")
    (root / "ant" / "again").symlink_to(tmp_path / "disk2")
    (root / "bee" / "up").symlink_to(root)
    (root / "bee" / "self").symlink_to(".")
    (root / "dog").symlink_to(tmp_path / "disk2")
    dataset = load(settings(root, validation=0, test=0))
    found = {
        name: set(levels(dataset.train)[dataset.train.labels == label])
        for label, name in enumerate(dataset.classes)
    }
    disk2 = set(range(100, 130))
    assert found == {
        "ant": {*range(20)} | disk2,
        "bee": {*range(20, 40)},
        "cat": {*range(40, 60)},
        "dog": disk2,
    }
    assert len(dataset.train) == 120
    (note,) = dataset.notes
    assert "left out 3 links to folders that are read already or hold these" in note


def test_what_is_left_out_is_counted_and_named(root):
    for i in range(12):
        (root / "ant" / f"{i}.heic").touch()
    (root / "bee" / "notes").touch()
    (root / "labels.csv").touch()
    (root / "cat" / ".secret.png").touch()
    (root / "cat" / "Thumbs.db").touch()
    write(root / "loose.png")
    loose, others = load(settings(root)).notes
    assert "left out 1 images that are in no class's folder, the first" in loose
    assert "left out 12 .heic, 1 .csv, 1 other files, 1 hidden files or folders, 1 of the" in others


def test_what_computers_put_beside_images_is_not_worth_a_word(root):
    for name in ("Thumbs.db", ".DS_Store", "._0.png"):
        (root / "ant" / name).touch()
    (root / "__MACOSX").mkdir()
    assert load(settings(root)).notes == ()


def test_a_class_without_test_images_of_its_own_is_named(root, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    root.rename(own / "train")
    write(own / "test" / "ant" / "x.png")
    (note,) = load(settings(own)).notes
    assert "test: has no folder of bee, cat" in note


def test_tiff_and_upper_case_are_read(root):
    for name, level in (("x.TIF", 201), ("y.tiff", 202), ("z.JPG", 203)):
        image = Image.new("L", (6, 7), level)
        image.save(root / "ant" / name, "JPEG" if name.endswith("JPG") else "TIFF")
    assert {201, 202, 203} < set(levels(load(settings(root, validation=0, test=0)).train))


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems know no such names")
def test_names_that_are_not_utf8_are_read_and_can_be_printed(root):
    folder = os.fsencode(root)
    os.rename(folder + b"/bee", folder + b"/b\xe9e")
    os.rename(folder + b"/ant/0.png", folder + b"/ant/caf\xe9.png")
    dataset = load(settings(root, validation=0, test=0))
    assert dataset.classes == ("ant", r"b\xe9e", "cat")
    assert sorted(levels(dataset.train)) == [*range(60)]
    with open(folder + b"/ant/caf\xe9.png", "wb") as file:
        file.write(b"no image")
    assert r"ant/caf\xe9.png: not a JPEG" in problems(root)
    (row,) = load(settings(root, on_error="skip")).skipped
    assert row.path.encode().endswith(rb"ant/caf\xe9.png")


def test_what_is_no_file_is_named_and_not_waited_for(root):
    os.mkfifo(root / "ant" / "x.png")
    (root / "bee" / "y.png").symlink_to("/dev/zero")
    found = problems(root)
    assert "ant/x.png: a named pipe, not a file" in found
    assert "bee/y.png: a device, not a file" in found


def test_a_relative_path_is_told_in_full(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert f"{tmp_path}/photos: found nothing" in problems(Path("photos"))
    assert "nobody_of_this_name" in problems(Path("~nobody_of_this_name/photos"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(root):
    (root / "bee" / "more").mkdir(mode=0)
    assert "bee/more: Permission denied" in problems(root)


def test_hidden_files_and_other_files_are_passed_over_and_deep_ones_found(root):
    (root / "ant" / "notes.txt").write_text("no image")
    (root / "ant" / "._0.png").write_bytes(b"resource fork")
    (root / ".git" / "x").mkdir(parents=True)
    write(root / "bee" / "more" / "DEEP.PNG", 99)
    dataset = load(settings(root, validation=0, test=0))
    assert sorted(levels(dataset.train)) == [*range(60), 99]


def test_unreadable_files_are_listed_all_at_once(root):
    for i in range(30):
        (root / "bee" / f"bad{i:02}.jpg").write_bytes(b"not an image")
    (root / "cat" / "link.png").symlink_to(root / "gone.png")
    message = problems(root)
    assert "31 files cannot be read" in message
    assert message.count("bad") == 20
    assert "and 11 more" in message
    assert "data.on_error to skip" in message


def test_a_broken_link_is_unreadable(root):
    (root / "cat" / "link.png").symlink_to(root / "gone.png")
    assert "link.png: No such file" in problems(root)


def test_skipped_files_are_reported_and_the_rest_is_used(root):
    bad = root / "bee" / "bad.jpg"
    bad.write_bytes(b"not an image")
    dataset = load(settings(root, on_error="skip"))
    assert [row.path for row in dataset.skipped] == [str(bad)]
    total = sum(len(split) for split in (dataset.train, dataset.validation, dataset.test))
    assert total == 60
    assert load(settings(root, on_error="skip")).skipped == dataset.skipped  # from the cache


def test_a_class_of_which_nothing_is_left_is_refused(root):
    for path in (root / "bee").iterdir():
        path.write_bytes(b"not an image")
    assert "no readable image to train on is left of the class bee" in problems(
        root, on_error="skip"
    )


def test_a_changed_file_of_the_same_size_is_read_again(root):
    changing = root / "ant" / "x.bmp"
    for level in (100, 200):
        write(changing, level)
        os.utime(changing, (level, level))
        assert level in levels(load(settings(root, validation=0, test=0)).train)


def state(root):
    files = [path for path in root.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_files_are_never_changed(root):
    (root / "ant" / "bad.png").write_bytes(b"not an image")
    before = state(root)
    load(settings(root, on_error="skip"))
    assert state(root) == before


def test_wrong_roots_say_what_was_found(tmp_path, root):
    assert "found nothing" in problems(tmp_path / "none")
    assert "found a file" in problems(root / "ant" / "0.png")
    assert "found 20 images and 0 other files but no folders" in problems(root / "ant")
    (tmp_path / "empty").mkdir()
    assert "found 0 images" in problems(tmp_path / "empty")


def test_problems_of_the_folders_are_reported_together(root, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    root.rename(own / "train")
    (own / "train" / "dog").mkdir()
    (own / "train" / "dog" / "readme.txt").touch()
    write(own / "test" / "elk" / "x.png")
    write(own / "val" / "ant" / "x.png")
    write(own / "validation" / "ant" / "x.png")
    (own / "extra").mkdir()
    message = problems(own)
    assert "dog: no images (1 other files)" in message
    assert "elk: this class has no folder in train" in message
    assert "both val and validation" in message
    assert "train beside extra" in message


def test_one_class_is_not_enough(tmp_path):
    write(tmp_path / "only" / "x.png")
    assert "found one class only ('only')" in problems(tmp_path)


def test_without_labels_every_image_below_the_root_is_of_one_class(root):
    write(root / "loose.png", 200)
    dataset = load(settings(root, labelled=False, validation=0.2, test=0.1))
    splits = (dataset.train, dataset.validation, dataset.test)
    assert sorted(np.concatenate([levels(split) for split in splits])) == [*range(60), 200]
    assert dataset.classes == ("image",)
    assert not any(split.labels.any() for split in splits)


def test_a_folder_without_images_is_explained_without_labels_too(tmp_path):
    (tmp_path / "notes.txt").write_text("none")
    assert "no images (found 1 .txt)" in problems(tmp_path, labelled=False)
    assert "no images (found nothing)" in problems(tmp_path / "nowhere", labelled=False)
