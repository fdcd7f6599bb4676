"""The tables of robustness as they are read, and in sentences what follows from the numbers.

A share with its interval a cell, 80 columns.

Layout of numbers in words and digits. Where there are many strengths, a few are shown; all of them
are in the CSV.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import comb

from specnet.messages import counted
from specnet.robustness.gradient_masking import hidden_gradients
from specnet.robustness.study import Count, Measured
from specnet.studies.engine.tables import Short, Table, names, p_value, percent
from specnet.studies.robustness.heat import Heat, heat
from specnet.studies.robustness.pruning import UNPRUNED
from specnet.studies.robustness.pruning_curve import CORRUPTED, Cut, cuts, knee_of
from specnet.studies.robustness.results import Comparison, Results, as_count, differ, mean, scores
from specnet.studies.robustness.spectra import median_radius, middle

_SHOWN = 4  # strengths


def tables(results: Results, compared: Sequence[Comparison]) -> dict[str, list[Table]]:
    """Study -> its tables; under `clean` what is of no single study: accuracy on the images as they
    are, how runs differ, and the time."""
    short = names(results.labels)
    between = _between(compared, results.labels[0], short)
    made = {"clean": [_clean(results, short), *between, _seconds(results, short)]}
    return made | {name: [*_MAKERS[name](results, short)] for name in results.names}


def cell(count: Count | None) -> str:
    """71.0 (64-77): a share in percent, and its 95 % interval."""
    if count is None:
        return ""
    low, high = count.interval()
    return f"{percent(count.share)} ({100 * low:.0f}-{100 * high:.0f})"


def _clean(results: Results, short: Short) -> Table:
    head = ("run", "right", "images", "accuracy (95 %)")
    counts = {label: results.clean(label).count for label in results.labels}
    rows = [(short(label), f"{n.right:,}", f"{n.images:,}", cell(n)) for label, n in counts.items()]
    return Table("Accuracy (%) on the images as they are", head, rows)


def _between(compared: Sequence[Comparison], first: str, short: Short) -> Iterator[Table]:
    """Where there are several runs."""
    rows = [
        (short(each.label), each.measure, _points(each), p_value(each.p, ".3f"))
        for each in compared
    ]
    if rows:
        title = f"Points more than {short(first)}: means over each study, in pairs"
        yield Table(title, ("run", "images", "points (95 %)", "p"), rows)


def _points(each: Comparison) -> str:
    """+3.2 (+1.0 to +5.4)."""
    mean, low, high = (100 * share for share in (each.difference, each.low, each.high))
    return f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"


def _seconds(results: Results, short: Short) -> Table:
    rows = [
        (short(label), *(f"{results.seconds(name, label):,.1f}" for name in results.names))
        for label in results.labels
    ]
    return Table("Seconds", ("run", *results.names), rows)


def _bands(results: Results, short: Short) -> Iterator[Table]:
    rows = {
        f"{short(label)}, {words}": results.of("bands", label, band=band)
        for label in results.labels
        for band, words in (("low", "below"), ("high", "above"))
    }
    title = "Accuracy (%) with frequencies below or above a radius (cycles/pixel)"
    yield _against(f"{title}, {_images(results)}", rows, "radius", "{:.3g}".format)


def _attacks(results: Results, short: Short) -> Iterator[Table]:
    for norm, words, written in NORMS:
        rows = {
            f"{short(label)}, {name}": found
            for label in results.labels
            for attack, name in ATTACKS.items()
            if (found := results.of("attacks", label, norm=norm, attack=attack))
        }
        if rows:
            title = f"Accuracy (%) under attack, {words}, {_images(results)}"
            yield _against(title, rows, "epsilon", written)


def _shift(results: Results, short: Short) -> Iterator[Table]:
    borders = results.kinds("shift", "border")
    rows = {
        f"{short(label)}, {border}": results.of("shift", label, border=border)
        for border in borders
        for label in results.labels
    }
    title = f"Same prediction (%) after a shift by so many pixels, {_images(results)}"
    yield _against(title, rows, "pixels", "{:g}".format)


def _corruptions(results: Results, short: Short) -> Iterator[Table]:
    rows = {
        f"{short(label)}, {kind.replace('_', ' ')}": results.of(
            "corruptions", label, corruption=kind
        )
        for kind in results.kinds("corruptions", "corruption")
        for label in results.labels
    }
    title = f"Accuracy (%) by strength of corruption, {_images(results)}"
    yield _against(title, rows, "strength", "{:g}".format, 3)


def _heatmap(results: Results, short: Short) -> Iterator[Table]:
    found = {short(label): heat(results, label) for label in results.labels}
    head = ("run", "no noise", "mean", "worst", "at u, v (cycles/pixel)")
    rows = [
        (name, cell(each.clean), cell(each.mean), cell(each.worst), _place(each))
        for name, each in found.items()
    ]
    norm = next(iter(found.values())).norm
    title = f"Error (%) under noise of one frequency, L2 norm {norm:.3g}, {_images(results)}"
    yield Table(title, head, rows)


def _prune(results: Results, short: Short) -> Iterator[Table]:
    for label in results.labels:
        made = cuts(results, label)
        columns = [*made[0].scores]
        knee = knee_of(made)
        rows = [
            (_cutoff(each, knee), *(cell(each.count(column)) for column in columns))
            for each in made
        ]
        title = f"{short(label)}: accuracy (%) behind a low pass, {_images(results)}"
        yield Table(title, ("cut-off", *columns), rows)


def _cutoff(each: Cut, knee: Cut | None) -> str:
    return f"{each.cutoff:g}" + (" knee" if each is knee else "") if each.cutoff else "none"


def _place(each: Heat) -> str:
    return f"{each.place[1]:+.2f}, {each.place[0]:+.2f}"


def _images(results: Results) -> str:
    return counted(results.images, "image")


def _against(
    title: str,
    rows: Mapping[str, Sequence[Measured]],
    by: str,
    written: Callable[[float], str],
    most: int = _SHOWN,
) -> Table:
    """A column for each of a few strengths, evenly spread."""
    strengths = sorted({float(each.setting[by]) for found in rows.values() for each in found})
    shown = few(strengths, most)
    lines = []
    for name, found in rows.items():
        counts = {float(each.setting[by]): each.count for each in found}
        lines.append((name, *(cell(counts.get(strength)) for strength in shown)))
    return Table(title, ("run", *map(written, shown)), lines)


def few(values: Sequence[float], most: int) -> list[float]:
    """At most so many, evenly spread, the first and the last among them."""
    if len(values) <= most:
        return list(values)
    return [values[round(place * (len(values) - 1) / (most - 1))] for place in range(most)]


ATTACKS = {"fgsm": "FGSM", "pgd": "PGD", "square": "square", "transfer": "transfer"}
NORMS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("linf", "largest change in 1/255", lambda epsilon: f"{255 * epsilon:.3g}"),
    ("l2", "L2 norm of the change", "{:.3g}".format),
)
_MAKERS: dict[str, Callable[[Results, Short], Iterator[Table]]] = {
    "bands": _bands,
    "heatmap": _heatmap,
    "attacks": _attacks,
    "shift": _shift,
    "corruptions": _corruptions,
    "prune": _prune,
}


_MOST = 0.9  # of what a network is better than guessing
LEGEND = (
    "Brackets: 95 % interval of Wilson for as many images as are told; means over several settings "
    "have that of one setting, differences the normal one of pairs. Frequencies are radii in "
    "cycles/pixel. Attacks: the network in eval mode, gradients through every layer; FGSM: one "
    "step; PGD: projected gradient from random starts; square: random search without gradients; "
    "transfer: PGD made on another network. What is compared is the same images in pairs "
    "(McNemar's exact test; of means over settings, random signs), p times the number of such "
    "comparisons that are told together or chosen from; a difference is real where that is below "
    "0.05."
)


def sentences(results: Results, compared: Sequence[Comparison]) -> list[str]:
    """How runs differ, what each study shows of each, and how much so few images can show."""
    found = [f"{label}: {s}" for n in results.names for label, s in _by_run(results, n)]
    return [*_say_between(results, compared), *found, _precision(results)]


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
        f"frequencies up to {low[place].setting['radius']:g} are enough for {_MOST:.0%} of what it "
        f"is better than guessing: {cell(low[place].count)} % right, {cell(clean)} % with all; "
        f"those above alone: {cell(high[place].count)} %"
    )


def _say_heatmap(results: Results, label: str) -> Iterator[str]:
    found = heat(results, label)
    radius = (found.place[0] ** 2 + found.place[1] ** 2) ** 0.5
    if not found.misleads:
        yield f"no one frequency is shown to mislead; without noise {cell(found.clean)} % are wrong"
        return
    yield (
        f"noise at radius {radius:.2f} misleads: {cell(found.worst)} % wrong, the most of "
        f"{counted(len(results.of('heatmap', label)), 'frequency', 'frequencies')}, "
        f"{cell(found.clean)} % without"
    )


def _say_attacks(results: Results, label: str) -> Iterator[str]:
    found = [*results.of("attacks", label, norm="linf", attack="pgd")]
    found.sort(key=lambda each: each.setting["epsilon"])
    clean = results.clean(label).count
    half = next((each for each in found if 2 * each.count.right <= clean.right), None)
    if half is None:
        yield f"PGD leaves more than half of what is right, {cell(found[-1].count)} % at the end"
    else:
        least = 255 * float(half.setting["epsilon"])
        yield f"PGD of {least:.3g}/255 a pixel leaves {cell(half.count)} % of {cell(clean)} %"
    epsilon, power = middle(results, label)
    radius = median_radius(power, results.size)
    if radius is not None:
        yield f"half of what PGD of {255 * epsilon:.3g}/255 changes is below radius {radius:.2f}"
    yield from _hidden(results.of("attacks", label))


def _hidden(found: list[Measured]) -> Iterator[str]:
    for each in hidden_gradients(each for each in found if "attack" in each.setting):
        setting = each.check
        yield (
            f"WARNING: {setting['attack']} at {setting['norm']} {setting['epsilon']:.3g} leaves "
            f"{cell(each.count)} %, PGD {cell(each.pgd)} %: gradients are hidden, and PGD says "
            "little"
        )


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
    told = f"{cell(mean(found))} % right over all corruptions"
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
        real = differ(whole.scores[kind], knee.scores[kind], len(kinds))
        verdict = "a real difference" if real else "no difference shown"
        parts.append(f"{kind} {before} -> {after} %, {verdict}")
    yield f"pruned at the knee {knee.cutoff:g}: {'; '.join(parts)}"


def _say_between(results: Results, compared: Sequence[Comparison]) -> Iterator[str]:
    for label in results.labels[1:]:
        own = [each for each in compared if each.label == label]
        yield f"{label} against {results.labels[0]}, on the same images: {_ranked(own)}"


def _ranked(found: list[Comparison]) -> str:
    """better: low-passed (+3.1 points); no difference shown: as they are."""
    better, worse = (
        [
            f"{each.measure} ({100 * each.difference:+.1f} points)"
            for each in found
            if each.real and (each.difference > 0) is sign
        ]
        for sign in (True, False)
    )
    same = [each.measure for each in found if not each.real]
    groups = {"better": better, "worse": worse, "no difference shown": same}
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in groups.items() if names)


def _precision(results: Results) -> str:
    low, high = Count(results.images // 2, results.images).interval()
    return (
        f"{counted(results.images, 'image')} tell{'s' if results.images == 1 else ''} a "
        f"share near 50 % to within {50 * (high - low):.0f} points; more of them with --images"
    )


_SAID: dict[str, Callable[[Results, str], Iterator[str]]] = {
    "bands": _say_bands,
    "heatmap": _say_heatmap,
    "attacks": _say_attacks,
    "shift": _say_shift,
    "corruptions": _say_corruptions,
    "prune": _say_prune,
}
