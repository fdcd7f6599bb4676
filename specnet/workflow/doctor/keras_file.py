"""What is wrong with Keras's configuration file, which decides whether Keras can be imported.

    {"floatx": "float32", "epsilon": 1e-07, "backend": "tensorflow",
     "image_data_format": "channels_last"}

Read without Keras: its own errors name neither the file nor what to do.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

from specnet.messages import BACKENDS, keras_file, shown

Told = tuple[str, str]  # what is wrong, and what to do

_VALUES = {
    "floatx": ("float16", "float32", "float64"),
    "image_data_format": ("channels_last", "channels_first"),
}
_REMEDY = "correct it, or remove the file: Keras writes a new one"


def problem() -> Told | None:
    """Why Keras cannot be imported with this file, and what to do."""
    file = keras_file()
    try:
        text = file.read_text()
    except (FileNotFoundError, ValueError):  # text that is not Unicode: see `ignored`
        return None
    except OSError as error:
        return f"{file}: cannot be read ({error.strerror}), and Keras reads it", "remove it"
    found = "; ".join(_problems(text))
    return (f"{file}: {found}", _REMEDY) if found else None


def ignored() -> Told | None:
    """That Keras passes over the file, and what to do."""
    file = keras_file()
    try:
        json.loads(file.read_text())
    except OSError:
        return None
    except ValueError:
        return f"{file}: is not JSON, and Keras ignores it", _REMEDY
    return None


def _problems(text: str) -> Iterator[str]:
    try:
        found: Any = json.loads(text)
    except ValueError:
        return
    if not isinstance(found, dict):
        yield f'found {shown(found)}, expected a JSON object such as {{"backend": "tensorflow"}}'
        return
    epsilon = found.get("epsilon", 1e-7)
    if not isinstance(epsilon, float):
        yield f"epsilon is {shown(epsilon)}, expected a number such as 1e-07"
    file_chooses = not os.environ.get("KERAS_BACKEND")
    for key, values in (_VALUES | {"backend": BACKENDS} if file_chooses else _VALUES).items():
        value = found.get(key, values[0])
        if value not in values:
            yield f"{key} is {shown(value)}, expected one of {', '.join(values)}"
