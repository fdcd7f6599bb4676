"""What a command runs on: memory, backend, devices, versions, for limits, reports and run.json."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from specnet import __version__

_CONTAINER = Path("/sys/fs/cgroup/memory.max")  # of version 2; absent elsewhere
_COMPUTES = ("backend", "device", "processor", "onednn")
_USED = ("specnet", "keras", "numpy")  # packages, besides the backend
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def facts() -> dict[str, Any]:
    """Everything about this machine and its software that may change a result or its speed."""
    return {
        "backend": _backend(),
        "device": device(),
        "cpus": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "processor": _processor(),
        "onednn": uses_onednn(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {"specnet": __version__, **_versions()},
        "command": sys.argv,
        "git_commit": _git_commit(),
    }


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What of two `facts` differs and may change weights: `backend jax -> tensorflow`, a line each.

    What `before` does not say is no difference.
    """
    found = [(name, before.get(name), now[name]) for name in _COMPUTES]
    old, new = before.get("versions", {}), now["versions"]
    found += [(name, old.get(name), new[name]) for name in new if name in (*_USED, now["backend"])]
    return [f"{name} {was} -> {is_}" for name, was, is_ in found if was not in (None, is_)]


def device() -> str:
    """Where the backend computes: the names of its GPUs or TPUs, or CPU."""
    return _DEVICES[_backend()]() or "CPU"


def uses_onednn() -> bool | None:
    """Whether TensorFlow convolves by oneDNN; None on another backend, or where it does not tell.

    Unless TF_ENABLE_ONEDNN_OPTS says 0 or 1, it does so on CPUs with AVX-512 or AVX-VNNI alone.
    """
    if _backend() != "tensorflow":
        return None
    try:
        from tensorflow.python.util import _pywrap_util_port

        return bool(_pywrap_util_port.IsMklEnabled())
    except (ImportError, AttributeError):
        return None


def physical_memory() -> int:
    """Bytes of memory that a process here can have at most; 2**63 where the system does not say."""
    try:
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        found = 2**63
    try:
        return min(found, int(_CONTAINER.read_text()))
    except (OSError, ValueError):  # "max"
        return found


def beyond_memory(size: int) -> str:
    """`take 30 GiB, and this machine has 16 GiB` of so many bytes; nothing where they fit."""
    there = physical_memory()
    if size <= there:
        return ""
    return f"take {shown_bytes(size)}, and this machine has {shown_bytes(there)}"


def shown_bytes(size: float) -> str:
    """A number of bytes in words: `1.5 GiB`."""
    for unit in _UNITS:
        if size < 1024 or unit == _UNITS[-1]:
            break
        size /= 1024
    return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"


def _backend() -> str:
    import keras

    return keras.backend.backend()


def _tensorflow_devices() -> str:
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return ", ".join(tf.config.experimental.get_device_details(g)["device_name"] for g in gpus)


def _jax_devices() -> str:
    import jax

    return ", ".join(d.device_kind for d in jax.devices() if d.platform != "cpu")


def _torch_devices() -> str:
    import torch

    return ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))


_DEVICES = {"tensorflow": _tensorflow_devices, "jax": _jax_devices, "torch": _torch_devices}


def _versions() -> dict[str, str]:
    found = {}
    for package in ("keras", "tensorflow", "jax", "torch", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    """The processor's model, where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [
                line.split(":", 1)[1].strip() for line in file if line.startswith("model name")
            ]
    except OSError:
        names = []
    return names[0] if names else platform.processor()


def _git_commit() -> str | None:
    """The commit of specnet itself, if it runs from a checkout."""
    # The second name fails where the package only lies in somebody else's repository.
    command = ["git", "rev-parse", "HEAD", "HEAD:./environment.py"]
    try:
        result = subprocess.run(
            command,
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=5,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.split()[0]
