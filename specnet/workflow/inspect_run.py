"""From a run directory to results: what `specnet eval` and `specnet inspect` do."""

from collections.abc import Callable
from dataclasses import dataclass

from specnet import analysis, plots
from specnet.errors import UsageError
from specnet.runs import Run
from specnet.runs.files import content_of
from specnet.workflow import evaluation, reconstruction
from specnet.workflow.common import load_data, load_normalization, open_model
from specnet.workflow.evaluation import Evaluation
from specnet.workflow.reconstruction import Reconstruction

Result = Evaluation | Reconstruction
_MEASURES: dict[str, Callable[..., Result]] = {
    "classification": evaluation.evaluate,
    "reconstruction": reconstruction.evaluate,
}


def evaluate(
    run: Run,
    split: evaluation.SplitName = "test",
    image_size: tuple[int, int] | None = None,
    note: Callable[[str], None] = lambda message: None,
    mirror: bool = False,
) -> Result:
    """Measures the best weights of a run on a split, at the trained image size or another.

    Args:
        run: what to measure.
        split: of its data.
        image_size: (H, W); that of the training if not given.
        note: is told what a user should know of the data.
        mirror: average the probabilities of each image and its mirror image.

    Returns:
        An `Evaluation` of a classifier, a `Reconstruction` of an autoencoder.

    Raises:
        UsageError: where an autoencoder should mirror.
    """
    recipe, model = open_model(run, image_size, any_rank=True)
    settings = recipe.data
    if image_size is not None:
        settings = settings.model_copy(update={"image_size": image_size})
    if mirror and len(settings.image_size) != 2:
        raise UsageError("mirror: is for images, left and right; leave it out")
    if mirror and recipe.task != "classification":
        raise UsageError("mirror: averages probabilities, and an autoencoder has none")
    dataset = load_data(run, settings, note)
    measure = _MEASURES[recipe.task]
    how = {"mirror": True} if mirror else {}
    return measure(
        model, dataset, split, load_normalization(run), recipe.training.batch_size, **how
    )


@dataclass(frozen=True)
class Inspection:
    """What the layers of a run learned.

    Attributes:
        layers: those that learned numbers with a meaning of their own: cut-offs, strides, widths.
        drawn: names of others that have filters, which `visualize` draws.
        hidden: names of blocks whose weights are no filters; no picture shows them.
    """

    layers: list[analysis.Learned]
    drawn: list[str]
    hidden: list[str]


def learned(run: Run, layer: str | None = None) -> Inspection:
    """What the layers of a run learned; or one of them, by name.

    Raises:
        UsageError: where no layer of that name learned anything to say.
    """
    _, model = open_model(run, any_rank=True)
    told = {each.layer: each for each in analysis.learned(model)}
    others = [each for each in model.layers if each.name not in told]
    drawn = [each.name for each in others if analysis.has_filters(each)]
    hidden = [each.name for each in analysis.without_filters(others)]
    names = [*told, *drawn, *hidden]
    if layer is not None and layer not in names:
        raise UsageError(
            f"--layer: no layer '{layer}' that learned something to show; there are: "
            f"{', '.join(names) or 'none'}"
        )
    return Inspection(
        [each for name, each in told.items() if layer in (None, name)],
        [name for name in drawn if layer in (None, name)],
        [name for name in hidden if layer in (None, name)],
    )


def draw(run: Run, result: Result) -> None:
    """Draws the confusion matrix of a classifier into the run; RunError where it cannot."""
    if isinstance(result, Reconstruction):
        return
    size = "x".join(map(str, result.image_size))
    name = f"figures/confusion-{result.split}-{size}.png"
    title = f"{run.path.name}, {result.split}"
    figure = plots.confusion(result.confusion, [each.name for each in result.classes], title)
    run.write(name, content_of(lambda file: figure.savefig(file, dpi=120)))
