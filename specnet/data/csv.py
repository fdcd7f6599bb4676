"""The `csv` source: a table whose columns name image files, their classes and, perhaps, splits.

UTF-8 with or without a mark at its start; the separator is that with which the header has the
columns. All that is wrong with a table is told at once, by line.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from os.path import normpath
from pathlib import Path
from typing import NamedTuple

from specnet.data.dataset import Dataset, class_problems, in_order
from specnet.data.file_lists import SHOWN, read_files
from specnet.data.image_files import absolute, read_regular, shown
from specnet.data.listing import SPLITS, Labelled, Listing, what_is
from specnet.data.splitting import Rule
from specnet.errors import DataError
from specnet.recipe.schema import CsvData

LARGEST = 2**30  # bytes
SEPARATORS = ",;\t"
WORDS = {word: split for split, words in SPLITS.items() for word in words}
ONE_CLASS = "image"  # of autoencoders, as in folders without classes

Columns = Mapping[str, str]  # `file`, `label`, `split`: the column, for those that a recipe names


class Row(NamedTuple):
    """A file of the table; `split` is a key of `SPLITS`."""

    line: int
    path: Path
    label: str
    split: str


class Problem(NamedTuple):
    """What is wrong in a line."""

    line: int
    words: str


def load(settings: CsvData, rule: Rule = "names") -> Dataset:
    """Read the files of a table, ordered by class and name, whatever the order of the rows.

    Raises:
        DataError: the table cannot be read, lacks columns, or has wrong rows; files are missing or
            unreadable, unless `on_error` is `skip`.
    """
    path = absolute(settings.path)
    root = absolute(settings.root) if settings.root else path.parent
    listing = _listed(shown(path), _text(path), root, settings)
    return read_files(listing, root, settings, rule)


def check_columns(settings: CsvData) -> None:
    """Raises DataError where a table cannot be read or lacks columns; its rows are not read."""
    path = absolute(settings.path)
    text, where, columns = _text(path), shown(path), _columns(settings)
    records = _records(text, _separator(text, set(columns.values())), where)
    _check_header(next(records, (1, []))[1], columns, where)


def _columns(settings: CsvData) -> dict[str, str]:
    return {
        key: name
        for key in ("file", "label", "split")
        if (name := getattr(settings, key)) is not None
    }


def _text(path: Path) -> str:
    try:
        content = read_regular(path, LARGEST)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{shown(path)}:{line}: not UTF-8; save the table as CSV UTF-8") from error
    except DataError as error:
        raise DataError(f"{shown(path)}: {error}; correct data.path") from error


def _listed(where: str, text: str, root: Path, settings: CsvData) -> Listing:
    rows, problems = _rows(text, where, root, _columns(settings))
    rows, repeated, contradicting = _once(rows)
    problems += contradicting
    if settings.on_error == "fail":
        problems += _missing(rows)
    classes = in_order(row.label for row in rows if row.split == "train")
    told = _told(problems, where)
    if not rows and not problems:
        told.append(f"{where}: no rows below the header")
    elif rows and not classes:
        told.append(f"{where}: no row says train in column {settings.split!r}")
    elif rows and settings.label:
        told += _class_problems(rows, classes, where, settings)
    if told:
        return Listing(classes, {}, told)
    note = (
        f"{where}: {len(repeated)} rows repeat others, the first in line {min(repeated, default=0)}"
    )
    return Listing(classes, _files(rows, classes), [], (note,) if repeated else ())


def _rows(text: str, where: str, root: Path, columns: Columns) -> tuple[list[Row], list[Problem]]:
    """Return the rows that say all they should, and what is wrong with the others."""
    separator = _separator(text, set(columns.values()))
    records = _records(text, separator, where)
    header = next(records, (1, []))[1]
    _check_header(header, columns, where)
    rows, problems = [], []
    for line, cells in records:
        values = dict(zip_longest(header, cells[: len(header)], fillvalue=""))
        found = {key: values[name] for key, name in columns.items()}
        wrong = [f"{key}: nothing in column {columns[key]!r}" for key in found if not found[key]]
        if any(cells[len(header) :]):
            wrong.append(
                f"{len(cells)} cells, and the header has {len(header)}; put quotes around cells "
                f"that hold {separator!r}"
            )
        split = WORDS.get(found.get("split", "train").lower())
        if found.get("split") and not split:
            wrong.append(f"split: expected train, validation or test, found {found['split']!r}")
        if "\0" in found["file"]:
            wrong.append(f"file: {found['file']!r} is no name of a file")
        problems += [Problem(line, words) for words in wrong]
        if split and not wrong:
            path = Path(normpath(root / found["file"]))
            rows.append(Row(line, path, found.get("label", ONE_CLASS), split))
    return rows, problems


def _separator(text: str, wanted: set[str]) -> str:
    def fit(separator: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
        cells = {cell.strip() for cell in next(filter(any, reader), [])}
        return len(wanted & cells), len(cells)

    try:
        return max(SEPARATORS, key=fit)
    except csv.Error:  # told by those who read it
        return SEPARATORS[0]


def _records(text: str, separator: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines in which rows begin, from 1, and their cells; rows of nothing are no rows."""
    lines = io.StringIO(text, newline="")  # which a cell in quotes may hold
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    start = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{where}:{start}: {error}; mend the quotes of this row") from error


def _check_header(header: list[str], columns: Columns, where: str) -> None:
    there = ", ".join(repr(name) for name in header) or "nothing"
    problems = []
    for key, name in columns.items():
        if name not in header:
            problems.append(f"{where}: no column {name!r} (data.{key}); there are: {there}")
        elif header.count(name) > 1:
            problems.append(f"{where}: {header.count(name)} columns {name!r} (data.{key})")
    if problems:
        raise DataError("\n".join(problems))


def _once(rows: list[Row]) -> tuple[list[Row], list[int], list[Problem]]:
    """Return each file once, the lines that repeat one, and those that contradict another."""
    first: dict[Path, Row] = {}
    repeated, problems = [], []
    for row in rows:
        before = first.setdefault(row.path, row)
        if before is row:
            continue
        here, there = (
            f"{each.label!r}" if before.label != row.label else each.split for each in (row, before)
        )
        if here == there:
            repeated.append(row.line)
        else:
            words = f"{shown(row.path)}: is {here}, and {there} in line {before.line}"
            problems.append(Problem(row.line, words))
    return list(first.values()), repeated, problems


def _missing(rows: list[Row]) -> list[Problem]:
    return [
        Problem(row.line, f"{shown(row.path)}: found {found}, expected an image")
        for row in rows
        if (found := what_is(row.path)) != "a file"
    ]


def _told(problems: list[Problem], where: str) -> list[str]:
    lines = [f"{where}:{line}: {words}" for line, words in sorted(problems)]
    more = len(lines) - SHOWN
    return lines[:SHOWN] + ([f"{where}: and {more} more problems"] if more > 0 else [])


def _class_problems(
    rows: list[Row], classes: tuple[str, ...], where: str, settings: CsvData
) -> list[str]:
    """Say which classes have too few images to train on and to cut splits from."""
    column = f"{where}: column {settings.label!r}"
    problems = class_problems(classes, column)
    given = {row.split for row in rows}
    shares = {"validation": settings.validation, "test": settings.test}
    wanted = [name for name, share in shares.items() if share and name not in given]
    counts = Counter(row.label for row in rows if row.split == "train")
    for label, row in {row.label: row for row in reversed(rows)}.items():
        if not counts[label]:
            problems.append(f"{where}:{row.line}: class {label!r}: no image to train on")
        elif counts[label] <= len(wanted):
            problems.append(
                f"{where}:{row.line}: class {label!r}: found {counts[label]} of the "
                f"{1 + len(wanted)} images needed for {' and '.join(['train', *wanted])}; add "
                f"images, or set data.{wanted[0]} to 0"
            )
    return problems


def _files(rows: list[Row], classes: tuple[str, ...]) -> dict[str, list[Labelled]]:
    number = {label: place for place, label in enumerate(classes)}
    files: dict[str, list[Labelled]] = {}
    for row in sorted(rows, key=lambda row: (number[row.label], row.path)):
        files.setdefault(row.split, []).append((row.path, number[row.label]))
    return files
