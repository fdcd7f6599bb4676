"""Each system call of a training on its disk fails, once or from then on: nothing wrong is kept."""

import errno
import json
import os
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
KINDS = [*product((errno.ENOSPC, errno.EIO), (0, 1))]


class Worker:
    """A process whose system calls can be told to fail."""

    def __init__(self, folder):
        library = folder / "failing_calls.so"
        source = HERE / "failing_calls.c"
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True
        )
        self.process = subprocess.Popen(
            [sys.executable, HERE / "small_training.py", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr").open("w"),
            env=os.environ | {"LD_PRELOAD": str(library)},
            text=True,
        )

    def ask(self, number, error, forever):
        self.process.stdin.write(json.dumps([number, error, forever]) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("answer "):
                return json.loads(line.removeprefix("answer "))
        return {"wrong": f"the process died: {self.process.wait()}", "calls": 0}


@pytest.fixture
def worker(tmp_path):
    if not (shutil.which("gcc") and sys.platform == "linux"):
        pytest.skip("needs gcc, and LD_PRELOAD")
    made = Worker(tmp_path)
    yield made
    made.process.kill()
    made.process.wait()


@pytest.mark.faults
def test_after_any_failed_system_call_the_files_are_right_or_the_error_says_which(worker, trials):
    """Also after `--resume`, to the bit: weights, checkpoint, metrics, filters."""
    undisturbed = worker.ask(0, 0, 0)
    assert undisturbed["wrong"] is None
    every = [(n, *kind) for kind in KINDS for n in range(1, undisturbed["calls"] + 1)]
    wanted = min(trials(5), len(every))
    chosen = [every[place] for place in np.linspace(0, len(every) - 1, wanted).astype(int)]
    wrong = {}
    for fault in chosen:
        answer = worker.ask(*fault)
        if answer["wrong"]:
            wrong[fault] = answer["wrong"]
        assert worker.process.poll() is None, fault
    print(f"{len(chosen)} of {len(every)} faults tried, {len(wrong)} ended wrongly")
    assert not wrong, json.dumps({str(fault): each for fault, each in wrong.items()}, indent=1)
