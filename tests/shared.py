"""Sizes that break wrong code, reference values, and what every test begins and ends with."""

import gc
import os
from pathlib import Path

import copies
import keras
import numpy as np
import pytest
from hypothesis import settings

from specnet.ops.compiled import forget_call
from specnet.studies.engine import processes

_ANEW = processes.answered

settings.register_profile("untimed", deadline=None)  # a slow machine breaks no law
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)  # before fixtures of modules and sessions
def pytest_runtest_setup(item: pytest.Item) -> None:
    """On TensorFlow, a test and its copies trace and compile nothing unless it is marked `graph`.

    Tracing and compiling a step takes seconds, its operations one by one milliseconds.
    """
    os.environ[copies.TRACING] = "graph" if "graph" in item.keywords else ""
    copies.trace_if_asked(os.environ)


# Odd, even, prime, non-square, and one pixel.
SIZES = [(7, 7), (12, 10), (1, 4)]
if keras.backend.backend() != "jax":  # which compiles every operation anew for every size
    SIZES += [(6, 9), (1, 1), (8, 8), (15, 13), (9, 6), (4, 1), (2, 2)]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return request.param


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20210606)


@pytest.fixture(autouse=True, scope="module")
def _collected():
    """What modules of tests leave behind is not looked through again and again: 50 s of a run."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _fresh_keras():
    forget_call()  # of a layer that a test before this one called wrongly
    keras.utils.set_random_seed(1)
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


@pytest.fixture(autouse=True)
def _copied_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials of studies run in copies of a process that has imported its backend already."""
    monkeypatch.setattr(processes, "answered", copies.answered)


@pytest.fixture
def trials_anew(monkeypatch: pytest.MonkeyPatch, _copied_trials: None) -> None:
    """Trials run in new processes, as they do for users."""
    monkeypatch.setattr(processes, "answered", _ANEW)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are files of a word: laying out and drawing one takes as long as a short training."""
    monkeypatch.setattr(
        "specnet.plots.readable.Figure.savefig", lambda figure, file, **how: file.write(b"figure")
    )


@pytest.fixture
def float64():
    # On JAX, keras.ops computes tanh, exp and others in floatx, whatever the dtype of a tensor.
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")


@pytest.fixture(scope="session")
def wood2021() -> dict[str, np.ndarray]:
    """Values of the original package of Wood & Larson (2021)."""
    with np.load(Path(__file__).parent / "wood2021_layers.npz") as values:
        return dict(values)
