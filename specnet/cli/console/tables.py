"""How results look in a terminal: plain objects -> rich tables."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group

from specnet.cli.console.console import Table, Text
from specnet.environment import shown_bytes
from specnet.messages import counted
from specnet.plain import one_line

_SHOWN = 8  # filters of a layer
_NUMBERS = 12  # of a value


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table whose numbers stand to the right."""
    rows = [[_cell(value) for value in row] for row in rows]
    drawn = Table()
    for number, column in enumerate(columns):
        numeric = all(_is_number(row[number]) for row in rows)
        drawn.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*map(Text, row))  # a plain string would be read as markup
    return drawn


def facts(pairs: Mapping[str, Any]) -> Table:
    """Names and values, one pair a line."""
    drawn = Table(show_header=False)
    drawn.add_column(style="bold", overflow="fold")
    drawn.add_column(overflow="fold")
    for name, value in pairs.items():
        drawn.add_row(name, Text(_cell(value)))
    return drawn


def percent(share: float) -> str:
    """0.6789 -> 67.9 %."""
    return f"{100 * share:.1f} %"


def measured(metric: str, row: Mapping[str, float], prefix: str = "") -> str:
    """A metric of a row of metrics.csv, as it is usually written."""
    value = row[prefix + metric]
    return percent(value) if metric == "accuracy" else f"{value:.5f}"


def training_summary(trained: Any) -> Group:
    """What a training reached, and what to do next."""
    best, path = trained.best, trained.run.path
    return Group(
        facts(
            {
                "run": path,
                "best epoch": f"{best['epoch']:.0f} of {len(trained.rows)}",
                "validation": f"{trained.metric} {measured(trained.metric, best, 'val_')}, "
                f"loss {best['val_loss']:.4f}",
                "parameters": trained.parameters,
                "time": f"{trained.seconds:.0f} s",
            }
        ),
        Text(f"\nnext:  specnet eval {path}"),
    )


def report(result: Any, run: Path) -> Any:
    """What was measured: of a classifier each class too, and which were taken for which."""
    size = "x".join(map(str, result.image_size))
    split = result.split in ("train", "validation", "test")
    summary = {
        "run": run,
        "images": f"{result.images:,} of {'split ' * split}{result.split}, {size}",
        "loss": f"{result.loss:.4f}",
    }
    if hasattr(result, "mse"):
        ssim = "none, the images are too small" if result.ssim is None else f"{result.ssim:.4f}"
        return facts(summary | {"mean squared error": f"{result.mse:.5f}", "SSIM": ssim})
    accuracy = percent(result.accuracy)
    if result.accuracy <= result.guessing:
        accuracy += ", no better than the most frequent class for every image"
    return _classifier_report(result, summary | {"accuracy": accuracy})


def _classifier_report(result: Any, summary: dict[str, Any]) -> Group:
    if result.roc_auc is not None:
        summary["ROC AUC"] = f"{result.roc_auc:.4f}"
    scores = [
        (c.name, f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}", c.images)
        for c in result.classes
    ]
    # Rows carry the names; columns are numbered, so that ten classes fit into a terminal.
    numbered = [f"{number} {c.name}" for number, c in enumerate(result.classes, 1)]
    counts = [(name, *row) for name, row in zip(numbered, result.confusion, strict=True)]
    numbers = [str(number) for number in range(1, len(numbered) + 1)]
    return Group(
        facts(summary),
        Text("\nclasses", style="bold"),
        table(("class", "precision", "recall", "F1", "images"), scores),
        Text("\nconfusion: rows are true, columns predicted", style="bold"),
        table(("", *numbers), counts),
    )


def predictions(rows: Sequence[Mapping[str, Any]], count: int, kind: str) -> Group:
    """The first of so many predictions: each image's class and the next one, or its error."""
    hidden = [Text(f"and {count - len(rows):,} more; --out FILE.csv has all")]
    legend = [Text("scores, no probabilities: the model was trained on squared errors", "dim")]
    after = hidden * (count > len(rows)) + legend * (
        kind == "score" and bool(rows) and "class" in rows[0]
    )
    if rows and "mse" in rows[0]:
        ssim = ("" if row["ssim"] is None else f"{row['ssim']:.4f}" for row in rows)
        lines = [(row["file"], f"{row['mse']:.5f}", s) for row, s in zip(rows, ssim, strict=True)]
        return Group(table(("file", "squared error", "SSIM"), lines), *after)
    named = [
        (
            row["file"],
            row["class"],
            f"{row[kind]:.3f}",
            f"{row['class_2']} {row[f'{kind}_2']:.3f}" if "class_2" in row else "",
            row["true"] or "",
        )
        for row in rows
    ]
    return Group(table(("file", "class", kind, "next", "folder"), named), *after)


def recipe_list(rows: Iterable[Sequence[Any]]) -> Group:
    """The recipes at hand, and how to use one."""
    return Group(
        table(("recipe", "task", "data", "parameters"), rows),
        Text("\nspecnet recipes show NAME, specnet train NAME"),
    )


def layer_list(groups: Mapping[str, Mapping[str, str]]) -> Group:
    """Every layer with its first line of help, under the heading of its group."""
    rows: list[tuple[Any, str]] = []
    for heading, layers in groups.items():
        rows += [(Text(heading, style="bold"), ""), *layers.items(), ("", "")]
    return Group(
        table(("layer", "what it does"), rows[:-1]),
        Text("\nspecnet layers NAME, specnet layers --image-size 150x150"),
    )


def layer_page(name: str, summary: str, arguments: Iterable[Sequence[Any]]) -> Group:
    """One layer: what it does, what it takes, and what that means."""
    arguments = list(arguments)
    return Group(
        Text(name, style="bold"),
        Text(summary + "\n"),
        table(("argument", "default", "type"), (row[:3] for row in arguments)),
        Text(),
        table(("argument", "meaning"), ((row[0], row[3]) for row in arguments if row[3])),
    )


def filter_costs(costs: Iterable[Any], image_size: tuple[int, int]) -> Group:
    """Parameters a filter at an image size."""
    rows = [(cost.layer, cost.parameters, cost.layer_parameters) for cost in costs]
    heading = Text(f"parameters at {image_size[0]}x{image_size[1]}, one channel", style="bold")
    return Group(heading, table(("layer", "one filter", "64 filters"), rows))


def learned(known: Any, run: Path) -> Group:
    """What each layer of a run learned, and which learned what has no units."""
    parts: list[Any] = [part for layer in known.layers for part in _learned_by(layer)]
    if known.drawn:
        names = ", ".join(known.drawn)
        parts.append(Text(f"filters without units: {names}; specnet visualize {run} draws them"))
    if known.hidden:
        names = ", ".join(known.hidden)
        parts.append(Text(f"weights that are no filters, and neither shown nor drawn: {names}"))
    return Group(*parts or [Text(f"{run}: no layer of this run learned filters or cut-offs")])


def pictures(written: Sequence[Any], folder: Path) -> Group:
    """The files that were drawn into a folder, and what each shows."""
    rows = [(each.file.name, each.shows) for each in written]
    return Group(Text(f"{folder}/", style="bold"), table(("file", "shows"), rows))


def conversion(made: Any) -> Group:
    """What was converted, and how well the two runs agree."""
    return Group(
        facts(
            {
                "run": made.run.path,
                "converted": ", ".join(made.layers),
                "difference": f"{made.difference:.2g} at most, in the outputs for 16 images of "
                "white noise",
            }
        ),
        Text(f"\nnext:  specnet eval {made.run.path}"),
    )


def exported(made: Any) -> Group:
    """What was written, and how well it agrees with its run."""
    lines: dict[str, Any] = {"file": made.path, "size": shown_bytes(made.size)}
    lines["description"] = made.description
    for each in made.shortened:
        lines[each.layer] = f"{each.energy:.2%} of the filters' energy is in the window"
    if made.truncation is not None:
        lines["window"] = f"changes {made.output} by {made.truncation:.2g} at most"
    found = made.agreement
    if found is None:
        lines["check"] = "none; --check N tries it"
    elif found.seconds is None:
        lines["check"] = f"{found.source}: difference {found.difference:.2g}"
    else:
        lines["check"] = f"{found.difference:.2g} at most, in {made.output} of {found.source}"
        lines[f"one {made.unit}"] = (
            f"{1e3 * found.seconds:.2f} ms, here {1e3 * found.own_seconds:.2f} ms"
        )
    return Group(facts(lines))


def _learned_by(layer: Any) -> tuple[Text, Table, Text]:
    heading = Text(f"{layer.layer} ({layer.kind})", style="bold")
    if not layer.parts:
        pairs = {name: _numbers(value) for name, value in layer.values.items()}
        return heading, facts(pairs), Text()
    filters = next(iter(layer.values.values())).shape[1]
    rows = [
        (number, part, *(_numbers(value[index, number]) for value in layer.values.values()))
        for number in range(min(filters, _SHOWN))
        for index, part in enumerate(layer.parts)
    ]
    more = ""
    if filters > _SHOWN:
        more = f"{counted(filters - _SHOWN, 'more filter')}; --json shows all\n"
    elif any(value[0, 0].size > _NUMBERS for value in layer.values.values()):
        more = "--json shows all numbers\n"
    return heading, table(("filter", "part", *layer.values), rows), Text(more)


def _numbers(value: Any) -> str:
    """0.123, -4 for one number or several; of many, the first and how many more there are."""
    shown = ", ".join(f"{number:.3g}" for number in value.ravel()[:_NUMBERS])
    return f"{shown} and {value.size - _NUMBERS:,} more" if value.size > _NUMBERS else shown


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else one_line(value)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("-", "").replace(" %", "").isdigit()
