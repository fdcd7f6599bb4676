"""Comparisons that papers ask for: recipes, what each is compared with, and what was published.

Names and numbers. The settings of each network are its recipe's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Published(NamedTuple):
    """Accuracy over the trials of a paper, shares from 0 to 1."""

    mean: float
    std: float
    max: float
    median: float


@dataclass(frozen=True)
class Suite:
    """What a paper, or a question, compares.

    Attributes:
        title: of the report.
        groups: recipes; the first of each group is what the others of it are compared with.
        published: recipe -> accuracy as printed.
        source: where that is printed.
        quick_trials: how many five minutes hold on 2 cores, on reduced images.
    """

    title: str
    groups: Sequence[Sequence[str]]
    published: Mapping[str, Published] = field(default_factory=dict)
    source: str = ""
    quick_trials: int = 1


SUITES = {
    "wood2021": Suite(
        "Cats vs Dogs, four networks that differ in their layers (Wood & Larson 2021, Table III)",
        [
            [
                "catsdogs-spatial-wood2021",
                "catsdogs-linear-wood2021",
                "catsdogs-gaussian-wood2021",
                "catsdogs-free-wood2021",
            ]
        ],
        {
            "catsdogs-spatial-wood2021": Published(0.653, 0.034, 0.717, 0.653),
            "catsdogs-linear-wood2021": Published(0.681, 0.016, 0.704, 0.684),
            "catsdogs-gaussian-wood2021": Published(0.683, 0.023, 0.707, 0.688),
            "catsdogs-free-wood2021": Published(0.668, 0.017, 0.693, 0.675),
        },
        "Wood & Larson 2021, Table III: 20 trials on 15,000 other photographs",
        quick_trials=4,
    ),
    "rippel2015": Suite(
        "CIFAR-10, spectral parameterisation and spectral pooling against their spatial twins "
        "(Rippel et al. 2015)",
        [
            ["cifar10-spatial", "cifar10-spectral-parameterised"],
            ["cifar10-max-pooling", "cifar10-spectral-pooling"],
        ],
        quick_trials=2,
    ),
    "families": Suite(
        "Cats vs Dogs, the same network with every parametric family of filters",
        [
            [
                "catsdogs-spatial",
                "catsdogs-linear",
                "catsdogs-polynomial",
                "catsdogs-gaussian",
                "catsdogs-gaussian-mixture",
                "catsdogs-gabor",
                "catsdogs-log-gabor",
                "catsdogs-lorentzian",
                "catsdogs-difference-of-gaussians",
                "catsdogs-butterworth",
                "catsdogs-chebyshev",
                "catsdogs-bspline",
                "catsdogs-radial",
                "catsdogs-implicit",
            ]
        ],
    ),
}
