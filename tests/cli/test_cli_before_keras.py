"""Verbs that cannot do what they are asked to say so before they import Keras, which takes seconds.

All commands run in one process in which Keras and TensorFlow cannot be imported: whoever tried it
before the mistake was found would say that, and not what is expected.
"""

import json
import os
import subprocess
import sys

import pytest
from PIL import Image
from recipes_at_hand import AUTOENCODER, TINY, write

from specnet import recipe
from specnet.runs import BEST, Run

WITHOUT_KERAS = """
import contextlib, importlib.util, io, json, sys
sys.modules["keras.src"] = sys.modules["tensorflow.python"] = None
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *of: None if name == "torch" else find_spec(name, *of)
from specnet.cli import entry
from specnet.cli.app import app
found = []
for arguments in json.load(sys.stdin):
    sys.argv, told, code = ["specnet", *arguments], io.StringIO(), 0
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
        try:
            app()
        except SystemExit as end:
            code = end.code
        except Exception as error:
            print(entry.explanation(error), file=told)
            code = getattr(error, "exit_code", 1)
    found.append((code, " ".join(told.getvalue().split())))
print(json.dumps(found))
"""
DENSE = "model: [flatten, {dense: {units: 2}}]\ndata: {image_size: 8, "
SPLITS = "splits: {train: train, validation: train, test: test}}"
NO_WEIGHTS = (1, "no epoch of this run is finished")
NO_FOLDER = (2, "file/x: cannot be made")
OTHER_FOLDER = (2, "holds other things")
NO_RUN = (1, "no such directory")
NO_DATA = (3, "correct data.path")
# "run" is a classifier of gratings with all it needs, "new" has no weights, "moved" no images.
MISTAKES = {
    "train nowhere": (2, "no such file or recipe"),
    "train tiny.yaml training.epochs=x": (2, "must be a whole number"),
    "train tiny.yaml --out file/x": NO_FOLDER,
    "train tiny.yaml training.weights=nowhere": NO_RUN,
    "train tiny.yaml --resume": (1, "no run to resume"),
    "train tiny.yaml --resume --out run training.batch_size=3": (
        1,
        "was trained with another recipe",
    ),
    "train moved.yaml": NO_DATA,
    "train tfds.yaml": (3, "specnet data prepare no_such_set"),
    "train empty.yaml": (3, "photos/none: no images"),
    "train npz.yaml": (3, "not a .npz file"),
    "train csv.yaml": (3, "no column 'image'"),
    "eval nowhere": NO_RUN,
    "eval new": NO_WEIGHTS,
    "eval moved": NO_DATA,
    "eval run --image-size x": (2, "expected a size"),
    "predict nowhere a.png": NO_RUN,
    "predict new a.png": NO_WEIGHTS,
    "predict run nothing.png": (3, "no such file"),
    "predict run a.png --out table.xls": (2, "expected a file .csv"),
    "predict run a.png --out file/x/table.csv": NO_FOLDER,
    "predict run a.png --explain file/x": (2, "choose another --explain"),
    "predict run a.png --save-images x": (2, "goes with autoencoders"),
    "predict auto a.png --explain x": (2, "goes with classifiers"),
    "inspect nowhere": NO_RUN,
    "inspect new": NO_WEIGHTS,
    "inspect run --layer no": (2, "there are: gaussian"),
    "visualize nowhere": NO_RUN,
    "visualize new": NO_WEIGHTS,
    "visualize moved": (3, "--image FILE shows the run on another image"),
    "visualize run --what waves": (2, "no view 'waves'"),
    "visualize run --layer no": (2, "there are: gaussian"),
    "visualize run --image nothing.png": (3, "--image nothing.png"),
    "visualize run --out file/x": NO_FOLDER,
    "visualize --pooling nothing.png": (3, "--pooling nothing.png"),
    "visualize --pooling a.png --out file/x": NO_FOLDER,
    "convert nowhere --to spectral": NO_RUN,
    "convert run --to spectral": (2, "has no conv2d"),
    "convert spatial --to spectral --out file/x": NO_FOLDER,
    "export nowhere --format keras": NO_RUN,
    "export new --format keras": NO_WEIGHTS,
    "export run --format keras --out x.txt": (2, "expected a file *.keras"),
    "export run --format keras --as-conv2d 3": (2, "no spectral_conv2d"),
    "autoencode --out file/x": NO_FOLDER,
    "autoencode --encoder no": (2, "unknown encoder 'no'"),
    "autoencode --dataset nowhere": (2, "no folder 'nowhere'"),
    "autoencode --dataset mnist": (3, "specnet data prepare mnist"),
    "autoencode data.size=3": (2, "unknown key"),
    "compare tiny.yaml nowhere": (2, "no such file or recipe"),
    "compare tiny.yaml": (2, "two recipes or more"),
    "compare --suite no": (2, "unknown suite"),
    "compare tiny.yaml other.yaml --out file/x": NO_FOLDER,
    "compare tiny.yaml other.yaml --out run": OTHER_FOLDER,
    "compare moved.yaml moved2.yaml": NO_DATA,
    "tune tiny.yaml": (2, "expected what to search"),
    "tune tiny.yaml training.epochs=int(1,3) --out run": OTHER_FOLDER,
    "tune moved.yaml training.epochs=int(1,3)": NO_DATA,
    "robustness nowhere": NO_RUN,
    "robustness new": NO_WEIGHTS,
    "robustness moved": NO_DATA,
    "robustness auto": (2, "is an autoencoder"),
    "robustness run moved": (2, "was trained on other images"),
    "robustness run run": (2, "given twice"),
    "robustness run --what prune --layer no": (2, "there are: gaussian"),
    "robustness run --what no": (2, "no study 'no'"),
    "robustness run --out file/x": NO_FOLDER,
    "robustness run --out auto": OTHER_FOLDER,
    "bench nowhere": (2, "no such file or recipe"),
    "bench relu --sizes x": (2, "expected pixels"),
    "bench relu --out file/x": NO_FOLDER,
    "bench relu --out run": OTHER_FOLDER,
    "bench --peers relu": (2, "--peers has layers and rivals of its own"),
    "visualize --pooling a.png --format jpg": (2, "'--format': 'jpg' is not one of 'png',"),
    "visualize --pooling cut.jpg": (3, "--pooling cut.jpg: damaged: image file is truncated"),
    "bench --peers": (2, "needs PyTorch; pip install 'specnet[peers]'"),
    "eval study": (1, "name one of its runs: study/runs/a-seed0"),
    "visualize study": (1, "name one of its runs: study/runs/a-seed0"),
    "layers nothing": (2, "nothing"),
    "recipes show nothing": (2, "no such file or recipe"),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Command -> exit code, and what standard error says."""
    folder = tmp_path_factory.mktemp("mistakes")
    _make_world(folder)
    environment = os.environ | {"COLUMNS": "200", "TFDS_DATA_DIR": str(folder / "none")}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_KERAS],
        input=json.dumps([command.split() for command in MISTAKES]),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(MISTAKES, json.loads(done.stdout), strict=True))


def _make_world(folder):
    for name in ("full", "none"):
        (folder / "photos" / name).mkdir(parents=True)
    for file in ("photos/full/a.png", "a.png"):
        Image.new("RGB", (8, 8)).save(folder / file)
    Image.effect_noise((64, 64), 90).save(folder / "whole.jpg")
    (folder / "cut.jpg").write_bytes((folder / "whole.jpg").read_bytes()[:1000])
    for file in ("file", "bad.npz"):
        (folder / file).write_text("")
    (folder / "bad.csv").write_text("a,b\n1,2\n")
    for name in ("other", "moved2"):
        write(folder, TINY if name == "other" else f"{DENSE}source: folder, path: gone}}", name)
    spatial = TINY.replace(
        "gaussian: {filters: 4", "irfft2d\n  - conv2d: {kernel_size: 3, filters: 4"
    )
    recipes = {
        "tiny": TINY,
        "moved": f"{DENSE}source: folder, path: gone}}",
        "empty": f"{DENSE}source: folder, path: photos}}",
        "npz": f"{DENSE}source: npz, path: bad.npz}}",
        "csv": f"{DENSE}source: csv, path: bad.csv, file: image, label: kind}}",
        "tfds": f"{DENSE}source: tfds, name: no_such_set, {SPLITS}",
        "auto": AUTOENCODER,
        "spatial": spatial,
    }
    loaded = {name: recipe.load(write(folder, text, name)) for name, text in recipes.items()}
    Run.create(folder / "study" / "runs" / "a-seed0").describe(status="finished")
    for name in ("run", "new", "moved", "auto", "spatial"):
        kept = loaded.get(name, loaded["tiny"])
        run = Run.create(folder / name)
        run.begin(recipe.dump(kept), status="finished", classes=["a"], layers=["gaussian"])
        if name != "new":
            run.write(BEST, b"")


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_is_told_before_keras_is_imported(answers, command):
    code, words = MISTAKES[command]
    assert words in answers[command][1]
    assert answers[command][0] == code
