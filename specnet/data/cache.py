"""Images decoded once: read from the cache, or decoded by all cores and written there.

An entry is one file: a uint8 `.npy` (N, H, W, C) that NumPy maps into memory, then a JSON footer
with the labels and what was unreadable, then the CRC-32 of all before it. A file takes its name
only when it is whole; where it cannot be written, the images stay in memory.
"""

import hashlib
import io
import json
import os
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from specnet.data.dataset import Shape, Split, Unreadable
from specnet.data.images import decode
from specnet.errors import DataError

FORMAT = 1  # raise it when decoding changes, so that old entries are not used
CHUNK = 256  # images decoded before they are written
BLOCK = 16  # images that a thread takes at once; one at a time takes twice as long
CRC_DIGITS = 8
ABANDONED_SECONDS = 24 * 3600


class Encoded(NamedTuple):
    """An image still to be decoded."""

    name: str
    label: int
    content: bytes | Path


class Decoded(NamedTuple):
    """The readable images in their order, and the unreadable ones."""

    split: Split
    unreadable: tuple[Unreadable, ...]


Samples = Callable[[], Iterable[Encoded]]


def folder() -> Path:
    """Return `$SPECNET_CACHE`, `$XDG_CACHE_HOME/specnet` or `~/.cache/specnet`."""
    if chosen := os.environ.get("SPECNET_CACHE"):
        return Path(chosen)
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "specnet"


def fingerprint(files: Iterable[Path]) -> list[tuple[str, int, int, int]]:
    """Return what tells whether files changed: path, bytes, time of change in ns, permissions."""
    # a broken link has a mark too, and is found unreadable later
    stats = ((path, path.stat(follow_symlinks=path.exists())) for path in files)
    return [(str(path), s.st_size, s.st_mtime_ns, s.st_mode) for path, s in stats]


def decoded(identity: object, count: int, shape: Shape, samples: Samples) -> Decoded:
    """Return the decoded images of a split, from the cache if they are there and undamaged.

    Args:
        identity: anything JSON can hold that changes whenever the images or labels do.
        count: how many samples there are.
        shape: (H, W, C) of the decoded images.
        samples: called, perhaps twice, for the samples; not called when the cache has them.

    Raises:
        DataError: the images fit neither in the cache nor in memory.
    """
    if count == 0:
        return Decoded(Split(np.empty((0, *shape), np.uint8), np.empty(0, np.int32)), ())
    path = folder() / f"{_key([FORMAT, identity, shape])}.npy"
    try:
        return _read(path)
    except (OSError, ValueError):  # not there, or damaged
        pass
    try:
        _write(path, _blocks(count, shape, samples))
        return _read(path)
    except (OSError, ValueError):  # no space, read-only, or a disk that does not keep what it got
        return _in_memory(count, shape, samples)


def _key(identity: object) -> str:
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32]


def _read(path: Path) -> Decoded:
    content = np.memmap(path, np.uint8, "r")
    if int(bytes(content[-CRC_DIGITS:]), 16) != zlib.crc32(content[:-CRC_DIGITS].data):
        raise ValueError(f"{path}: damaged")
    images = np.load(path, mmap_mode="r")
    footer = json.loads(bytes(content[images.offset + images.nbytes : -CRC_DIGITS]))
    labels = np.array(footer["labels"], np.int32)
    unreadable = tuple(Unreadable(*row) for row in footer["unreadable"])
    return Decoded(Split(images[: len(labels)], labels), unreadable)


def _write(path: Path, blocks: Iterable[bytes]) -> None:
    # Plain writes, not a writable memory map: with no space left a map kills the process (SIGBUS).
    crc = 0
    with _replacing(path) as file:
        for block in blocks:
            file.write(block)
            crc = zlib.crc32(block, crc)
        file.write(f"{crc:0{CRC_DIGITS}x}".encode())


def _blocks(count: int, shape: Shape, samples: Samples) -> Iterator[bytes]:
    yield _header((count, *shape))
    labels: list[int] = []
    unreadable: list[Unreadable] = []
    for images, chunk_labels, chunk_unreadable in _decode(samples(), shape):
        yield images.tobytes()
        labels += chunk_labels
        unreadable += chunk_unreadable
    for _ in unreadable:
        yield bytes(np.prod(shape))  # the header promised a row for each sample
    yield json.dumps({"labels": labels, "unreadable": unreadable}).encode()


def _header(shape: tuple[int, ...]) -> bytes:
    header = io.BytesIO()
    description = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, description)
    return header.getvalue()


def _in_memory(count: int, shape: Shape, samples: Samples) -> Decoded:
    images = _allocate((count, *shape))
    labels: list[int] = []
    unreadable: list[Unreadable] = []
    for chunk, chunk_labels, chunk_unreadable in _decode(samples(), shape):
        images[len(labels) : len(labels) + len(chunk)] = chunk
        labels += chunk_labels
        unreadable += chunk_unreadable
    return Decoded(Split(images[: len(labels)], np.array(labels, np.int32)), tuple(unreadable))


def _allocate(shape: tuple[int, ...]) -> np.ndarray:
    try:
        return np.empty(shape, np.uint8)
    except MemoryError:
        raise DataError(
            f"data: {np.prod(shape) / 1e9:.1f} GB of decoded images fit neither in memory nor in "
            f"the cache at {folder()}; set SPECNET_CACHE to a folder on a disk with room for them"
        ) from None


def _decode(
    samples: Iterable[Encoded], shape: Shape
) -> Iterator[tuple[np.ndarray, list[int], list[Unreadable]]]:
    """Yield chunks of (images uint8 (n, H, W, C), their labels, the unreadable)."""
    remaining = iter(samples)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Pillow lets go of the GIL as it decodes
        while chunk := list(islice(remaining, CHUNK)):
            blocks = (chunk[start : start + BLOCK] for start in range(0, len(chunk), BLOCK))
            done = pool.map(lambda block: [_attempt(sample, shape) for sample in block], blocks)
            results = list(chain.from_iterable(done))
            good = [i for i, result in enumerate(results) if not isinstance(result, Unreadable)]
            images = np.array([results[i] for i in good], np.uint8).reshape(-1, *shape)
            bad = [result for result in results if isinstance(result, Unreadable)]
            yield images, [chunk[i].label for i in good], bad


def _attempt(sample: Encoded, shape: Shape) -> np.ndarray | Unreadable:
    try:
        return decode(sample.content, shape)
    except DataError as error:
        return Unreadable(sample.name, str(error))


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that becomes `path` if nothing fails, so that no reader meets half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path.parent)
    part = tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False)  # noqa: SIM115
    try:
        with part:
            yield part
        os.replace(part.name, path)
    except BaseException:
        Path(part.name).unlink(missing_ok=True)
        raise


def _remove_abandoned(directory: Path) -> None:
    """Delete what killed processes left half written."""
    for part in directory.glob("*.part"):
        with suppress(FileNotFoundError):  # another process has just finished it
            if time.time() - part.stat().st_mtime > ABANDONED_SECONDS:
                part.unlink()
