"""Weights & Biases, offline: `wandb sync RUN/wandb/offline-run-*` sends it, if one wants to."""

import os
from pathlib import Path

os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # before it is imported

import wandb

from specnet.progress import Row
from specnet.runs.files import links_in
from specnet.training.trackers.following import Pictures, Subject


class Tracker:
    """Writes into `RUN/wandb`; a run that is resumed adds a folder with the same identity."""

    def __init__(self, subject: Subject):
        folder = subject.run.path.absolute()
        settings = wandb.Settings(
            silent=True, symlink=False, console="off", disable_git=True, disable_code=True
        )
        self.run = wandb.init(
            mode="offline",
            project="specnet",
            name=subject.name,
            id=subject.identity,
            resume="allow",
            dir=str(folder),
            config=dict(subject.parameters),
            settings=settings,
        )
        for link in links_in(folder / "wandb"):  # to a log elsewhere; a run holds no links
            link.unlink()
        kept = Path(self.run.dir) / "recipe.yaml"
        kept.write_text(subject.recipe, encoding="utf-8")
        self.run.save(str(kept), base_path=self.run.dir)

    def epoch(self, number: int, values: Row, pictures: Pictures) -> None:
        """Keeps metrics, and images below `filters`."""
        images = {f"filters/{name}": wandb.Image(image) for name, image in pictures.items()}
        self.run.log({"epoch": number, **values, **images}, step=number)

    def close(self, finished: bool) -> None:
        """Ends the run."""
        self.run.finish(0 if finished else 1)
