"""The standard questions one after the other: what bare `specnet bench` asks."""

from collections.abc import Callable, Iterator

from specnet import environment
from specnet.errors import SpecnetError
from specnet.progress import Reporter
from specnet.studies.bench import layer_questions as layers
from specnet.studies.bench import machine_peaks
from specnet.studies.bench import network_questions as networks
from specnet.studies.bench.goals import Answers, Goal
from specnet.studies.bench.plan import QUICK, Bench, Plan
from specnet.studies.engine.stopping import Stopping

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
        lambda bench: networks.against_spatial(bench, 6, 1 / 3),
        lambda bench: networks.against_spatial(bench, 32, 1 / 5),
        networks.other_families,
        layers.image_convolutions,
        layers.spectral_pooling,
        layers.wavelet_pooling,
        *([networks.memory] if plan.memory else []),
        *([networks.growth] if plan.growth is not None else []),
        networks.start,
    ]


def _answer(bench: Bench, question: Question) -> None:
    """Adds its goals; one that fails leaves a sentence."""
    try:
        for goal in question(bench):
            bench.found.goals.append(goal)
            bench.reporter.result("  ".join(part for part in goal.cells() if part))
    except SpecnetError as error:
        bench.check()  # Ctrl-C reaches other processes too
        bench.found.sentences.append(f"Not measured: {error}")
        bench.reporter.note(str(error))
