"""What robustness leaves next to its measurements: tables in three forms, pictures, and a page.

What is drawn, under the names of the files:

    bands, shift, corruptions, prune   shares against a strength
    heatmap, perturbations             planes of frequencies, and their means by radius
    attacks                            accuracy against the size of the change

AutoAttack is measured at so few radii that its tables show all of it.

Which numbers go into which picture; how it looks is in `plots`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from specnet.ops.masks import HIGHEST_RADIUS
from specnet.plots.frequency_maps import frequency_maps
from specnet.plots.robustness import accuracy_by_radius, looks_of_pairs, panels
from specnet.robustness.heatmap_study import radial_errors
from specnet.runs.files import remove
from specnet.studies.engine import report, tables
from specnet.studies.engine.tables import Short, names
from specnet.studies.robustness import sentences, table
from specnet.studies.robustness.design import STUDIES
from specnet.studies.robustness.differences import Comparison, comparisons
from specnet.studies.robustness.heat import heat, plane
from specnet.studies.robustness.pruning_curve import Cut, cuts, knee_of
from specnet.studies.robustness.recipes_of_runs import Trials
from specnet.studies.robustness.results import Results, curve, lines, points
from specnet.studies.robustness.spectra import PERTURBATIONS, perturbations
from specnet.studies.robustness.table import ATTACKS, NORMS

_EVERYWHERE = ("fgsm", "pgd")  # attacks that are measured at every radius
_FEW = 2  # runs, of which there is room for all attacks

Pictures = Iterator[tuple[str, str, Figure]]


def pictures(results: Results, name: str, width: float) -> Pictures:
    """Those of a study, if any: stem of a file, what it shows, and figure, `width` inches wide."""
    if name in _MAKERS:
        yield from _MAKERS[name](results, names(results.labels), width)


def _bands(results: Results, short: Short, width: float) -> Pictures:
    low, high = (
        {
            short(label): curve(results.of("bands", label, band=band), "radius")
            for label in results.labels
        }
        for band in ("low", "high")
    )
    figure = accuracy_by_radius(low, high, 1 / results.classes, width)
    yield "bands", "Accuracy with the frequencies below and above a radius", figure


def _heatmap(results: Results, short: Short, width: float) -> Pictures:
    found = {short(label): results.of("heatmap", label) for label in results.labels}
    summed = {short(label): heat(results, label) for label in results.labels}
    planes = {name: plane(measured) for name, measured in found.items()}
    steps = next(iter(planes.values())).horizontal
    radial = {
        name: _percent(*radial_errors(measured, float(steps[1] - steps[0])))
        for name, measured in found.items()
    }
    levels = {name: 100 * each.clean.share for name, each in summed.items()}
    norm = next(iter(summed.values())).norm
    title = f"Which noise misleads: a wave of each frequency, L2 norm {norm:.3g}"
    yield (
        "heatmap",
        "Error under noise of each frequency",
        frequency_maps(planes, radial, title, "error (%)", levels, width),
    )


def _percent(radii: np.ndarray, shares: np.ndarray) -> np.ndarray:
    return np.stack([radii, 100 * shares])


def _attacks(results: Results, short: Short, width: float) -> Pictures:
    shown = dict([*ATTACKS.items()][: None if len(results.labels) <= _FEW else 2])
    lines = {
        words: {
            f"{short(label)}, {name}": _attack(results, label, norm, attack)
            for label in results.labels
            for attack, name in shown.items()
            if results.of("attacks", label, norm=norm, attack=attack)
        }
        for norm, words, _ in NORMS
    }
    lines = {words: drawn for words, drawn in lines.items() if drawn}
    looks = looks_of_pairs([short(label) for label in results.labels], [*shown.values()])
    title = "Accuracy under attack"
    figure = panels(
        lines, title, "epsilon", looks,
        chance=1 / results.classes, crowded=True, width=width,
    )  # fmt: skip
    yield "attacks", title, figure
    yield from perturbations(results, short, width)


def _attack(results: Results, label: str, norm: str, attack: str) -> np.ndarray:
    found = results.of("attacks", label, norm=norm, attack=attack)
    # What is measured at few radii has no line to the images as they are.
    drawn = curve(found, "epsilon", results.clean(label).count if attack in _EVERYWHERE else None)
    drawn[0] *= 255 if norm == "linf" else 1
    return drawn


def _shift(results: Results, short: Short, width: float) -> Pictures:
    borders = results.kinds("shift", "border")
    lines = {
        f"border: {border}": {
            short(label): curve(results.of("shift", label, border=border), "pixels")
            for label in results.labels
        }
        for border in borders
    }
    title = "Is the prediction the same after a shift?"
    figure = panels(lines, title, "shift (pixels)", ylabel="same prediction (%)", width=width)
    yield "shift", title, figure


def _corruptions(results: Results, short: Short, width: float) -> Pictures:
    lines = {
        kind.replace("_", " "): {
            short(label): curve(
                results.of("corruptions", label, corruption=kind),
                "strength",
                results.clean(label).count,
            )
            for label in results.labels
        }
        for kind in results.kinds("corruptions", "corruption")
    }
    title = "Accuracy on corrupted images"
    figure = panels(lines, title, "strength", chance=1 / results.classes, width=width)
    yield "corruptions", title, figure


def _prune(results: Results, short: Short, width: float) -> Pictures:
    made = {short(label): cuts(results, label) for label in results.labels}
    lines = {name: _cut_curves(each) for name, each in made.items()}
    marked = {
        name: (knee.cutoff, f"knee {knee.cutoff:g}")
        for name, each in made.items()
        if (knee := knee_of(each)) is not None
    }
    title = "Accuracy behind a low pass; right end: none"
    figure = panels(
        lines, title, "cut-off (cycles/pixel)",
        marked=marked, chance=1 / results.classes, width=width,
    )  # fmt: skip
    yield "prune", title, figure


def _cut_curves(made: Sequence[Cut]) -> dict[str, np.ndarray]:
    """Of what was measured at each cut-off; the network as it is stands where nothing is cut."""
    kinds = dict.fromkeys(kind for each in made for kind in each.scores)
    return {
        kind: points(
            (each.cutoff or HIGHEST_RADIUS, count)
            for each in made
            if (count := each.count(kind)) is not None
        )
        for kind in kinds
    }


_MAKERS: dict[str, Callable[[Results, Short, float], Pictures]] = {
    "bands": _bands,
    "heatmap": _heatmap,
    "attacks": _attacks,
    "shift": _shift,
    "corruptions": _corruptions,
    "prune": _prune,
}


@dataclass(frozen=True, kw_only=True)
class Robustness(report.Report):
    """What was found.

    Attributes:
        results: every count.
        compared: runs or recipes with the first.
        knees: the knee of each run in cycles/pixel, where it was looked for; None where none is.
            Trials of one recipe have that of their mean.
        trials: which runs are trials of one recipe.
        pruned: run directories that were made, by the label of the run that they are made of.
    """

    results: Results
    compared: Sequence[Comparison] = ()
    knees: dict[str, float | None] = field(default_factory=dict)
    trials: Trials = field(default_factory=dict)
    pruned: dict[str, Path] = field(default_factory=dict)


def knees(shown: Results, trials: Trials) -> dict[str, float | None]:
    """The knee of each run in cycles/pixel, if pruning was measured; None where there is none."""
    if "prune" not in shown.names:
        return {}
    runs = {recipe: [*trials.get(recipe, {0: recipe}).values()] for recipe in shown.labels}
    found = {recipe: knee_of(cuts(shown, recipe)) for recipe in shown.labels}
    return {
        run: None if knee is None else knee.cutoff
        for recipe, knee in found.items()
        for run in runs[recipe]
    }


def write_report(
    results: Results,
    trials: Trials,
    runs: Mapping[str, str],
    machine: Mapping[str, Any],
    out: Path,
) -> Robustness:
    """Writes tables, pictures and the page into a folder that exists.

    Args:
        results: every count.
        trials: which runs are trials of one recipe.
        runs: label -> what the run is, in words.
        machine: what it was measured on.
        out: the folder.

    Raises:
        RunError: where something cannot be written.
    """
    shown = results.over_trials(trials)
    compared, found_knees = comparisons(shown), knees(shown, trials)
    made, told = table.tables(shown, compared), sentences.sentences(shown, compared)
    drawn = {name: report.drawn(partial(pictures, shown, name)) for name in shown.names}
    flat = [each for group in made.values() for each in group]
    legend = sentences.legend(shown)
    known = {"results": shown, "tables": made, "runs": runs, "pictures": drawn}
    known |= {"about": STUDIES, "legend": legend}
    title = f"How robust? {', '.join(shown.labels)}"
    page = report.render("robustness/report.html.j2", title, told, machine, **known)
    texts = {
        "table.csv": tables.csv_text(lines(results)),
        "table.md": tables.as_markdown(flat, [*told, legend]),
        "robustness.html": page,
        "results.json": _json(results, shown, trials, found_knees, compared, runs, machine, told),
    }
    content = {stem: each for group in drawn.values() for stem, each in group.items()}
    for stem in {*_MAKERS, PERTURBATIONS} - {*content}:  # of an earlier report
        remove(out / f"{stem}.png")
    return Robustness(
        out=out,
        files=report.write(out, texts, content),
        tables=flat,
        sentences=told,
        legend=legend,
        results=results,
        compared=compared,
        knees=found_knees,
        trials=trials,
    )


def _json(
    results: Results,
    shown: Results,
    trials: Trials,
    found_knees: Mapping[str, float | None],
    compared: Iterable[Comparison],
    runs: Mapping[str, str],
    machine: Mapping[str, Any],
    told: Iterable[str],
) -> str:
    content = {
        "runs": dict(runs),
        "images": results.images,
        "image_size": results.size,
        "clean": {label: results.clean(label).count.share for label in results.labels},
        "knees": dict(found_knees),
        "against_first": [asdict(each) for each in compared],
        "sentences": list(told),
        "measured": lines(results),
        "trials": {recipe: dict(runs) for recipe, runs in trials.items()},
        "over_trials": lines(shown) if shown.seeds else [],
        "machine": dict(machine),
    }
    return tables.json_text(content, indent=1)
