"""The report as one HTML file that holds everything it shows; the layout is in report.html.j2."""

import base64
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, PackageLoader

from specnet.experiments.comparison.plan import Plan

if TYPE_CHECKING:
    from specnet.experiments.comparison.report import Comparison


class Picture(NamedTuple):
    """A PNG for wide screens and one for phones, and what they show."""

    shows: str
    wide: bytes
    narrow: bytes


def render(
    plan: Plan,
    found: "Comparison",
    changed: Mapping[str, Sequence[tuple[str, str, str]]],
    machine: Mapping[str, Any],
    shown: Sequence[Picture],
) -> str:
    """The page as text.

    Args:
        plan, found: what was compared, and what it came to.
        changed: label -> differences of its recipe: key, value there, value here.
        machine: what it ran on.
        shown: pictures, in the order of the page.
    """
    environment = Environment(
        loader=PackageLoader("specnet.experiments.comparison", ""),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["inline"] = _inline
    return environment.get_template("report.html.j2").render(
        plan=plan,
        found=found,
        changed=changed,
        against={each.label: each.against for each in plan.contenders},
        machine=machine_facts(machine),
        pictures=shown,
        legend=found.legend,
        written=datetime.now().astimezone().strftime("%-d %B %Y, %H:%M %Z"),
    )


def machine_facts(machine: Mapping[str, Any]) -> dict[str, str]:
    """What a reader wants to know of a machine: names and values."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return {
        "device": f"{machine['device']}, {machine['cpus']} cores, {machine['processor']}",
        "backend": machine["backend"],
        "system": machine["system"],
        "versions": f"Python {machine['python']}, {versions}",
        "commit": machine.get("git_commit") or "not a git checkout",
        "command": shlex.join([Path(machine["command"][0]).name, *machine["command"][1:]]),
    }


def _inline(content: bytes) -> str:
    """A PNG as the address of an image."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
