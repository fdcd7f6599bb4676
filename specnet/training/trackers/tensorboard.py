"""TensorBoard: `tensorboard --logdir ckpt`."""

from contextlib import suppress

import keras
import tensorflow as tf

from specnet.progress import Row
from specnet.training.trackers.following import Pictures, Subject

FOLDER = "tensorboard"


class Tracker:
    """Writes event files into `RUN/tensorboard`; a run that is resumed adds one."""

    def __init__(self, subject: Subject):
        if keras.backend.backend() != "tensorflow":
            with suppress(RuntimeError):  # that it is in use already
                tf.config.set_visible_devices([], "GPU")  # whose memory it would take
        self.writer = tf.summary.create_file_writer(str(subject.run.path / FOLDER))
        if not subject.resumed:
            rows = "\n".join(f"| {key} | {value} |" for key, value in subject.parameters.items())
            with self.writer.as_default():
                tf.summary.text("recipe", f"```yaml\n{subject.recipe}\n```", step=0)
                tf.summary.text("parameters", f"| place | value |\n| --- | --- |\n{rows}", step=0)
        self.writer.flush()

    def epoch(self, number: int, values: Row, pictures: Pictures) -> None:
        """Keeps scalars, and images below `filters`."""
        with self.writer.as_default():
            for key, value in values.items():
                tf.summary.scalar(key, value, step=number)
            for name, image in pictures.items():
                tf.summary.image(f"filters/{name}", image[None], step=number)
        self.writer.flush()

    def close(self, finished: bool) -> None:
        """Ends the file."""
        self.writer.close()
