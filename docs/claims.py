"""What results/*.json say, written into the pages of docs/, the README and the headers of recipes.

    python docs/claims.py       # writes every figure anew

A page holds `<!-- results/NAME.json -->` and `<!-- end -->`, and what is between them follows from
the file; so does a recipe's entry `# Measured:` that names one. `<!-- accuracy: NAMES -->` and
`<!-- differences: NAMES -->` hold one table of several files. `tests/test_claims.py` fails where a
page and its data disagree. The files are what `specnet compare` leaves as results.json, or
`specnet robustness` of several trials.
"""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from specnet.messages import counted
from specnet.studies.compare.results import Row
from specnet.studies.compare.table import tables
from specnet.studies.engine.statistics import (
    LEVEL,
    Paired,
    Summary,
    describe,
    least_p,
    too_few,
)
from specnet.studies.engine.tables import Table, as_markdown, names, p_value, percent

ROOT = Path(__file__).parent.parent
_FILES = r"results/[\w-]+\.json"
_BLOCK = re.compile(
    rf"(<!-- (?:(accuracy|differences): )?({_FILES}(?: {_FILES})*) -->\n).*?(<!-- end -->)", re.S
)
_OF_A_PAIR = re.compile(r"^\S+ is (as accurate|[\d.]+ points)|^\d+ pairs cannot give p")
ENTRY = re.compile(r"^# Measured: +(?:(?!# *\w+: ).)*?(results/[\w-]+\.json)\.\n", re.M | re.S)
_SHOWN = (
    "Test accuracy",
    "Difference",
    "Against",
    "Validation",
)  # tables; how long a machine took is not quoted


def main() -> None:
    """Write what has changed."""
    for path, _, text in pages():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


def pages() -> Iterator[tuple[Path, str, str]]:
    """Each file that says something else than its data: its path, what it says, what it should."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        if (should := _BLOCK.sub(_block, text)) != text:
            yield path, text, should
    for path in sorted((ROOT / "recipes").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        should = ENTRY.sub(lambda found, path=path: entry(found[1], path.stem), text)
        if should != text:
            yield path, text, should


def _block(found: re.Match[str]) -> str:
    start, kind, files, end = found.groups()
    if kind is None:
        return f"{start}{block(files)}\n{end}"
    rows = [Row.of(each) for name in files.split() for each in read(name)["rows"]]
    table = {"accuracy": accuracies, "differences": differences}[kind](rows)
    return f"{start}{as_markdown([table], []).rstrip()}\n{end}"


def block(name: str) -> str:
    """The tables of a study, its sentences, and how to make it again."""
    result = read(name)
    if "measured" in result:
        said = [each for each in result["sentences"] if " pairs cannot give p " in each]
        shown = [over_trials(result), in_pairs(result)]
        return as_markdown(shown, [*said, made(name, result)]).rstrip()
    rows = [Row.of(each) for each in result["rows"]]
    shown = [
        each for each in tables(rows, result.get("source", "")) if each.title.startswith(_SHOWN)
    ]
    others = [each for each in result["sentences"] if not _OF_A_PAIR.search(each)]
    return as_markdown(shown, [*verdict(rows), *others, made(name, result)]).rstrip()


def verdict(rows: Sequence[Row]) -> list[str]:
    """Which differences are significant, and whether there are pairs enough to say so."""
    found = [row for row in rows if row.paired is not None and row.p_corrected is not None]
    if not found:
        return []
    shown = [f"`{row.label}`" for row in found if (row.p_corrected or 0) < LEVEL]
    which = ", ".join(shown) or "none"
    fewest = min(row.paired.pairs for row in found if row.paired is not None)
    return [
        f"significant after Holm's correction: {which}",
        *too_few(None if shown else fewest, len(found)),
    ]


def accuracies(rows: Sequence[Row]) -> Table:
    """What networks of several studies reach, with their parameters, beside what was published."""
    cells = []
    for row in rows:
        paper = row.published
        words = f"{percent(paper.mean)} ± {percent(paper.std)}" if paper else ""
        accuracy, count = _cell(row.accuracy), str(row.accuracy.count)
        cells.append((f"`{row.label}`", count, accuracy, words, f"{row.cost.parameters:,}"))
    columns = ("recipe", "trials", "mean (95 %)", "published ± std", "parameters")
    return Table("Test accuracy (%)", columns, cells)


def differences(rows: Sequence[Row]) -> Table:
    """Each network of several studies minus what it was compared with."""
    cells = []
    for row in rows:
        if (paired := row.paired) is not None and row.against is not None:
            interval = f"{_signed(paired.low)} to {_signed(paired.high)}"
            chance, count = p_value(row.p_corrected), str(paired.pairs)
            two = (f"`{row.label}`", f"`{row.against}`", f"{row.cost.parameters:,}")
            cells.append((*two, _signed(paired.difference), interval, chance, count))
    columns = ("recipe", "compared with", "parameters", "points", "95 %", "p Holm", "pairs")
    return Table("Test accuracy: the recipe minus what it is compared with", columns, cells)


def _signed(share: float | None) -> str:
    """+1.9 points; nothing for nothing."""
    return "" if share is None else f"{100 * share:+z.1f}"


def over_trials(result: Mapping[str, Any]) -> Table:
    """What trials are right under, a column a recipe: means, with intervals over trials."""
    recipes: dict[str, dict[str, str]] = result["trials"]
    found: dict[str, dict[str, list[Any]]] = {}  # what it was measured under -> run -> lines
    for line in result["measured"]:
        if (words := _measure(line)) is not None:
            found.setdefault(words, {}).setdefault(line["run"], []).append(line["share"])
    short = names([*recipes])
    rows = []
    for words, shares in found.items():
        summaries = [
            describe([float(np.mean(shares[run])) for run in trials.values()])
            for trials in recipes.values()
        ]
        rows.append((words, *map(_cell, summaries)))
    counts = [len(trials) for trials in recipes.values()]
    least = "" if min(counts) == max(counts) else f"{min(counts)} to "
    count = f"{least}{counted(max(counts), 'trial')}"
    title = f"Accuracy (%), mean of {count} (95 %), {result['images']:,} test images"
    return Table(title, ("", *map(short, recipes)), rows)


def in_pairs(result: Mapping[str, Any]) -> Table:
    """Each recipe less the first one, a column a recipe, in pairs of trials with the same seed."""
    first, *others = result["trials"]
    cells: dict[str, dict[str, str]] = {}  # what it was measured under -> recipe
    for each in result["against_first"]:
        interval = f"{_signed(each['low'])} to {_signed(each['high'])}"
        words = f"{_signed(each['difference'])} ({interval})"
        cells.setdefault(each["measure"], {})[each["label"]] = words
    short = names([first, *others])
    rows = [
        (measure, *(found.get(each, "") for each in others)) for measure, found in cells.items()
    ]
    title = f"Difference from {short(first)} (points), in pairs of trials (95 %)"
    return Table(title, ("", *map(short, others)), rows)


def _cell(found: Summary) -> str:
    """71.0 (64.2 to 77.8); of one trial the mean alone."""
    if found.low is None or found.high is None:
        return percent(found.mean)
    return f"{percent(found.mean)} ({percent(found.low)} to {percent(found.high)})"


def _measure(line: Mapping[str, Any]) -> str | None:
    """What a line of robustness is of, in words; None where it is not told."""
    if line["study"] == "clean":
        return "clean"
    if line["study"] in ("attacks", "autoattack"):
        attacks = {
            "fgsm": "FGSM",
            "pgd": "PGD",
            "square": "square attack",
            "autoattack": "AutoAttack",
        }
        attacks |= {"transfer": "transfer PGD"}
        if line["attack"] not in attacks:
            return None
        size = line["epsilon"]
        norm = f"{255 * size:.3g}/255" if line["norm"] == "linf" else f"L2 norm {size:.3g}"
        return f"under {attacks[line['attack']]}, {norm}"
    if line["study"] == "shift":
        return f"consistency under shifts, {line['border']} border"
    return "corrupted" if line["study"] == "corruptions" and line["strength"] else None


def made(name: str, result: Mapping[str, Any]) -> str:
    """The command, and the machine."""
    machine = result["machine"]
    backend = machine["backend"]
    verb, *rest = machine["command"]
    arguments = [Path(each).stem if "recipes/" in each else each for each in rest]
    command = " ".join([Path(verb).name, *arguments])
    command = re.sub(r" --(out|jobs) \S+", "", command)
    versions = f"{backend} {machine['versions'][backend]}, Keras {machine['versions']['keras']}"
    where = f"{machine['cpus']} cores of an {machine['processor']}"
    return f"`{command}`, {where}, {versions}; every trial is in `{name}`"


def entry(name: str, label: str) -> str:
    """`# Measured:` of a recipe."""
    result = read(name)
    row = next(Row.of(each) for each in result["rows"] if each["label"] == label)
    found = row.accuracy
    words = f"{percent(found.mean)} % test accuracy (95 %: {percent(found.low)} to "
    words += f"{percent(found.high)}), {found.count} trials of {row.cost.epochs} epochs"
    if (paper := row.published) is not None:
        words += f" (the paper: {percent(paper.mean)} +- {percent(paper.std)})"
    if row.paired is not None:
        tests = sum(each["p_corrected"] is not None for each in result["rows"])
        words += f"; {_beside(row, row.paired, tests)}"
    lines = textwrap.wrap(f"{words}; {name}.", 85, break_on_hyphens=False)
    return "".join(f"# {'' if n else 'Measured:':<13}{line}\n" for n, line in enumerate(lines))


def _beside(row: Row, paired: Paired, tests: int) -> str:
    """2.0 points above base in pairs (0.6 to 2.3, 5 pairs: too few to show a difference)."""
    points = percent(abs(paired.difference))
    side = "above" if paired.difference > 0 else "below"
    where = f"{points} points {side}" if float(points) else "level with"
    chance = f"p after Holm {p_value(row.p_corrected)}"
    if tests * least_p(paired.pairs) >= LEVEL:
        chance = f"{counted(paired.pairs, 'pair')}: too few to show a difference"
    interval = f"{percent(paired.low)} to {percent(paired.high)}"
    return f"{where} {row.against} in pairs ({interval}, {chance})"


def read(name: str) -> dict[str, Any]:
    """A file of results/."""
    found: dict[str, Any] = json.loads((ROOT / name).read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    main()
