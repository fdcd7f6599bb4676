"""What filters pass: their transfer functions over the whole frequency plane, in three ways."""

from collections.abc import Callable, Iterator

from matplotlib.figure import Figure

from specnet.analysis import whole_plane
from specnet.plots.filter_overview import WAYS, overview
from specnet.plots.filters import magnitude_and_phase, real_and_imaginary_maps
from specnet.workflow.pictures.pages import heading, paged
from specnet.workflow.pictures.subject import Picture, Subject

# File name -> how planes are drawn besides the overview, and what it is.
_MORE: dict[str, tuple[Callable[..., Figure], str]] = {
    "filters-parts": (real_and_imaginary_maps, "real and imaginary part"),
    "filters-phase": (magnitude_and_phase, "magnitude, and phase as hue"),
}


def pictures(subject: Subject) -> Iterator[Picture]:
    """Three pictures of each page of filters; one where they are of signals or of volumes."""
    for filters, page in paged(subject):
        half, title = filters.response[page.rows], heading(subject, filters)
        whole = whole_plane(half, filters.size)
        labels, captions = filters.labels[page.rows], filters.captions[page.rows]
        figure = overview(half, whole, labels, captions, title)
        what = WAYS[len(filters.size)]
        yield Picture(f"filters-{filters.layer}{page.suffix}", page.shows(f": {what}"), figure)
        for name, (draw, what) in _MORE.items() if len(filters.size) == 2 else ():
            figure = draw(whole, labels, captions, f"{title}: {what}")
            yield Picture(f"{name}-{filters.layer}{page.suffix}", page.shows(f": {what}"), figure)
