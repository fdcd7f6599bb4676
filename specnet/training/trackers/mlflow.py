"""MLflow: `mlflow ui --backend-store-uri sqlite:///RUN/mlflow/mlflow.db`."""

import logging
import os
import re
import time

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # before it is imported

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

from specnet.progress import Row
from specnet.training.trackers.following import Pictures, Subject

FOLDER = "mlflow"
_BATCH = 100  # parameters that a store takes at a time
_KIND = {"mlflow.experimentKind": "custom_model_development"}  # its pages for training
_LONGEST = 6000  # letters of the value of one


class Tracker:
    """Writes a store of one experiment with one run into `RUN/mlflow`."""

    def __init__(self, subject: Subject):
        logging.getLogger("alembic").setLevel(logging.WARNING)
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        folder = subject.run.path.absolute() / FOLDER
        folder.mkdir(exist_ok=True)
        self.client = MlflowClient(tracking_uri=store(subject.run.path))
        known = self.client.get_experiment_by_name("specnet")
        if known is None:
            place = (folder / "artifacts").as_uri()
            self._begin(self.client.create_experiment("specnet", place, _KIND), subject)
            return
        found = self.client.search_runs([known.experiment_id], max_results=1)
        if found:
            self.identity = found[0].info.run_id
            self.client.update_run(self.identity, status="RUNNING")
        else:  # killed in between
            self._begin(known.experiment_id, subject)

    def _begin(self, experiment: str, subject: Subject) -> None:
        run = self.client.create_run(experiment, run_name=subject.name)
        self.identity = run.info.run_id
        parameters = [Param(_key(at), text[:_LONGEST]) for at, text in subject.parameters.items()]
        for first in range(0, len(parameters), _BATCH):
            self.client.log_batch(self.identity, params=parameters[first : first + _BATCH])
        self.client.log_text(self.identity, subject.recipe, "recipe.yaml")

    def epoch(self, number: int, values: Row, pictures: Pictures) -> None:
        """Keeps metrics, and images named after layers."""
        now = int(time.time() * 1000)
        metrics = [Metric(key, value, now, number) for key, value in values.items()]
        self.client.log_batch(self.identity, metrics=metrics)
        for name, image in pictures.items():
            self.client.log_image(self.identity, image, key=f"filters-{name}", step=number)

    def close(self, finished: bool) -> None:
        """Says how the training ended."""
        self.client.set_terminated(self.identity, "FINISHED" if finished else "KILLED")


def store(run: "os.PathLike[str]") -> str:
    """The address of the store of a run."""
    return f"sqlite:///{os.path.abspath(run)}/{FOLDER}/mlflow.db"


def _key(place: str) -> str:
    """`model[1].gaussian` as MLflow takes it, `model.1.gaussian`, which overrides take as well."""
    return re.sub(r"[^\w\-. :/]", "_", re.sub(r"\[(\d+)\]", r".\1", place))
