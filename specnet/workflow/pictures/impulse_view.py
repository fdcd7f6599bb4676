"""Filters as they act in space, and how far they reach."""

from collections.abc import Iterator

from specnet.analysis import extent, impulse_responses
from specnet.plots.impulse import impulse_responses as draw
from specnet.workflow.pictures.pages import heading, paged
from specnet.workflow.pictures.subject import Picture, Subject


def pictures(subject: Subject) -> Iterator[Picture]:
    """One picture of each page of filters."""
    for filters, page in paged(subject):
        impulses = impulse_responses(filters.response[page.rows], filters.size)
        figure = draw(
            impulses,
            extent(impulses),
            filters.labels[page.rows],
            f"{heading(subject, filters)}: impulse responses",
        )
        yield Picture(f"impulse-{filters.layer}{page.suffix}", page.shows(" in space"), figure)
