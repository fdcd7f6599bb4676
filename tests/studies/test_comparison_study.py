"""A study goes on where it was, and refuses to mix what does not belong together."""

import json
from dataclasses import replace

import pytest
from recipes_at_hand import TINY, write

from specnet.errors import InterruptedRun, RunError
from specnet.runs import Run
from specnet.studies.compare import Options, compare, plan, study
from specnet.studies.compare.trial import RECORDS as records
from specnet.studies.compare.trial import Trial
from specnet.studies.engine import workers


@pytest.fixture
def asked(tmp_path):
    names = [str(write(tmp_path, TINY, name)) for name in ("first", "second")]
    return plan(names, seeds=[0, 1])


@pytest.fixture
def begun(asked, monkeypatch):
    """What would be run: no process is started."""
    started = []

    def prepare(task, contenders, **others):
        each = {"flops": 1, "sizes": [], "note": None}
        facts = {one["label"]: each | {"recipe": one["recipe"]} for one in contenders}
        return {"facts": facts, "machine": {"versions": {}}}

    def run_all(jobs, done, count, reporter):
        started.extend((job.label, job.seed) for job in jobs)
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "ask", prepare)
    monkeypatch.setattr(workers, "run_all", run_all)

    def begin(out, plan=asked, **options):
        started.clear()
        with pytest.raises(InterruptedRun, match="the same command goes on from here"):
            compare(plan, out, Options(**options))
        return started

    return begin


def test_trials_of_one_seed_come_one_after_the_other(begun, tmp_path):
    keys = [("first", 0), ("second", 0), ("first", 1), ("second", 1)]
    assert begun(tmp_path / "out") == keys


def test_what_is_over_is_not_run_again_and_what_failed_only_when_asked(begun, tmp_path):
    out = tmp_path / "out"
    begun(out)
    (out / "trials").mkdir()
    records.write(out, Trial("first", 0, accuracy=0.5))
    records.write(out, Trial("second", 0, "diverged"))
    records.write(out, Trial("first", 1, "its process was killed", killed=True))
    assert begun(out) == [("first", 1), ("second", 1)]
    assert begun(out, retry=True) == [("second", 0), ("first", 1), ("second", 1)]


def test_more_seeds_go_into_the_same_folder_and_other_settings_do_not(begun, asked, tmp_path):
    out = tmp_path / "out"
    begun(out)
    assert len(begun(out, replace(asked, seeds=(5, 6, 7)))) == 6
    with pytest.raises(RunError, match=r"match: None -> params"):
        compare(replace(asked, match="params"), out)
    training = asked.contenders[1].recipe.training.model_copy(update={"epochs": 7})
    changed = asked.contenders[1].recipe.model_copy(update={"training": training})
    others = (asked.contenders[0], replace(asked.contenders[1], recipe=changed))
    with pytest.raises(RunError, match=r"second: training.epochs: 3 -> 7"):
        compare(replace(asked, contenders=others), out)
    with pytest.raises(RunError, match=r"recipes: first, second -> second"):
        compare(replace(asked, contenders=asked.contenders[1:]), out)


def test_a_recipe_more_is_compared_with_the_trials_that_are_there(begun, asked, tmp_path):
    out = tmp_path / "out"
    begun(out)
    before = (out / "study.json").read_text()
    (out / "trials").mkdir()
    for label, seed in (("first", 0), ("first", 1), ("second", 0), ("second", 1)):
        records.write(out, Trial(label, seed, accuracy=0.5))
    names = [str(tmp_path / f"{name}.yaml") for name in ("first", "second")]
    more = plan([*names, str(write(tmp_path, TINY, "third"))], seeds=[0, 1])
    assert begun(out, more) == [("third", 0), ("third", 1)]
    known, facts = (
        json.loads(text)["facts"] for text in (before, (out / "study.json").read_text())
    )
    assert facts == known | {"third": facts["third"]}
    with pytest.raises(RunError, match=r"recipes: first, second, third -> first, second"):
        compare(asked, out)


def test_two_processes_do_not_share_a_folder(begun, asked, tmp_path):
    out = tmp_path / "out"
    begun(out)
    with Run(out).locked(), pytest.raises(RunError, match="another process"):
        compare(asked, out)
