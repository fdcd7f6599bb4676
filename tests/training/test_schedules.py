"""Losses and steps that a recipe asks for: smoothing, schedules, decay, averaged weights."""

import keras
import numpy as np
import pytest
from recipes_at_hand import tiny, write

from specnet import recipe, workflow
from specnet.errors import RecipeError
from specnet.models import builder, compilation, schedules
from specnet.progress import Reporter
from specnet.training import checkpoints, weights
from specnet.training.trainer import Trainer

RATE, EPOCHS, STEPS = 0.02, 3, 8  # steps of an epoch
TOTAL = EPOCHS * STEPS


def half_cosine(share):
    return (1 + np.cos(np.pi * np.clip(share, 0, 1))) / 2


def one_cycle(step, fall):
    top = 0.25 * TOTAL
    up = np.interp(step, [0, top], [0, 1])
    down = np.interp(step, [top, TOTAL], [0, 1])
    return np.where(step < top, 0.1 + 0.9 * fall(1 - up), 0.05 + 0.95 * fall(down))


FORMULAS = {
    "{name: constant}": lambda step: np.ones(len(step)),
    "{name: constant, warmup: 0.5}": lambda step: np.minimum(step / 4, 1),
    "{name: cosine}": lambda step: half_cosine(step / TOTAL),
    "{name: cosine, warmup: 1, end: 0.1}": lambda step: np.where(
        step < STEPS, step / STEPS, 0.1 + 0.9 * half_cosine((step - STEPS) / (TOTAL - STEPS))
    ),
    "{name: piecewise, epochs: [1, 2.5], factors: [0.1, 0.01]}": lambda step: np.select(
        [step < 8, step < 20], [1, 0.1], 0.01
    ),
    "{name: piecewise, epochs: [1], factors: [0.5], warmup: 0.25}": lambda step: (
        np.where(step < 8, 1, 0.5) * np.minimum(step / 2, 1)
    ),
    "{name: one_cycle, rise: 0.25, start: 0.1, end: 0.05}": lambda step: one_cycle(
        step, half_cosine
    ),
    "{name: one_cycle, rise: 0.25, start: 0.1, end: 0.05, shape: linear}": lambda step: one_cycle(
        step, lambda share: 1 - share
    ),
}


@pytest.mark.backend
@pytest.mark.parametrize("said", FORMULAS)
def test_rates_are_those_of_the_formula_also_of_a_schedule_that_was_saved(tmp_path, said):
    optimizer = f"training.optimizer={{learning_rate: {RATE}, schedule: {said}}}"
    rate = schedules.by_step(tiny(tmp_path, optimizer, f"training.epochs={EPOCHS}").training, STEPS)
    steps = np.arange(TOTAL + 2)
    if not callable(rate):
        rate = keras.optimizers.schedules.PiecewiseConstantDecay([0], [rate, rate])
    config = keras.saving.serialize_keras_object(rate)
    for each in (rate, keras.saving.deserialize_keras_object(config)):
        found = [float(each(step)) for step in steps]
        np.testing.assert_allclose(found, RATE * FORMULAS[said](steps), atol=1e-6 * RATE, rtol=1e-5)


@pytest.mark.backend
def test_smoothed_labels_are_shared_among_the_classes(tmp_path):
    loaded = tiny(tmp_path, "training.label_smoothing=0.2")
    model = builder.build(loaded)
    compilation.compile_model(model, loaded)
    scores = np.random.default_rng(0).normal(size=(5, 8)).astype("float32")
    labels = np.eye(8)[[3, 1, 7, 0, 3]]
    entropy = np.log(np.exp(scores).sum(axis=1)) - ((0.8 * labels + 0.2 / 8) * scores).sum(axis=1)
    found = float(model.compute_loss(y=labels.astype("float32"), y_pred=scores))
    assert found == pytest.approx(entropy.mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("schedule={name: cosine, warmup: 3}", "warmup: must be less than training.epochs, 3"),
        ("schedule={name: cosine, warmpu: 1}", "warmpu: unknown key; did you mean 'warmup'"),
        ("schedule={name: cosin}", "schedule.name: must be one of 'constant', 'cosine', "),
        ("schedule={warmup: 1}", "schedule.name: is missing"),
        ("schedule=cosin", "schedule: must be 'constant' or 'cosine' or a mapping, found 'cosin'"),
        ("schedule={name: piecewise, epochs: [1, 2], factors: [1]}", "factors: must be 2, one for"),
        ("schedule={name: piecewise, epochs: [2, 1], factors: [1, 1]}", "epochs: must ascend"),
    ],
)
def test_a_schedule_that_does_not_fit_is_told(tmp_path, said, words):
    with pytest.raises(RecipeError) as told:
        tiny(tmp_path, f"training.optimizer.{said}")
    assert f"training.optimizer.{said.partition('=')[0]}" in str(told.value)
    assert words in str(told.value)


def test_smoothing_belongs_to_the_entropy_of_classes_and_is_told_with_all_else(tmp_path):
    with pytest.raises(RecipeError) as told:
        tiny(
            tmp_path,
            "training.label_smoothing=0.1",
            "training.loss=mse",
            "training.optimizer.schedule={name: constant, warmup: 3}",
        )
    assert "training.label_smoothing: is of categorical_crossentropy, and the" in str(told.value)
    assert "training.optimizer.schedule.warmup: must be less than" in str(told.value)


NORMALIZED = """
data: {source: gratings, image_size: [9, 8], train: 64, validation: 32, test: 8, noise: 1.0}
model:
  - rfft2d
  - implicit: {filters: 2, use_bias: true}
  - irfft2d
  - conv2d: {filters: 2, kernel_size: 3}
  - batch_normalization
  - layer_normalization
  - flatten
  - dense: {units: 8}
"""


@pytest.mark.backend
@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_weights_decay_without_biases_and_normalization(tmp_path, name):
    loaded = recipe.load(
        write(tmp_path, NORMALIZED),
        [
            f"training.optimizer={{name: {name}, learning_rate: 0.5, decay_biases: false}}",
            "training.optimizer.options={weight_decay: 0.1}",
        ],
    )
    model = builder.build(loaded)
    compilation.compile_model(model, loaded)
    variables = model.trainable_variables
    for variable in variables:
        variable.assign(np.ones(variable.shape))
    model.optimizer.apply([keras.ops.zeros(each.shape) for each in variables], variables)
    left = {each.path: float(np.mean(keras.ops.convert_to_numpy(each))) for each in variables}
    for path, mean in left.items():
        whole = path.endswith("bias") or "normalization" in path
        assert mean == pytest.approx(1 if whole else 1 - 0.5 * 0.1), path
    assert {"implicit/hidden_bias", "dense/kernel", "batch_normalization/beta"} <= {*left}


@pytest.mark.backend
@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "nadam"])
def test_biases_and_normalization_move_as_if_alone_at_their_rate(tmp_path, name):
    """As by an optimizer of the same kind with that rate, step by step."""

    def moved(rate, bias_rate):
        loaded = recipe.load(
            write(tmp_path, NORMALIZED),
            [
                f"training.optimizer={{name: {name}, learning_rate: {rate}}}",
                f"training.optimizer.bias_rate={bias_rate}",
                *(["training.optimizer.options={weight_decay: 0.0}"] if name == "adamw" else []),
            ],
        )
        model = builder.build(loaded)
        compilation.compile_model(model, loaded)
        variables = model.trainable_variables
        for variable in variables:
            variable.assign(np.ones(variable.shape))
        for step in range(3):
            gradients = [keras.ops.ones(each.shape) * (step + 0.5) for each in variables]
            model.optimizer.apply(gradients, variables)
        return {each.path: float(np.mean(keras.ops.convert_to_numpy(each))) for each in variables}

    slow, fast, both = moved(0.01, 1), moved(0.03, 1), moved(0.01, 3)
    hurried = [path for path in both if path.endswith("bias") or "normalization" in path]
    assert 4 < len(hurried) < len(both)
    for path, value in both.items():
        expected = fast[path] if path in hurried else slow[path]
        assert value == pytest.approx(expected, rel=1e-5), path
        assert abs(fast[path] - slow[path]) > 0.01


def test_what_decays_is_asked_only_where_anything_decays(tmp_path):
    with pytest.raises(RecipeError, match=r"optimizer.decay_biases: is of a weight_decay"):
        tiny(tmp_path, "training.optimizer.decay_biases=false")


FLAT = """
data: {source: gratings, image_size: [9, 8], train: 64, validation: 32, test: 8, noise: 1.0}
model: [flatten, dropout: {rate: 0.2}, batch_normalization, dense: {units: 8}]
training:
  epochs: 2
  batch_size: 16
  checkpoint_seconds: 0.0001
  label_smoothing: 0.1
  optimizer:
    name: adamw
    learning_rate: 0.05
    schedule: {name: cosine, warmup: 0.5}
    decay_biases: false
    options: {weight_decay: 0.1, global_clipnorm: 0.5, use_ema: true, ema_momentum: 0.75}
"""


class Stopped(Exception):
    """A process that ends without a word."""


class Stops(Reporter):
    """A reporter that ends the training after so many steps."""

    def __init__(self, at):
        self.left = at

    def step(self, epoch, step, steps, logs):
        self.left -= 1
        if self.left == 0:
            raise Stopped


def flat(folder, reporter=None, resume=False):
    loaded = recipe.load(write(folder, FLAT))
    return workflow.train(loaded, folder / "run", reporter, resume=resume)


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A training, and its weights at each checkpoint: (steps that are done, weights)."""
    seen, save = [], Trainer.save

    def noted(trainer):
        seen.append((trainer.progress.epoch * 4 + trainer.progress.step, trainer.trained()))
        save(trainer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "save", noted)
        return flat(tmp_path_factory.mktemp("flat")), seen


@pytest.mark.backend
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("at", [5, 7])
def test_schedules_decay_clipping_and_averages_resume_bit_for_bit(followed, tmp_path, at):
    with pytest.raises(Stopped):
        flat(tmp_path, Stops(at))
    resumed = flat(tmp_path, resume=True)
    expected, found = (checkpoints.load(each.run)[0].arrays for each in (followed[0], resumed))
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
    for name in (weights.BEST, weights.LAST):
        assert loaded(resumed.run, name) == loaded(followed[0].run, name)


def loaded(run, name):
    model = builder.build(recipe.load(run.path / "recipe.yaml"))
    weights.load(run, name, model)
    return [keras.ops.convert_to_numpy(each).tolist() for each in model.trainable_variables]


@pytest.mark.backend
@pytest.mark.usefixtures("undrawn")
def test_steps_go_on_from_the_weights_and_their_average_is_measured_and_kept(followed):
    trained, seen = followed
    by_step = dict(seen)
    assert [*by_step] == [*range(1, 9)]
    for step, arrays in seen:  # two checkpoints at the end of an epoch, of the same weights
        for array, same in zip(arrays, by_step[step], strict=True):
            np.testing.assert_array_equal(array, same)
    average, kept = by_step[1], {}
    for step in range(2, 9):
        pairs = zip(average, by_step[step], strict=True)
        average = [0.75 * old + 0.25 * new for old, new in pairs]
        kept[step / 4] = average
    assert np.abs(average[0] - by_step[8][0]).max() > 1e-3
    for name, epoch in ((weights.LAST, 2), (weights.BEST, trained.best["epoch"])):
        for found, expected in zip(loaded(trained.run, name), kept[epoch], strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-6)
    measured = workflow.evaluate(trained.run, "validation")
    assert measured.loss == pytest.approx(trained.best["val_loss"], rel=1e-5)


@pytest.mark.backend
@pytest.mark.usefixtures("undrawn")
def test_the_rate_at_the_end_of_each_epoch_is_kept(followed):
    rates = [row["learning_rate"] for row in followed[0].run.metrics()]
    # 2 of 8 steps are the warm-up, and after the first epoch 2 of the other 6 are done.
    assert rates == pytest.approx([0.05 * half_cosine(2 / 6), 0], abs=1e-8)
