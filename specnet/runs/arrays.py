"""Named arrays in memory, to and from the bytes of an NPZ file; nothing is unpacked unchecked."""

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib import format as npy

Arrays = dict[str, np.ndarray]
_MOST = 100_000  # arrays in a file
_KINDS = "fiub"  # of numbers: floats, integers, booleans


def packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The content of an NPZ file, not compressed; the same arrays give the same bytes."""
    file = io.BytesIO()
    named: dict[str, Any] = {**arrays}
    np.savez(file, **named)
    return file.getvalue()


def unpacked(content: bytes) -> Arrays:
    """The arrays of an NPZ file as `packed` makes them; ValueError where it is another one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > _MOST:
                raise ValueError(f"{len(members):,} arrays, expected at most {_MOST:,}")
            return {each.filename.removesuffix(".npy"): _array(archive, each) for each in members}
    except Exception as error:  # zipfile raises every kind where bytes are damaged
        reason = str(error).splitlines() or [type(error).__name__]
        raise ValueError(reason[0]) from error


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """One array, no larger than its part of the file."""
    if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
        raise ValueError(f"{member.filename}: is compressed, expected plain numbers")
    stream = io.BytesIO(archive.read(member))
    version = npy.read_magic(stream)
    read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
    shape, _, dtype = read_header(stream)
    left = len(stream.getbuffer()) - stream.tell()
    if dtype.kind not in _KINDS or math.prod(shape) * dtype.itemsize != left:
        raise ValueError(f"{member.filename}: expected {left:,} bytes of numbers, not {dtype}")
    stream.seek(0)
    array = npy.read_array(stream, allow_pickle=False)
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{member.filename}: has numbers that are not finite")
    return array
