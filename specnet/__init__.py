"""Convolutional networks in the frequency domain: layers for Keras, and a tool to train them.

    run = specnet.train("gratings-gaussian", training={"epochs": 3})
    run = specnet.load("ckpt/gratings-gaussian")

Importing this module loads neither Keras nor TensorFlow; `specnet.layers` does, and so does
training.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# What `specnet/__init__.pyi` tells type checkers of: rooms import this module for its version, and
# imports in the house point one way.
_IN_PYTHON = ("Run", "load", "train")


def __getattr__(name: str) -> Any:
    """One of `_IN_PYTHON`, imported when it is first asked for."""
    if name in _IN_PYTHON:
        return getattr(import_module("specnet.workflow.in_python"), name)
    raise AttributeError(f"module 'specnet' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *_IN_PYTHON})
