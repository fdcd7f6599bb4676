"""Trials become rows: what each contender reached, whether it differs, how soon, and what it cost.

From records to numbers; how they are written is the business of `table`. How soon: until a network
reaches what the baseline ends with (Rippel et al. 2015, section 5.3).

E  epochs
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf, isinf
from typing import Any

import numpy as np

from specnet.progress import ATTACKED
from specnet.studies.compare.design import Contender, Plan, Published
from specnet.studies.compare.trial import Trial
from specnet.studies.engine.statistics import Paired, Summary, describe, holm, paired_by_key

Curve = tuple[Sequence[float], Sequence[float]]  # validation accuracy and seconds of each epoch


@dataclass(frozen=True)
class Convergence:
    """When trials reached the validation accuracy that the baseline had at its end.

    Attributes:
        epochs, seconds: median over the trials, of training alone; None where half of the trials or
            more did not get there.
        reached, of: trials that did, of how many.
        epoch_factor, second_factor: how many times sooner than the baseline; None as above.
    """

    epochs: float | None
    seconds: float | None
    reached: int
    of: int
    epoch_factor: float | None = None
    second_factor: float | None = None


def reach(curve: Curve, target: float) -> tuple[float, float]:
    """Epochs and seconds until validation accuracy is `target` or more; infinite if it never is.

    Args:
        curve: (E,) validation accuracies, and (E,) seconds that each epoch took.
    """
    accuracies, seconds = curve
    there = np.flatnonzero(np.asarray(accuracies) >= target)
    if not len(there):
        return inf, inf
    return float(there[0] + 1), float(np.cumsum(seconds)[there[0]])


def convergence(ours: Sequence[Curve], theirs: Sequence[Curve]) -> Convergence:
    """Ours against the baseline's, trial by trial in the same order, at least one.

    The target of each trial is the validation accuracy of the baseline's last epoch in that trial.
    The baseline itself may have been there before its last epoch, and is counted when it was.
    """
    targets = [accuracies[-1] for accuracies, _ in theirs]
    here = [reach(curve, target) for curve, target in zip(ours, targets, strict=True)]
    there = [reach(curve, target) for curve, target in zip(theirs, targets, strict=True)]
    epochs, seconds = (statistics.median(column) for column in zip(*here, strict=True))
    their_epochs, their_seconds = (statistics.median(each) for each in zip(*there, strict=True))
    reached = sum(not isinf(epoch) for epoch, _ in here)
    if isinf(epochs):
        return Convergence(None, None, reached, len(here))
    factors = (their_epochs / epochs, their_seconds / seconds if seconds else None)
    return Convergence(epochs, seconds, reached, len(here), *factors)


@dataclass(frozen=True)
class Cost:
    """What a contender takes: `flops` of a forward pass of one image, the rest medians of trials.

    `seconds_per_epoch` is without the first, which compiles; `training_seconds` are of all epochs,
    without validation; `peak_mib` as in `Trial`.
    """

    parameters: int
    flops: int
    epochs: int
    images_per_second: float
    seconds_per_epoch: float
    training_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Attacked:
    """Validation images under PGD, where a recipe asks for that after each epoch.

    Attributes:
        best, last: share that stays right after the epoch where it is largest, and the last one.
        clean: accuracy on these images without attack, after the last epoch.
        training: on training images as the training attacks them, in the last epoch.
        paired: `last` against that of the baseline.
    """

    best: Summary
    last: Summary
    clean: Summary
    training: Summary
    paired: Paired | None = None

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Attacked":
        """What `asdict` gave."""
        paired = content["paired"] and Paired(**content["paired"])
        found = {name: Summary(**each) for name, each in content.items() if name != "paired"}
        return cls(**found, paired=paired)


@dataclass(frozen=True)
class Row:
    """A contender.

    Attributes:
        label, against: its name, and that of what it is compared with.
        accuracy: of its finished trials on the test split.
        failed: trials that failed.
        unlearned: finished trials that are no better than answering the most frequent class.
        paired: against that of `against`, of the trials that both finished.
        p_corrected: of all comparisons, after Holm.
        convergence: until the baseline's final validation accuracy; None where it trained less.
        cost: as above.
        sizes: image size -> accuracy at that size; also at the one trained at.
        published: accuracy in a paper.
        note: how it was made equal to the baseline.
        attacked: what attacks on validation images left; None where there were none.
    """

    label: str
    against: str | None
    accuracy: Summary
    failed: int
    cost: Cost
    paired: Paired | None = None
    p_corrected: float | None = None
    convergence: Convergence | None = None
    sizes: Mapping[str, Summary] | None = None
    published: Published | None = None
    note: str | None = None
    attacked: Attacked | None = None
    unlearned: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"published": self.published and self.published._asdict()}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Row":
        """What `as_dict` gave, as results.json keeps it."""
        parts = {
            "accuracy": Summary, "cost": Cost, "paired": Paired, "convergence": Convergence,
            "published": Published,
        }  # fmt: skip
        made = {name: content[name] and kind(**content[name]) for name, kind in parts.items()}
        sizes = {size: Summary(**each) for size, each in (content["sizes"] or {}).items()}
        attacked = content.get("attacked") and Attacked.of(content["attacked"])
        return cls(**{**content, **made, "sizes": sizes, "attacked": attacked})


def rows(plan: Plan, trials: Sequence[Trial], facts: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """A row for each contender that finished a trial, in the order of the plan.

    Args:
        plan: what is compared.
        trials: all that are over, failed ones too.
        facts: label -> `training.Facts` as a mapping.
    """
    finished: dict[str, dict[int, Trial]] = {each.label: {} for each in plan.contenders}
    for trial in trials:
        if trial.finished and trial.label in finished:
            finished[trial.label][trial.seed] = trial
    known = [each for each in plan.contenders if finished[each.label]]
    compared = [_paired(each, finished) for each in known]
    corrected = holm([found.p if found is not None else None for found in compared])
    return [
        Row(
            label=each.label,
            against=each.against,
            accuracy=describe([trial.accuracy for trial in finished[each.label].values()]),
            failed=sum(t.label == each.label and not t.finished for t in trials),
            cost=_cost([*finished[each.label].values()], facts[each.label]),
            paired=found,
            p_corrected=p,
            convergence=_convergence(each, finished),
            sizes=_sizes([*finished[each.label].values()], each.recipe.data.image_size),
            published=plan.published.get(each.label),
            note=facts[each.label].get("note"),
            attacked=_attacked(each, finished),
            unlearned=sum(not trial.learned for trial in finished[each.label].values()),
        )
        for each, found, p in zip(known, compared, corrected, strict=True)
    ]


def curve(trial: Trial) -> Curve:
    """Validation accuracy and seconds of each epoch."""
    return [row["val_accuracy"] for row in trial.rows], [row["seconds"] for row in trial.rows]


Finished = Mapping[str, Mapping[int, Trial]]


def _paired(each: Contender, finished: Finished) -> Paired | None:
    if each.against is None:
        return None
    ours, theirs = (
        {seed: trial.accuracy for seed, trial in finished[label].items()}
        for label in (each.label, each.against)
    )
    return paired_by_key(ours, theirs)


def _convergence(each: Contender, finished: Finished) -> Convergence | None:
    """Of the baseline too, against itself: when it first was where it ended."""
    ours, theirs = finished[each.label], finished[each.against or each.label]
    both = [seed for seed in ours if seed in theirs]
    if not both:
        return None
    return convergence([curve(ours[s]) for s in both], [curve(theirs[s]) for s in both])


def _attacked(each: Contender, finished: Finished) -> Attacked | None:
    ours = finished[each.label]
    if not all(ATTACKED in row for trial in ours.values() for row in trial.rows):
        return None
    paired = None
    if each.against is not None:
        paired = paired_by_key(_left(ours), _left(finished[each.against]))
    return Attacked(
        best=describe([max(row[ATTACKED] for row in trial.rows) for trial in ours.values()]),
        last=describe([trial.rows[-1][ATTACKED] for trial in ours.values()]),
        clean=describe([trial.rows[-1]["val_accuracy"] for trial in ours.values()]),
        training=describe([trial.rows[-1]["accuracy"] for trial in ours.values()]),
        paired=paired,
    )


def _left(trials: Mapping[int, Trial]) -> dict[int, float]:
    """What PGD left right after the last epoch, by seed, where it was measured."""
    last = {seed: trial.rows[-1] for seed, trial in trials.items()}
    return {seed: row[ATTACKED] for seed, row in last.items() if ATTACKED in row}


def _cost(trials: Sequence[Trial], facts: Mapping[str, Any]) -> Cost:
    def usual(value: Callable[[Trial], float]) -> float:
        return statistics.median(map(value, trials))

    return Cost(
        parameters=trials[0].parameters,
        flops=facts["flops"],
        epochs=len(trials[0].rows),
        images_per_second=usual(lambda trial: trial.images_per_second),
        seconds_per_epoch=usual(_later_epochs),
        training_seconds=usual(lambda t: sum(row["seconds"] for row in t.rows)),
        peak_mib=usual(lambda trial: trial.peak_mib),
    )


def _later_epochs(trial: Trial) -> float:
    """Seconds of the median epoch after the first, which compiles, where there are more."""
    return statistics.median(row["seconds"] for row in trial.rows[1:] or trial.rows)


def _sizes(trials: Sequence[Trial], trained: tuple[int, ...]) -> dict[str, Summary]:
    """At the sizes asked for that fit, and at the one trained at; nothing where that is all."""
    found = {size: describe([trial.sizes[size] for trial in trials]) for size in trials[0].sizes}
    if len({*trained}) > 1:
        return found
    own = {str(trained[0]): describe([trial.accuracy for trial in trials])}
    return found | own if found.keys() - own else {}
