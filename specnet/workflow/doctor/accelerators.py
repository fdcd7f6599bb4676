"""The processor, the GPUs that are there and those that the backend uses."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import keras

from specnet import environment
from specnet.workflow.doctor.findings import FAILED, NOTE, Finding

KINDS = ("cpu", "gpu", "tpu")
_INSTALL = {
    "tensorflow": 'pip install "tensorflow[and-cuda]"',
    "jax": 'pip install -U "jax[cuda13]"',
    "torch": "pip install -U torch",  # with CUDA, on Linux
}
_REINSTALL = "pip install --force-reinstall {}; if that does not help, please report it"


def install() -> str:
    """What makes the backend use an NVIDIA GPU."""
    return _INSTALL[keras.backend.backend()]


def remedy(device: str) -> str:
    """What to do where a device computes wrong, or not at all."""
    again = _REINSTALL.format(keras.backend.backend())
    if device.startswith("cpu"):
        return again
    return (
        f"{install()}; look for errors of the driver with nvidia-smi; until it is right, set "
        "CUDA_VISIBLE_DEVICES=-1 and compute on the CPU"
    )


def devices() -> list[str]:
    """Names such as `cpu:0` and `gpu:1`, for `keras.device`."""
    return [device for kind in KINDS for device in of_kind(kind)]


def of_kind(kind: str) -> list[str]:
    """The devices of one kind that the backend has."""
    if keras.backend.backend() == "torch":  # of which Keras lists none
        import torch

        count = {"cpu": 1, "gpu": torch.cuda.device_count()}.get(kind, 0)
        return [f"{kind}:{number}" for number in range(count)]
    try:
        return list(keras.distribution.list_devices(kind))
    except RuntimeError:  # so JAX says that it has none of this kind
        return []


def machine_facts() -> Finding:
    """Processor and cores, and whether TensorFlow has its faster convolutions on it."""
    facts = environment.facts()
    words = f"{platform.system()}, {facts['processor']}, {facts['cpus']} cores"
    measured = {"cpus": facts["cpus"]}
    if facts["onednn"] is False and "TF_ENABLE_ONEDNN_OPTS" not in os.environ:
        advice = "set TF_ENABLE_ONEDNN_OPTS=1 if you use Conv2D much: it may be faster then"
        return Finding(f"{words}; TensorFlow does without oneDNN", NOTE, advice, measured)
    return Finding(words, measured=measured)


def gpus() -> Finding:
    """Whether the backend uses the GPUs of this machine."""
    seen = [device for kind in KINDS[1:] for device in of_kind(kind)]
    if seen:
        return Finding(
            f"{', '.join(seen)}: {environment.device()}", measured={"devices": len(seen)}
        )
    there = nvidia_gpus()
    if not there:
        return Finding("none; the CPU computes", NOTE, f"for NVIDIA's: {install()}")
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if hidden in ("", "-1"):
        words = f"{', '.join(there)}: hidden by CUDA_VISIBLE_DEVICES={hidden}"
        return Finding(words, NOTE, "unset CUDA_VISIBLE_DEVICES to use it")
    words = f"{', '.join(there)}: not used by {keras.backend.backend()}"
    return Finding(words, FAILED, install())


def nvidia_gpus() -> list[str]:
    """The NVIDIA GPUs that the driver tells of, whatever the backend sees."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return [path.name for path in sorted(Path("/proc/driver/nvidia/gpus").glob("*"))]
    try:
        told = subprocess.run(
            [program, "-L"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    lines = told.stdout.splitlines()
    return [line.split("(UUID")[0].strip() for line in lines if line.startswith("GPU ")]
