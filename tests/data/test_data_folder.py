"""The folder source: which files it takes, and what it says about the rest."""

import os

import numpy as np
import pytest
from PIL import Image

from specnet.data import load
from specnet.errors import DataError
from specnet.schema import FolderData

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
    assert [len(split) for split in splits] == [42, 12, 6]
    assert sorted(np.concatenate([levels(split) for split in splits])) == list(range(60))
    for split in splits:
        assert split.images.shape[1:] == (*SIZE, 1)
        np.testing.assert_array_equal(split.labels, levels(split) // 20)


@pytest.mark.parametrize("validation", ["validation", "val"])
def test_folders_for_splits_are_used_and_missing_ones_cut_from_train(root, tmp_path, validation):
    own = tmp_path / "own"
    own.mkdir()
    root.rename(own / "train")
    for label, name in enumerate(["ant", "bee", "cat"]):
        write(own / validation / name / "x.png", 100 + label)
    dataset = load(settings(own, test=0.25))
    assert levels(dataset.validation).tolist() == [100, 101, 102]
    assert (len(dataset.train), len(dataset.test)) == (45, 15)


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
    assert "both validation and val" in message
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
    assert "no images (1 other files)" in problems(tmp_path, labelled=False)
    assert "no images" in problems(tmp_path / "nowhere", labelled=False)
