"""The second table of the study: what each family explains of trained kernels, at what cost."""

from collections.abc import Sequence
from typing import Any

from specnet.studies.autoencode.baseline import Fits
from specnet.studies.engine.tables import csv_text, markdown_rows

HEAD = ("family", "params a filter", "energy explained", "quartiles", "kernels")


def cells(fit: dict[str, Any]) -> tuple[str, ...]:
    """One family as it is read, under HEAD: the median over kernels, and the quartiles."""
    return (
        fit["label"],
        f"{fit['parameters']:,}",
        f"{fit['median']:.1%}",
        f"{fit['lower_quartile']:.1%} to {fit['upper_quartile']:.1%}",
        f"{fit['kernels']} of {fit['of']}",
    )


def front(fits: Sequence[dict[str, Any]]) -> Fits:
    """The families that explain more than every one with as few parameters, the cheapest first."""
    best: Fits = []
    for fit in sorted(fits, key=lambda fit: (fit["parameters"], -fit["median"])):
        if not best or fit["median"] > best[-1]["median"]:
            best.append(fit)
    return best


def as_csv(fits: Sequence[dict[str, Any]]) -> str:
    """With a line of names, and every digit."""
    return csv_text(fits)


def as_markdown(fits: Sequence[dict[str, Any]]) -> str:
    """As it is read."""
    return markdown_rows(HEAD, map(cells, fits))
