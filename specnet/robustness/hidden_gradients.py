"""Whether a network looks robust only because its gradients are hidden.

Athalye et al. 2018 (arXiv 1802.00420): one step that beats many, and attacks without the gradient
that beat those with it, tell that the gradient does not lead where the loss grows.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from specnet.robustness.study import Count, Measured, Setting


@dataclass(frozen=True)
class HiddenGradients:
    """An attack that leaves fewer images right than PGD does, in the same ball.

    Attributes:
        check: the setting of the attack that should be the weaker one.
        count: what it left right.
        pgd: what PGD left right.
        p: probability of such counts, or stranger ones, if both attacks were equally strong.
    """

    check: Setting
    count: Count
    pgd: Count
    p: float


def hidden_gradients(measured: Iterable[Measured], level: float = 0.05) -> list[HiddenGradients]:
    """The settings at which FGSM, a square attack or a transferred one beats PGD significantly.

    Args:
        measured: what `Attacks` gave, of one classifier.
        level: of Fisher's exact test, one-sided; it takes the two counts as independent, though
            they are of the same images, and so warns too late rather than too early.
    """
    results = list(measured)
    ascents = {_ball(each): each.count for each in results if each.setting["attack"] == "pgd"}
    checks = [each for each in results if each.setting["attack"] in ("fgsm", "square", "transfer")]
    found = [
        HiddenGradients(each.setting, each.count, pgd, _p(each.count, pgd))
        for each in checks
        if (pgd := ascents.get(_ball(each))) is not None
    ]
    return [each for each in found if each.p < level]


def _ball(measured: Measured) -> tuple[str | float | int, ...]:
    return measured.setting["norm"], measured.setting["epsilon"]


def _p(check: Count, pgd: Count) -> float:
    from scipy.stats import fisher_exact

    table = [[count.right, count.images - count.right] for count in (check, pgd)]
    return float(fisher_exact(table, alternative="less").pvalue)
