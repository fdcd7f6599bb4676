"""What other processes do for a comparison, so that the command itself never loads a backend.

Before the first trial `prepare`: every model built, the data read once, sizes and epochs made
equal. Then `run_trial`: a recipe trained with one seed, tested, and recorded.
"""

import shutil
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
from keras import ops

from specnet import data, environment, workflow
from specnet.errors import InterruptedRun, SpecnetError, UsageError
from specnet.models import builder, cost
from specnet.ops.compiled import use_precision
from specnet.recipe.schema import HuggingfaceData, Recipe, Settings, Splits, TfdsData
from specnet.runs import Run
from specnet.studies.compare import matching
from specnet.studies.compare.design import Match
from specnet.studies.compare.recorder import Recorder
from specnet.studies.compare.trial import RECORDS, Trial
from specnet.studies.engine import resuming
from specnet.studies.engine.checks import check
from specnet.studies.engine.processes import STARTED
from specnet.studies.engine.records import RUNNING, RUNS, key_of
from specnet.studies.engine.subjects import as_json, read_recipe
from specnet.workflow import evaluation


@dataclass(frozen=True)
class Facts:
    """What is known of a contender before it is trained.

    Attributes:
        recipe: as it is trained, widened or with other epochs where that was asked for.
        parameters: weights of the network.
        flops: operations of a forward pass of one image; `uncounted` layers are not in it.
        sizes: at which it can be tested, in pixels along a side.
        note: what a reader should know of how it was made equal.
    """

    recipe: dict[str, Any]
    parameters: int
    flops: int
    uncounted: list[str]
    sizes: list[int]
    note: str | None = None


def prepare(
    contenders: Sequence[Mapping[str, Any]], match: Match | None, eval_sizes: Sequence[int]
) -> dict[str, Any]:
    """Answers with `facts` (label -> `Facts` as a mapping) and the `machine`.

    Args:
        contenders: label, recipe and against of each, as JSON.
        match, eval_sizes: of the plan.

    Raises:
        RecipeError, DataError: with what is wrong with any of them.
    """
    recipes = {each["label"]: read_recipe(each["recipe"]) for each in contenders}
    against = {each["label"]: each["against"] for each in contenders}
    check(recipes)
    notes: dict[str, str] = {}
    for label, baseline in against.items():
        if match is not None and baseline is not None:
            made = matching.MATCHES[match](recipes[label], recipes[baseline])
            recipes[label], notes[label] = made.recipe, made.note
    facts = {
        label: vars(_facts(recipe, eval_sizes, notes.get(label)))
        for label, recipe in recipes.items()
    }
    return {"facts": facts, "machine": environment.facts()}


def _facts(recipe: Recipe, eval_sizes: Sequence[int], note: str | None) -> Facts:
    use_precision(recipe.training.precision)
    model = builder.build(recipe)
    counted = cost.count(model)
    sizes = [size for size in eval_sizes if _takes(recipe, size)]
    keras.backend.clear_session()
    return Facts(
        as_json(recipe),
        model.count_params(),
        counted.flops,
        list(counted.unknown),
        sizes,
        note,
    )


def _takes(recipe: Recipe, size: int) -> bool:
    """Whether the weights of a recipe fit images of this size."""
    try:
        evaluation.check_size_is_free(recipe, builder.build(recipe, (size, size)))
    except UsageError:  # bound to a size, or cannot be built at this one
        return False
    return True


_MIB = 2**20


def run_trial(
    out: str, label: str, recipe: Mapping[str, Any], seed: int, sizes: Sequence[int], keep: bool
) -> None:
    """Trains a recipe with a seed and records the result in the folder `out`.

    A trial that was stopped goes on from its last checkpoint, as `train --resume` does.

    Args:
        out: the study's.
        label: the contender's.
        recipe: as JSON; its own seed does not matter.
        seed: of weights, order and augmentation.
        sizes: pixels along a side at which it is tested too.
        keep: whether its run directory stays.

    Raises:
        SpecnetError: why it failed; then its run directory stays.
    """
    loaded = read_recipe(recipe)
    training = loaded.training.model_copy(update={"seed": seed})
    loaded = loaded.model_copy(update={"training": training})
    key = key_of(label, seed)
    scratch, kept = Path(out) / RUNNING / key, Path(out) / RUNS / key
    _start_backend()
    recorder = Recorder(scratch, training.epochs)
    try:
        trained = resuming.train_on(loaded, scratch, recorder)
    except InterruptedRun:  # it goes on from its checkpoint
        raise
    except SpecnetError as error:
        resuming.keep(scratch, kept)
        # Where the run is now; where it was says nothing to a reader.
        error.args = (str(error).replace(str(scratch), str(kept)),)
        raise
    trial = Trial(label, seed, **_measured(loaded, trained, recorder, sizes))
    if keep:
        resuming.keep(scratch, kept)
    else:
        shutil.rmtree(kept, ignore_errors=True)  # of this trial, which failed before
    seconds = recorder.seconds_before(trained.rows) + time.monotonic() - STARTED
    RECORDS.write(Path(out), replace(trial, seconds=seconds))
    shutil.rmtree(scratch, ignore_errors=True)


def _measured(
    recipe: Recipe, trained: workflow.Trained, recorder: Recorder, sizes: Sequence[int]
) -> dict[str, Any]:
    later = trained.rows[1:] or trained.rows
    known = environment.facts()
    tested = _tested(trained.run, recipe, recipe.data.image_size)
    return {
        "accuracy": tested.accuracy,
        "guessing": tested.guessing,
        "sizes": {str(size): _tested(trained.run, recipe, (size, size)).accuracy for size in sizes},
        "rows": trained.rows,
        "losses": recorder.losses,
        "parameters": trained.parameters,
        "images_per_second": statistics.median(row["images_per_second"] for row in later),
        "peak_mib": recorder.peak / _MIB,
        "machine": {name: known[name] for name in known if name not in ("command", "git_commit")},
    }


def _tested(run: Run, recipe: Recipe, size: tuple[int, ...]) -> evaluation.Evaluation:
    """On the test images at this size, with the weights of the best epoch."""
    keras.backend.clear_session()
    use_precision(recipe.training.precision)  # which the session had
    model = evaluation.load_model(run, recipe, size)
    settings = test_alone(recipe.data)
    if size != settings.image_size:
        settings = settings.model_copy(update={"image_size": size})
    dataset = data.load(settings)
    normalization = workflow.load_normalization(run)
    batch = recipe.training.batch_size
    return evaluation.evaluate(model, dataset, "test", normalization, batch)


def test_alone(settings: Settings) -> Settings:
    """The same test images without the others, which need not be decoded at every size."""
    if not isinstance(settings, TfdsData | HuggingfaceData):
        return settings
    test = settings.splits.test
    splits = Splits(train=test, validation=test, test=test)
    return settings.model_copy(update={"splits": splits})


def _start_backend() -> None:
    """Threads, allocators and the compiler are no part of any trial's memory."""
    keras.utils.set_random_seed(0)
    ops.convert_to_numpy(ops.matmul(ops.ones((64, 64)), ops.ones((64, 64))))
