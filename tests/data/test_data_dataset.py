"""The checks of a dataset, and what reading one loads."""

import subprocess
import sys

import numpy as np
import pytest

from specnet.data import Dataset, Split, check
from specnet.errors import DataError


def dataset(count):
    split = Split(np.zeros((count, 4, 5, 1), np.uint8), np.zeros(count, np.int32))
    return Dataset(split, split, split, ("a", "b"))


def test_a_dataset_must_fill_a_batch():
    check(dataset(8), 8)
    with pytest.raises(DataError, match=r"7 images, less than one batch of 8.*to 7 or less"):
        check(dataset(7), 8)
    with pytest.raises(DataError, match="train split is empty"):
        check(dataset(0), 8)


SCRIPT = """
import sys
from pathlib import Path
import numpy as np
from PIL import Image
from specnet.data import load
from specnet.recipe.schema import FolderData, GratingsData, NpzData

folder = Path(sys.argv[1])
np.savez(folder / "a.npz", x_train=np.zeros((20, 8, 8), np.uint8), y_train=np.arange(20) % 2)
for name in ("root/a", "root/b"):
    (folder / name).mkdir(parents=True)
    for i in range(4):
        Image.new("L", (8, 8)).save(folder / name / f"{i}.png")
load(NpzData(source="npz", path=folder / "a.npz", image_size=8))
load(FolderData(source="folder", path=folder / "root", image_size=8))
load(GratingsData(source="gratings", train=8, validation=8, test=8))
print(sorted({"keras", "tensorflow"} & set(sys.modules)))
"""


def test_sources_but_tfds_load_neither_keras_nor_tensorflow(tmp_path):
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr) == ("[]\n", "")
