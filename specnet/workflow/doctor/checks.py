"""Every check in its order: first what all others need, then the devices, then the folders.

Which checks there are, under which name, and what to do where one raises an error. What they look
at is in the other modules, which load Keras only once that is known to load.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from specnet.data import cache as images
from specnet.data import tfds
from specnet.workflow.doctor import installation
from specnet.workflow.doctor.findings import FAILED, NOTE, OK, Check, Finding, look

Watcher = Callable[[str], None]
_BACKEND = Check("backend", installation.backend, installation.CHOOSE_BACKEND)


def diagnose(watch: Watcher = lambda what: None) -> Iterator[Finding]:
    """Looks at everything, one finding after the other; no error of a check comes out.

    Args:
        watch: told what is looked at next.
    """

    def watched(check: Check) -> Finding:
        watch(check.what)
        return look(check)

    yield from map(watched, of_installation())
    backend = watched(_BACKEND)
    yield backend
    if backend.state == FAILED:
        yield Finding("not looked at, without a backend", NOTE, what="devices")
    else:
        yield from map(watched, with_backend())
    yield from map(watched, of_folders())


def of_installation() -> Iterator[Check]:
    """What is installed."""
    again = "pip install . once more, where specnet is"
    yield Check("packages", installation.packages, again)
    yield Check("versions", installation.versions, again)
    yield Check("extras", installation.extras, again)


def with_backend() -> Iterator[Check]:
    """What needs a backend that loads."""
    from specnet.workflow.doctor import accelerators, arithmetic, loops

    yield Check("machine", accelerators.machine_facts)
    yield Check("GPU", accelerators.gpus, accelerators.install())
    for device in accelerators.devices():
        transforms = partial(arithmetic.transforms, device)
        yield Check(f"transforms {device}", transforms, accelerators.remedy(device))
    yield Check("loops", loops.loops, loops.LEAVE_OUT)


def of_folders() -> Iterator[Check]:
    """Where data is read and results are written."""
    yield Check("datasets", datasets, CHOOSE_DATASETS)
    yield Check("cache", cache, CHOOSE_CACHE)
    yield Check("runs", runs, CHOOSE_RUNS)


PREPARE = "specnet data prepare cats_vs_dogs"
CHOOSE_DATASETS = "set TFDS_DATA_DIR to a folder that can be read"
CHOOSE_CACHE = "set SPECNET_CACHE to a folder that can be written to; without it each run decodes"
CHOOSE_RUNS = "go to a folder that can be written to, or choose one with --out"
LITTLE = 2**30  # bytes that are soon used up by runs and decoded images


def datasets() -> Finding:
    """Which datasets of TensorFlow Datasets are on disk."""
    where = tfds.data_dir()
    if not where.exists():
        return _no_datasets(where)
    if not where.is_dir() or not os.access(where, os.R_OK | os.X_OK):
        return Finding(f"{where}: not a folder that can be read", FAILED, CHOOSE_DATASETS)
    present = tfds.present()
    if not present:
        return Finding(f"{where}: none yet", NOTE, PREPARE)
    if problems := tfds.damaged():
        words, advice = ("; ".join(each) for each in zip(*problems, strict=True))
        return Finding(words, FAILED, advice)
    return Finding(f"{where}: {', '.join(present)}", measured={"datasets": len(present)})


def _no_datasets(where: Path) -> Finding:
    """That the folder is not there: to be expected of the default, not of a chosen one."""
    if "TFDS_DATA_DIR" not in os.environ:
        return Finding(f"{where}: none yet", NOTE, f"{PREPARE}; or set TFDS_DATA_DIR")
    words = f"{where}: no such folder, and TFDS_DATA_DIR names it"
    return Finding(words, NOTE, f"correct TFDS_DATA_DIR; or {PREPARE}, which makes it")


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
