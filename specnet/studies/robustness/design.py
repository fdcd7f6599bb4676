"""What is asked of runs: which studies, on how many images. No Keras, so that mistakes are reported
at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from specnet import recipe as recipes
from specnet.errors import UsageError
from specnet.messages import suggest
from specnet.recipe.schema import Recipe
from specnet.runs import Run
from specnet.workflow.recorded_recipe import check_of_images, load_recipe

STUDIES = {
    "bands": "accuracy on images low-passed and high-passed at each radius",
    "heatmap": "error under the noise of each Fourier basis function",
    "attacks": "accuracy under FGSM and PGD, against their size; what they change",
    "shift": "how often a prediction survives shifts by 1 to 8 pixels",
    "corruptions": "noise, blur, contrast, brightness, JPEG, pixelate at five strengths",
    "prune": "a low pass put in after training, at each cut-off",
    "autoattack": "accuracy under APGD, FAB and a square attack in turn: much longer than PGD",
}
"""What `--what` may name, and what it shows."""

SLOW = ("autoattack",)
"""Studies that are made only where `--what` names them."""

USUAL = tuple(name for name in STUDIES if name not in SLOW)
"""Studies that are made if nothing is said."""

OTHERWISE = ("normalize", "augment")
"""Settings of data that do not change the test images."""

_HIGHEST = 0.7071  # cycles/pixel, of the corner of the frequency plane
_WHITE = 255

ASKS = "images"
"""What study.json asks for in a study of robustness, and in no other kind."""

CLEAN = "clean"
"""The study that is always made: accuracy on the images as they are."""


@dataclass(frozen=True)
class Options:
    """What is measured, and what is made of it.

    Attributes:
        what: names in `STUDIES`.
        images: of the test split, or all where there are fewer.
        seed: of the choice of images, and of all that is random about the studies.
        levels: how fine the heat map gets; one more takes four times as long.
        epsilons: sizes of `attacks` and `autoattack`, as shares of the way from black to white;
            None for the usual ones of each.
        starts: random starts of PGD in `attacks`.
        queries: of the square attack in `autoattack`.
        cutoffs: of `prune`, in cycles/pixel of what the low pass is put to.
        layer: behind which layer `prune` puts its low pass; None for before the network.
        save: a cut-off in cycles/pixel, or that of the knee, to write pruned runs at.
        finetune: epochs to train those on.
    """

    what: tuple[str, ...] = USUAL
    images: int = 200
    seed: int = 0
    levels: int = 3
    epsilons: tuple[float, ...] | None = None
    starts: int = 1
    queries: int = 5000
    cutoffs: tuple[float, ...] = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
    layer: str | None = None
    save: float | Literal["knee"] | None = None
    finetune: int = 0

    def check(self) -> None:
        """Raises UsageError where there are no images, or options do not fit together."""
        if self.images < 1:
            raise UsageError(f"--images: expected 1 or more, found {self.images}")
        if self.save == "knee" and "prune" not in self.what:
            raise UsageError("--save knee: the knee is found by prune; add it to --what")
        if self.finetune and self.save is None:
            raise UsageError("--finetune: trains pruned runs; say which with --save knee or 0.25")


def chosen(names: Sequence[str] | None) -> tuple[str, ...]:
    """The names in the order of `STUDIES`, or `USUAL`; UsageError with all that there are not."""
    unknown = [name for name in names or () if name not in STUDIES]
    if unknown:
        lines = [f"--what: no study '{name}'{suggest(name, STUDIES)}" for name in unknown]
        raise UsageError("\n".join(lines))
    return USUAL if names is None else tuple(name for name in STUDIES if name in names)


def parse_save(text: str | None) -> float | Literal["knee"] | None:
    """`knee` or a cut-off in cycles/pixel; UsageError for all else."""
    if text is None:
        return None
    return "knee" if text == "knee" else _cutoff(text, "--save: expected knee, or a cut-off")


def parse_cutoffs(text: str | None) -> tuple[float, ...]:
    """`0.1,0.2` as cut-offs in cycles/pixel, rising; the usual ones for None."""
    if text is None:
        return Options.cutoffs
    return tuple(sorted({_cutoff(each, "--cutoffs: expected numbers") for each in text.split(",")}))


def parse_epsilons(text: str | None) -> tuple[float, ...] | None:
    """`0.5,1,8` in 1/255 as shares of the way from black to white, rising; None for None."""
    if text is None:
        return None
    expected = "--epsilons: expected numbers"
    levels = {_number(each, expected, _WHITE, "levels of 255") for each in text.split(",")}
    return tuple(level / _WHITE for level in sorted(levels))


def _cutoff(text: str, expected: str) -> float:
    return _number(text, expected, _HIGHEST, "cycles/pixel")


def _number(text: str, expected: str, most: float, unit: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 < number <= most:
        raise UsageError(f"{expected} above 0, at most {most} {unit}, found '{text.strip()}'")
    return number


def check_runs(runs: Sequence[Run]) -> list[Recipe]:
    """The recipes of runs.

    UsageError where one is of signals or an autoencoder, or two are of other images.
    """
    found = [load_recipe(run) for run in runs]
    for run, recipe in zip(runs, found, strict=True):
        check_of_images(run, recipe)
        if recipe.task != "classification":
            raise UsageError(
                f"{run.path}: is an autoencoder, which says nothing on what an image shows; "
                "expected runs of classifiers"
            )
        _check_same_images(runs[0], found[0], run, recipe)
    return found


def _check_same_images(first: Run, wanted: Recipe, run: Run, recipe: Recipe) -> None:
    plain = dict.fromkeys(OTHERWISE)
    same = wanted.model_copy(update={"data": recipe.data.model_copy(update=plain)})
    before = wanted.model_copy(update={"data": wanted.data.model_copy(update=plain)})
    lines = recipes.differences(before, same)
    if lines:
        raise UsageError(
            f"{run.path}: was trained on other images than {first.path}:\n  "
            + "\n  ".join(lines)
            + "\nRuns beside each other must be of the same data at the same size"
        )
