"""Images decoded once: read from the cache, or decoded by all cores and written there.

An entry is one file: a uint8 `.npy` (N, H, W, C) that NumPy maps into memory, then a JSON footer
with the labels, what was unreadable and a digest of what was decoded, then the CRC-32 of all before
it. A file takes its name only when it is whole; where it cannot be written, the images stay in
memory.
"""

import hashlib
import io
import json
import math
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
from specnet.data.images import NotNow, decode, read
from specnet.environment import beyond_memory, shown_bytes
from specnet.errors import DataError

FORMAT = 2  # raise it when decoding changes, so that old entries are not used
CHUNK = 256  # images decoded before they are written
CHUNK_BYTES = 2**26  # of images that are larger, fewer; there are three copies of them for a moment
BLOCK = 16  # images that a thread takes at once; one at a time takes twice as long
CRC_DIGITS = 8
PART = (
    "specnet-"  # how names of unfinished entries begin, so that files of others are never removed
)
ABANDONED_SECONDS = 24 * 3600


class Encoded(NamedTuple):
    """An image still to be decoded."""

    name: str
    label: int
    content: bytes | Path


class Decoded(NamedTuple):
    """The readable images in their order, the unreadable ones, and why the cache was of no use."""

    split: Split
    unreadable: tuple[Unreadable, ...]
    note: str = ""


_DAMAGE = (OSError, ValueError, KeyError, TypeError)  # what reading an entry can end in

# Of one sample, the digest of its content, and why it cannot be read just now.
Result = tuple[np.ndarray | Unreadable, bytes, NotNow | None]
Samples = Callable[[], Iterable[Encoded]]


def folder() -> Path:
    """Return `$SPECNET_CACHE`, `$XDG_CACHE_HOME/specnet` or `~/.cache/specnet`."""
    if chosen := os.environ.get("SPECNET_CACHE"):
        return Path(os.path.expanduser(chosen))
    caches = os.environ.get("XDG_CACHE_HOME")
    return Path(caches or os.path.expanduser("~/.cache")) / "specnet"


def fingerprint(files: Iterable[Path]) -> list[tuple[str, int, int, int]]:
    """Return what tells whether files changed: path, bytes, time of change in ns, permissions."""
    return [(str(path), *_mark(path)) for path in files]


def _mark(path: Path) -> tuple[int, int, int]:
    for look in (path.stat, path.lstat):  # a broken link has a mark too
        with suppress(OSError):
            found = look()
            return found.st_size, found.st_mtime_ns, found.st_mode
    return -1, -1, -1  # nothing is there, as is told when it is read


def decoded(identity: object, count: int, shape: Shape, samples: Samples) -> Decoded:
    """Return the decoded images of a split, from the cache if they are there and undamaged.

    Args:
        identity: anything JSON can hold that changes whenever the images or labels do.
        count: how many samples there are.
        shape: (H, W, C) of the decoded images.
        samples: called, perhaps twice, for the samples; not called when the cache has them.

    Raises:
        DataError: the images fit neither in the cache nor in memory, or are not `count`.
    """
    if count == 0:
        return _in_memory(count, shape, list)
    path = folder() / f"{_key([FORMAT, identity, shape])}.npy"
    with suppress(*_DAMAGE):  # not there, or damaged
        return _read(path)
    try:
        _write(path, _blocks(count, shape, samples))
        return _read(path)
    except NotNow:  # the next load may find all of them
        return _in_memory(count, shape, samples)
    except _DAMAGE as error:  # no space, read-only, or a disk that does not keep what it got
        reason = getattr(error, "strerror", None) or error
        note = f"{path.parent}: no cache can be kept here ({reason}), so images are decoded anew"
        return _in_memory(count, shape, samples)._replace(note=f"{note}; set SPECNET_CACHE")


def _key(identity: object) -> str:
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32]


def _read(path: Path) -> Decoded:
    if not path.is_file():  # a pipe would be waited for
        raise FileNotFoundError(path)
    content = np.memmap(path, np.uint8, "r")
    if int(bytes(content[-CRC_DIGITS:]), 16) != zlib.crc32(content[:-CRC_DIGITS].data):
        raise ValueError(f"{path}: damaged")
    images = np.load(path, mmap_mode="r")
    footer = json.loads(bytes(content[images.offset + images.nbytes : -CRC_DIGITS]))
    labels = np.array(footer["labels"], np.int32)
    unreadable = tuple(Unreadable(*row) for row in footer["unreadable"])
    return Decoded(Split(images[: len(labels)], labels, footer["digest"]), unreadable)


def _write(path: Path, blocks: Iterable[bytes]) -> None:
    # Plain writes, not a writable memory map: with no space left a map kills the process (SIGBUS).
    crc = 0
    with _replacing(path) as file:
        for block in blocks:
            file.write(block)
            crc = zlib.crc32(block, crc)
        file.write(f"{crc:0{CRC_DIGITS}x}".encode())


class Footer:
    """What is known of the samples of a split next to their pixels, as they are decoded."""

    def __init__(self, count: int):
        self.count = count
        self.labels: list[int] = []
        self.unreadable: list[Unreadable] = []
        self.passing: NotNow | None = None  # of one that may be readable the next time
        self.digest = hashlib.sha256()

    def add(self, samples: Iterable[Encoded], results: Iterable[Result]) -> np.ndarray | None:
        """Take note of some samples; return the pixels of the readable ones, None for none."""
        images = []
        for sample, (pixels, digest, reason) in zip(samples, results, strict=True):
            if isinstance(pixels, Unreadable):
                self.unreadable.append(pixels)
                self.passing = self.passing or reason
                continue
            images.append(pixels)
            self.labels.append(sample.label)
            self.digest.update(os.fsencode(f"{sample.name}\0{sample.label}\0") + digest)
        self._check(len(self.labels) + len(self.unreadable) <= self.count)
        return np.array(images, np.uint8) if images else None

    def finish(self) -> None:
        """Refuse what was less than promised."""
        self._check(len(self.labels) + len(self.unreadable) == self.count)

    def _check(self, whole: bool) -> None:
        if not whole:
            found = len(self.labels) + len(self.unreadable)
            raise DataError(f"data: {found} images were found where there should be {self.count}")


def _blocks(count: int, shape: Shape, samples: Samples) -> Iterator[bytes]:
    yield _header((count, *shape))
    footer = Footer(count)
    for images in _decode(samples(), shape, footer):
        yield images.tobytes()
    for _ in footer.unreadable:
        yield bytes(np.prod(shape))  # the header promised a row for each sample
    if footer.passing is not None:
        raise footer.passing
    known = {"labels": footer.labels, "unreadable": footer.unreadable}
    yield json.dumps(known | {"digest": footer.digest.hexdigest()}).encode()


def _header(shape: tuple[int, ...]) -> bytes:
    header = io.BytesIO()
    description = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, description)
    return header.getvalue()


def _in_memory(count: int, shape: Shape, samples: Samples) -> Decoded:
    images = _allocate((count, *shape))
    footer, done = Footer(count), 0
    for chunk in _decode(samples(), shape, footer):
        images[done : done + len(chunk)] = chunk
        done += len(chunk)
    labels = np.array(footer.labels, np.int32)
    split = Split(images[:done], labels, footer.digest.hexdigest())
    return Decoded(split, tuple(footer.unreadable))


def _allocate(shape: tuple[int, ...]) -> np.ndarray:
    size = math.prod(shape)
    try:
        if beyond_memory(size):  # a system may promise it, and end the process when it is used
            raise MemoryError
        return np.empty(shape, np.uint8)
    except MemoryError:
        raise DataError(
            f"data: {shown_bytes(size)} of decoded images fit neither in memory nor in "
            f"the cache at {folder()}; set SPECNET_CACHE to a folder on a disk with room for them"
        ) from None


def _decode(samples: Iterable[Encoded], shape: Shape, footer: Footer) -> Iterator[np.ndarray]:
    """Yield chunks of the readable images, uint8 (n, H, W, C)."""
    remaining, threads = iter(samples), os.cpu_count() or 1
    count = max(threads, min(CHUNK, CHUNK_BYTES // math.prod(shape)))
    size = max(1, min(BLOCK, count // threads))
    with ThreadPoolExecutor(threads) as pool:  # Pillow lets go of the GIL as it decodes
        while chunk := list(islice(remaining, count)):
            blocks = (chunk[start : start + size] for start in range(0, len(chunk), size))
            done = pool.map(lambda block: [_attempt(sample, shape) for sample in block], blocks)
            images = footer.add(chunk, chain.from_iterable(done))
            if images is not None:
                yield images
    footer.finish()


def _attempt(sample: Encoded, shape: Shape) -> Result:
    try:
        content = sample.content
        if isinstance(content, Path):
            content = read(content)
        return decode(content, shape), hashlib.sha256(content).digest(), None
    except DataError as error:
        passing = error if isinstance(error, NotNow) else None
        return Unreadable(sample.name, str(error)), b"", passing


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that becomes `path` if nothing fails, so that no reader meets half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path.parent)
    part = tempfile.NamedTemporaryFile(  # noqa: SIM115
        dir=path.parent, prefix=PART, suffix=".part", delete=False
    )
    try:
        with part:
            yield part
        os.replace(part.name, path)
    except BaseException:
        Path(part.name).unlink(missing_ok=True)
        raise


def _remove_abandoned(directory: Path) -> None:
    """Delete what killed processes left half written."""
    for part in directory.glob(f"{PART}*.part"):
        with suppress(FileNotFoundError):  # another process has just finished it
            if time.time() - part.stat().st_mtime > ABANDONED_SECONDS:
                part.unlink()
