"""Where libraries keep what they compile, on machines where their own folders cannot be written."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import specnet


def choose_numba() -> None:
    """Gives Numba a folder for this command alone where it would find none, and refuse to work."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    beside = Path(specnet.__file__).parent / "native" / "__pycache__"
    if any(map(_is_writable, (beside, home / "numba"))):
        return
    folder = tempfile.mkdtemp(prefix="specnet-numba-")
    os.environ["NUMBA_CACHE_DIR"] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
