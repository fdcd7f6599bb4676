"""How long `specnet train` takes from the shell to the end of its first step."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

import numpy as np

from specnet.errors import RunError

_TIMEOUT = 300.0  # seconds
# As `specnet train` in a shell, but that the process ends where a first step is reported.
_FIRST_STEP = """
import os
from specnet.terminal import TrainingDisplay
TrainingDisplay.step = lambda *told: os._exit(0)
from specnet.cli import main
main()
"""
# Few pictures, and a batch of them: drawing gratings is no part of the question.
_RECIPE = ("gratings-gaussian", "data.train=64", "data.validation=8", "data.test=8")


def startup(rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Seconds to the end of the first step, and of importing TensorFlow alone, (R,) each, in turn.

    Raises:
        RunError: where a process fails.
    """
    train, load = [], []
    with tempfile.TemporaryDirectory() as folder:
        command = ["-c", _FIRST_STEP, "train", *_RECIPE, "--quiet", "--out", f"{folder}/run"]
        for _ in range(rounds):
            load.append(_seconds(["-c", "import tensorflow"]))
            train.append(_seconds(command, SPECNET_CACHE=f"{folder}/cache"))
    return np.array(train), np.array(load)


def _seconds(arguments: Sequence[str], **environment: str) -> float:
    began = time.perf_counter()
    try:
        subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=True,
            timeout=_TIMEOUT,
            env=os.environ | environment,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        words = str(error.stderr or error).strip().splitlines()[-1:]
        raise RunError(f"start-up: its process failed: {' '.join(words)}") from error
    return time.perf_counter() - began
