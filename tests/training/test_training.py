"""What training promises: resumed runs end where undisturbed ones do, and stop as they should."""

import math
import signal

import keras
import numpy as np
import pytest
from crashing import Crash
from recipes_at_hand import tiny

from specnet import data, plots, workflow
from specnet.errors import DataError, DivergedError, InterruptedRun, RecipeError, RunError
from specnet.progress import Reporter
from specnet.runs import Run
from specnet.training import checkpoints, trainer

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("undrawn")]

STEPS = 4  # of an epoch of the tiny recipe


class Silent(Reporter):
    """A reporter that may crash, or send a signal, at one step."""

    def __init__(self, at=None, what=None):
        self.at, self.what, self.count, self.notes = at, what, 0, []

    def start(self, run, machine, recipe, data):
        self.run = Run(run)

    def note(self, message):
        self.notes.append(message)

    def step(self, epoch, step, steps, logs):
        self.count += 1
        if self.count == self.at:
            self.what()


def crash():
    raise Crash


def trained(tmp_path, reporter=None, resume=False, overrides=()):
    recipe = tiny(tmp_path, "training.checkpoint_seconds=0.0001", *overrides)
    return workflow.train(recipe, tmp_path / "run", reporter or Silent(), resume=resume)


def final_arrays(run):
    found, _ = checkpoints.load(run)
    return found.arrays


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize("at", [1, STEPS, 2 * STEPS + 3])
def test_a_crashed_run_resumes_to_the_same_weights_bit_for_bit(undisturbed, tmp_path, at):
    with pytest.raises(Crash):
        trained(tmp_path, Silent(at, crash))
    resumed = trained(tmp_path, resume=True)
    expected, found = final_arrays(undisturbed.run), final_arrays(resumed.run)
    assert expected.keys() == found.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])
    for row, wanted in zip(resumed.rows, undisturbed.rows, strict=True):
        for key in ("epoch", "loss", "accuracy", "val_loss", "val_accuracy"):
            assert row[key] == pytest.approx(wanted[key], rel=1e-5)


EVERY = "{flip: alternating, crop: 2, cutout: 3, mixup: 0.4, cutmix: 1}"


@pytest.mark.parametrize(
    "told",
    [
        [f"data.augment={EVERY}", "training.label_smoothing=0.1"],
        ["training.adversarial={epsilon: 0.02}"],
        ["training.precision=mixed_float16"],
        ["training.adversarial={epsilon: 0.02}", "training.precision=mixed_bfloat16"],
        ["training.optimizer.options={gradient_accumulation_steps: 2}"],
    ],
)
def test_a_crashed_run_resumes_bit_for_bit_whatever_the_steps_are(tmp_path, told):
    overrides = [*told, "training.epochs=2"]
    undisturbed = workflow.train(tiny(tmp_path, *overrides), tmp_path / "undisturbed", Silent())
    with pytest.raises(Crash):
        trained(tmp_path, Silent(STEPS + 2, crash), overrides=overrides)
    resumed = trained(tmp_path, resume=True, overrides=overrides)
    found = final_arrays(resumed.run)
    for name, expected in final_arrays(undisturbed.run).items():
        np.testing.assert_array_equal(found[name], expected)


def test_what_fails_in_a_step_is_no_fault_of_a_layer_that_can_be_trained(tmp_path, monkeypatch):
    def fails(self, *given, **named):
        raise ValueError("of the step alone")

    monkeypatch.setattr(keras.optimizers.Adam, "apply", fails)
    with pytest.raises(RecipeError) as told:
        trained(tmp_path)
    words = 'training: the first step failed: the backend says "of the step alone"'
    assert words in str(told.value)


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="it takes one at a time")
def test_several_steps_at_once_change_nothing_also_where_a_run_resumes(undisturbed, tmp_path):
    several = ["training.steps_per_execution=3"]  # and then one that is left
    told = Silent(2 + 1, crash)
    with pytest.raises(Crash):
        trained(tmp_path, told, overrides=several)
    found, _ = checkpoints.load(told.run)
    assert (found.epoch, found.step) == (1, 0)
    resumed = trained(tmp_path, resume=True, overrides=several)
    for name, expected in final_arrays(undisturbed.run).items():
        np.testing.assert_array_equal(final_arrays(resumed.run)[name], expected)
    for row, wanted in zip(resumed.rows, undisturbed.rows, strict=True):
        assert row["loss"] == pytest.approx(wanted["loss"], rel=1e-6)


def test_more_threads_that_read_change_nothing(undisturbed, tmp_path):
    read = trained(tmp_path, overrides=["training.workers=3"])
    for name, expected in final_arrays(undisturbed.run).items():
        np.testing.assert_array_equal(final_arrays(read.run)[name], expected)


@pytest.mark.graph  # where XLA rounds less often than operations one by one
def test_bfloat16_learns_what_float32_learns_within_its_rounding(undisturbed, tmp_path):
    rounded = trained(tmp_path, overrides=["training.precision=mixed_bfloat16"])
    for row, wanted in zip(rounded.rows, undisturbed.rows, strict=True):
        for key in ("loss", "val_loss"):
            assert row[key] == pytest.approx(wanted[key], rel=2**-6)
    assert rounded.rows[-1]["loss"] < rounded.rows[0]["loss"]
    assert {array.dtype.name for array in final_arrays(rounded.run).values()} <= {
        array.dtype.name for array in final_arrays(undisturbed.run).values()
    }  # weights stay as they are


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_step_and_a_checkpoint(tmp_path, number):
    reporter = Silent(STEPS + 2, lambda: signal.raise_signal(number))
    with pytest.raises(
        InterruptedRun, match="in epoch 2 after step 2; continue with --resume"
    ) as stop:
        trained(tmp_path, reporter)
    assert stop.value.exit_code == 128 + number
    found, _ = checkpoints.load(reporter.run)
    assert (found.epoch, found.step) == (1, 2)
    assert reporter.run.facts()["status"] == "interrupted"
    assert (reporter.run.path / "history.png").exists()


def test_short_epochs_are_drawn_once_at_the_end(tmp_path, monkeypatch):
    drawn, history = [], plots.history
    monkeypatch.setattr(
        plots, "history", lambda rows, *rest: drawn.append(len(rows)) or history(rows, *rest)
    )
    monkeypatch.setattr(trainer, "_SECONDS_BETWEEN_PICTURES", math.inf)  # however slow the machine
    trained(tmp_path, overrides=["training.epochs=2"])
    assert drawn == [2]


def test_a_cosine_schedule_is_that_of_keras_epoch_by_epoch_also_where_a_run_resumes(
    tmp_path, monkeypatch
):
    fit, rates = keras.Model.fit, []

    def noted(model, *arguments, **more):
        rates.append(float(model.optimizer.learning_rate))
        return fit(model, *arguments, **more)

    monkeypatch.setattr(keras.Model, "fit", noted)
    overrides = [
        "training.optimizer={learning_rate: 0.01, schedule: cosine}",
        "training.epochs=3",
    ]
    with pytest.raises(Crash):
        trained(tmp_path, Silent(STEPS + 2, crash), overrides=overrides)
    trained(tmp_path, resume=True, overrides=overrides)
    cosine = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=3)
    expected = [float(cosine(epoch)) for epoch in (0, 1, 1, 2)]  # the second epoch twice
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_finite_weights(tmp_path):
    reporter = Silent()
    with pytest.raises(DivergedError, match=r"not finite in epoch \d, step \d; try a smaller"):
        trained(
            tmp_path, reporter, overrides=["training.optimizer={name: sgd, learning_rate: 1e18}"]
        )
    found, _ = checkpoints.load(reporter.run)
    assert found is None or all(np.isfinite(a).all() for a in found.arrays.values())
    assert reporter.run.facts()["status"] == "diverged"


def test_weights_that_diverge_in_an_epochs_last_step_do_not_become_the_best(tmp_path, monkeypatch):
    """Also where the loss of that step was still finite."""
    fit = keras.Model.fit

    def spoiled(model, *arguments, initial_epoch, **more):
        fit(model, *arguments, initial_epoch=initial_epoch, **more)
        if initial_epoch == 1:
            model.layers[-1].bias.assign([np.nan] * 8)

    monkeypatch.setattr(keras.Model, "fit", spoiled)
    reporter = Silent()
    with pytest.raises(DivergedError, match="a weight is not finite in epoch 2, step 4"):
        workflow.train(tiny(tmp_path), tmp_path / "run", reporter)
    assert len(reporter.run.metrics()) == 1
    assert np.isfinite(workflow.evaluate(reporter.run, "validation").loss)


def test_a_run_is_not_measured_on_other_classes(undisturbed, tmp_path, monkeypatch):
    monkeypatch.setattr(data.gratings, "CLASSES", tuple("abcdefgh"))
    with pytest.raises(DataError, match=r"was trained on the classes low 0°.*now has a, b"):
        workflow.evaluate(undisturbed.run, "test")


def test_a_damaged_checkpoint_costs_steps_not_the_run(undisturbed, tmp_path):
    with pytest.raises(Crash):
        trained(tmp_path, Silent(STEPS + 2, crash))
    newest = max((tmp_path / "run" / "checkpoints").glob("*.npz"))
    newest.write_bytes(newest.read_bytes()[:-50])
    reporter = Silent()
    resumed = trained(tmp_path, reporter, resume=True)
    assert any("using the checkpoint before it" in note for note in reporter.notes)
    for name, array in final_arrays(undisturbed.run).items():
        np.testing.assert_array_equal(final_arrays(resumed.run)[name], array)


def test_another_machine_goes_on_with_a_note_and_the_first_is_kept(tmp_path):
    with pytest.raises(Crash):
        trained(tmp_path, Silent(2, crash))
    run = Run(tmp_path / "run")
    machine = run.facts()["machine"]
    first = machine | {"processor": "abacus", "versions": machine["versions"] | {"keras": "2.0"}}
    run.describe(machine=first)
    reporter = Silent()
    facts = trained(tmp_path, reporter, resume=True).run.facts()
    (told,) = (note for note in reporter.notes if "undisturbed" in note)
    assert f"processor abacus -> {machine['processor']}, keras 2.0 -> {keras.__version__}" in told
    assert (facts["machine"]["processor"], facts["machines_before"]) == (
        machine["processor"],
        [first],
    )


def test_another_recipe_cannot_resume_a_run(tmp_path):
    with pytest.raises(Crash):
        trained(tmp_path, Silent(2, crash))
    with pytest.raises(RunError, match=r"another recipe:\n  training.batch_size: 16 -> 8"):
        trained(tmp_path, resume=True, overrides=["training.batch_size=8"])


def test_a_finished_run_can_be_trained_longer(undisturbed, tmp_path):
    trained(tmp_path, overrides=["training.epochs=2"])
    longer = trained(tmp_path, resume=True, overrides=["training.epochs=3"])
    assert len(longer.rows) == 3
    for name, array in final_arrays(undisturbed.run).items():
        np.testing.assert_array_equal(final_arrays(longer.run)[name], array)


def test_best_weights_are_those_of_the_best_validation_accuracy(undisturbed):
    best = max(undisturbed.rows, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    result = workflow.evaluate(undisturbed.run, "validation")
    assert undisturbed.best == best
    assert result.accuracy == pytest.approx(best["val_accuracy"])
    assert result.loss == pytest.approx(best["val_loss"], rel=1e-4)


def test_a_run_directory_holds_what_it_should(undisturbed):
    names = {path.name for path in undisturbed.run.path.iterdir()}
    assert names >= {
        "recipe.yaml", "run.json", "metrics.csv", "history.png", "checkpoints",
        "model.weights.h5", "last.weights.h5",
    }  # fmt: skip
    facts = undisturbed.run.facts()
    assert facts["status"] == "finished"
    assert facts["parameters"] == undisturbed.parameters
    assert len(undisturbed.run.metrics()) == 3
