"""The `npz_signals` and `npz_volumes` sources: arrays of plain numbers, as many as a recipe says.

N examples   T  samples of a signal   D, H, W  depth, height and width of a volume   C  channels
"""

from math import prod

import numpy as np

from specnet.data.archive import Declared
from specnet.data.dataset import Dataset
from specnet.data.npz import Form, Pair, read
from specnet.data.splitting import Rule
from specnet.recipe.array_data import NpzSignalsData, NpzVolumesData

_AXES = {1: "signals of T samples (N, T, C)", 3: "volumes of voxels (N, D, H, W, C)"}


def load(settings: NpzSignalsData | NpzVolumesData, rule: Rule = "names") -> Dataset:
    """Read `x_train`, `y_train` and, where they are there, `x_validation` (or `x_val`), `x_test`.

    Signals are (N, T, C), volumes (N, D, H, W, C), of any real numbers, with the lengths and the
    channels that the recipe says; with one channel, that axis may be missing. Labels as of `npz`.

    Raises:
        DataError: the file cannot be read, or its arrays have the wrong names, types or values.
    """
    return read(settings, form_of(settings), rule)


def form_of(settings: NpzSignalsData | NpzVolumesData) -> Form:
    """Real numbers, as many as the recipe says."""
    wanted = (*settings.image_size, settings.channels)

    def problems(found: Declared) -> list[str]:
        each = tuple(found.shape[1:])
        if each != wanted and not (each == wanted[:-1] and wanted[-1] == 1):
            expected = f"(N, {', '.join(map(str, wanted))}): {_AXES[len(wanted) - 1]}"
            return [f"shape {found.shape}; expected {expected}, as the recipe says"]
        if 0 in found.shape:
            return [f"shape {found.shape}: there is nothing in it"]
        if not any(np.issubdtype(found.dtype, kind) for kind in (np.integer, np.floating)):
            return [f"dtype {found.dtype}; expected real numbers"]
        return []

    def arrays(pair: Pair) -> np.ndarray:
        return pair.images.reshape(-1, *wanted).astype(np.float32)

    return Form(problems, _not_finite, lambda pair: [], arrays, 4 * prod(wanted))


def _not_finite(pair: Pair) -> list[str]:
    with np.errstate(over="ignore"):
        broken = ~np.isfinite(pair.images.astype(np.float32))
    if not broken.any():
        return []
    return [f"holds {pair.images[broken][0]:g}; expected numbers that a float32 can hold"]
