"""Questions on whole networks: those of Wood & Larson (2021), four layers of 6 or of 32 filters."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

import numpy as np

from specnet.errors import RunError
from specnet.studies.bench import roofline
from specnet.studies.bench.goals import Goal
from specnet.studies.bench.measuring import WHOLE
from specnet.studies.bench.memory import peak_memory
from specnet.studies.bench.plan import Bench, goal_of
from specnet.studies.bench.workloads import STEP
from specnet.studies.engine.subjects import Subject, network

_SPECTRAL, _SPATIAL = "catsdogs-gaussian", "catsdogs-spatial"
_ITEM = "model[1].repeat.layers[0]"  # the filters of the spectral network
_KERNELS = "model[0].repeat.layers[0].conv2d"


def gaussian(filters: int) -> Subject:
    """The spectral network with so many filters a layer."""
    return network(f"4 x {filters} Gaussian", _SPECTRAL, [f"{_ITEM}.gaussian.filters={filters}"])


def spatial(filters: int) -> Subject:
    """Its spatial twin."""
    return network(f"4 x {filters} Conv2D", _SPATIAL, [f"{_KERNELS}.filters={filters}"])


def against_spatial(bench: Bench, filters: int, goal: float) -> Iterator[Goal]:
    """Spectral against spatial, and against the floor."""
    ours, theirs = gaussian(filters), spatial(filters)
    measured = bench.side_by_side([ours, theirs], bench.plan.size, bench.plan.batch, STEP)
    what = f"step: {ours.label} / {theirs.label}"
    times = measured.times.get(STEP, {})
    if theirs.label in times:
        what += f" ({times[theirs.label].variant})"
    yield goal_of(what, measured, STEP, ours.label, theirs.label, goal)
    if ours.label not in times or bench.found.rates is None:
        return
    least = roofline.floor_of(measured.built[ours.label], bench.found.rates)
    if least is not None:
        taken = float(np.median(times[ours.label].seconds))
        yield Goal(
            f"step: {ours.label} / floor",
            1000 * taken,
            1000 * least.total,
            taken / least.total,
            1.6,
        )
        bench.found.sentences.append(f"floor of {ours.label}: {_parts(least)}")


def other_families(bench: Bench) -> Iterator[Goal]:
    """Each family in the 4 x 6 network against the Gaussian."""
    ours = gaussian(6)
    others = [
        network(f, _SPECTRAL, [f"{_ITEM}={{{f}: {{filters: 6, activation: relu}}}}"])
        for f in bench.plan.families
    ]
    measured = bench.side_by_side(
        [ours, *others], bench.plan.size, bench.plan.batch, STEP, seconds=0.5
    )
    for other in others:
        what = f"step: 4 x 6 {other.label} / Gaussian"
        yield goal_of(what, measured, STEP, other.label, ours.label, 1.3)


def memory(bench: Bench) -> Iterator[Goal]:
    """Peak of the training steps of the networks of 32 filters."""
    ours, theirs = gaussian(32), spatial(32)
    way = next((g.what for g in bench.found.goals if theirs.label in g.what), "")
    held = []
    for subject, jit in ((ours, None), (theirs, True if WHOLE in way else None)):
        bench.check()
        bench.reporter.wait(f"memory of {subject.label}")
        held.append(peak_memory(subject, bench.plan.size, bench.plan.batch, 3, jit))
    what = f"peak memory: {ours.label} / {theirs.label}"
    ours_mib, theirs_mib = held
    yield Goal(what, ours_mib, theirs_mib, ours_mib / theirs_mib, 0.5, "MiB")


def growth(bench: Bench) -> Iterator[Goal]:
    """Against time in proportion to pixels."""
    assert bench.plan.growth is not None
    small, large = bench.plan.growth
    ours = gaussian(6)
    taken = []
    for size in (small, large):
        measured = bench.side_by_side([ours], size, 8, STEP, 0.5)
        if ours.label in measured.failures:
            yield Goal(f"step at {size} px", goal=1.3, reason=measured.failures[ours.label])
            return
        taken.append(1000 * float(np.median(measured.times[STEP][ours.label].seconds)))
    times = (large / small) ** 2
    proportional = times * taken[0]
    what = f"step: {ours.label}, batch 8: {large} px / {times:g} x {small} px"
    yield Goal(what, taken[1], proportional, taken[1] / proportional, 1.3)


def start(bench: Bench) -> Iterator[Goal]:
    """The shell to the first step; the goal is of the difference, in seconds."""
    bench.reporter.wait("starting `specnet train`")
    train, load = startup(bench.plan.starts)
    gap = float(np.median(train) - np.median(load))
    what = "specnet train to its first step - import tensorflow (seconds)"
    yield Goal(what, float(np.median(train)), float(np.median(load)), gap, 2.5, "s")


def _parts(least: roofline.Floor) -> str:
    parts = {
        "FFT": least.transforms,
        "traffic": least.traffic,
        "arithmetic": least.arithmetic,
        "head": least.head,
    }
    listed = " + ".join(f"{name} {1000 * value:#.3g}" for name, value in parts.items())
    return f"{listed} = {1000 * least.total:#.3g} ms"


_TIMEOUT = 300.0  # seconds
# As `specnet train` in a shell, but that the process ends where a first step is reported.
_FIRST_STEP = """
import os
from specnet.cli.console import TrainingDisplay
TrainingDisplay.step = lambda *told: os._exit(0)
from specnet.cli import main
main()
"""
# Few pictures, and a batch of them: drawing gratings is no part of the question.
_RECIPE = ("gratings-gaussian", "data.train=64", "data.validation=8", "data.test=8")


def startup(rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Seconds to the end of the first step, and of importing TensorFlow alone, (R,) each, in turn.

    Raises:
        RunError: where a process fails.
    """
    train, load = [], []
    with tempfile.TemporaryDirectory() as folder:
        command = ["-c", _FIRST_STEP, "train", *_RECIPE, "--quiet", "--out", f"{folder}/run"]
        for _ in range(rounds):
            load.append(_seconds(["-c", "import tensorflow"]))
            train.append(_seconds(command, SPECNET_CACHE=f"{folder}/cache"))
    return np.array(train), np.array(load)


def _seconds(arguments: Sequence[str], **environment: str) -> float:
    began = time.perf_counter()
    try:
        subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=True,
            timeout=_TIMEOUT,
            env=os.environ | environment,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        words = str(error.stderr or error).strip().splitlines()[-1:]
        raise RunError(f"start-up: its process failed: {' '.join(words)}") from error
    return time.perf_counter() - began
