"""Images of any kind -> what a run makes of them, a batch at a time: classes, or reconstructions.

Files are read as for training: upright, opaque, at the image size of the run's data. The values are
those that `eval` measures for the same files in the same batches.

B  batch   H, W  height and width in pixels   C  channels   K  classes
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np

from specnet.data import Normalization, Unreadable, images
from specnet.data.image_files import shown
from specnet.errors import DataError
from specnet.models.builder import ends_in
from specnet.robustness import Classifier
from specnet.robustness.attribution import STEPS, Attribution, attribute
from specnet.runs import Run
from specnet.workflow.common import load_normalization, open_model
from specnet.workflow.evaluation import Evaluation, measured
from specnet.workflow.reconstruction import similarity

Image = Path | np.ndarray

READERS = 4  # threads; Pillow decodes without holding the others up


@dataclass(frozen=True)
class Prediction:
    """What a model makes of one image.

    Attributes:
        file: its name, as it can be printed.
        pixels: uint8 (H, W, C), as the model was shown it.
        outputs: (K,), as the model gives them: logits, say; of an autoencoder as `values`.
        values: (K,) of a classifier, or (H, W, C) in [0, 1] of an autoencoder.
        true: the class that a folder on the file's path is named after, by number; None if none is.
        classes: names, in the order of the values; empty of an autoencoder.
    """

    file: str
    pixels: np.ndarray = field(repr=False)
    outputs: np.ndarray = field(repr=False)
    values: np.ndarray = field(repr=False)
    true: int | None = None
    classes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def label(self) -> str | None:
        """The class with the largest value; None of an autoencoder."""
        return self.classes[int(self.values.argmax())] if self.classes else None

    @property
    def error(self) -> float:
        """Mean squared error of a reconstruction, of pixels in [0, 1]."""
        return float(np.square(self.pixels / 255 - self.values).mean())

    @property
    def ssim(self) -> float | None:
        """Structural similarity of a reconstruction; None of images smaller than its window."""
        found = similarity(self.pixels / 255, self.values)
        return None if np.isnan(found) else found


class Predictor:
    """A run's model, and how its images are read.

    Args:
        run: which one.
        image_size: (H, W); that of the training if not given.
        precision: a policy of Keras; that of the training if not given.
        any_rank: take runs of signals and of volumes too, of which `values` are all there is.

    Attributes:
        classes: names, in the order of the values; empty for an autoencoder.
        kind: `probability` where the values of an image are shares of 1, else `score`.
        from_logits: whether they are the softmax of what the model gives.
        unreadable: files that could not be read so far, and why.
    """

    def __init__(
        self,
        run: Run,
        image_size: tuple[int, int] | None = None,
        precision: str | None = None,
        any_rank: bool = False,
    ):
        self.recipe, self.model = open_model(run, image_size, precision, any_rank)
        self.reconstructs = self.recipe.task == "reconstruction"
        self.classes: tuple[str, ...] = () if self.reconstructs else tuple(run.fact("classes"))
        self.normalization: Normalization = load_normalization(run)
        self.unreadable: list[Unreadable] = []
        softmax = ends_in(self.model, keras.activations.softmax)
        # A squared error asks a model for no shares of 1.
        entropy = self.recipe.training.loss == "categorical_crossentropy"
        self.from_logits = entropy and not softmax
        self.kind = "probability" if entropy or softmax else "score"

    def predict(
        self,
        files: Sequence[Image | str],
        batch: int | None = None,
        watch: Callable[[int], None] = lambda done: None,
    ) -> Iterator[Prediction]:
        """What the model makes of each file that can be read, in their order.

        Args:
            files: paths of images of any format and size, or arrays: uint8 (H, W, C) of any size.
            batch: how many at a time, that of the recipe's training if not given.
            watch: told how many files are done.
        """
        batch = batch or self.recipe.training.batch_size
        paths = [Path(each) if isinstance(each, str) else each for each in files]
        pending: list[tuple[Image, np.ndarray]] = []
        with ThreadPoolExecutor(READERS) as readers:
            for first in range(0, len(paths), batch):
                some = paths[first : first + batch]
                decoded = zip(some, readers.map(self._read, some), strict=True)
                pending += [(file, pixels) for file, pixels in decoded if pixels is not None]
                while len(pending) >= batch:  # batches are whole, as those of `eval` are
                    yield from self._batch(pending[:batch])
                    del pending[:batch]
                watch(first + len(some))
            yield from self._batch(pending)

    def values(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the model gives for pixels (B, H, W, C) of uint8, or for signals or volumes, and
        the values made of that."""
        outputs = np.asarray(self.model.predict_on_batch(self.normalization(pixels)), "float32")
        if self.reconstructs:
            return outputs, outputs.clip(0, 1)
        return outputs, _softmax(outputs) if self.from_logits else outputs

    def measured(self, true: Sequence[int], outputs: Sequence[np.ndarray]) -> Evaluation | None:
        """What `eval` says of a split, of images whose class is known; None if there are none.

        Args:
            true: their classes, by number.
            outputs: (K,) of each, as the model gives them.
        """
        if not true:
            return None
        labels, scores = np.array(true), np.array(outputs, "float64")
        return measured(
            self.model, "known class", self.recipe.data.image_size, labels, self.classes, scores
        )

    def explained(self, prediction: Prediction) -> Attribution:
        """Which pixels and frequencies of an image carry the decision for its first class."""
        image = prediction.pixels.astype("float32") / 255
        return attribute(self._classifier, image, int(prediction.values.argmax()))

    @cached_property
    def _classifier(self) -> Classifier:
        return Classifier.normalized(self.model, self.normalization, STEPS)

    def _read(self, file: Image) -> np.ndarray | None:
        height, width = self.recipe.data.image_size
        shape = (height, width, self.recipe.data.channels)
        if isinstance(file, np.ndarray):
            return images.from_array(file, shape)
        try:
            return images.decode(file, shape)
        except DataError as error:
            self.unreadable.append(Unreadable(shown(file), shown(str(error))))
            return None

    def _batch(self, pairs: Sequence[tuple[Image, np.ndarray]]) -> Iterator[Prediction]:
        if not pairs:
            return
        pixels = np.stack([pixels for _, pixels in pairs])
        outputs, values = self.values(pixels)
        for (file, one), output, value in zip(pairs, outputs, values, strict=True):
            named = "array" if isinstance(file, np.ndarray) else shown(file)
            yield Prediction(named, one, output, value, self._true(file), self.classes)

    def _true(self, file: Image) -> int | None:
        if isinstance(file, np.ndarray):
            return None
        # Of the path as it was named: a folder far above may be called like a class by chance.
        names = [shown(parent.name) for parent in file.parents]
        return next((self.classes.index(name) for name in names if name in self.classes), None)


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(-1, keepdims=True))
    shares: Any = powers / powers.sum(-1, keepdims=True)
    return shares
