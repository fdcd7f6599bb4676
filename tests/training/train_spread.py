"""Trains recipes in a process of its own, which can have two CPU devices; prints what came of it.

Its argument is a JSON list of trainings: recipe file, overrides, run directory, whether to resume.
"""

import json
import sys
from pathlib import Path

import keras

from specnet import recipe, workflow
from specnet.progress import Reporter


class Losses(Reporter):
    def __init__(self):
        self.losses = []

    def step(self, epoch, step, steps, logs):
        self.losses.append((step, logs["loss"]))


def main():
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        (cpu,) = tf.config.list_physical_devices("CPU")
        halves = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, halves)
    results = []
    for file, overrides, out, resume in json.loads(sys.argv[1]):
        heard = Losses()
        trained = workflow.train(recipe.load(file, overrides), Path(out), heard, resume=resume)
        results.append({"losses": heard.losses, "rows": trained.rows, "facts": trained.run.facts()})
    print(json.dumps(results))


if __name__ == "__main__":
    main()
