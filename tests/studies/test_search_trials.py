"""A trial of a search that is stopped keeps its settings and goes on from its last checkpoint."""

import pytest
from crashing import Crash
from recipes_at_hand import TINY, write

from specnet import recipe as recipes
from specnet.errors import RunError
from specnet.studies.engine import resuming
from specnet.studies.engine.resuming import Follower
from specnet.studies.tune import plan, sampling
from specnet.studies.tune.training import Watcher, run_trial
from specnet.studies.tune.trial import RECORDS, Trial

RATE = "training.optimizer.learning_rate"
SPACE = (f"{RATE}=log(1e-4,1e-1)",)


@pytest.fixture
def search(tmp_path):
    """Runs the first trial of a search in a folder of its own."""
    fixed = ["training.epochs=2", "training.checkpoint_seconds=0.0001"]
    asked = plan(str(write(tmp_path, TINY)), [*fixed, *SPACE])

    def run(name):
        out = tmp_path / name
        for each in ("trials", "running"):
            (out / each).mkdir(parents=True, exist_ok=True)
        (out / "recipe.yaml").write_text(recipes.dump(asked.recipe))
        run_trial(str(out), "trial-1", 3, SPACE, asked.metric, 0, prune=True, keep=False)
        return RECORDS.read(out, "trial-1", 3)

    return run


def test_a_search_trial_that_was_stopped_goes_on_to_the_same_record(search, monkeypatch):
    expected = search("whole")
    step, told = Watcher.step, []

    def stops(watcher, *where):
        step(watcher, *where)
        told.append(where[:2])
        if len(told) == 6:  # in the second epoch
            raise Crash

    monkeypatch.setattr(Watcher, "step", stops)
    with pytest.raises(Crash):
        search("stopped")
    found = search("stopped")
    assert len(told) == 8 + 1  # the step that was stopped had no checkpoint yet
    assert (found.settings, found.state) == (expected.settings, "complete")
    assert found.values == pytest.approx(expected.values, rel=1e-5)
    assert len(found.values) == 2
    assert found.value == pytest.approx(expected.value)


def test_a_full_disk_leaves_the_checkpoint_of_a_trial_that_went_on(tmp_path, monkeypatch):
    class Full(Follower):
        def step(self, *where):
            super().step(*where)
            raise RunError("no space left on device")

    def resumed(recipe, scratch, follower, resume=False):
        assert resume
        follower.step(1, 1, 4, {})

    monkeypatch.setattr(resuming, "_stopped_at", lambda scratch: (1, 0))
    monkeypatch.setattr(resuming.workflow, "train", resumed)
    kept = tmp_path / "a-seed0" / "checkpoint"
    kept.mkdir(parents=True)
    with pytest.raises(RunError, match="no space"):
        resuming.train_on(None, kept.parent, Full(kept.parent, 2))
    assert kept.exists()


def test_a_trial_that_was_stopped_keeps_the_settings_that_later_ones_would_change(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(sampling, "RANDOM_FIRST", 0)
    asked = plan(str(write(tmp_path, TINY)), SPACE)

    def ask(number):
        optuna = sampling.opened(tmp_path, asked.metric, 0, number)
        return optuna, *sampling.ask(optuna, asked.space, f"trial-{number}")

    _, _, first = ask(1)
    others = []
    for number in range(2, 6):
        optuna, trial, settings = ask(number)
        others.append(Trial(f"trial-{number}", 0, settings=settings, value=settings[RATE]))
        sampling.tell(optuna, trial, others[-1], tmp_path)
    sampling.reconcile(optuna, asked.space, others, tmp_path)
    assert ask(1)[2] == first
    failed = Trial("trial-1", 0, "it was killed", killed=True)
    sampling.reconcile(optuna, asked.space, [failed, *others], tmp_path)
    assert ask(1)[2] != first  # chosen anew, by what the others gave
