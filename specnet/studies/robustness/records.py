"""What was measured, on disk: a file each, written whole once a setting is measured on all images.

    study.json                           what was asked for, of which runs
    measured/LABEL/STUDY/SETTING.json    what came of one setting

Files and their content; no Keras.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from specnet.errors import RunError
from specnet.robustness.study import Measured, Setting, setting_key
from specnet.runs import Run
from specnet.runs.files import listed
from specnet.studies.engine import store

MEASURED = "measured"


@dataclass(frozen=True)
class Record:
    """One setting, measured on one run, and the seconds that it took."""

    measured: Measured
    seconds: float


class _Packed(TypedDict):
    shape: list[Annotated[int, Field(ge=0, le=2**20)]]
    float32: str


class _Content(TypedDict):
    """What the file of a record says."""

    setting: dict[str, str | int | float]
    images: Annotated[int, Field(ge=0, le=10**9)]
    right: int
    which: str
    seconds: float
    means: dict[str, _Packed]


def write(folder: Path, record: Record) -> None:
    """Records a setting of a study, whole or not at all; RunError where it cannot."""
    measured = record.measured
    content = {
        "setting": measured.setting,
        "images": len(measured.right),
        "right": measured.count.right,
        "which": base64.b64encode(np.packbits(measured.right).tobytes()).decode(),
        "seconds": record.seconds,
        "means": {name: _packed(value) for name, value in measured.means.items()},
    }
    store.make_folder(folder)
    Run(folder).write(_name(measured.setting), json.dumps(content) + "\n")


def read(folder: Path) -> dict[str, Record]:
    """All settings of a study that are recorded in a folder, by `setting_key`.

    Raises:
        RunError: where one is damaged.
    """
    found = {}
    for file in listed(folder, "*.json"):
        record = _read(file)
        found[setting_key(record.measured.setting)] = record
    return found


def _read(file: Path) -> Record:
    content = store.read_record(file, TypeAdapter(_Content))
    try:
        bits = np.frombuffer(base64.b64decode(content["which"]), np.uint8)
        right = np.unpackbits(bits, count=content["images"]).astype(bool)
        if right.sum() != content["right"]:
            raise ValueError(f"{content['right']} are right, and not which")
        means = {name: _unpacked(value) for name, value in content["means"].items()}
        return Record(Measured(content["setting"], right, means), content["seconds"])
    except ValueError as error:
        raise RunError(f"{file}: is damaged ({error}); delete it, run again") from error


def _name(setting: Setting) -> str:
    """attack=pgd,epsilon=0.0078,norm=linf.json."""
    words = ",".join(f"{key}={value}" for key, value in sorted(setting.items()))
    return words.replace("/", "_") + ".json"


def _packed(values: np.ndarray) -> dict[str, Any]:
    """Float32 in base64: a third of the decimals, and the same numbers when read again."""
    content = base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()
    return {"shape": values.shape, "float32": content}


def _unpacked(content: Mapping[str, Any]) -> np.ndarray:
    values = np.frombuffer(base64.b64decode(content["float32"]), "<f4")
    return values.reshape(content["shape"])
