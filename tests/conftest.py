"""What all tests share: quiet backends, sizes that break wrong code, reference values."""

import gc
import os
from importlib import metadata
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("JAX_ENABLE_X64", "1")  # gradients are checked in float64
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # tests compile more than they compute
os.environ |= {  # what one process of the tests compiled, the others read
    "JAX_COMPILATION_CACHE_DIR": str(Path(__file__).parents[1] / ".pytest_cache" / "jax"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}

if os.environ.get("KERAS_BACKEND") == "jax" and metadata.version("jaxlib").startswith("0.10."):
    # XLA without them takes two thirds of the time for a small program; it aborts at flags that it
    # no longer knows.
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false")
    import one_context  # noqa: F401  and JAX two thirds of that

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

pytest_plugins = ["command_line"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-trials", type=int, default=0, help="of each test of tests/faults")


@pytest.hookimpl(tryfirst=True)  # before fixtures of modules and sessions
def pytest_runtest_setup(item: pytest.Item) -> None:
    """On TensorFlow, a test traces and compiles nothing unless it is marked `graph`.

    Tracing and compiling a step takes seconds, its operations one by one milliseconds.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.run_functions_eagerly("graph" not in item.keywords)


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
