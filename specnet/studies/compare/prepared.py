"""What is known of a comparison before its first trial."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Prepared:
    """What the process that prepares answered, from `study.json`.

    Attributes:
        facts: label -> `preparing.Facts` as a mapping.
        machine: what it ran on.
    """

    facts: Mapping[str, Mapping[str, Any]]
    machine: Mapping[str, Any]
