"""What filters pass: their transfer functions over the whole frequency plane, in three ways."""

from collections.abc import Callable, Iterator

from matplotlib.figure import Figure

from specnet.analysis import Filters, whole_plane
from specnet.plots.filter_lines import response_lines
from specnet.plots.filters import (
    magnitude_and_phase,
    real_and_imaginary_inks,
    real_and_imaginary_maps,
)
from specnet.workflow.pictures.pages import Page, heading, paged
from specnet.workflow.pictures.subject import Picture, Subject

# File name -> how it is drawn, and what it is.
_WAYS: dict[str, tuple[Callable[..., Figure], str]] = {
    "filters": (real_and_imaginary_inks, "real part in blue, imaginary in red"),
    "filters-parts": (real_and_imaginary_maps, "real and imaginary part"),
    "filters-phase": (magnitude_and_phase, "magnitude, and phase as hue"),
}


def pictures(subject: Subject) -> Iterator[Picture]:
    """Three pictures of each page of filters; one where they are of signals or of volumes."""
    for filters, page in paged(subject):
        if len(filters.size) != 2:
            yield _at_another_rank(subject, filters, page)
            continue
        planes = whole_plane(filters.response[page.rows], filters.size)
        labels, captions = filters.labels[page.rows], filters.captions[page.rows]
        for name, (draw, what) in _WAYS.items():
            figure = draw(planes, labels, captions, f"{heading(subject, filters)}: {what}")
            file = f"{name}-{filters.layer}{page.suffix}"
            yield Picture(file, page.shows(f": {what}"), figure)


def _at_another_rank(subject: Subject, filters: Filters, page: Page) -> Picture:
    """Lines over the frequency of signals; of volumes, planes at two frequencies of the depth."""
    responses, labels = filters.response[page.rows], filters.labels[page.rows]
    captions, title = filters.captions[page.rows], heading(subject, filters)
    name = f"filters-{filters.layer}{page.suffix}"
    if len(filters.size) == 1:
        what = ": real and imaginary part"
        figure = response_lines(responses, filters.size[0], labels, captions, title + what)
        return Picture(name, page.shows(what), figure)
    volumes, depth = whole_plane(responses, filters.size), filters.size[0]
    places = sorted({depth // 2, depth // 2 + depth // 4})  # 0 and about 1/4 cycles/voxel
    planes = volumes[:, places].reshape(-1, *volumes.shape[2:])
    told = [f"{label}, s = {(s - depth // 2) / depth:.2g}" for label in labels for s in places]
    lines = [each for each in captions for _ in places]
    what = ": slices, real part in blue, imaginary in red"
    figure = real_and_imaginary_inks(planes, told, lines, title + what)
    return Picture(name, page.shows(what), figure)
