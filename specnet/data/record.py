"""What a run remembers of its data, and what of it is different later.

    "data": {"cut": "names", "train": {"images": 1600, "digest": "..."}, ...}

Runs of versions that kept no record have none; their splits are cut by `order`.
"""

from collections.abc import Mapping
from typing import Any

from specnet.data.dataset import Dataset
from specnet.data.splitting import Rule

SPLITS = ("train", "validation", "test")


def record(dataset: Dataset) -> dict[str, Any]:
    """Return what tells a dataset from others, as JSON can hold it."""
    splits = {name: getattr(dataset, name) for name in SPLITS}
    return {"cut": dataset.rule} | {
        name: {"images": len(split), "digest": split.digest} for name, split in splits.items()
    }


def rule_of(facts: Mapping[str, Any]) -> Rule:
    """Return how the splits of a run were cut, from what run.json says."""
    known = facts.get("data")
    return "names" if isinstance(known, dict) and known.get("cut") == "names" else "order"


def changes(facts: Mapping[str, Any], dataset: Dataset) -> dict[str, str]:
    """Say of each split whose images are others than those a run began with how many there were."""
    known, now = facts.get("data"), record(dataset)
    found = {}
    for name in SPLITS:
        before = known.get(name) if isinstance(known, dict) else None
        if not isinstance(before, dict) or before.get("digest") in ("", None):
            continue  # unknown
        if before["digest"] != now[name]["digest"]:
            found[name] = f"{name}: {before.get('images')} images then, {now[name]['images']} now"
    return found
