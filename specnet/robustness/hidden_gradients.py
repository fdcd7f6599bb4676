"""Whether a network looks robust only because its gradients are hidden.

Athalye et al. 2018 (arXiv 1802.00420): one step that beats many, and attacks without the gradient
that beat those with it, tell that the gradient does not lead where the loss grows.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from specnet.robustness.pairs import LEVEL, p_value
from specnet.robustness.study import Count, Measured, Setting


@dataclass(frozen=True)
class HiddenGradients:
    """An attack that leaves fewer images right than PGD does, in the same ball.

    Attributes:
        check: the setting of the attack that should be the weaker one.
        count: what it left right.
        pgd: what PGD left right.
        p: probability of so much or more, if both attacks were equally strong.
    """

    check: Setting
    count: Count
    pgd: Count
    p: float


def hidden_gradients(measured: Iterable[Measured], level: float = LEVEL) -> list[HiddenGradients]:
    """The settings at which FGSM, a square attack or a transferred one beats PGD significantly.

    Args:
        measured: what `Attacks` gave, of one classifier.
        level: of the one-sided test of `pairs`; the images are the same.
    """
    results = list(measured)
    ascents = {_ball(each): each for each in results if each.setting["attack"] == "pgd"}
    checks = [each for each in results if each.setting["attack"] in ("fgsm", "square", "transfer")]
    found = [
        HiddenGradients(each.setting, each.count, pgd.count, p_value(each.right, pgd.right, "less"))
        for each in checks
        if (pgd := ascents.get(_ball(each))) is not None
    ]
    return [each for each in found if each.p < level]


def _ball(measured: Measured) -> tuple[str | float | int, ...]:
    return measured.setting["norm"], measured.setting["epsilon"]
