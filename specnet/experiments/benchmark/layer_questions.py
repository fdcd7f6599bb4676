"""Questions on single layers, of 32 channels, forward and backward."""

from collections.abc import Iterator

from specnet.experiments.benchmark.crossover import crossovers
from specnet.experiments.benchmark.goals import Goal
from specnet.experiments.benchmark.measuring import Timed
from specnet.experiments.benchmark.plan import Bench, goal_of
from specnet.experiments.benchmark.programs import BACKWARD
from specnet.experiments.benchmark.timing import Quartiles
from specnet.experiments.subjects import Subject, layer


def image_convolutions(bench: Bench) -> Iterator[Goal]:
    """A full spectral convolution of 32 channels against kernels of several sizes."""
    ours = layer("spectral_conv2d: {filters: 32, mixing: full}", "spectral_conv2d")
    text = "conv2d: {{filters: 32, kernel_size: {0}, padding: same}}"
    theirs = {k: layer(text.format(k), f"conv2d {k} x {k}") for k in bench.plan.kernels}
    measured = bench.side_by_side([ours, *theirs.values()], bench.plan.size, 8, BACKWARD)
    for k, other in theirs.items():
        goal = 1.0 if k == 5 else None
        what = f"{ours.label}, 32 channels, full / {other.label}"
        yield goal_of(what, measured, BACKWARD, ours.label, other.label, goal)
    _kernel_curves(bench, measured.times.get(BACKWARD, {}), ours, theirs)


def _kernel_curves(
    bench: Bench, times: dict[str, Timed], ours: Subject, theirs: dict[int, Subject]
) -> None:
    """Where the spectral convolution overtakes Conv2D."""
    if any(each.label not in times for each in (ours, *theirs.values())):
        return
    taken = {k: _ms(times[each.label]) for k, each in theirs.items()}
    level = _ms(times[ours.label])
    bench.found.kernels = {"conv2d": taken, "spectral_conv2d": dict.fromkeys(taken, level)}
    medians = [each.median for each in taken.values()]
    met = crossovers([*taken], [level.median] * len(taken), medians)
    words = f"from kernels of {met[0]:.1f} x {met[0]:.1f} pixels on" if met else ""
    if not met:
        words = "at every kernel size" if level.median < medians[0] else "at no kernel size"
    bench.found.sentences.append(
        f"spectral_conv2d is faster than conv2d {words} (32 to 32 channels, "
        f"{bench.plan.size} px, forward and backward)."
    )


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
