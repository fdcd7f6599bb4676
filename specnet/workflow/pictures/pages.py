"""The filters that a run has to show, a page at a time.

Which filters, how many on a page, and what a page is called.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from specnet.analysis import Filters, filters_of
from specnet.messages import counted
from specnet.workflow.pictures.subject import Subject

PER_PAGE = 12
PAGES = 4  # of a layer, unless one layer alone is asked for


@dataclass(frozen=True)
class Page:
    """Some filters of a layer: `rows` of its arrays, the end of a file's name, which they are,
    such as `filters 12 to 23 of 512`, and how to see those that are left out."""

    rows: slice
    suffix: str
    which: str
    hint: str = ""

    def shows(self, what: str) -> str:
        """For the table: these filters, what is shown of them, and then the hint."""
        return f"{self.which}{what}{self.hint}"


def shown(subject: Subject, most: int | None = None) -> Iterator[Filters]:
    """The filters of each layer that has some, the first `most` of them."""
    size = subject.model.input_shape[1:-1]
    found = (filters_of(layer, size, most) for layer in subject.layers)
    return (each for each in found if each is not None)


def paged(subject: Subject) -> Iterator[tuple[Filters, Page]]:
    """Each page of each layer: all of them of one layer by name, otherwise the first few."""
    most = None if subject.layer else PER_PAGE * PAGES
    for filters in shown(subject, most):
        for page in pages(len(filters.labels), filters.total):
            yield filters, page


def pages(count: int, total: int) -> Iterator[Page]:
    """`count` filters of a layer of `total`, in pages that are full but for the last."""
    if count == total <= PER_PAGE:
        yield Page(slice(0, count), "", counted(count, "filter"))
        return
    for number, start in enumerate(range(0, count, PER_PAGE), 1):
        end = min(start + PER_PAGE, count)
        which = f"filters {start} to {end - 1} of {total:,}"
        hint = "; --layer shows all" if end == count < total else ""
        yield Page(slice(start, end), f"-{number}", which, hint)


def heading(subject: Subject, filters: Filters) -> str:
    """What a figure is of: run, layer, what owns the filters, and for images of which size.

    Where the functions are of more bins than the images have pixels, that is said too.
    """
    images, size = ("x".join(map(str, each)) for each in (filters.images, filters.size))
    bins = "" if size == images else f", {size.replace('x', ' x ')} bins"
    kind = f"{filters.kind} at {images}{bins}"
    return f"{subject.run.path.name}, {filters.layer} ({kind})"
