"""Runs as classifiers of the same images, and the studies that are made of them.

From run directories to what studies measure, and what is wrong with them; and which study of
`specnet.robustness` stands behind each name of `--what`.

    N  images      H, W  their height and width      C  channels
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from specnet import data, workflow
from specnet.data import Split
from specnet.errors import UsageError
from specnet.recipe.schema import Recipe
from specnet.robustness.attack_study import EPSILONS, Attacks
from specnet.robustness.auto_attack_study import AutoAttack
from specnet.robustness.band_study import Bands
from specnet.robustness.classifier import Classifier
from specnet.robustness.corruption_study import Corruptions
from specnet.robustness.heatmap_study import Heatmap
from specnet.robustness.shift_study import Shift
from specnet.robustness.study import Outcome, Setting, Study
from specnet.runs import Run
from specnet.studies.engine.stopping import check_asked
from specnet.studies.robustness.design import CLEAN, Options, check_runs
from specnet.studies.robustness.pruning import Prune
from specnet.studies.robustness.recipes_of_runs import Trials, grouped
from specnet.workflow import Pruning
from specnet.workflow.common import check_as_trained, load_data

CHUNK = 100  # images that are in memory at once
BATCH = 50  # that go through a network at once: what is left of a chunk is filled up to this
_WHOLE = ("finished", "converted", "pruned")  # not trainings that are not over
Key = tuple[str, str]  # name of a study, label of a run


@dataclass(frozen=True, eq=False)
class Subject:
    """A run under a short name, as a classifier.

    Attributes:
        weights: checksum of its weights.
        classes: how many it tells apart.
    """

    label: str
    run: Run
    recipe: Recipe
    classifier: Classifier
    weights: str
    classes: int


@dataclass(frozen=True, eq=False)
class Sample:
    """Some images of a split.

    Attributes:
        split: uint8 images, perhaps on disk, and labels.
        rows: which of them, in rising order.
    """

    split: Split
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        height, width = self.split.images.shape[1:3]
        return height, width

    def chunks(self, before: Callable[[int], None]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pixels float32 (N, H, W, C) in [0, 1] and labels (N,), a chunk at a time.

        Args:
            before: is told before each chunk how many images came before it.
        """
        for start in range(0, len(self), CHUNK):
            before(start)
            rows = self.rows[start : start + CHUNK]
            yield self.split.images[rows].astype("float32") / 255, self.split.labels[rows]


def subjects(runs: Sequence[Run]) -> list[Subject]:
    """Opens runs.

    Raises:
        UsageError: where one is of an autoencoder, or two are of different images.
        RunError: where one is damaged.
    """
    check_runs(runs)
    names = labels(runs)
    return [_opened(*each) for each in zip(names, runs, strict=True)]


def sample(
    subjects: Sequence[Subject],
    count: int,
    seed: int,
    note: Callable[[str], None] = lambda message: None,
) -> Sample:
    """The first `count` test images of a shuffle, or all there are; the same for a seed.

    Raises:
        DataError: where there is none, or of other classes than a run learned.
        UsageError: where the splits of runs were cut by different rules.
    """
    first, *others = subjects
    dataset = load_data(first.run, first.recipe.data, note)
    for each in others:
        check_as_trained(each.run, each.recipe.data, dataset, note)
    data.check_not_empty(dataset, "test")
    order = np.random.default_rng(seed).permutation(len(dataset.test))
    return Sample(dataset.test, np.sort(order[:count]))


def labels(runs: Sequence[Run]) -> list[str]:
    """The last names of their paths, as many as it takes to tell them apart."""
    paths = [run.path.resolve().parts for run in runs]
    for length in range(1, max(map(len, paths)) + 1):
        found = ["-".join(parts[-length:]).strip("/") for parts in paths]
        if len(set(found)) == len(runs):
            return found
    raise UsageError("robustness: a run is given twice; name each once")


def relabelled(found: Sequence[Subject], known: Mapping[str, str]) -> list[Subject]:
    """Subjects under the labels by which they were measured before, which other runs may change.

    Args:
        found: as `subjects` labels them.
        known: label -> digest of the weights, of what was measured before.
    """
    left, made = dict(known), []
    for each in found:
        same = [label for label, weights in left.items() if weights == each.weights]
        label = each.label if each.label in same else next(iter(same), each.label)
        left.pop(label, None)
        made.append(replace(each, label=label))
    return made


def _opened(label: str, run: Run) -> Subject:
    recipe, model = workflow.open_model(run)
    normalization = workflow.load_normalization(run)
    classifier = Classifier.normalized(model, normalization, BATCH, check_asked)
    digest = workflow.weights_digest(run)
    return Subject(label, run, recipe, classifier, digest, model.output_shape[-1])


@dataclass(frozen=True)
class Clean:
    """The images as they are: the accuracy of `specnet eval`, on as many of them."""

    name: str = CLEAN

    def settings(self, size: tuple[int, int]) -> Sequence[Setting]:
        """The only one."""
        return [{"images": "clean"}]

    def measure(
        self,
        classifier: Classifier,
        images: np.ndarray,
        labels: np.ndarray,
        setting: Setting,
        seed: int,
    ) -> Outcome:
        """See `Study`."""
        return Outcome(classifier.predict(images) == labels)


def studies(subjects: Sequence[Subject], options: Options) -> dict[Key, Study]:
    """What is to be measured, a study of all runs before the next study.

    Transferred attacks are made on the first run of another recipe, or that of the same seed.
    """
    trials = trials_of(subjects)
    known = {each.label: each.classifier for each in subjects}
    sources = {
        each.label: {label: known[label] for label in _source(each, trials)} for each in subjects
    }
    return {
        (name, subject.label): _MAKERS[name](subject, sources[subject.label], options)
        for name in (CLEAN, *options.what)
        for subject in subjects
    }


def trials_of(subjects: Sequence[Subject]) -> Trials:
    """Which of these are trials of one recipe."""
    return grouped(
        [each.label for each in subjects],
        [each.recipe for each in subjects],
        [each.run.status() in _WHOLE for each in subjects],
    )


def pruning(subject: Subject, options: Options) -> Pruning:
    """A run, and where its low pass goes."""
    return Pruning(subject.run, options.layer)


def _source(subject: Subject, trials: Trials) -> list[str]:
    """The run to make transferred attacks on, if there is another one."""
    others = [runs for runs in trials.values() if subject.label not in runs.values()]
    runs = others[0] if others else next(iter(trials.values()))
    of_seed = runs.get(subject.recipe.training.seed, subject.label)
    return [label for label in (of_seed, *runs.values()) if label != subject.label][:1]


def _prune(subject: Subject, others: Mapping[str, Classifier], options: Options) -> Study:
    normalization = workflow.load_normalization(subject.run)
    return Prune(pruning(subject, options), normalization, subject.classifier, options.cutoffs)


def _attacks(others: Mapping[str, Classifier], options: Options) -> Attacks:
    linf = options.epsilons or EPSILONS
    return Attacks(linf, starts=options.starts, searched=linf[-1:], sources=others)


_MAKERS: dict[str, Callable[[Subject, Mapping[str, Classifier], Options], Study]] = {
    CLEAN: lambda subject, others, options: Clean(),
    "bands": lambda subject, others, options: Bands(),
    "heatmap": lambda subject, others, options: Heatmap(levels=options.levels),
    "attacks": lambda subject, others, options: _attacks(others, options),
    "shift": lambda subject, others, options: Shift(),
    "corruptions": lambda subject, others, options: Corruptions(),
    "prune": _prune,
    "autoattack": lambda subject, others, options: AutoAttack(
        options.epsilons or AutoAttack.linf, queries=options.queries
    ),
}
