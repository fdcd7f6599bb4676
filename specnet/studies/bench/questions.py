"""The standard questions, which bare `specnet bench` asks one after the other.

On whole networks, those of Wood & Larson (2021), four layers of 6 or of 32 filters; and on single
layers of 32 channels, forward and backward.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from specnet import environment
from specnet.errors import RunError, SpecnetError
from specnet.progress import Reporter
from specnet.studies.bench import machine_peaks, roofline
from specnet.studies.bench.design import QUICK, Answers, Bench, Goal, Plan, goal_of
from specnet.studies.bench.memory import peak_memory
from specnet.studies.bench.timing import Quartiles, advice, compared
from specnet.studies.bench.trial import WHOLE, Timed
from specnet.studies.bench.workloads import BACKWARD, FORWARD, STEP
from specnet.studies.engine.stopping import Stopping
from specnet.studies.engine.subjects import Subject, layer, network

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
        bench.variants[theirs.label] = times[theirs.label].variant
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


def one_image(bench: Bench) -> Iterator[Goal]:
    """A prediction for one image at a time: what is not shared by a batch."""
    ours, theirs = gaussian(6), spatial(6)
    measured = bench.side_by_side([ours, theirs], bench.plan.size, 1, FORWARD)
    what = f"predict, one image: {ours.label} / {theirs.label}"
    yield goal_of(what, measured, FORWARD, ours.label, theirs.label, 1.0)


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
    whole = bench.variants.get(theirs.label) == WHOLE
    held = []
    for subject, jit in ((ours, None), (theirs, True if whole else None)):
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


def image_convolutions(bench: Bench) -> Iterator[Goal]:
    """A full spectral convolution of 32 channels against kernels of several sizes."""
    text = "spectral_conv2d: {{filters: 32, mixing: full, padding: {0}}}"
    ours = [layer(text.format(each), f"spectral_conv2d {each}") for each in ("circular", "same")]
    text = "conv2d: {{filters: 32, kernel_size: {0}, padding: same}}"
    theirs = {k: layer(text.format(k), f"conv2d {k} x {k}") for k in bench.plan.kernels}
    size, batch = bench.plan.size, bench.plan.convolved
    measured = bench.side_by_side([*ours, *theirs.values()], size, batch, BACKWARD)
    for k, other in theirs.items():
        for each in ours:
            goal = 1.0 if k == 5 else None
            what = f"{each.label}, 32 channels, full / {other.label}"
            yield goal_of(what, measured, BACKWARD, each.label, other.label, goal)
    times = measured.times.get(BACKWARD, {})
    if all(each.label in times for each in (*ours, *theirs.values())):
        _kernel_curves(
            bench,
            {each.label: times[each.label] for each in ours},
            {k: times[each.label] for k, each in theirs.items()},
        )


def _kernel_curves(bench: Bench, ours: dict[str, Timed], theirs: dict[int, Timed]) -> None:
    """Where the spectral convolutions, whose kernels are as large as the image, overtake Conv2D."""
    taken = {k: _ms(each) for k, each in theirs.items()}
    levels = {label: _ms(each) for label, each in ours.items()}
    curves = {label: dict.fromkeys(taken, level) for label, level in levels.items()}
    bench.found.kernels = {"conv2d": taken, **curves}
    medians = [each.median for each in taken.values()]
    unit = "pixels along a kernel"
    where = f"{bench.plan.size} px, batch {bench.plan.convolved}, forward and backward"
    for label, level in levels.items():
        ratios = [compared(ours[label].seconds, each.seconds) for each in theirs.values()]
        flat = [level.median] * len(taken)
        sentence = advice(label, "conv2d", [*taken], flat, medians, unit, ratios)
        bench.found.sentences.append(f"32 to 32 channels, {where}: {sentence}")


def spectral_pooling(bench: Bench) -> Iterator[Goal]:
    """Against the cheapest pooling there is."""
    ours, theirs = layer("spectral_pooling"), layer("max_pooling2d")
    for size, batch in bench.plan.pooled:
        measured = bench.side_by_side([ours, theirs], size, batch, BACKWARD, 0.5)
        what = f"{ours.label} / {theirs.label}, {size} px, batch {batch}"
        yield goal_of(what, measured, BACKWARD, ours.label, theirs.label, 3.0)


def wavelet_pooling(bench: Bench) -> Iterator[Goal]:
    """Against a strided convolution of each channel with as many fixed taps."""
    size, batch = bench.plan.pooled[-1]
    for wavelet, taps in (("haar", 2), ("db2", 4)):
        ours = layer(f"wavelet_pooling: {{wavelet: {wavelet}}}", f"wavelet_pooling {wavelet}")
        kernel = f"kernel_size: {taps}, strides: 2, padding: same"
        text = f"depthwise_conv2d: {{{kernel}, use_bias: false, trainable: false}}"
        theirs = layer(text, f"strided depthwise_conv2d {taps} x {taps}")
        measured = bench.side_by_side([ours, theirs], size, batch, BACKWARD, 0.5)
        what = f"{ours.label} / {theirs.label}"
        yield goal_of(what, measured, BACKWARD, ours.label, theirs.label, 1.0)


def _ms(timed: Timed) -> Quartiles:
    return Quartiles.of(timed.seconds).scaled(1000)


Question = Callable[[Bench], Iterator[Goal]]


def standard_questions(plan: Plan | None = None, reporter: Reporter | None = None) -> Answers:
    """Asks them; Ctrl-C ends it with what was answered until then.

    Args:
        plan: sizes and the like; `QUICK` is a small one.
        reporter: is told each answer.
    """
    plan, found = plan or Plan(), Answers(environment.facts())
    with Stopping() as stopping:
        bench = Bench(plan, found, reporter or Reporter(), stopping.check)
        found.rates = machine_peaks.measure()
        for question in questions(plan):
            _answer(bench, question)
    found.stopped_by = stopping.received
    if plan == QUICK:
        found.sentences.append("The goals are for the full sizes, not for these.")
    return found


def questions(plan: Plan) -> list[Question]:
    """In the order of the table."""
    return [
        lambda bench: against_spatial(bench, 6, 1 / 3),
        lambda bench: against_spatial(bench, 32, 1 / 5),
        one_image,
        other_families,
        image_convolutions,
        spectral_pooling,
        wavelet_pooling,
        *([memory] if plan.memory else []),
        *([growth] if plan.growth is not None else []),
        start,
    ]


def _answer(bench: Bench, question: Question) -> None:
    """Adds its goals; one that fails leaves a sentence."""
    try:
        for goal in question(bench):
            bench.found.goals.append(goal)
            bench.reporter.result("  ".join(part for part in goal.cells() if part))
    except SpecnetError as error:
        bench.check()  # Ctrl-C came while a process was waited for, or reached it
        bench.found.sentences.append(f"Not measured: {error}")
        bench.reporter.note(str(error))
