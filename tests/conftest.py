"""The environment of all tests, set before any backend is imported; what they share is imported."""

import os
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["COLUMNS"] = "80"  # what is printed is as wide in every test, in whatever order they run
os.environ.setdefault("JAX_ENABLE_X64", "1")  # gradients are checked in float64
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # tests compile more than they compute
os.environ |= {  # what one process of the tests compiled, the others read
    "JAX_COMPILATION_CACHE_DIR": str(Path(__file__).parents[1] / ".pytest_cache" / "jax"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}

_PLUGINS = ["shared", "command_line"]


def _runs_on(backend: str, package: str, version: str) -> bool:
    """Whether tests run on a backend of this version: XLA aborts at flags that it does not know."""
    with suppress(metadata.PackageNotFoundError):
        chosen = os.environ.get("KERAS_BACKEND", "tensorflow")
        return chosen == backend and metadata.version(package).startswith(version)
    return False


# XLA takes two thirds of the time for a small program without them.
if _runs_on("tensorflow", "tensorflow", "2.21."):
    flags = "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=0"
    os.environ.setdefault("XLA_FLAGS", flags)
if _runs_on("jax", "jaxlib", "0.10."):
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false")
    _PLUGINS.insert(0, "one_context")  # and JAX two thirds of that


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-trials", type=int, default=0, help="of each test of tests/faults")


def pytest_configure(config: pytest.Config) -> None:
    """Imports the backend where tests run: not where they are only handed to processes."""
    if getattr(config.option, "numprocesses", None):
        return
    capture = config.pluginmanager.getplugin("capturemanager")
    capture.resume_global_capture()  # TensorFlow greets with three lines
    try:
        for name in _PLUGINS:
            config.pluginmanager.import_plugin(name)
    finally:
        capture.suspend_global_capture(in_=True)
        capture.read_global_capture()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of a backend alone, modules that compute nothing with it are not imported."""
    if config.option.markexpr == "backend" and collection_path.name.startswith("test_"):
        return "mark.backend" not in collection_path.read_text("utf-8") or None
    return None
