"""The report as one HTML file that holds everything it shows; the layout is in report.html.j2."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from specnet.experiments import page
from specnet.experiments.comparison.plan import Plan
from specnet.experiments.page import Picture

if TYPE_CHECKING:
    from specnet.experiments.comparison.report import Comparison


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
    return page.render(
        "comparison/report.html.j2",
        plan.title,
        found.sentences,
        machine,
        plan=plan,
        found=found,
        changed=changed,
        against={each.label: each.against for each in plan.contenders},
        pictures=shown,
        legend=found.legend,
    )
