"""Losses and steps that a recipe asks for: smoothing, schedules, decay, averaged weights."""

import keras
import numpy as np
import pytest
from recipes_at_hand import tiny

from specnet.errors import RecipeError
from specnet.models import builder, compilation, schedules

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
