"""What is drawn of a comparison, from records to figures.

    accuracy     how trials scatter (Fig. 6 of Wood & Larson 2021)
    loss         training loss by step (their Fig. 5)
    time         validation accuracy by seconds of training
    parameters   test accuracy by parameters
    sizes        test accuracy by image size, where that was asked for

Which numbers go into which picture; how it looks is in `plots`.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from specnet.plots.comparison import accuracy_against_parameters, accuracy_against_size, violins
from specnet.plots.comparison_curves import accuracy_against_seconds, loss_against_step
from specnet.studies.compare.plan import Plan
from specnet.studies.compare.summary import Row, curve
from specnet.studies.compare.trial import Trial
from specnet.studies.engine.tables import names


def pictures(
    plan: Plan, rows: Sequence[Row], trials: Sequence[Trial], width: float
) -> Iterator[tuple[str, str, Figure]]:
    """Name, what it shows, and figure, `width` inches wide; rows and trials of the plan."""
    short = names([row.label for row in rows])
    named = {short(row.label): row for row in rows}
    groups = {
        name: [t for t in trials if t.label == row.label and t.finished]
        for name, row in named.items()
    }
    published = {name: row.published for name, row in named.items() if row.published is not None}
    accuracies = {name: np.array([t.accuracy for t in group]) for name, group in groups.items()}
    yield "accuracy", "Test accuracy of each trial", violins(accuracies, published, width)
    losses = {name: _stacked([t.losses for t in group]) for name, group in groups.items()}
    yield "loss", "Training loss against the step", loss_against_step(losses, width)
    baselines = [short(row.label) for row in rows if row.against is None]
    shows = "Validation accuracy against seconds of training"
    yield "time", shows, _time(groups, baselines, width)
    costs = {
        name: (row.cost.parameters, row.accuracy.mean, row.accuracy.std or None)
        for name, row in named.items()
    }
    shows = "Test accuracy against parameters"
    yield "parameters", shows, accuracy_against_parameters(costs, width)
    yield from _sizes(plan, named, width)


def _time(groups: Mapping[str, Sequence[Trial]], baselines: Sequence[str], width: float) -> Figure:
    curves = {name: [curve(trial) for trial in group] for name, group in groups.items()}
    times = {
        name: (np.cumsum(_stacked([s for _, s in each]), 1), _stacked([a for a, _ in each]))
        for name, each in curves.items()
    }
    targets = {name: float(times[name][1][:, -1].mean()) for name in baselines}
    return accuracy_against_seconds(times, targets, width)


def _sizes(plan: Plan, rows: Mapping[str, Row], width: float) -> Iterator[tuple[str, str, Figure]]:
    trained = {each.label: max(each.recipe.data.image_size) for each in plan.contenders}
    curves, ringed = {}, {}
    for name, row in rows.items():
        if not row.sizes:
            continue
        at = {int(size): found for size, found in row.sizes.items()}
        sizes = sorted(at)
        means, deviations = [at[s].mean for s in sizes], [at[s].std or 0 for s in sizes]
        curves[name], ringed[name] = np.array([sizes, means, deviations]), trained[row.label]
    if curves:
        shows = "Test accuracy against image size"
        yield "sizes", shows, accuracy_against_size(curves, ringed, width)


def _stacked(lines: Sequence[Sequence[float]]) -> np.ndarray:
    """(T, S), as long as the shortest."""
    shortest = min(map(len, lines))
    return np.array([line[:shortest] for line in lines])
