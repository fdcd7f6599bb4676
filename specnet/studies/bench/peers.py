"""Ours against what others offer, in turns on the same arrays: what `specnet bench --peers` does.

A group is a layer of ours and its peers for PyTorch. `torch_peers` has their functions; it is
imported where PyTorch is installed. Peers that are not installed are skipped, with a word.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Any

import keras

from specnet import environment
from specnet.errors import RunError, UsageError
from specnet.messages import said
from specnet.native.threads import threads
from specnet.progress import Reporter
from specnet.studies.bench import workloads
from specnet.studies.bench.timing import Job, Quartiles, compared
from specnet.studies.bench.trial import AS_TRAINED, Options, Timed, timed_in_turn
from specnet.studies.bench.workloads import BACKWARD, FORWARD, Built
from specnet.studies.engine.stopping import Check, Stopped, Stopping
from specnet.studies.engine.subjects import LAYER_BATCH, LAYER_SIZES, NO_TORCH, Subject, layer
from specnet.studies.engine.tables import three_digits

HEAD = ("ours", "theirs", "px", "measure", "ours ms", "theirs ms", "ratio (range)")
KERNELS = (3, 5, 7, 11, 31)  # pixels along a side
_QUICK = Options((32,), batch=2, channels=8, seconds=0.3)
_PACKAGES = {"torch": "torch", "neuralop": "neuraloperator", "pytorch_wavelets": "pytorch-wavelets"}
_LONGEST = 20.0  # seconds of a run; large kernels of some libraries take minutes
_REST = 0.02  # seconds; threads of one library look for work so long before they sleep

Make = Callable[[Any, Built], Any]  # `torch_peers` and what ours was built of -> its Program


@dataclass(frozen=True)
class Peer:
    """A function of others, and the module that it needs besides PyTorch."""

    label: str
    make: Make
    module: str = "torch"


@dataclass(frozen=True)
class Group:
    """A layer of ours, and what does the same, or the like."""

    ours: Subject
    peers: tuple[Peer, ...]


@dataclass(frozen=True)
class Pair:
    """One line of the table.

    Attributes:
        ours, theirs: what was timed.
        size, batch, channels: of the images, (batch, size, size, channels).
        measure: forward, or forward and backward.
        ours_ms, theirs_ms: of a batch; None where one of them failed.
        ratio: of ours to theirs: below 1, ours is faster.
        reason: why it could not be measured.
    """

    ours: str
    theirs: str
    size: int
    batch: int
    channels: int
    measure: str
    ours_ms: Quartiles | None = None
    theirs_ms: Quartiles | None = None
    ratio: Quartiles | None = None
    reason: str = ""

    def cells(self) -> tuple[str, ...]:
        """As it is read, under HEAD."""
        what = (self.ours, self.theirs, str(self.size), self.measure)
        if self.ours_ms is None or self.theirs_ms is None or self.ratio is None:
            return (*what, "", "", f"failed: {self.reason}")
        times = (three_digits(each.median) for each in (self.ours_ms, self.theirs_ms))
        between = f"{self.ratio.lower:.2f} to {self.ratio.upper:.2f}"
        return (*what, *times, f"{self.ratio.median:.2f} ({between})")


@dataclass
class Peers:
    """What was measured.

    Attributes:
        machine: facts, as `specnet.environment` gives them.
        pairs: a line for each peer, size and measure.
        sentences: what a reader should know.
        stopped_by: number of the signal that ended it early; None where none did.
    """

    machine: dict[str, Any]
    pairs: list[Pair] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    stopped_by: int | None = None

    @property
    def measured(self) -> bool:
        """Whether nothing that was tried failed altogether."""
        return not self.pairs or any(pair.ratio is not None for pair in self.pairs)

    def as_dict(self) -> dict[str, Any]:
        """In plain numbers and words."""
        return asdict(self)


def groups(size: int, channels: int, module: str | None = None) -> list[Group]:
    """What is compared at a size, with as many filters as channels.

    Args:
        size: pixels along a side.
        channels: of the images.
        module: only the peers that need this one.
    """
    modes = min(12, size // 4)
    made = [
        Group(
            _layer(f"spectral_conv2d: {{filters: {channels}, padding: same}}"),
            (
                *(_conv2d(k, last) for k in KERNELS for last in (False, True)),
                Peer(
                    f"torch.fft convolution {KERNELS[-1]} x {KERNELS[-1]}",
                    lambda torch, built: torch.fft_convolution(built, KERNELS[-1]),
                ),
            ),
        ),
        Group(
            _layer("global_filter"),
            (Peer("GFNet filter by torch.fft", lambda torch, built: torch.global_filter(built)),),
        ),
        Group(
            _layer(f"fourier_block: {{filters: {channels}, modes: {modes}}}"),
            (
                Peer(
                    "neuraloperator SpectralConv + 1 x 1",
                    lambda torch, built: torch.neural_operator(built),
                    "neuralop",
                ),
            ),
        ),
        _wavelets("dwt2d", "db2", pooled=False),
        _wavelets("wavelet_pooling", "haar", pooled=True),
    ]
    picked = (Group(g.ours, tuple(p for p in g.peers if module in (None, p.module))) for g in made)
    return [group for group in picked if group.peers]


def compare_with_peers(
    options: Options | None = None,
    reporter: Reporter | None = None,
) -> Peers:
    """Measures each group at each size; Ctrl-C ends it with what was measured until then.

    Args:
        options: sizes, batch, channels and seconds; small ones if not given.
        reporter: is told how it goes.

    Raises:
        UsageError: where PyTorch is not installed, which all peers need.
    """
    if find_spec("torch") is None:
        raise UsageError(NO_TORCH)
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(threads()))  # read when it starts
    options, reporter = options or _QUICK, reporter or Reporter()
    found = Peers(environment.facts())
    there = [module for module in _PACKAGES if find_spec(module) is not None]
    found.sentences += _skipped(there)
    from specnet.studies.bench import torch_peers

    found.sentences.append(torch_peers.prepare([_PACKAGES[module] for module in there]))
    with Stopping() as stopping:
        for size in options.sizes or LAYER_SIZES:
            for group in groups(size, options.channels):
                peers = tuple(peer for peer in group.peers if peer.module in there)
                if peers:
                    shown = Group(group.ours, peers)
                    for pair in _measured(shown, size, options, reporter, stopping.check):
                        found.pairs.append(pair)
                        told = f"{pair.ours} / {pair.theirs}, {size} px, {pair.measure}"
                        reporter.result(f"{told}: {pair.cells()[-1]}")
    found.stopped_by = stopping.received
    return found


def _skipped(there: Sequence[str]) -> list[str]:
    """A sentence for each package that is not there."""
    told = []
    for module in set(_PACKAGES).difference(there):
        labels = [peer.label for group in groups(64, 1, module=module) for peer in group.peers]
        told.append(
            f"Skipped: {', '.join(labels)}: needs {_PACKAGES[module]}; pip install 'specnet[peers]'"
        )
    return sorted(told)


def _measured(
    group: Group, size: int, options: Options, reporter: Reporter, check: Check
) -> Iterator[Pair]:
    """A pair for each measure and peer; one that fails says why, and the others go on."""
    batch, ours = options.batch or LAYER_BATCH, group.ours.label
    failures: dict[str, str] = {}
    jobs = _jobs(group, size, batch, options, failures, reporter, check)
    for measure in (FORWARD, BACKWARD):
        reporter.wait(f"{measure} of {ours} and its peers at {size} px")
        own = {label: {AS_TRAINED: each[measure]} for label, each in jobs.items()}
        here = failures | _too_long(own, check)
        times = timed_in_turn(own, here, options.seconds, _rested(check), ahead=1)
        for peer in group.peers:
            pair = (ours, peer.label, size, batch, options.channels, measure)
            failed = [here[label] for label in (ours, peer.label) if label in here]
            yield Pair(*pair, reason=failed[0]) if failed else _pair(pair, times)


def _too_long(jobs: Mapping[str, Mapping[str, Job]], check: Check) -> dict[str, str]:
    """Runs each once; label -> why it is not run again."""
    found = {}
    for label, ways in jobs.items():
        check()
        began = time.perf_counter()
        try:
            ways[AS_TRAINED]()
        except Exception as error:
            found[label] = said(error)
        if (taken := time.perf_counter() - began) > _LONGEST:
            found.setdefault(label, f"one run takes {taken:.0f} s, too long to be repeated")
    return found


def _pair(pair: tuple[str, str, int, int, int, str], times: Mapping[str, Timed]) -> Pair:
    ours, theirs = (times[label].seconds for label in pair[:2])
    mine, its = (Quartiles.of(seconds).scaled(1000) for seconds in (ours, theirs))
    return Pair(*pair, ours_ms=mine, theirs_ms=its, ratio=compared(ours, theirs))


def _jobs(
    group: Group,
    size: int,
    batch: int,
    options: Options,
    failures: dict[str, str],
    reporter: Reporter,
    check: Check,
) -> dict[str, dict[str, Job]]:
    """Label -> measure -> job, of those that can be built and compute what they should."""
    from specnet.studies.bench import torch_peers

    reporter.wait(f"building {group.ours.label} and its peers at {size} px")
    check()
    try:
        built = workloads.build(group.ours, size, batch, options.channels)
    except Exception as error:
        failures[group.ours.label] = said(error)
        return {}
    jobs = {group.ours.label: workloads.jobs(built)}
    for peer in group.peers:
        try:
            check()
            program = peer.make(torch_peers, built)
            if (seconds := program.foretold()) > _LONGEST:
                raise RunError(f"one run would take about {seconds:.0f} s, too long to be repeated")
            program.check()
            jobs[peer.label] = program.jobs(keras.ops.convert_to_numpy(built.noise))
        except Stopped:
            raise
        except Exception as error:  # whatever PyTorch raises, the others are measured
            failures[peer.label] = said(error)
    return jobs


def _rested(check: Check) -> Check:
    """Called before each run: no thread of the library before it is awake any more."""

    def rested() -> None:
        check()
        time.sleep(_REST)

    return rested


def _layer(text: str) -> Subject:
    return layer(text, text.partition(":")[0])


def _conv2d(kernel: int, channels_last: bool) -> Peer:
    layout = "channels last" if channels_last else "channels first"
    return Peer(
        f"PyTorch Conv2d {kernel} x {kernel}, {layout}",
        lambda torch, built: torch.conv2d(built, kernel, channels_last),
    )


def _wavelets(name: str, wavelet: str, pooled: bool) -> Group:
    peer = Peer(
        f"pytorch_wavelets {wavelet}{', low band' if pooled else ''}",
        lambda torch, built: torch.wavelets(built, wavelet, pooled),
        "pytorch_wavelets",
    )
    return Group(layer(f"{name}: {{wavelet: {wavelet}}}", f"{name} {wavelet}"), (peer,))
