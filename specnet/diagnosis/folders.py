"""Where datasets, decoded images and runs are: there, readable, and with room to write.

Nothing is left behind: what would be made is tried in the nearest folder that exists.
"""

import os
import shutil
import tempfile
from pathlib import Path

from specnet.data import cache as images
from specnet.data import tfds
from specnet.diagnosis.findings import FAILED, NOTE, OK, Finding

CHOOSE_DATASETS = "set TFDS_DATA_DIR to a folder that can be read"
CHOOSE_CACHE = "set SPECNET_CACHE to a folder that can be written to; without it each run decodes"
CHOOSE_RUNS = "go to a folder that can be written to, or choose one with --out"
LITTLE = 2**30  # bytes that are soon used up by runs and decoded images


def datasets() -> Finding:
    """Which datasets of TensorFlow Datasets are on disk."""
    where = tfds.data_dir()
    if not where.exists():
        words = f"{where}: none yet"
        return Finding(words, NOTE, "specnet data prepare cats_vs_dogs; or set TFDS_DATA_DIR")
    if not where.is_dir() or not os.access(where, os.R_OK | os.X_OK):
        return Finding(f"{where}: not a folder that can be read", FAILED, CHOOSE_DATASETS)
    present = tfds.present()
    if not present:
        return Finding(f"{where}: none yet", NOTE, "specnet data prepare cats_vs_dogs")
    return Finding(f"{where}: {', '.join(present)}", measured={"datasets": len(present)})


def cache() -> Finding:
    """Whether decoded images can be kept."""
    return _writable(images.folder(), CHOOSE_CACHE)


def runs() -> Finding:
    """Whether runs can be written where they are by default."""
    return _writable(Path.cwd() / "ckpt", CHOOSE_RUNS)


def _writable(folder: Path, advice: str) -> Finding:
    """Writes a file that goes away by itself."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"specnet")
            file.flush()
        free = shutil.disk_usage(there).free
    except OSError as error:
        words = f"{folder}: cannot be written: {error.strerror or error}"
        return Finding(words, FAILED, advice)
    words = f"{folder}: {free / 2**30:,.1f} GiB free"
    scarce = free < LITTLE
    return Finding(words, NOTE if scarce else OK, advice if scarce else "", {"free_bytes": free})
