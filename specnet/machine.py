"""What a command runs on: backend, devices, threads, versions. Facts for reports and run.json."""

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import keras

from specnet import __version__


def facts() -> dict[str, Any]:
    """Everything about this machine and its software that may change a result or its speed."""
    return {
        "backend": keras.backend.backend(),
        "device": device(),
        "cpus": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "processor": _processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {"specnet": __version__, **_versions()},
        "command": sys.argv,
        "git_commit": _git_commit(),
    }


def device() -> str:
    """Where the backend computes: the names of its GPUs or TPUs, or CPU."""
    return _DEVICES[keras.backend.backend()]() or "CPU"


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
    """The commit of the working directory, if it is a git checkout."""
    try:
        result = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()
