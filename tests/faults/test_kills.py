"""A training that is killed at any moment, also several times, ends as an undisturbed one does."""

import json
import random

import pytest
from workers import Worker

CALLS, SECONDS = 420, 2.0  # of the training, about


@pytest.mark.faults
def test_a_killed_training_can_be_loaded_and_ends_with_the_same_bits(tmp_path, trials):
    worker, chance, wrong = Worker("killed_training.py", tmp_path), random.Random(1), {}
    try:
        for number in range(trials(2)):
            at_a_call = chance.randrange(1, CALLS)
            anywhen = chance.uniform(0.3, SECONDS)
            moments = [[at_a_call], [anywhen], [at_a_call, chance.randrange(1, CALLS)]][number % 3]
            if found := worker.ask(moments):
                wrong[str(moments)] = found
                print(moments, found, flush=True)
            if number % 100 == 99:
                print(f"{number + 1} killed, {len(wrong)} ended wrongly", flush=True)
    finally:
        worker.stop()
    assert not wrong, json.dumps(wrong, indent=1)
