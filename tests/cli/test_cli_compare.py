"""`specnet compare` through the real command line, killed in the middle."""

import csv
import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command_line import SPECNET
from copies import Copy
from recipes_at_hand import write

RECIPE = """
data: {source: gratings, image_size: [16, 15], train: 64, validation: 32, test: 32, noise: 1.0}
model:
  - conv2d: {filters: 2, kernel_size: 3, activation: relu}
  - global_average_pooling2d
  - dense: {units: 8}
training: {epochs: 2, batch_size: 16}
"""
STUDY = ["compare", "small.yaml", "large.yaml", "--seeds", "5", "--match", "params", "--keep-runs"]


def trials():
    return sorted(file.name for file in Path("ckpt/compare-small-large/trials").glob("*.json"))


def killed_after_a_trial():
    """Starts the study, kills it with SIGKILL when a trial is recorded, and returns the record."""
    with Copy("specnet.cli:main", STUDY) as process:
        deadline = time.monotonic() + 300
        while not trials():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()
    (name,) = trials()
    file = Path("ckpt/compare-small-large/trials") / name
    return file, file.read_bytes()


@pytest.fixture
def recipes(tmp_path):
    write(tmp_path, RECIPE, "small")
    write(tmp_path, RECIPE.replace("filters: 2", "filters: 5"), "large")


def test_a_study_that_is_killed_goes_on_and_tells_all(specnet, specnet_here, recipes):
    file, first = killed_after_a_trial()
    shown = specnet(*STUDY)
    assert file.read_bytes() == first
    assert file.name == "small-seed5.json"
    assert "1 of 2 trials are there already" in shown.stderr
    assert "small, seed 5: accuracy" not in shown.stdout
    assert "large, seed 5: accuracy" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    assert "in one trial, which shows nothing" in shown.stdout

    out = Path("ckpt/compare-small-large")
    texts = {"table.csv", "table.md", "results.json", "report.html", "study.json"}
    pictures = {f"{name}.png" for name in ("accuracy", "loss", "time", "parameters")}
    assert {each.name for each in out.iterdir()} == {*texts, *pictures, "trials", "runs", ".lock"}
    for label in ("small", "large"):
        run = json.loads((out / "runs" / f"{label}-seed5" / "run.json").read_text())
        assert (run["status"], run["seed"]) == ("finished", 5)
    lines = [*csv.DictReader((out / "table.csv").open())]
    assert {line["cost.parameters"] for line in lines} == {str(2 * 9 + 2 + 2 * 8 + 8)}
    assert "+0.0% of 44" in lines[1]["note"]
    told = json.loads((out / "results.json").read_text())
    assert [each["seed"] for each in told["trials"]] == [5, 5]
    # Matched in width and of one seed, the two are the same network.
    assert len({each["accuracy"] for each in told["trials"]}) == 1
    assert told["differences"] == {"large": []}
    assert told["machine"]["versions"]["keras"]

    refused = specnet_here(*STUDY, "training.epochs=3", code=1)
    assert "small: training.epochs: 2 -> 3" in refused.stderr
    assert "Choose another --out" in refused.stderr


def test_ctrl_c_ends_quietly_and_says_how_to_go_on(recipes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen(
        [*SPECNET, *STUDY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not Path("ckpt/compare-small-large/.lock").exists():
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        shown, told = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT, told
    assert "the same command goes on from here" in told
    assert "Traceback" not in told + shown
    children = subprocess.run(["ps", "-A", "-o", "ppid="], capture_output=True, text=True)
    assert str(process.pid) not in re.findall(r"\d+", children.stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["catsdogs-fre"], "did you mean 'catsdogs-free'?"),
        (["catsdogs-free"], "expected two recipes or more, or --suite NAME"),
        (["--suite", "rippel"], "--suite: unknown suite 'rippel'; did you mean 'rippel2015'?"),
        (["--suite", "wood2021", "--seeds", "0", "--trials", "3"], "--seeds, not both"),
        (["--suite", "wood2021", "--eval-sizes", "x"], "--eval-sizes: expected pixels"),
        (["--suite", "wood2021", "training.epoch=1"], "did you mean 'epochs'?"),
    ],
)
def test_mistakes_are_explained(specnet_here, arguments, message):
    refused = specnet_here("compare", *arguments, code=2)
    assert message in " ".join(refused.stderr.split())
