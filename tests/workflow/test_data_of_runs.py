"""A run remembers what it was trained on, and is tested on other images, or says so."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from recipes_at_hand import write

from specnet import recipe, workflow
from specnet.data.splitting import cut_by_order
from specnet.errors import DataError
from specnet.progress import Reporter

TEXT = """
data: {{source: folder, path: {path}, image_size: 8, channels: 1, validation: 0.2, test: 0.2}}
model: [flatten, {{dense: {{units: 2}}}}]
training: {{epochs: {epochs}, batch_size: 8}}
"""


class Notes(Reporter):
    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(message)


@pytest.fixture
def photos(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SPECNET_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    for name in "ab":
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(30):
            add(tmp_path / "photos" / name / f"{i}.png", random)
    return tmp_path / "photos"


def add(file, random=None):
    random = random or np.random.default_rng(1)
    Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(file)


def train(photos, epochs=1, resume=False):
    text = TEXT.format(path=photos, epochs=epochs)
    loaded = recipe.load(write(photos.parent, text))
    reporter = Notes()
    run = workflow.train(loaded, photos.parent / "run", reporter, resume).run
    return run, reporter.notes


def evaluated(run):
    notes = []
    result = workflow.evaluate(run, "test", note=notes.append)
    return result, notes


def test_eval_and_resume_know_the_images_of_a_run(photos):
    (photos / "a" / "notes.txt").touch()
    run, told = train(photos)
    left_out = f"{photos}: left out 1 .txt"
    assert left_out in told
    before, notes = evaluated(run)
    assert notes == [left_out]

    for number in range(40):  # more than chance can leave out of the training images
        add(photos / "b" / f"new {number}.png")
    _, (_, changed) = evaluated(run)
    assert "the images are not those that it was trained on (train: " in changed
    with pytest.raises(DataError, match=r"not those that it began with .*train anew") as error:
        train(photos, epochs=2, resume=True)
    assert error.value.exit_code == 3

    for number in range(40):
        (photos / "b" / f"new {number}.png").unlink()
    assert evaluated(run) == (before, [left_out])
    resumed, _ = train(photos, epochs=2, resume=True)
    assert resumed.path == run.path
    assert len(resumed.metrics()) == 2
    assert resumed.facts()["data"] == run.facts()["data"]


def test_a_run_without_a_record_is_tested_on_its_own_split(photos):
    run, _ = train(photos)
    run.describe(data=None)
    result, (note,) = evaluated(run)
    assert "does not say which images it was trained on" in note
    expected = cut_by_order(np.arange(60) // 30, {"validation": 0.2, "test": 0.2})["test"]
    assert result.images == len(expected)
    resumed, _ = train(photos, epochs=2, resume=True)
    assert len(resumed.metrics()) == 2
    assert evaluated(resumed)[1] == [note]
