"""Trials: what every recipe sees, what is recorded, and how long the others will take."""

import json
import os
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from crashing import Crash
from recipes_at_hand import TINY, write

from specnet import recipe, workflow
from specnet.data.pipeline import Batches
from specnet.errors import DataError, InterruptedRun, RecipeError, RunError, UsageError
from specnet.runs import Run
from specnet.studies.compare import Options, compare, kept_runs, plan, study
from specnet.studies.compare.recorder import Recorder
from specnet.studies.compare.training import prepare, run_trial
from specnet.studies.compare.trial import RECORDS as records
from specnet.studies.compare.trial import Trial
from specnet.studies.engine import resuming, store
from specnet.studies.engine.estimate import Progress, outlook
from specnet.studies.engine.processes import Owner, as_json, environment, error_of
from specnet.studies.engine.subjects import as_json as recipe_as_json
from specnet.studies.engine.workers import threads_for
from specnet.workflow import evaluation

SPATIAL = TINY.replace("rfft2d", "conv2d: {filters: 2, kernel_size: 3}").replace(
    "gaussian: {filters: 4, activation: relu}", "relu"
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Three trials, kept: the study's folder, records by name, and the training batches of each."""
    folder = tmp_path_factory.mktemp("study")
    seen, original = [], Batches.__getitem__

    def spy(self, index):
        found = original(self, index)
        if self.maps is not None:  # a training batch
            seen.append((self.first_step + index, *(zlib.crc32(x.tobytes()) for x in found)))
        return found

    (folder / "running").mkdir()
    records_of, batches = {}, {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Batches, "__getitem__", spy)
        for name, text, seed in (("a", TINY, 3), ("b", SPATIAL, 3), ("b", SPATIAL, 4)):
            loaded = recipe.load(write(folder, text), ["training.epochs=2"])
            run_trial(str(folder), name, recipe_as_json(loaded), seed, [], keep=True)
            records_of[name, seed] = records.read(folder, name, seed)
            batches[name, seed] = sorted(seen)
            seen.clear()
    return folder, records_of, batches


def test_trials_of_one_seed_see_the_same_batches_whatever_the_network(trained):
    batches = trained[2]
    assert len(set(batches["a", 3])) == 2 * 64 // 16
    assert batches["a", 3] == batches["b", 3]
    assert not set(batches["b", 3]) & set(batches["b", 4])


def test_kept_runs_are_in_the_order_of_the_comparison(trained, tmp_path):
    folder, _, _ = trained
    assert kept_runs(folder) == []  # nothing says that it is a comparison
    asked = [
        {"label": label, "against": None, "recipe": {}} for label in ("b", "a", "not-trained-yet")
    ]
    shutil.copytree(folder, tmp_path / "x")
    asked = {"match": None, "eval_sizes": [], "contenders": asked}
    store.remember(tmp_path / "x", asked=asked, facts={}, machine={})
    runs = kept_runs(tmp_path / "x")
    assert [run.path.name for run in runs] == ["b-seed3", "b-seed4", "a-seed3"]
    shutil.rmtree(tmp_path / "x" / "runs")
    with pytest.raises(UsageError, match="kept no runs; make it with --keep-runs"):
        kept_runs(tmp_path / "x")


def test_a_record_holds_what_the_run_says(trained):
    folder, records_of, _ = trained
    trial, kept = records_of["a", 3], Run(folder / "runs" / "a-seed3")
    assert trial.accuracy == pytest.approx(workflow.evaluate(kept, "test").accuracy)
    assert trial.rows == kept.metrics()
    assert kept.facts()["seed"] == 3
    means = np.reshape(trial.losses, (2, -1)).mean(axis=1)
    np.testing.assert_allclose(means, [row["loss"] for row in trial.rows], rtol=1e-4)
    assert trial.parameters == kept.facts()["parameters"]
    assert trial.peak_mib >= 0  # steps this small fit into what tests before them left
    assert not list((folder / "running").glob("*seed3/*"))


@pytest.mark.parametrize(  # in an epoch, at its end, and in the last; or without its losses
    ("at", "lost"), [(2, False), (4, False), (7, False), (4, True)]
)
def test_a_trial_that_was_stopped_goes_on_to_the_same_record(
    trained, tmp_path, monkeypatch, at, lost
):
    step, told = Recorder.step, []

    def stops(recorder, *where):
        step(recorder, *where)
        told.append(where[:2])
        if len(told) == at:
            raise Crash

    (tmp_path / "running").mkdir()
    monkeypatch.setattr(Recorder, "step", stops)
    fast = ["training.epochs=2", "training.checkpoint_seconds=0.0001"]
    asked = recipe_as_json(recipe.load(write(tmp_path, TINY), fast))
    with pytest.raises(Crash):
        run_trial(str(tmp_path), "a", asked, 3, [], keep=False)
    if lost:
        (tmp_path / "running" / "a-seed3.losses").unlink()
    run_trial(str(tmp_path), "a", asked, 3, [], keep=False)
    found, expected = records.read(tmp_path, "a", 3), trained[1]["a", 3]
    assert len(told) == 8 + (at if lost else 1)  # the step that was stopped had no checkpoint yet
    assert found.accuracy == expected.accuracy
    np.testing.assert_allclose(found.losses, expected.losses, rtol=1e-4)
    assert [row["val_loss"] for row in found.rows] == pytest.approx(
        [row["val_loss"] for row in expected.rows], rel=1e-5
    )
    assert [path.name for path in (tmp_path / "running").iterdir() if path.is_dir()] == []


def test_a_trial_that_is_told_to_stop_is_where_it_goes_on(tmp_path, monkeypatch):
    def stops(asked, scratch, follower):
        (scratch / "checkpoint").mkdir(parents=True)
        raise InterruptedRun("stopped", 15)

    monkeypatch.setattr(resuming, "train_on", stops)
    with pytest.raises(InterruptedRun):
        run_trial(str(tmp_path), "a", recipe_as_json(recipe.load(write(tmp_path))), 3, [], True)
    assert (tmp_path / "running" / "a-seed3" / "checkpoint").exists()
    assert not (tmp_path / "runs").exists()


def test_what_is_left_of_a_failed_trial_goes_once_it_is_finished(tmp_path):
    (tmp_path / "running").mkdir()
    failed = tmp_path / "runs" / "a-seed3"
    failed.mkdir(parents=True)
    asked = recipe_as_json(recipe.load(write(tmp_path), ["training.epochs=1"]))
    run_trial(str(tmp_path), "a", asked, 3, [], keep=False)
    assert records.read(tmp_path, "a", 3).finished
    assert not failed.exists()


def test_a_trial_is_tested_in_the_precision_that_it_was_trained_in(tmp_path, monkeypatch):
    (tmp_path / "running").mkdir()
    seen, evaluate = [], evaluation.evaluate
    monkeypatch.setattr(
        evaluation,
        "evaluate",
        lambda model, *rest: seen.append(model.layers[-1].compute_dtype) or evaluate(model, *rest),
    )
    changes = ["training.epochs=1", "training.precision=mixed_bfloat16"]
    asked = recipe_as_json(recipe.load(write(tmp_path), changes))
    run_trial(str(tmp_path), "a", asked, 3, [], keep=False)
    assert seen == ["bfloat16"]


def test_a_recorder_that_saw_no_step_of_the_last_epoch_has_the_trial_begin_anew(tmp_path):
    recorder = Recorder(tmp_path / "a-seed0", 2)
    assert recorder.begin((1, 4))  # the checkpoint was written before the last epoch was measured
    with pytest.raises(RunError, match="no step is left"):
        recorder.epoch({"epoch": 2})
    recorder.epoch({"epoch": 1})


def test_what_is_known_before_a_trial_says_which_sizes_a_model_takes(tmp_path):
    pooled = TINY.replace("flatten", "irfft2d\n  - global_average_pooling2d")
    asked = [
        {"label": name, "against": None, "recipe": recipe_as_json(recipe.load(path))}
        for name, path in {"bound": write(tmp_path), "free": write(tmp_path, pooled, "b")}.items()
    ]
    facts = prepare(asked, None, [12, 20])["facts"]
    assert (facts["bound"]["sizes"], facts["free"]["sizes"]) == ([], [12, 20])
    assert facts["bound"]["recipe"] == asked[0]["recipe"]


def test_records_are_read_as_written_and_damaged_ones_are_told(tmp_path):
    failed = Trial("a", 0, "it diverged", killed=True)
    done = Trial("a", 1, accuracy=0.5, sizes={"64": 0.25}, losses=[1.5])
    (tmp_path / "trials").mkdir()
    for trial in (failed, done):
        records.write(tmp_path, trial)
    assert records.read(tmp_path, "a", 1) == done
    assert records.read(tmp_path, "a", 2) is None
    again = records.read(tmp_path, "a", 0)
    assert replace(again, accuracy=0) == replace(failed, accuracy=0)
    (tmp_path / "trials" / "a-seed1.json").write_text("{")
    with pytest.raises(RunError, match="is damaged"):
        records.read(tmp_path, "a", 1)


def test_the_time_left_is_what_waits_over_the_processes():
    wanted = [(label, seed) for seed in range(3) for label in ("fast", "slow")]
    done = [Trial("fast", 0, accuracy=0.5, seconds=10), Trial("slow", 0, accuracy=0.5, seconds=30)]
    running = {("fast", 1): Progress(0.5, 5.0, 4)}
    found = outlook(done, running, wanted, jobs=1)
    assert (found.done, found.count) == (2.5, 6)
    assert found.seconds_left == pytest.approx(5 + 30 + 10 + 30)
    assert outlook(done, running, wanted, jobs=2).seconds_left == pytest.approx(75 / 2)
    assert found.running == ("fast seed 1 3/4",)


def test_the_time_left_of_what_goes_on_is_that_of_the_rest():
    wanted = [("a", seed) for seed in range(3)]
    begun = {("a", 0): Progress(0.75, 10.0, 4, begun=0.5)}  # 40 s a trial, a quarter is left
    assert outlook([], begun, wanted, 1).seconds_left == pytest.approx(10 + 2 * 40)


def test_nobody_knows_the_time_left_before_anything_is_known():
    wanted = [("a", 0), ("a", 1)]
    assert outlook([], {}, wanted, 1).seconds_left is None
    begun = {("a", 0): Progress(0.25, 10.0, 4)}
    assert outlook([], begun, wanted, 1).seconds_left == pytest.approx(30 + 40)


def test_processes_share_the_cores():
    for jobs in (1, 2, 3, 1000):
        assert jobs * threads_for(jobs) <= max(jobs, len(os.sched_getaffinity(0)))
        variables = environment(threads_for(jobs))
        assert variables["TF_NUM_INTRAOP_THREADS"] == variables["OMP_NUM_THREADS"]


def test_times_are_measured_with_the_cores_of_a_trial(monkeypatch, tmp_path):
    class Asked(Exception):
        pass

    def spy(task, threads=None, **question):
        raise Asked(threads)

    monkeypatch.setattr(study, "ask", spy)
    asked = plan(["gratings-gaussian", "gratings-spatial"], match="time")
    with pytest.raises(Asked, match=f"^{threads_for(2)}$"):
        compare(asked, tmp_path / "out", Options(jobs=2))


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="of some Linuxes")
def test_processes_of_a_nice_study_are_as_nice():
    ask = (
        "from specnet.studies.engine.processes import stay_nice\n"
        "stay_nice()\n"
        "print(open('/proc/self/autogroup').read())"
    )
    command = ["nice", "-n", "7", sys.executable, "-c", ask]
    told = subprocess.check_output(command, text=True, start_new_session=True)
    assert told.split()[-2:] == ["nice", str(os.nice(0) + 7)]


def test_an_owner_lives_until_its_process_ends():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = replace(Owner.this(), pid=process.pid)
    assert owner.lives()
    process.communicate(b"\n")
    assert not owner.lives()
    assert replace(owner, host="elsewhere").lives()


@pytest.mark.parametrize(
    "error", [UsageError("say --x"), DataError("gone"), RecipeError(["a: 1", "b: 2"])], ids=repr
)
def test_an_error_of_another_process_is_the_same_error_here(error):
    again = error_of(json.loads(json.dumps(as_json(error))))
    assert type(again) is type(error)
    assert (str(again), again.exit_code) == (str(error), error.exit_code)


def test_missing_data_is_told_before_the_first_trial(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", os.fspath(tmp_path))
    content = recipe_as_json(recipe.load("catsdogs-gaussian"))
    with pytest.raises(DataError, match="specnet data prepare cats_vs_dogs"):
        prepare([{"label": "a", "against": None, "recipe": content}], None, [])
