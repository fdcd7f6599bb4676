"""Each system call of a training on its disk fails, once or from then on: nothing wrong is kept."""

import errno
import json
from itertools import product

import numpy as np
import pytest
from workers import Worker

KINDS = [*product((errno.ENOSPC, errno.EIO), (0, 1))]  # the error, and whether it lasts


@pytest.mark.faults
def test_after_any_failed_system_call_the_files_are_right_or_the_error_says_which(tmp_path, trials):
    """Also after `--resume`, to the bit: weights, checkpoint, metrics, filters."""
    worker, wrong = Worker("small_training.py", tmp_path), {}
    try:
        undisturbed = worker.ask([0, 0, 0])
        assert undisturbed["wrong"] is None
        every = [[n, *kind] for kind in KINDS for n in range(1, undisturbed["calls"] + 1)]
        wanted = min(trials(2), len(every))
        for place in np.linspace(0, len(every) - 1, wanted).astype(int):
            found = worker.ask(every[place])["wrong"]
            if found:
                wrong[str(every[place])] = found
                print(every[place], found, flush=True)
    finally:
        worker.stop()
    print(f"{wanted} of {len(every)} faults, {len(wrong)} ended wrongly")
    assert not wrong, json.dumps(wrong, indent=1)
