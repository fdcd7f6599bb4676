"""How much memory this process holds, and held at most; Linux tells, others tell less."""

import resource
import sys
from pathlib import Path


def resident() -> int:
    """Bytes that this process holds now; where the system does not tell, the most it ever did."""
    return _status("VmRSS") or _ever()


def peak() -> int:
    """Bytes that this process held at most since `forget_peak`."""
    return _status("VmHWM") or _ever()


def forget_peak() -> None:
    """Begins anew with the peak, where Linux lets it."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def mapped() -> int:
    """Bytes of files that this process has mapped and touched, such as images in the cache.

    The system takes them back when it needs them; 0 where it does not tell.
    """
    return _status("RssFile") or 0


def _status(key: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{key}:")]
    return 1024 * int(found[0]) if found else None


def _ever() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most
