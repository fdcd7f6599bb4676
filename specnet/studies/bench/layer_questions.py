"""Questions on single layers, of 32 channels, forward and backward."""

from collections.abc import Iterator

from specnet.studies.bench.crossover import advice
from specnet.studies.bench.goals import Goal
from specnet.studies.bench.measuring import Timed
from specnet.studies.bench.plan import Bench, goal_of
from specnet.studies.bench.timing import Quartiles, compared
from specnet.studies.bench.workloads import BACKWARD
from specnet.studies.engine.subjects import layer


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
