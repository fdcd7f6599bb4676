"""What each layer does to an image, a signal or a volume: its channels, and their spectra.

One picture for the image and one for each layer, then an overview with a row for each. Layers of
spectra go back to space, layers of images to frequencies, so that both are seen of each.
"""

from collections.abc import Callable, Iterator
from functools import partial

from keras.layers import InputLayer
from matplotlib.figure import Figure

from specnet.analysis import Features, features
from specnet.messages import counted
from specnet.plots.feature_lines import channel_lines, line_overview
from specnet.plots.features import Row, channels, overview
from specnet.workflow.pictures.subject import Picture, Subject

_CHANNELS, _IN_OVERVIEW = 8, 4
_ROWS = 12  # of a page of the overview
_WHAT = {1: "signal", 2: "image", 3: "volume"}
# By the number of axes: what draws the channels of a layer, and what the overview.
_DRAW: dict[int, tuple[Callable[..., Figure], Callable[..., Figure]]] = {
    1: (channel_lines, line_overview),
    2: (channels, overview),
    3: (partial(channels, unit="voxel"), overview),
}


def pictures(subject: Subject) -> Iterator[Picture]:
    """A picture a layer, of the 8 channels with the most energy; and the overview, of 4 each."""
    for number, each in enumerate(_features(subject, _CHANNELS)):
        told = _told(subject, each)
        row = _row(subject, each, f"{subject.run.path.name}, {told}")
        name = f"features-{number:02d}-{_name(subject, each)}"
        yield Picture(name, told, _DRAW[subject.rank][0](row))
    if subject.layer is None:
        yield from _overviews(subject)


def _overviews(subject: Subject) -> Iterator[Picture]:
    found = _features(subject, _IN_OVERVIEW)
    rows = [_row(subject, each, _name(subject, each)) for each in found]
    pages = [rows[first : first + _ROWS] for first in range(0, len(rows), _ROWS)]
    for number, page in enumerate(pages, start=1):
        which = f", page {number} of {len(pages)}" if len(pages) > 1 else ""
        sliced = ", the slice in the middle" if subject.rank == 3 else ""
        title = f"{subject.run.path.name}: the strongest channels of each layer{sliced}{which}"
        name = f"features-overview-{number}" if len(pages) > 1 else "features-overview"
        figure = _DRAW[subject.rank][1](page, title)
        yield Picture(name, f"a row for each layer{which}", figure)


def _features(subject: Subject, limit: int) -> Iterator[Features]:
    return features(subject.model, subject.normalized, subject.layers, limit)


def _name(subject: Subject, each: Features) -> str:
    """The layer's; what comes in is called an image by every model."""
    named = _is_input(subject, each) and subject.rank != 2
    return _WHAT[subject.rank] if named else each.layer


def _told(subject: Subject, each: Features) -> str:
    chosen, count = len(each.channels), each.count
    which = (f"{chosen} strongest of " if chosen < count else "") + counted(count, "channel")
    what = _WHAT[subject.rank]
    sliced = f", slice {each.pictures.shape[1] // 2} of its depth" if subject.rank == 3 else ""
    if _is_input(subject, each):
        return f"the {what}{sliced}"
    return f"{each.layer} ({'spectra' if each.spectral else f'{what}s'}): {which}{sliced}"


def _row(subject: Subject, each: Features, title: str) -> Row:
    if _is_input(subject, each) and subject.rank == 2:
        # As people see it, with the spectrum of the mean of its channels.
        return Row(title, [""], subject.image[None], each.spectra.mean(axis=0, keepdims=True))
    labels = [f"channel {channel}" for channel in each.channels]
    pictures, spectra = each.pictures, each.spectra
    if subject.rank == 3:  # the slice in the middle, and the plane at frequency 0 of the depth
        depth = pictures.shape[1] // 2
        pictures, spectra = pictures[:, depth], spectra[:, depth]
    return Row(title, labels, pictures, spectra)


def _is_input(subject: Subject, each: Features) -> bool:
    return isinstance(subject.model.get_layer(each.layer), InputLayer)
