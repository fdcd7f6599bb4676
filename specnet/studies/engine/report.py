"""What a study leaves: texts and pictures in its folder, and one HTML file that holds all it shows.

The layout of that page is in page.html.j2. A study's own template extends it, and takes tables and
pictures from parts.html.j2.
"""

import base64
import io
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from specnet.messages import counted
from specnet.plain import plain
from specnet.plots.curve_sheet import WIDTH
from specnet.runs import Run
from specnet.studies.engine.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ENGINE = Path(__file__).parent
_NARROW = 4.4  # inches, of a picture for the page on a phone
_DPI = 150


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a study found, for people; each study adds its own numbers.

    Attributes:
        out, files: the folder, and what was written into it.
        tables, sentences: the results, and what follows from them.
        legend: what the columns of the tables mean.
    """

    out: Path
    files: list[Path]
    tables: list[Table]
    sentences: list[str]
    legend: str = ""


class Picture(NamedTuple):
    """A PNG for wide screens and one for phones, and what they show."""

    shows: str
    wide: bytes
    narrow: bytes


def drawn(
    draw: Callable[[float], Iterable[tuple[str, str, "Figure"]]],
) -> dict[str, Picture]:
    """Pictures by the stem of their file.

    Args:
        draw: makes them for a width in inches: stem, what it shows, figure.
    """
    wide, narrow = (
        {stem: (shows, png(figure)) for stem, shows, figure in draw(width)}
        for width in (WIDTH, _NARROW)
    )
    return {stem: Picture(shows, png, narrow[stem][1]) for stem, (shows, png) in wide.items()}


def write(
    out: Path, texts: Mapping[str, str], pictures: Mapping[str, "Picture | Figure"]
) -> list[Path]:
    """Writes texts by file name and PNGs by stem, each whole or not at all; returns the files.

    Raises:
        RunError: where something cannot be written.
    """
    contents: dict[str, str | bytes] = {**texts}
    for stem, picture in pictures.items():
        contents[f"{stem}.png"] = picture.wide if isinstance(picture, Picture) else png(picture)
    for name, content in contents.items():
        Run(out).write(name, content)
    return [out / name for name in contents]


def png(figure: "Figure") -> bytes:
    """A figure as the content of a PNG."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=_DPI)
    return content.getvalue()


def render(
    template: str, title: str, sentences: Sequence[str], machine: Mapping[str, Any], **known: Any
) -> str:
    """The page as text.

    Args:
        template: in `specnet/studies`, such as `compare/report.html.j2`.
        title, sentences: the heading, and what follows from the numbers.
        machine: what it ran on, as `specnet.environment` tells it.
        known: what else the template shows.
    """
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader([_ENGINE, _ENGINE.parent]),
        autoescape=True,
        finalize=lambda value: plain(value) if type(value) is str else value,  # not Markup
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"inline": _inline, "counted": counted}
    return environment.get_template(template).render(
        title=title,
        sentences=sentences,
        machine=machine_facts(machine),
        written=datetime.now().astimezone().strftime("%-d %B %Y, %H:%M %Z"),
        **known,
    )


def machine_facts(machine: Mapping[str, Any]) -> dict[str, str]:
    """What a reader wants to know of a machine: names and values."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    cores = counted(machine["cpus"], "core")
    return {
        "device": f"{machine['device']}, {cores}, {machine['processor']}",
        "backend": machine["backend"] + _convolutions(machine),
        "system": machine["system"],
        "versions": f"Python {machine['python']}, {versions}",
        "specnet's commit": machine.get("git_commit") or "not from a checkout",
        "command": shlex.join([Path(machine["command"][0]).name, *machine["command"][1:]]),
    }


def machine_line(machine: Mapping[str, Any]) -> str:
    """The same in a line or two of text."""
    backend, versions = machine["backend"], machine["versions"]
    return (
        f"{machine['device']}, {counted(machine['cpus'], 'thread')}, {machine['processor']}, "
        f"{backend} {versions.get(backend, '')}{_convolutions(machine)}, "
        f"keras {versions.get('keras', '')}"
    )


def _convolutions(machine: Mapping[str, Any]) -> str:
    """By what TensorFlow convolves, which ratios against Conv2D hang on; old files do not say."""
    used = machine.get("onednn")
    return "" if used is None else " with oneDNN" if used else " without oneDNN"


def _inline(content: bytes) -> str:
    """A PNG as the address of an image."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
