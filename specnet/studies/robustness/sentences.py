"""What follows from the numbers of robustness, in sentences, and what the tables leave unsaid.

By how much runs differ, and what each study shows of each run.
"""

from collections.abc import Callable, Iterator, Sequence
from math import comb

from specnet.messages import counted
from specnet.robustness.gradient_masking import HiddenGradients, hidden_gradients
from specnet.robustness.study import Count, Measured
from specnet.studies.engine.statistics import LEVEL, least_p, too_few
from specnet.studies.robustness.differences import Comparison, fewest_pairs
from specnet.studies.robustness.heat import heat
from specnet.studies.robustness.over_trials import as_count
from specnet.studies.robustness.pruning import UNPRUNED
from specnet.studies.robustness.pruning_curve import CORRUPTED, Cut, cuts, knee_of
from specnet.studies.robustness.results import Results, differ, mean, scores
from specnet.studies.robustness.spectra import median_radius, middle
from specnet.studies.robustness.table import ATTACKS, cell, size_of

_CLEARLY = 0.1  # of the images, that AutoAttack fools and PGD does not: where to warn
_MOST = 0.9  # of what a network is better than guessing
LEGEND = (
    "Brackets: 95 % interval of Wilson for that many images; a mean over several settings has "
    "that of one setting, at least as wide as its own, a difference the normal one of pairs. "
    "Tables show a few of the strengths, table.csv has all. Frequencies are radii in "
    "cycles/pixel. Attacks: the network in eval mode, gradients through every layer; FGSM: one "
    "step; PGD: projected gradient from random starts; square: random search without gradients; "
    "transfer: PGD made on the first of the others, for a pruned network on itself unpruned; "
    "AutoAttack: APGD on two losses, FAB and the square attack, each on what those before left "
    "right. What is compared is the same images in pairs (McNemar's exact test; of means over "
    "settings, random signs). p Holm is corrected for its whole table; where one setting of "
    "many is told, p is multiplied by their number. A difference is significant where that is "
    "below 0.05."
)


_OVER_TRIALS = (
    "Of a recipe with several trials: means over them, brackets the 95 % interval of that mean on "
    "these images (Student's; where all are equal, Wilson's of one trial). Where recipes are "
    "compared in pairs of trials with the same seed, p is that of Wilcoxon's exact signed-rank "
    "test. What is said of the settings of one recipe is of these trainings."
)


def legend(results: Results) -> str:
    """What the numbers are, and what intervals and tests stand beside them."""
    return f"{LEGEND} {_OVER_TRIALS}" if results.seeds else LEGEND


def sentences(results: Results, compared: Sequence[Comparison]) -> list[str]:
    """How runs differ, what each study shows of each, and how much so few images can show."""
    found = [f"{label}: {s}" for n in results.names for label, s in _by_run(results, n)]
    power = too_few(fewest_pairs(compared), len(compared))
    return [*_say_between(results, compared), *power, *found, _precision(results)]


def _by_run(results: Results, name: str) -> Iterator[tuple[str, str]]:
    for label in results.labels:
        for sentence in _SAID[name](results, label):
            yield label, sentence


def _say_bands(results: Results, label: str) -> Iterator[str]:
    clean, chance = results.clean(label).count, 1 / results.classes
    if clean.interval()[0] <= chance:
        yield f"{cell(clean)} % right, which is not shown to be better than guessing"
        return
    low, high = (
        sorted(results.of("bands", label, band=band), key=lambda each: each.setting["radius"])
        for band in ("low", "high")
    )
    level = chance + _MOST * (clean.share - chance)
    short_of = [place for place, each in enumerate(low) if each.count.share < level]
    place = min(max(short_of, default=-1) + 1, len(low) - 1)
    yield (
        f"frequencies up to {low[place].setting['radius']:g} keep {_MOST:.0%} of the accuracy "
        f"above guessing: {cell(low[place].count)} % right, {cell(clean)} % with all; "
        f"those above alone: {cell(high[place].count)} %"
    )


def _say_heatmap(results: Results, label: str) -> Iterator[str]:
    found = heat(results, label)
    radius = (found.place[0] ** 2 + found.place[1] ** 2) ** 0.5
    number = counted(len(results.of("heatmap", label)), "frequency", "frequencies")
    told = f"{cell(found.worst)} % wrong, the most of {number}, {cell(found.clean)} % without"
    if found.misleads:
        yield f"noise at radius {radius:.2f} misleads: {told}"
    else:
        yield f"no frequency is shown to mislead, the worst may be chance: {told}"


def _say_attacks(results: Results, label: str) -> Iterator[str]:
    found = [*results.of("attacks", label, norm="linf", attack="pgd")]
    found.sort(key=lambda each: each.setting["epsilon"])
    clean = results.clean(label).count
    half = next((each for each in found if 2 * each.count.share <= clean.share), None)
    if half is None:
        end = f"{cell(found[-1].count)} % of {cell(clean)} %"
        yield f"PGD of {size_of(found[-1].setting)} a pixel leaves more than half: {end}"
    else:
        size = size_of(half.setting)
        yield f"PGD of {size} a pixel leaves {cell(half.count)} % of {cell(clean)} %"
    epsilon, power = middle(results, label)
    radius = median_radius(power, results.size)
    if radius is not None:
        yield f"half of what PGD of {255 * epsilon:.3g}/255 changes is below radius {radius:.2f}"
    yield from _hidden(results.of("attacks", label))


def _say_autoattack(results: Results, label: str) -> Iterator[str]:
    found = results.of("autoattack", label, attack="autoattack")
    told = ", ".join(f"{cell(each.count)} % at {size_of(each.setting)}" for each in found)
    yield f"AutoAttack leaves {told}, of {cell(results.clean(label).count)} %"
    if "attacks" in results.names:
        both = [*results.of("attacks", label), *found]
        for each in hidden_gradients(both, checks=("autoattack",), least=_CLEARLY):
            yield f"{_beats(each)}: gradients are hidden, or the steps of PGD too few"


def _hidden(found: list[Measured]) -> Iterator[str]:
    for each in hidden_gradients(each for each in found if "attack" in each.setting):
        yield f"{_beats(each)}: gradients are hidden, and PGD says little"


def _beats(each: HiddenGradients) -> str:
    """WARNING: transfer from plain at 8/255 leaves 10.0 (8-13) %, PGD 20.0 (17-24) %."""
    attack, source = each.check["attack"], each.check.get("source")
    name = {**ATTACKS, "autoattack": "AutoAttack"}[str(attack)]
    name += "" if source is None else f" from {source}"
    left = f"leaves {cell(each.count)} %, PGD {cell(each.pgd)} %"
    return f"WARNING: {name} at {size_of(each.check)} {left}"


def _say_shift(results: Results, label: str) -> Iterator[str]:
    borders = results.kinds("shift", "border")
    same = {border: mean(results.of("shift", label, border=border)) for border in borders}
    told = ", ".join(f"{cell(count)} % ({border} border)" for border, count in same.items())
    yield f"predictions that stay after a shift, on average: {told}"


def _say_corruptions(results: Results, label: str) -> Iterator[str]:
    found = [each for each in results.of("corruptions", label) if each.setting["strength"]]
    kinds = results.kinds("corruptions", "corruption")
    each = {kind: scores(results.of("corruptions", label, corruption=kind)) for kind in kinds}
    worst, *others = sorted(each, key=lambda kind: float(each[kind].sum()))
    told = f"{cell(mean(found))} % mean accuracy under corruptions"
    lowest = f"{worst.replace('_', ' ')}: {cell(as_count(each[worst]))} %"
    if not others:
        yield told
    elif differ(each[others[0]], each[worst], comb(len(kinds), 2), "greater"):
        yield f"{told}; {lowest}, shown to be the lowest"
    else:
        yield f"{told}; lowest of {lowest}, not shown to be below {others[0].replace('_', ' ')}"


def _say_prune(results: Results, label: str) -> Iterator[str]:
    made = cuts(results, label)
    knee = knee_of(made)
    if knee is None:
        yield "no knee: no cut-off costs accuracy that so many images can show"
    for chosen in [knee] if knee is not None else []:
        yield from _at(chosen, next(each for each in made if each.cutoff == UNPRUNED))
    for each in made:
        found = results.of("prune", label, cutoff=each.cutoff)
        for sentence in _hidden(found):
            yield f"behind the cut-off {each.cutoff:g}: {sentence}"


def _at(knee: Cut, whole: Cut) -> Iterator[str]:
    """What the knee changes."""
    parts = []
    kinds = [kind for kind in ("clean", "FGSM", "PGD", CORRUPTED) if kind in knee.scores]
    for kind in kinds:
        before, after = cell(whole.count(kind)), cell(knee.count(kind))
        significant = differ(whole.scores[kind], knee.scores[kind], len(kinds))
        verdict = "significant" if significant else "not significant"
        parts.append(f"{kind} {before} -> {after} %, {verdict}")
    yield f"pruned at the knee {knee.cutoff:g}: {'; '.join(parts)}"


def _say_between(results: Results, compared: Sequence[Comparison]) -> Iterator[str]:
    first = results.labels[0]
    for label in results.labels[1:]:
        own = [each for each in compared if each.label == label]
        if not own:
            yield f"{label} is not compared with {first}: two seeds or more in common are needed"
            continue
        few = fewest_pairs(own)
        how = "on the same images" if few is None else f"in {few} pairs of trials"
        yield f"{label} against {first}, {how}: {_ranked(own, len(compared))}"


def _ranked(found: list[Comparison], tests: int) -> str:
    """better: accuracy under PGD (+3.1 points); not significant: clean accuracy (-0.2 points)."""
    pairs = fewest_pairs(found)
    can_show = pairs is None or tests * least_p(pairs) < LEVEL
    otherwise = "not significant" if can_show else "too few to show a difference"
    groups: dict[str, list[str]] = {"better": [], "worse": [], otherwise: []}
    for each in found:
        word = otherwise if not each.real else "better" if each.difference > 0 else "worse"
        groups[word].append(f"{each.measure} ({100 * each.difference:+z.1f} points)")
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in groups.items() if names)


def _precision(results: Results) -> str:
    low, high = Count(results.images // 2, results.images).interval()
    beside = ", which intervals over trials leave out" if results.seeds else ""
    return (
        f"{counted(results.images, 'image')} tell{'s' if results.images == 1 else ''} a share near "
        f"50 % to within {50 * (high - low):.0f} points{beside}; more of them with --images"
    )


_SAID: dict[str, Callable[[Results, str], Iterator[str]]] = {
    "bands": _say_bands,
    "heatmap": _say_heatmap,
    "attacks": _say_attacks,
    "shift": _say_shift,
    "corruptions": _say_corruptions,
    "prune": _say_prune,
    "autoattack": _say_autoattack,
}
