"""Reports as one HTML file that holds everything it shows; the layout is in page.html.j2.

A study's own template extends that one, and takes tables and pictures from parts.html.j2.
"""

import base64
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader

from specnet.messages import counted
from specnet.plain import plain

_ENGINE = Path(__file__).parent


class Picture(NamedTuple):
    """A PNG for wide screens and one for phones, and what they show."""

    shows: str
    wide: bytes
    narrow: bytes


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
        "backend": machine["backend"],
        "system": machine["system"],
        "versions": f"Python {machine['python']}, {versions}",
        "commit": machine.get("git_commit") or "not a git checkout",
        "command": shlex.join([Path(machine["command"][0]).name, *machine["command"][1:]]),
    }


def _inline(content: bytes) -> str:
    """A PNG as the address of an image."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
