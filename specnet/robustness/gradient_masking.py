"""Whether a network looks robust only because its gradients are hidden.

Athalye et al. 2018 (arXiv 1802.00420): one step that beats many, and attacks without the gradient
that beat those with it, tell that the gradient does not lead where the loss grows.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from specnet.robustness.paired_tests import LEVEL, p_value
from specnet.robustness.study import Count, Measured, Setting


@dataclass(frozen=True)
class HiddenGradients:
    """An attack that leaves fewer images right than PGD does, in the same ball.

    Attributes:
        check: the setting of the attack that should be the weaker one, or not much the stronger.
        count: what it left right.
        pgd: what PGD left right.
        p: that `check` would be so much the stronger, or more, if both were equally strong; times
            the number of checks (Bonferroni).
    """

    check: Setting
    count: Count
    pgd: Count
    p: float


CHECKS = ("fgsm", "square", "transfer")
"""The attacks that are weaker than PGD where gradients lead to where the loss grows."""


LEAST = 0.02
"""Of the images: what an attack must beat PGD by to say something of its gradients."""


def hidden_gradients(
    measured: Iterable[Measured],
    level: float = LEVEL,
    checks: Collection[str] = CHECKS,
    least: float = LEAST,
) -> list[HiddenGradients]:
    """The settings at which FGSM, a square attack or a transferred one beats PGD significantly.

    Args:
        measured: what `Attacks` gave, of one classifier; with that of `AutoAttack` if it is asked
            for in `checks`.
        level: what `p` must be below.
        checks: names of attacks, as settings say them. AutoAttack may also beat PGD because it
            takes more steps.
        least: by how much it must beat PGD, as a share of the images: many trials make less than
            a point significant.
    """
    results = list(measured)
    ascents = {_ball(each): each for each in results if each.setting["attack"] == "pgd"}
    tried = [each for each in results if each.setting["attack"] in checks]
    pairs = [(each, ascents[_ball(each)]) for each in tried if _ball(each) in ascents]
    found = [
        HiddenGradients(check.setting, check.count, pgd.count, _p(check, pgd) * len(pairs))
        for check, pgd in pairs
    ]
    return [each for each in found if each.p < level and each.pgd.share - each.count.share >= least]


def _p(check: Measured, pgd: Measured) -> float:
    return p_value(check.right, pgd.right, "less")


def _ball(measured: Measured) -> tuple[str | float | int, ...]:
    return measured.setting["norm"], measured.setting["epsilon"]
