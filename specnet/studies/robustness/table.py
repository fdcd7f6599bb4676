"""The tables of robustness as they are read.

A share with its interval a cell, 80 columns.

Layout of numbers in words and digits. Where there are many strengths, a few are shown; all of them
are in the CSV.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from specnet.messages import counted
from specnet.robustness.auto_attack_study import ATTACKS as IN_TURN
from specnet.robustness.study import Count, Measured, Setting
from specnet.studies.engine.tables import Short, Table, names, p_value, percent
from specnet.studies.robustness.differences import Comparison, fewest_pairs
from specnet.studies.robustness.heat import Heat, heat
from specnet.studies.robustness.over_trials import MeanCount
from specnet.studies.robustness.pruning_curve import Cut, cuts, knee_of
from specnet.studies.robustness.results import Results

_SHOWN = 4  # strengths


def tables(results: Results, compared: Sequence[Comparison]) -> dict[str, list[Table]]:
    """Study -> its tables; under `clean` what is of no single study: accuracy on the images as they
    are, how runs differ, and the time."""
    short = names(results.labels)
    between = _between(results, compared, short)
    made = {"clean": [_clean(results, short), *between, _seconds(results, short)]}
    return made | {name: [*_MAKERS[name](results, short)] for name in results.names}


def cell(count: Count | None) -> str:
    """71.0 (64-77): a share in percent, and its 95 % interval; over trials, 71.0 (69.2-72.8)."""
    if count is None:
        return ""
    digits = 1 if isinstance(count, MeanCount) else 0
    low, high = (f"{100 * end:.{digits}f}" for end in count.interval())
    return f"{percent(count.share)} ({low}-{high})"


def _clean(results: Results, short: Short) -> Table:
    rows = []
    for label in results.labels:
        count = results.clean(label).count
        number = len(results.seeds.get(label, [0])) if results.seeds else count.right
        rows.append((short(label), f"{number:,}", f"{count.images:,}", cell(count)))
    number_of = "trials" if results.seeds else "right"
    head = (results.kind, number_of, "images", "accuracy (95 %)")
    return Table("Clean accuracy (%)", head, rows)


def _between(results: Results, compared: Sequence[Comparison], short: Short) -> Iterator[Table]:
    """Where there are several."""
    rows = [
        (short(each.label), each.measure, _points(each), p_value(each.p), p_value(each.p_corrected))
        for each in compared
    ]
    if rows:
        what = "images" if fewest_pairs(compared) is None else "trials"
        first = short(results.labels[0])
        title = f"Points more than {first}: means over each study, in pairs of {what}"
        yield Table(title, (results.kind, "images", "points (95 %)", "p", "p Holm"), rows)


def _points(each: Comparison) -> str:
    """+3.2 (+1.0 to +5.4)."""
    mean, low, high = (100 * share for share in (each.difference, each.low, each.high))
    return f"{mean:+z.1f} ({low:+z.1f} to {high:+z.1f})"


def _seconds(results: Results, short: Short) -> Table:
    rows = [
        (short(label), *(f"{results.seconds(name, label):,.1f}" for name in results.names))
        for label in results.labels
    ]
    return Table("Seconds", (results.kind, *results.names), rows)


def _bands(results: Results, short: Short) -> Iterator[Table]:
    rows = {
        f"{short(label)}, {words}": results.of("bands", label, band=band)
        for label in results.labels
        for band, words in (("low", "below"), ("high", "above"))
    }
    title = "Accuracy (%) with frequencies below or above a radius (cycles/pixel)"
    yield _against(results, title, rows, "radius", "{:.3g}".format)


def _attacks(results: Results, short: Short) -> Iterator[Table]:
    for norm, words, written in NORMS:
        rows = {
            f"{short(label)}, {name}": found
            for label in results.labels
            for attack, name in ATTACKS.items()
            if (found := results.of("attacks", label, norm=norm, attack=attack))
        }
        if rows:
            title = f"Accuracy (%) under attack, {words}"
            yield _against(results, title, rows, "epsilon", written)


def _autoattack(results: Results, short: Short) -> Iterator[Table]:
    for norm, words, written in NORMS:
        found = {
            short(label): results.of("autoattack", label, norm=norm, attack="autoattack")
            for label in results.labels
        }
        if any(found.values()):
            title = f"Accuracy (%) under AutoAttack, {words}"
            yield _against(results, title, found, "epsilon", written)
    rows = [
        (short(label), size_of(each.setting), *_fallen(each))
        for label in results.labels
        for each in results.of("autoattack", label, attack="autoattack")
    ]
    means = ", means over trials" if results.seeds else ""
    title = f"Images that each attack fooled, in turn, of {results.images:,}{means}"
    yield Table(title, (results.kind, "size", *IN_TURN, "still right"), rows)


def size_of(setting: Setting) -> str:
    """8/255, or L2 1.2."""
    epsilon = float(setting["epsilon"])
    return f"{255 * epsilon:.3g}/255" if setting["norm"] == "linf" else f"L2 {epsilon:.3g}"


def _fallen(each: Measured) -> list[str]:
    counts = [round(float(share) * each.count.images) for share in each.means["fallen"]]
    return [f"{count:,}" for count in (*counts, each.count.right)]


def _shift(results: Results, short: Short) -> Iterator[Table]:
    borders = results.kinds("shift", "border")
    rows = {
        f"{short(label)}, {border}": results.of("shift", label, border=border)
        for border in borders
        for label in results.labels
    }
    title = "Same prediction (%) after a shift by so many pixels"
    yield _against(results, title, rows, "pixels", "{:g}".format)


def _corruptions(results: Results, short: Short) -> Iterator[Table]:
    rows = {
        f"{short(label)}, {kind.replace('_', ' ')}": results.of(
            "corruptions", label, corruption=kind
        )
        for kind in results.kinds("corruptions", "corruption")
        for label in results.labels
    }
    title = "Accuracy (%) by strength of corruption"
    yield _against(results, title, rows, "strength", "{:g}".format, 3)


def _heatmap(results: Results, short: Short) -> Iterator[Table]:
    found = {short(label): heat(results, label) for label in results.labels}
    head = (results.kind, "no noise", "mean", "worst", "at u, v (cycles/pixel)")
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
    return f"{each.place[1]:+z.2f}, {each.place[0]:+z.2f}"


def _images(results: Results) -> str:
    return counted(results.images, "image")


def _against(
    results: Results,
    title: str,
    rows: Mapping[str, Sequence[Measured]],
    by: str,
    written: Callable[[float], str],
    most: int = _SHOWN,
) -> Table:
    """A column for each of a few strengths, evenly spread; one fewer where intervals are longer."""
    strengths = sorted({float(each.setting[by]) for found in rows.values() for each in found})
    shown = few(strengths, min(most, _SHOWN - 1) if results.seeds else most)
    lines = []
    for name, found in rows.items():
        counts = {float(each.setting[by]): each.count for each in found}
        lines.append((name, *(cell(counts.get(strength)) for strength in shown)))
    return Table(f"{title}, {_images(results)}", (results.kind, *map(written, shown)), lines)


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
    "autoattack": _autoattack,
}
