"""Whether the files of a prepared TFDS dataset are all there, found without TensorFlow.

Only looks at `dataset_info.json`, `features.json` and the sizes of the shards that the first
lists: a fraction of a second for any dataset.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specnet.data.image_files import shown

INFO = "dataset_info.json"
_DESCRIPTIONS = (INFO, "features.json")
_TEMPLATE = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"  # where dataset_info.json gives none
_LEAST_DIGITS = 5
_LISTED = 3


def prepared(folder: Path) -> list[Path]:
    """Return the folders below `folder` that hold a prepared dataset, one a configuration."""
    return sorted(path.parent for path in folder.glob(f"**/{INFO}"))


def damage(folder: Path) -> str:
    """Say which files of a prepared dataset are missing or damaged; nothing where none is.

    Args:
        folder: of one version, with its dataset_info.json.
    """
    problems = list(_problems(folder))
    more = len(problems) - _LISTED
    listed = problems[:_LISTED] + ([f"and {more} more files"] if more > 0 else [])
    return "; ".join(listed)


def prepare_again(folder: Path, name: str) -> str:
    """What to do about a damaged dataset: TFDS downloads none while its folder is there."""
    return f"remove {shown(folder)} and run `specnet data prepare {name}`"


def _problems(folder: Path) -> Iterator[str]:
    for file in _DESCRIPTIONS:
        if (folder / file).exists() and _read(folder / file) is None:
            yield f"{shown(folder / file)}: damaged (no JSON object)"
            return
    described = _read(folder / INFO)
    if described is None:
        return
    try:
        shards = list(_shards(described))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        yield f"{shown(folder / INFO)}: damaged (does not list the files of its splits)"
        return
    for shard in shards:
        path = folder / shard
        if not path.exists():
            yield f"{shown(path)}: missing"
        elif not path.stat().st_size:
            yield f"{shown(path)}: empty"


def _read(file: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None where there is none."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _shards(described: dict[str, Any]) -> Iterator[str]:
    """The names of the files that hold images, as dataset_info.json describes them."""
    for split in described["splits"]:
        lengths = [int(length) for length in split.get("shardLengths", ())]
        digits = max(_LEAST_DIGITS, math.floor(math.log10(max(1, len(lengths)))) + 1)
        for index, length in enumerate(lengths):
            number, count = f"{index:0{digits}}", f"{len(lengths):0{digits}}"
            name = (split.get("filepathTemplate") or _TEMPLATE).format(
                DATASET=described["name"],
                SPLIT=split["name"],
                FILEFORMAT=described.get("fileFormat") or "tfrecord",
                SHARD_INDEX=number,
                NUM_SHARDS=count,
                SHARD_X_OF_Y=f"{number}-of-{count}",
            )
            if length:
                yield name
