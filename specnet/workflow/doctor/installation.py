"""Which packages are installed, and whether Keras loads the backend that was chosen."""

import os
import platform
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from specnet import __version__
from specnet.messages import BACKENDS
from specnet.workflow.doctor import keras_file
from specnet.workflow.doctor.findings import FAILED, NOTE, Finding

CHOOSE_BACKEND = f"set KERAS_BACKEND to {' or '.join(BACKENDS)}, and pip install that"
_ALWAYS = ("keras", "numpy", "numba", "ducc0")
# A package, and the extra that brings it.
_EXTRAS = {"jax": "jax", "torch": "torch", "distributed": "cluster"}


def packages() -> Finding:
    """Whether all that specnet asks for is there, and new enough."""
    try:
        asked = [Requirement(line) for line in requires("specnet") or ()]
    except PackageNotFoundError:
        return Finding("specnet is not installed, only imported", NOTE, "pip install .")
    asked = [each for each in asked if not each.marker or each.marker.evaluate({"extra": ""})]
    wrong = [problem for each in asked for problem in _problems(each)]
    if wrong:
        missing = " ".join(f'"{name}"' for name, _ in wrong)
        return Finding("; ".join(words for _, words in wrong), FAILED, f"pip install -U {missing}")
    return Finding(f"{len(asked)} asked for, all there and new enough")


def versions() -> Finding:
    """Of what changes numbers or speed."""
    told = [f"specnet {__version__}", f"Python {platform.python_version()}", *_told(_ALWAYS)]
    return Finding(", ".join(told))


def extras() -> Finding:
    """Of what only some need: other backends, a cluster."""
    return Finding(", ".join(_told(_EXTRAS)) or "none", advice=_extras_to_come())


def _problems(requirement: Requirement) -> Iterator[tuple[str, str]]:
    """What pip would have to install, and why."""
    wanted = f"{requirement.name}{requirement.specifier}"
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        yield wanted, f"{requirement.name} is not installed"
        return
    if not requirement.specifier.contains(found, prereleases=True):
        yield wanted, f"{requirement.name} {found} is not {requirement.specifier}"


def _extras_to_come() -> str:
    missing = [extra for name, extra in _EXTRAS.items() if not [*_told([name])]]
    return f'for more, where specnet is: pip install ".[{",".join(missing)}]"' if missing else ""


def _told(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            continue


def backend() -> Finding:
    """Whether Keras loads its backend; nothing that needs Keras is to be looked at before."""
    _be_modest()
    if problem := keras_file.problem():
        what, advice = problem
        return Finding(what, FAILED, advice)
    chosen = os.environ.get("KERAS_BACKEND")
    try:
        name = import_module("keras").backend.backend()
    except Exception as error:
        return _not_loaded(chosen, error)
    if name not in BACKENDS:
        words = f"{name}: specnet is written for {' and '.join(BACKENDS)}"
        return Finding(words, FAILED, CHOOSE_BACKEND)
    words = f"{name} {import_module(name).__version__}{_chosen_by(chosen)}"
    if ignored := keras_file.ignored():
        what, advice = ignored
        return Finding(f"{words}; {what}", NOTE, advice)
    return Finding(words)


def _be_modest() -> None:
    """Next to a training that runs, no more of a GPU's memory is taken than is used."""
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


def _not_loaded(chosen: str | None, error: Exception) -> Finding:
    words = f"does not load{_chosen_by(chosen)}: {type(error).__name__}: {error}"
    missing = getattr(error, "name", None)
    if isinstance(error, ModuleNotFoundError) and missing in BACKENDS:
        return Finding(words, FAILED, f"pip install {missing}, or {CHOOSE_BACKEND}")
    return Finding(words, FAILED, CHOOSE_BACKEND)


def _chosen_by(chosen: str | None) -> str:
    """Without the variable, it is ~/.keras/keras.json, which Keras itself has written."""
    return f", by KERAS_BACKEND={chosen}" if chosen else ""
