"""A training of a second, what it must leave, and a process that lets its system calls fail.

`python small_training.py FOLDER` reads a fault a line from standard input, trains with it in the
folder, resumes, and answers with what came of it.
"""

import ctypes
import gc
import json
import sys
import traceback
import warnings
from pathlib import Path

import keras
import numpy as np

from specnet import recipe, workflow
from specnet.errors import RunError, RunWarning, SpecnetError
from specnet.progress import Reporter
from specnet.runs import Run
from specnet.training import checkpoints

TEXT = """
data: {source: gratings, image_size: 8, train: 32, validation: 16, test: 16}
model: [rfft2d, {gaussian: {filters: 2}}, flatten, {dense: {units: 8}}]
training: {epochs: 2, batch_size: 16, checkpoint_seconds: 0.0001, jit_compile: false}
"""
warnings.simplefilter("ignore", RunWarning)
if keras.backend.backend() == "tensorflow":  # files do not depend on it, and tracing takes longest
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)


def small(folder, *overrides):
    file = folder / "small.yaml"
    file.write_text(TEXT)
    return recipe.load(str(file), overrides)


class Quiet(Reporter):
    """Keeps the notes."""

    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(message)


def left(run):
    """All that a finished training leaves and that does not depend on the clock."""
    found, _ = checkpoints.load(run)
    rows = [
        {k: v for k, v in row.items() if k not in ("seconds", "images_per_second")}
        for row in run.metrics()
    ]
    weights = {
        name: run.read_known(name, 10**6) for name in ("model.weights.h5", "last.weights.h5")
    }
    filters = sorted(file.name for file in (run.path / "filters").glob("epoch-*"))
    assert run.facts()["status"] == "finished"
    return {"arrays": found.arrays, "rows": rows, "weights": weights, "filters": filters}


def differences(found, expected):
    """Names of what is not the same."""
    names = [key for key in ("weights", "filters") if found[key] != expected[key]]
    if not alike(found["rows"], expected["rows"]):
        names.append("rows")
    same = found["arrays"].keys() == expected["arrays"].keys() and all(
        np.array_equal(found["arrays"][name], array) for name, array in expected["arrays"].items()
    )
    return names if same else [*names, "arrays"]


def alike(rows, others):
    """Of the same epochs; means of an epoch that was interrupted are rounded once more."""
    return [[*row] for row in rows] == [[*row] for row in others] and all(
        np.allclose([*row.values()], [*other.values()], rtol=1e-5)
        for row, other in zip(rows, others, strict=True)
    )


def resumed(small_recipe, path):
    """The run of a training that is taken up again, or begun anew where nothing is there."""
    try:
        Run.newest_of(path)
    except RunError:
        return trained(small_recipe, path)
    return trained(small_recipe, path, resume=True)


def trained(small_recipe, path, resume=False, out=None):
    keras.utils.clear_session()  # a process that trains once names its layers so
    return workflow.train(small_recipe, path, out or Quiet(), resume).run


def main(folder):
    shim = ctypes.CDLL(None)
    small_recipe = small(folder)
    expected = left(trained(small_recipe, folder / "undisturbed"))
    gc.freeze()  # trainings take a third less when the collector passes over what is imported
    disk = folder / "failing-disk"
    disk.mkdir()

    def attempt(number, fault):
        path, answer = disk / str(number), {}
        shim.fail_call(*(ctypes.c_long(each) for each in fault))
        try:
            run = trained(small_recipe, path)
        except SpecnetError as error:
            answer["message"] = str(error)
            if "failing-disk" not in str(error) or error.exit_code != 1:
                answer["wrong"] = f"told as {error}"
        except BaseException:
            answer["wrong"] = traceback.format_exc()
        answer["calls"] = shim.calls_so_far()
        shim.fail_call(0, 0, 0)
        if "message" not in answer and "wrong" not in answer:
            answer["wrong"] = differences(left(run), expected) or None
        try:
            again = differences(left(resumed(small_recipe, path)), expected)
            answer["wrong"] = answer.get("wrong") or again or None
        except BaseException:
            answer["wrong"] = f"{answer.get('message')}, resumed: {traceback.format_exc()}"
        return answer

    for number, line in enumerate(sys.stdin):
        print("answer", json.dumps(attempt(number, json.loads(line))), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
