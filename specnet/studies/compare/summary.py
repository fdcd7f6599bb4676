"""Trials become rows: what each contender reached, whether it differs, and what it cost.

From records to numbers; how they are written is `table`'s business.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from specnet.studies.compare.convergence import Convergence, Curve, convergence
from specnet.studies.compare.plan import Contender, Plan
from specnet.studies.compare.suites import Published
from specnet.studies.compare.trial import Trial
from specnet.studies.engine.statistics import Paired, Summary, describe, holm, paired


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
class Row:
    """A contender.

    Attributes:
        label, against: its name, and that of what it is compared with.
        accuracy: of its finished trials on the test split.
        failed: trials that failed.
        paired: against that of `against`, of the trials that both finished.
        p_corrected: of all comparisons, after Holm.
        convergence: until the baseline's final validation accuracy; None where it trained less.
        cost: as above.
        sizes: image size -> accuracy at that size; also at the one trained at.
        published: accuracy in a paper.
        note: how it was made equal to the baseline.
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

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"published": self.published and self.published._asdict()}


def rows(plan: Plan, trials: Sequence[Trial], facts: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """A row for each contender that finished a trial, in the order of the plan.

    Args:
        plan: what is compared.
        trials: all that are over, failed ones too.
        facts: label -> `preparing.Facts` as a mapping.
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
        )
        for each, found, p in zip(known, compared, corrected, strict=True)
    ]


def curve(trial: Trial) -> Curve:
    """Validation accuracy and seconds of each epoch."""
    return [row["val_accuracy"] for row in trial.rows], [row["seconds"] for row in trial.rows]


Finished = Mapping[str, Mapping[int, Trial]]


def _both(each: Contender, baseline: str, finished: Finished) -> list[tuple[Trial, Trial]]:
    """Trials of one seed, ours and the baseline's."""
    ours, theirs = finished[each.label], finished[baseline]
    return [(ours[seed], theirs[seed]) for seed in ours if seed in theirs]


def _paired(each: Contender, finished: Finished) -> Paired | None:
    pairs = _both(each, each.against, finished) if each.against is not None else []
    if not pairs:
        return None
    return paired([our.accuracy for our, _ in pairs], [their.accuracy for _, their in pairs])


def _convergence(each: Contender, finished: Finished) -> Convergence | None:
    """Of the baseline too, against itself: when it first was where it ended."""
    pairs = _both(each, each.against or each.label, finished)
    if not pairs:
        return None
    return convergence([curve(our) for our, _ in pairs], [curve(their) for _, their in pairs])


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


def _sizes(trials: Sequence[Trial], trained: tuple[int, int]) -> dict[str, Summary]:
    """At the sizes asked for, and at the one trained at; nothing where none was asked for."""
    found = {size: describe([trial.sizes[size] for trial in trials]) for size in trials[0].sizes}
    if found and trained[0] == trained[1]:
        found[str(trained[0])] = describe([trial.accuracy for trial in trials])
    return found
