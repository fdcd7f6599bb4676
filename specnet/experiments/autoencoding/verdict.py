"""What follows from the validation losses, in sentences; also what does not follow."""

from collections.abc import Mapping, Sequence

from specnet.experiments.autoencoding.networks import SPATIAL
from specnet.experiments.autoencoding.table import shown
from specnet.experiments.autoencoding.trials import Trial
from specnet.experiments.comparison.statistics import LEVEL, Paired, holm, least_p, paired
from specnet.problems import counted


def sentences(trials: Sequence[Trial], failed: Mapping[str, str]) -> list[str]:
    """A sentence for each encoder beside the spatial one, and for each training that failed.

    Args:
        trials: finished ones.
        failed: label and seed -> why.
    """
    told = [f"{shown(label)}: failed: {reason}" for label, reason in failed.items()]
    losses: dict[str, dict[int, float]] = {}
    for trial in trials:
        losses.setdefault(trial.label, {})[trial.seed] = trial.val_loss
    if len(losses) < 2:
        return told
    if max(map(len, losses.values())) == 1:
        return ["one training of each encoder shows no difference between them; see --seeds", *told]
    spatial = losses.pop(SPATIAL, {})
    found = {label: _paired(each, spatial) for label, each in losses.items()}
    known = {label: pairs for label, pairs in found.items() if pairs is not None}
    corrected = holm([pairs.p for pairs in known.values()])
    tests = sum(p is not None for p in corrected)
    return [
        *(_sentence(*each, p, tests) for each, p in zip(known.items(), corrected, strict=True)),
        *told,
    ]


def _paired(ours: Mapping[int, float], theirs: Mapping[int, float]) -> Paired | None:
    """By seed; None where no seed is in both."""
    seeds = [seed for seed in ours if seed in theirs]
    return paired([ours[s] for s in seeds], [theirs[s] for s in seeds]) if seeds else None


def _sentence(label: str, found: Paired, p: float | None, tests: int) -> str:
    where = "above" if found.difference > 0 else "below"
    words = f"{shown(label)}: validation loss {abs(found.difference):.3g} {where} that of {SPATIAL}"
    pairs = counted(found.pairs, "pair")
    if p is not None and p < LEVEL:
        return f"{words}: a real difference (p = {p:.3g} after Holm, {pairs})"
    if tests * least_p(found.pairs) >= LEVEL:
        return f"{words}, of which {pairs} of trainings cannot show that it is real"
    return f"{words}: no difference shown (p = {p:.3g} after Holm, {pairs})"
