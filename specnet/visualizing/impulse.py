"""Filters as they act in space, and how far they reach."""

from collections.abc import Iterator

from specnet.figures.impulse import impulse_responses as draw
from specnet.inspection import extent, impulse_responses
from specnet.visualizing.pages import heading, paged
from specnet.visualizing.subject import Picture, Subject


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
