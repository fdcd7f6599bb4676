"""Every family against the kernels of trained convolutions: explained energy, parameters spent.

K  kernels of two dimensions
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from specnet.errors import UsageError
from specnet.layers import ParametricConvolution
from specnet.messages import dotted
from specnet.ops.grids import half_width
from specnet.recipe import registry
from specnet.recipe.signatures import check_family, families, family_parts
from specnet.studies.autoencode.flexibility.fitting import fit
from specnet.studies.autoencode.flexibility.kernels import LayerKernels, transfer_functions

FamilyName = str | dict[str, Any]
Drawn = list[tuple[np.ndarray, tuple[int, int]]]  # of each layer, kernels (K, h, w) and (H, W)

# Families that come in sizes, from few parameters to many.
_SIZES: dict[str, list[dict[str, Any]]] = {
    "linear": [{}, {"intercept": True}],
    "polynomial": [{"order": order, "intercept": True} for order in (2, 4)],
    "gaussian_mixture": [{"components": components} for components in (2, 3, 4)],
    "butterworth": [{"band": band} for band in ("low", "high", "band")],
    "chebyshev": [{"order": order} for order in (1, 2, 3, 4)],
    "bspline": [{"rows": r, "columns": c} for r, c in ((2, 2), (3, 2), (4, 3), (6, 4))],
    "radial": [{"radii": r, "harmonics": h} for r, h in ((3, 1), (5, 2))],
    "implicit": [{"hidden": hidden} for hidden in (1, 8)],
}


@dataclass(frozen=True)
class Flexibility:
    """What one family explains of trained kernels.

    Attributes:
        family: its recipe name.
        options: its arguments, where they are not the defaults.
        parameters: real numbers a filter; of `free`, which depend on the image size, the mean.
        mean, median, lower_quartile, upper_quartile: over kernels, of the share of a kernel's
            energy that its best fit explains, from 0 to 1.
        total: explained energy of all kernels over their energy; strong kernels count more.
        kernels: kernels that were fitted.
        of: kernels there are.
        seconds: what the fits took.
    """

    family: str
    options: dict[str, Any]
    parameters: int
    mean: float
    median: float
    lower_quartile: float
    upper_quartile: float
    total: float
    kernels: int
    of: int
    seconds: float

    @property
    def label(self) -> str:
        """Family and options in few words: `gaussian mixture 3`, `bspline 6x4`."""
        flags = [name for name, value in self.options.items() if value is True]
        words = [value for value in self.options.values() if isinstance(value, str)]
        sizes = [
            f"{value:g}"
            for value in self.options.values()
            if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        parts = [self.family.replace("_", " "), *words, "x".join(sizes), *flags]
        return " ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, Any]:
        """For JSON and figures."""
        return {**asdict(self), "label": self.label}


def ladder() -> list[FamilyName]:
    """Every family of the registry, those that come in sizes in several of them."""
    return [{name: options} for name in families() for options in _SIZES.get(name, [{}])]


def flexibility(
    layers: Sequence[LayerKernels],
    family: FamilyName,
    kernels: int | None = 128,
    seed: int = 0,
) -> Flexibility:
    """How much of trained kernels the filters of a family can be.

    Args:
        layers: the kernels of one or more layers.
        family: as a convolution of images takes it: a recipe name or `{name: {options}}`, one of
            which may be `form: polar`.
        kernels: how many of each layer are fitted, at most, drawn at random; all of them if None.
        seed: of the draw and of the fits.

    Raises:
        UsageError: for an unknown family or option, or where all kernels are 0.
    """
    convolution, (name, options) = _convolution(family), family_parts(family)
    began = time.monotonic()
    rng = np.random.default_rng(seed)
    drawn = [(_drawn(layer.planes, kernels, rng), layer.size) for layer in layers]
    if not sum(len(planes) for planes, _ in drawn):
        raise UsageError("flexibility: all kernels are 0, or there is none; give a trained layer's")
    return Flexibility(
        family=name,
        options=options,
        parameters=_parameters(convolution, drawn),
        **_explained(convolution, drawn, seed),
        kernels=sum(len(planes) for planes, _ in drawn),
        of=sum(len(layer.planes) for layer in layers),
        seconds=time.monotonic() - began,
    )


def _convolution(family: FamilyName) -> Any:
    """A convolution of spectra of this family, not built."""
    problems = [f"{dotted(('family', *place))}: {words}" for place, words in check_family(family)]
    if problems:
        raise UsageError("flexibility: " + "; ".join(problems))
    name, options = family_parts(family)
    return registry.resolve(name)(1, **options)


def _drawn(planes: np.ndarray, at_most: int | None, rng: np.random.Generator) -> np.ndarray:
    if at_most is None or at_most >= len(planes):
        return planes
    return planes[np.sort(rng.choice(len(planes), at_most, replace=False))]


def _explained(convolution: Any, drawn: Drawn, seed: int) -> dict[str, float]:
    """The numbers of `Flexibility` that are shares of energy."""
    shares = np.concatenate([_shares(convolution, *each, seed) for each in drawn])
    energy = np.concatenate([np.square(planes).sum((1, 2)) for planes, _ in drawn])
    quartiles = np.quantile(shares, (0.25, 0.5, 0.75)).tolist()
    names = ("lower_quartile", "median", "upper_quartile")
    means = {"mean": float(shares.mean()), "total": float(np.average(shares, weights=energy))}
    return means | dict(zip(names, quartiles, strict=True))


def _shares(convolution: Any, planes: np.ndarray, size: tuple[int, int], seed: int) -> np.ndarray:
    """(K,)"""
    if not isinstance(convolution, ParametricConvolution) or not len(planes):
        return np.ones(len(planes))  # a weight for each bin explains everything
    targets = transfer_functions(planes, size)
    return fit(convolution, targets, size, np.random.default_rng(seed)).shares


def _parameters(convolution: Any, drawn: Drawn) -> int:
    if isinstance(convolution, ParametricConvolution):
        return convolution.family.parameters_per_filter
    bins = [size[0] * half_width(size[1]) for _, size in drawn]
    return round(2 * np.average(bins, weights=[len(planes) for planes, _ in drawn]))
