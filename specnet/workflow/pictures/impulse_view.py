"""Filters as they act in space, or of signals in time, and how far they reach."""

from collections.abc import Iterator

from specnet.analysis import extent, impulse_responses
from specnet.plots.impulse import impulse_responses as draw
from specnet.plots.impulse_lines import impulse_lines
from specnet.workflow.pictures.pages import heading, paged
from specnet.workflow.pictures.subject import Picture, Subject


def pictures(subject: Subject) -> Iterator[Picture]:
    """One picture of each page of filters."""
    for filters, page in paged(subject):
        signals = len(filters.size) == 1
        impulses = impulse_responses(filters.response[page.rows], filters.size)
        figure = (impulse_lines if signals else draw)(
            impulses,
            extent(impulses, rank=len(filters.size)),
            filters.labels[page.rows],
            f"{heading(subject, filters)}: impulse responses",
        )
        where = " in time" if signals else " in space"
        yield Picture(f"impulse-{filters.layer}{page.suffix}", page.shows(where), figure)
