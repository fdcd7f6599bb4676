"""The arrays of an .npz file: what they declare is read before anything is expanded.

A few bytes of a .npz can declare, and be expanded to, more than any memory holds.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from specnet.data.image_files import open_regular, shown
from specnet.errors import DataError

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


@dataclass(frozen=True)
class Declared:
    """What an archive says of an array that is not read yet."""

    shape: tuple[int, ...]
    dtype: np.dtype


class Archive:
    """An .npz file; `headers` are those of its arrays, by name.

    Raises:
        DataError: it is no .npz file, or is damaged.
    """

    def __init__(self, path: Path):
        self.path = path
        with self._opened() as archive:
            found = [info for info in archive.infolist() if not info.is_dir()]
            self.members = {info.filename.removesuffix(".npy"): info for info in found}
            self.headers = {name: _header(archive, info) for name, info in self.members.items()}

    def read(self, name: str) -> np.ndarray:
        """Return an array, after its checksum."""
        with self._opened() as archive, archive.open(self.members[name]) as file:
            array = npy.read_array(file, allow_pickle=False)
            if file.read(1):  # looks for the end too, where the checksum is compared
                raise ValueError(f"{name} is longer than its array")
        return array

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            with open_regular(self.path) as file, zipfile.ZipFile(file) as archive:
                yield archive
        except DataError as error:
            raise DataError(f"{shown(self.path)}: found {error}; correct data.path") from error
        except MemoryError:
            raise
        except OSError as error:
            reason = error.strerror or error
            raise DataError(f"{shown(self.path)}: {reason}; correct data.path") from error
        except Exception as error:  # zipfile, zlib and NumPy raise nearly anything
            reason = " ".join(str(error).split()) or type(error).__name__
            raise DataError(
                f"{shown(self.path)}: not a .npz file of plain arrays, or a damaged one "
                f"({reason}); write it with numpy.savez(path, x_train=..., y_train=...)"
            ) from error


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Declared:
    with archive.open(info) as file:
        version = npy.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"{info.filename} has the format {version}")
        shape, _, dtype = _HEADERS[version](file)
        size = prod(shape) * dtype.itemsize
        if not dtype.hasobject and info.file_size != file.tell() + size:
            raise ValueError(f"{info.filename} declares {size} bytes, and holds others")
    return Declared(shape, dtype)
