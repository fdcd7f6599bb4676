"""How much memory this machine has, for questions that are better asked before it is full."""

import os
from pathlib import Path

_CONTAINER = Path("/sys/fs/cgroup/memory.max")  # of version 2; absent elsewhere
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def physical() -> int:
    """Bytes of memory that a process here can have at most; 2**63 where the system does not say."""
    try:
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        found = 2**63
    try:
        return min(found, int(_CONTAINER.read_text()))
    except (OSError, ValueError):  # "max"
        return found


def shown(size: float) -> str:
    """A number of bytes in words: `1.5 GiB`."""
    for unit in _UNITS:
        if size < 1024 or unit == _UNITS[-1]:
            break
        size /= 1024
    return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"
