"""Filters as they act in space, or of signals in time, and how far they reach."""

from collections.abc import Callable, Iterator

from matplotlib.figure import Figure

from specnet import analysis
from specnet.plots.impulse import impulse_responses, impulse_slices
from specnet.plots.impulse_lines import impulse_lines
from specnet.workflow.pictures.pages import heading, paged
from specnet.workflow.pictures.subject import Picture, Subject

# By the number of axes: what draws, and what it shows.
_WAYS: dict[int, tuple[Callable[..., Figure], str]] = {
    1: (impulse_lines, " in time"),
    2: (impulse_responses, " in space"),
    3: (impulse_slices, " in space, in the planes through the origin"),
}


def pictures(subject: Subject) -> Iterator[Picture]:
    """One picture of each page of filters."""
    for filters, page in paged(subject):
        impulses = analysis.impulse_responses(filters.response[page.rows], filters.size)
        draw, where = _WAYS[len(filters.size)]
        figure = draw(
            impulses,
            analysis.extent(impulses, rank=len(filters.size)),
            filters.labels[page.rows],
            f"{heading(subject, filters)}: impulse responses",
        )
        yield Picture(f"impulse-{filters.layer}{page.suffix}", page.shows(where), figure)
