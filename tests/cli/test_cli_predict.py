"""`specnet predict` through the real command line."""

import csv
import json

import numpy as np
from PIL import Image
from recipes_at_hand import AUTOENCODER, TINY
from runs_at_hand import classifier

OF_A_FOLDER = """
data: {source: folder, path: photos, image_size: 16, channels: 1, validation: 0.3, test: 0.3}
model: [flatten, dense: {units: 2}]
"""


def pictures(folder, count):
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 31), "uint8")
        Image.fromarray(pixels).save(folder / f"{number:02}.png")


def test_a_folder_becomes_a_table(specnet, tmp_path):
    run = classifier(tmp_path, "tiny", TINY).path
    pictures(tmp_path / "images", 23)
    told = specnet("predict", run, "images", "--out", "new/all/all.csv", "--top", 2).stdout
    assert "images/00.png" in told
    assert "and 3 more" in told
    rows = list(csv.DictReader((tmp_path / "new" / "all" / "all.csv").open()))
    assert [row["file"] for row in rows] == [f"images/{n:02}.png" for n in range(23)]
    assert all(float(row["probability"]) >= float(row["probability_2"]) for row in rows)


def test_an_accuracy_of_images_that_were_learned_is_called_so(specnet_here, tmp_path):
    for place in ("own/a", "own/b", "photos/a", "photos/b"):
        pictures(tmp_path / place, 8)
    run = classifier(tmp_path, "mine", OF_A_FOLDER).path
    told = {name: specnet_here("predict", run, name) for name in ("own", "photos")}
    assert all("accuracy" in each.stdout for each in told.values())
    assert "trained on" not in told["own"].stderr
    assert "has the images that it was trained on" in told["photos"].stderr


def test_what_cannot_be_read_is_listed_at_the_end(specnet_here, tmp_path):
    run = classifier(tmp_path, "tiny", TINY).path
    pictures(tmp_path / "images", 2)
    (tmp_path / "images" / "broken.jpg").write_bytes(b"\xff\xd8")
    found = specnet_here("predict", run, "images", "--json", code=3)
    assert "images/broken.jpg" in found.stderr
    assert "--on-error skip" in found.stderr
    told = json.loads(found.stdout)
    assert len(told["predictions"]) == 2
    assert [each["path"] for each in told["unreadable"]] == ["images/broken.jpg"]
    assert "images/broken.jpg" in specnet_here("predict", run, "images", "--on-error=skip").stderr


def test_reconstructions_are_saved_beside_their_images(specnet_here, tmp_path):
    run = classifier(tmp_path, "auto", AUTOENCODER).path
    pictures(tmp_path / "images", 2)
    told = specnet_here("predict", run, "images", "--save-images", "back").stdout
    assert "squared error" in told
    saved = sorted((tmp_path / "back").iterdir())
    assert [path.name for path in saved] == ["00000-00.png", "00001-01.png"]
    assert Image.open(saved[0]).size == (2 * 12, 16)


def test_what_carries_a_decision_is_drawn(specnet_here, tmp_path):
    run = classifier(tmp_path, "tiny", TINY).path
    pictures(tmp_path / "images", 2)
    specnet_here("predict", run, "images", "--explain", "why")
    drawn = sorted((tmp_path / "why").iterdir())
    assert [path.name for path in drawn] == ["00000-00.png", "00001-01.png"]
    assert min(Image.open(drawn[0]).size) > 800


def test_wrong_arguments_are_explained(specnet_here, tmp_path):
    run = classifier(tmp_path, "tiny", TINY).path
    pictures(tmp_path / "images", 1)
    assert "no/such.png" in specnet_here("predict", run, "no/such.png", code=3).stderr
    assert ".csv" in specnet_here("predict", run, "images", "--out", "a.txt", code=2).stderr
    told = specnet_here("predict", run, "images", "--save-images", "back", code=2).stderr
    assert "autoencoders" in told
