"""A process that trains in copies of itself, and kills them.

`python killed_training.py FOLDER` reads a list of moments a line from standard input: at each of
them a training is killed that began or went on in one run. A whole number means a system call on
the disk, a fraction means seconds. Then the training goes on to its end; the answer says what is
not as an undisturbed one leaves it.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pickle
import signal
import sys
import time
import traceback
from pathlib import Path

from small_training import differences, left, resumed, small, trained

from specnet.errors import SpecnetError
from specnet.runs import Run
from specnet.workflow import evaluation

SHIM = ctypes.CDLL(None)


def in_a_copy(work):
    """The number of a new process that does something; this one has started no thread yet."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def killed(work, moment):
    """Lets a copy of this process work, and kills it at a moment."""
    calls = moment if isinstance(moment, int) else 0

    def armed():
        SHIM.fail_call(ctypes.c_long(calls), ctypes.c_long(-1), ctypes.c_long(0))
        work()

    child = in_a_copy(armed)
    if not calls:
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def answered(work, file):
    """What a copy of this process finds."""
    _, code = os.waitpid(in_a_copy(lambda: file.write_bytes(pickle.dumps(work()))), 0)
    return pickle.loads(file.read_bytes()) if not code else ["no answer"]


def loads(recipe, path):
    """Whether what a killed training left is loaded, or is told not to be there yet."""
    try:
        evaluation.load_model(Run.find(path), recipe, (8, 8))
    except SpecnetError as error:
        told = str(error)
        fine = ("no run here", "no such directory", "missing; no epoch of this run is finished")
        return [] if any(each in told for each in fine) else [told]
    return []


def prepared(modules):
    """Imports what a training imports, so that no copy has to, and no collector looks at it."""
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.freeze()


def main(folder):
    recipe, answer = small(folder), folder / "answer"

    def undisturbed():
        return left(trained(recipe, folder / "undisturbed")), [*sys.modules]

    expected, modules = answered(undisturbed, answer)
    prepared(modules)
    disk = folder / "failing-disk"
    disk.mkdir()
    for number, line in enumerate(sys.stdin):
        path, wrong = disk / str(number), []

        def gone_on_with(path=path):
            return loads(recipe, path) + differences(left(resumed(recipe, path)), expected)

        *others, last = json.loads(line)
        for moment in others:
            killed(lambda path=path: resumed(recipe, path), moment)
            wrong += answered(lambda path=path: loads(recipe, path), answer)
        killed(lambda path=path: resumed(recipe, path), last)
        print("answer", json.dumps(wrong + answered(gone_on_with, answer)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
