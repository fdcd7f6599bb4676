"""What each layer does to an image: its channels in space, and their spectra.

One picture for the image and one for each layer, then an overview with a row for each. Layers of
spectra go back to space, layers of images to frequencies, so that both are seen of each.
"""

from collections.abc import Iterator

from keras.layers import InputLayer

from specnet.analysis import Features, features
from specnet.messages import counted
from specnet.plots.features import Row, channels, overview
from specnet.workflow.pictures.subject import Picture, Subject

_CHANNELS, _IN_OVERVIEW = 8, 4
_ROWS = 12  # of a page of the overview


def pictures(subject: Subject) -> Iterator[Picture]:
    """A picture a layer, of the 8 channels with the most energy; and the overview, of 4 each."""
    for number, each in enumerate(_features(subject, _CHANNELS)):
        told = "the image" if _is_input(subject, each) else _told(each)
        row = _row(subject, each, f"{subject.run.path.name}, {told}")
        yield Picture(f"features-{number:02d}-{each.layer}", told, channels(row))
    if subject.layer is None:
        yield from _overviews(subject)


def _overviews(subject: Subject) -> Iterator[Picture]:
    rows = [_row(subject, each, each.layer) for each in _features(subject, _IN_OVERVIEW)]
    pages = [rows[first : first + _ROWS] for first in range(0, len(rows), _ROWS)]
    for number, page in enumerate(pages, start=1):
        which = f", page {number} of {len(pages)}" if len(pages) > 1 else ""
        title = f"{subject.run.path.name}: the strongest channels of each layer{which}"
        name = f"features-overview-{number}" if len(pages) > 1 else "features-overview"
        yield Picture(name, f"a row for each layer{which}", overview(page, title))


def _features(subject: Subject, limit: int) -> Iterator[Features]:
    return features(subject.model, subject.normalized, subject.layers, limit)


def _told(each: Features) -> str:
    chosen, count = len(each.channels), each.count
    which = (f"{chosen} strongest of " if chosen < count else "") + counted(count, "channel")
    return f"{each.layer} ({'spectra' if each.spectral else 'images'}): {which}"


def _row(subject: Subject, each: Features, title: str) -> Row:
    if _is_input(subject, each):
        # As people see it, with the spectrum of the mean of its channels.
        return Row(title, [""], subject.image[None], each.spectra.mean(axis=0, keepdims=True))
    labels = [f"channel {channel}" for channel in each.channels]
    return Row(title, labels, each.pictures, each.spectra)


def _is_input(subject: Subject, each: Features) -> bool:
    return isinstance(subject.model.get_layer(each.layer), InputLayer)
