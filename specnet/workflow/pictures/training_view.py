"""The same filters at the start, through the epochs, and at the end.

What a run keeps for it is in `specnet.training.snapshots`. Of each layer that has filters, a strip
of a few epochs and an animation; nothing of a run that kept none.

    E  epochs   K  filters   V  rows of the half spectrum, U its columns
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import keras
import numpy as np
from matplotlib.figure import Figure

from specnet.analysis import Filters, filters_of, whole_plane
from specnet.analysis.frequency_plane import Size
from specnet.messages import counted
from specnet.plots.training import frames, strip
from specnet.plots.training_lines import line_frames, line_strip
from specnet.training import snapshots
from specnet.training.snapshots import Snapshot
from specnet.workflow.pictures.subject import Picture, Subject

_Item = TypeVar("_Item")

_SLICED = ", at frequency 0 of the depth"
_ROWS, _COLUMNS = 8, 6  # of a strip
_FRAMES = 40  # of an animation
_COMPARED = 64  # filters of a layer among which those that changed most are found


@dataclass(frozen=True)
class _History:
    """Some filters of a layer at E epochs.

    Attributes:
        filters: the layer at the end, with all filters that were compared.
        chosen: (K,), which of them are shown.
        epochs: E numbers.
        planes: complex (E, K, H, W), centred; of signals, half of them (E, K, U); of volumes, the
            planes at frequency 0 of the depth.
    """

    filters: Filters
    chosen: np.ndarray
    epochs: list[int]
    planes: np.ndarray


def pictures(subject: Subject) -> Iterator[Picture]:
    """A strip and an animation of each layer, of the 8 filters that changed most."""
    kept = snapshots.load(subject.run, subject.model)
    if len(kept) < 2:
        return
    names = {name.rpartition("/")[0] for name in kept[0].weights}
    missing = _missing(subject)
    for layer in subject.layers:
        if layer.name in names and (history := _history(subject.model, layer, kept)):
            yield from _drawn(subject, history, missing)


def without(subject: Subject) -> str:
    """Why there is no picture: nothing was kept, too little of it, or nothing changed."""
    kept = snapshots.load(subject.run, subject.model)
    names = {name.rpartition("/")[0] for each in kept for name in each.weights}
    if names.isdisjoint(layer.name for layer in subject.layers):
        return f"no filters kept from its training{_missing(subject)}"
    if len(kept) < 2:
        return (
            f"the filters of epoch {kept[0].epoch} alone, and a training is shown of two or more "
            "that were kept"
        )
    first, last = kept[0].epoch, kept[-1].epoch
    return f"the same filters after epoch {last} as after epoch {first}: nothing to see change"


def _history(
    model: keras.Model, layer: keras.layers.Layer, kept: Sequence[Snapshot]
) -> _History | None:
    """None of a layer that did not change, or whose kernels are single pixels."""
    first, last = (_at(model, layer, snapshot, _COMPARED) for snapshot in (kept[0], kept[-1]))
    if first is None or last is None:
        return None
    change = np.abs(last.response - first.response).reshape(len(last.labels), -1)
    if not change.any():
        return None
    most = np.argsort(-np.linalg.norm(change, axis=1), kind="stable")[:_ROWS]
    chosen = np.sort(most)
    moments = _spread(kept, _FRAMES)
    planes = [_planes(model, layer, snapshot, chosen) for snapshot in moments]
    return _History(last, chosen, [each.epoch for each in moments], np.stack(planes))


def _drawn(subject: Subject, history: _History, missing: str) -> Iterator[Picture]:
    filters, title = history.filters, f"{subject.run.path.name}, {history.filters.layer}"
    which = _which(len(history.chosen), filters.total)
    labels = [filters.labels[number] for number in history.chosen]
    moments = [f"epoch {epoch}" if epoch else "start" for epoch in history.epochs]
    few = _spread(range(len(moments)), _COLUMNS)
    draw_still, draw_frames = _drawing(filters.size)
    told = f"{title}: {which}{_SLICED if len(filters.size) == 3 else ''}"
    still = draw_still(history.planes[few], labels, [moments[n] for n in few], told)
    yield Picture(
        f"training-{filters.layer}", f"{which}, at {counted(len(few), 'epoch')}{missing}", still
    )
    moving = draw_frames(history.planes, labels, moments, title)
    yield Picture(f"training-{filters.layer}-animation", f"{which}, through the epochs", moving)


def _drawing(size: Size) -> tuple[Callable[..., Figure], Callable[..., tuple[Figure, ...]]]:
    """What draws filters for data of this size at a few moments, and one by one."""
    if len(size) == 1:
        return (
            lambda lines, *told: line_strip(lines, size[0], *told),
            lambda lines, *told: line_frames(lines, size[0], *told),
        )
    unit = "voxel" if len(size) == 3 else "pixel"
    return partial(strip, unit=unit), partial(frames, unit=unit)


def _which(count: int, total: int) -> str:
    if count == total:
        return counted(count, "filter")
    compared = f"{total}" if total <= _COMPARED else f"the first {_COMPARED}"
    return f"the {counted(count, 'filter')} of {compared} that changed most"


def _at(
    model: keras.Model, layer: keras.layers.Layer, snapshot: Snapshot, most: int
) -> Filters | None:
    """The first `most` filters of a layer as they were."""
    with snapshots.restored(model, snapshot):
        return filters_of(layer, model.input_shape[1:-1], most)


def _planes(
    model: keras.Model, layer: keras.layers.Layer, snapshot: Snapshot, chosen: np.ndarray
) -> np.ndarray:
    """(K, H, W), or what is shown of others than images."""
    filters = _at(model, layer, snapshot, int(chosen.max()) + 1)
    assert filters is not None  # it had filters at the end
    response = filters.response[chosen]
    if len(filters.size) == 1:
        return response
    whole = whole_plane(response, filters.size)
    return whole[:, filters.size[0] // 2] if len(filters.size) == 3 else whole


def _spread(items: Sequence[_Item], most: int) -> list[_Item]:
    """At most so many of them, evenly, the first and the last among them."""
    places = np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int)
    return [items[place] for place in places]


def _missing(subject: Subject) -> str:
    """Which layers were too large to be kept, for the table."""
    out = snapshots.left_out(subject.model)
    if not out:
        return ""
    told = ", ".join(f"{name} ({count:,} numbers)" for name, count in out.items())
    return f"; not kept, too large: {told}"
