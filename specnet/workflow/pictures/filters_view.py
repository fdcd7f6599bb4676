"""What filters pass: their transfer functions over the whole frequency plane, in three ways."""

from collections.abc import Callable, Iterator

from matplotlib.figure import Figure

from specnet.analysis import whole_plane
from specnet.plots.filters import (
    magnitude_and_phase,
    real_and_imaginary_inks,
    real_and_imaginary_maps,
)
from specnet.workflow.pictures.pages import heading, paged
from specnet.workflow.pictures.subject import Picture, Subject

# File name -> how it is drawn, and what it is.
_WAYS: dict[str, tuple[Callable[..., Figure], str]] = {
    "filters": (real_and_imaginary_inks, "real part in blue, imaginary in red"),
    "filters-parts": (real_and_imaginary_maps, "real and imaginary part"),
    "filters-phase": (magnitude_and_phase, "magnitude, and phase as hue"),
}


def pictures(subject: Subject) -> Iterator[Picture]:
    """Three pictures of each page of filters."""
    for filters, page in paged(subject):
        planes = whole_plane(filters.response[page.rows], filters.size)
        labels, captions = filters.labels[page.rows], filters.captions[page.rows]
        for name, (draw, what) in _WAYS.items():
            figure = draw(planes, labels, captions, f"{heading(subject, filters)}: {what}")
            file = f"{name}-{filters.layer}{page.suffix}"
            yield Picture(file, page.shows(f": {what}"), figure)
