"""What other programs keep of a training: `training.trackers`, one file a tracker.

The tracker NAME is a module `NAME` here with a class `Tracker`, a line in the table below, and a
name in the schema of recipes. Nothing is imported until a training asks for it, so that a package
that is missing is reported before Keras is loaded. All of them write inside the run directory, and
nothing is sent anywhere.
"""

from importlib.util import find_spec

from specnet.errors import RecipeError
from specnet.recipe.schema import Training

# Tracker -> the packages that it needs, as they are imported and as pip knows them.
PACKAGES: dict[str, dict[str, str]] = {
    "tensorboard": {"tensorboard": "tensorboard", "tensorflow": "tensorflow"},
    # A store in one file asks for the last two; `mlflow` brings them, `mlflow-skinny` does not.
    "mlflow": {"mlflow": "mlflow", "sqlalchemy": "sqlalchemy", "alembic": "alembic"},
    "wandb": {"wandb": "wandb"},
}


def check(settings: Training) -> None:
    """Raises RecipeError with the pip command where a package of a tracker is missing."""
    problems = []
    for number, name in enumerate(settings.trackers):
        missing = [pip for module, pip in PACKAGES[name].items() if find_spec(module) is None]
        if missing:
            problems.append(
                f"training.trackers[{number}]: {name} needs {', '.join(missing)}; pip install "
                f"{' '.join(missing)} (or specnet[trackers], for all trackers), or leave it out"
            )
    if problems:
        raise RecipeError(problems)
