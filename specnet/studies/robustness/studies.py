"""Which study of `specnet.robustness` stands behind each name of `--what`, and how it is set up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from specnet import workflow
from specnet.robustness.attack_study import Attacks
from specnet.robustness.band_study import Bands
from specnet.robustness.classifier import Classifier
from specnet.robustness.corruption_study import Corruptions
from specnet.robustness.heatmap_study import Heatmap
from specnet.robustness.shift_study import Shift
from specnet.robustness.study import Outcome, Setting, Study
from specnet.studies.robustness.plan import CLEAN, Options
from specnet.studies.robustness.pruning import Prune
from specnet.studies.robustness.running import Key
from specnet.studies.robustness.subjects import Subject
from specnet.workflow import Pruning


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

    Transferred attacks are made on the first run, and for that one on the second.
    """
    return {
        (name, subject.label): _MAKERS[name](subject, _others(subject, subjects), options)
        for name in (CLEAN, *options.what)
        for subject in subjects
    }


def pruning(subject: Subject, options: Options) -> Pruning:
    """A run, and where its low pass goes."""
    return Pruning(subject.run, options.layer)


def _others(subject: Subject, subjects: Sequence[Subject]) -> dict[str, Classifier]:
    others = [each for each in subjects if each is not subject][:1]
    return {each.label: each.classifier for each in others}


def _prune(subject: Subject, others: Mapping[str, Classifier], options: Options) -> Study:
    normalization = workflow.load_normalization(subject.run)
    return Prune(pruning(subject, options), normalization, subject.classifier, options.cutoffs)


_MAKERS: dict[str, Callable[[Subject, Mapping[str, Classifier], Options], Study]] = {
    CLEAN: lambda subject, others, options: Clean(),
    "bands": lambda subject, others, options: Bands(),
    "heatmap": lambda subject, others, options: Heatmap(levels=options.levels),
    "attacks": lambda subject, others, options: Attacks(starts=options.starts, sources=others),
    "shift": lambda subject, others, options: Shift(),
    "corruptions": lambda subject, others, options: Corruptions(),
    "prune": _prune,
}
