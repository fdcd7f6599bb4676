"""Recipes made equal to another's cost: parameters by their width, time by their epochs."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import keras

from specnet import data
from specnet import recipe as recipes
from specnet.data import Normalization
from specnet.data.pipeline import Batches
from specnet.errors import RecipeError
from specnet.messages import counted
from specnet.models import builder, compilation
from specnet.ops.compiled import use_precision
from specnet.recipe.schema import Recipe
from specnet.training.ascent import attached

_FARTHEST = 0.05  # a share of the parameters that is no longer called equal
_FACTORS = (1 / 256, 64.0)  # of the width
_HALVINGS = 20
_STEPS = 20  # of one stretch of training
_ROUNDS, _SECONDS = 9, 20.0  # of measuring, at most


@dataclass(frozen=True)
class Matched:
    """A recipe that was made equal, and how near it came, in words."""

    recipe: Recipe
    note: str


def match_parameters(recipe: Recipe, baseline: Recipe) -> Matched:
    """The recipe with all its hidden layers widened by one factor, to the baseline's parameters.

    Widths are whole numbers, so the nearest count may be some way off.

    Raises:
        RecipeError: where no hidden layer has a width.
    """
    wanted = _count(baseline)
    counts: dict[str, int] = {}

    def off(factor: float) -> int:
        made = recipes.widened(recipe, factor)
        key = recipes.dump(made)
        if key not in counts:
            counts[key] = _count(made)
        return counts[key] - wanted

    low, high = _FACTORS
    if off(low) == off(high):
        raise RecipeError([f"{recipe.name}: --match params: no hidden layer has filters or units"])
    for _ in range(_HALVINGS):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if off(middle) < 0 else (low, middle)
    nearest = min((low, high), key=lambda factor: abs(off(factor)))
    return _described(recipes.widened(recipe, nearest), off(nearest) + wanted, wanted)


def _described(made: Recipe, count: int, wanted: int) -> Matched:
    share = count / wanted - 1
    far = "; whole widths come no nearer" if abs(share) > _FARTHEST else ""
    return Matched(made, f"{counted(count, 'parameter')}, {share:+z.1%} of {wanted:,}{far}")


def _count(recipe: Recipe) -> int:
    count = builder.build(recipe).count_params()
    keras.backend.clear_session()
    return count


def match_time(recipe: Recipe, baseline: Recipe) -> Matched:
    """The recipe with so many epochs that it trains about as long as the baseline.

    Compilation, once a training, does not count.
    """
    ours, theirs = seconds_per_epoch([recipe, baseline])
    wanted = baseline.training.epochs * theirs
    epochs = max(1, round(wanted / ours))
    training = recipe.training.model_copy(update={"epochs": epochs})
    took = f"for {baseline.training.epochs} of {theirs:.3g} s"
    note = f"{counted(epochs, 'epoch')} of {ours:.3g} s, {took}"
    return Matched(recipe.model_copy(update={"training": training}), note)


def seconds_per_epoch(measured: Sequence[Recipe]) -> list[float]:
    """What an epoch of each takes here: some steps in turn, A B A B, after those that compile."""
    stretches = [_stretch(recipe) for recipe in measured]
    taken: list[list[float]] = [[] for _ in measured]
    for run in stretches:
        run()
    began = time.monotonic()
    for _ in range(_ROUNDS):
        for seconds, run in zip(taken, stretches, strict=True):
            seconds.append(run())
        if time.monotonic() - began > _SECONDS:
            break
    keras.backend.clear_session()
    return [statistics.median(seconds) for seconds in taken]


def _stretch(recipe: Recipe) -> Callable[[], float]:
    """Trains some steps, and returns what an epoch of such would take in seconds."""
    use_precision(recipe.training.precision)
    keras.utils.set_random_seed(recipe.training.seed)
    model = builder.build(recipe)
    compilation.compile_model(model, recipe)
    dataset, size = data.load(recipe.data), recipe.training.batch_size
    steps = len(dataset.train) // size
    count = min(steps, _STEPS) * size
    split = data.Split(dataset.train.images[:count], dataset.train.labels[:count])
    normalization = Normalization.of(recipe.data, split)
    attached(model, recipe.training, normalization)
    batches = Batches(
        split,
        len(dataset.classes),
        normalization,
        batch_size=size,
        augment=recipe.data.augment,
    )

    def run() -> float:
        began = time.perf_counter()
        model.fit(batches, shuffle=False, verbose=0)
        return (time.perf_counter() - began) / len(batches) * steps

    return run


MATCHES: Mapping[str, Callable[[Recipe, Recipe], Matched]] = {
    "params": match_parameters,
    "time": match_time,
}
