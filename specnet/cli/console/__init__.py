"""What users see in a terminal: tables of results, and the progress of a training.

Only `cli` uses this. Layout; no files, no decisions.
"""

from specnet.cli.console.console import Console, Text
from specnet.cli.console.diagnosis import finding
from specnet.cli.console.progress import TrainingDisplay
from specnet.cli.console.study import StudyDisplay, study
from specnet.cli.console.tables import (
    conversion,
    exported,
    facts,
    filter_costs,
    layer_list,
    layer_page,
    learned,
    percent,
    pictures,
    predictions,
    recipe_list,
    report,
    table,
    training_summary,
)

__all__ = [
    "Console",
    "StudyDisplay",
    "Text",
    "TrainingDisplay",
    "conversion",
    "exported",
    "facts",
    "filter_costs",
    "finding",
    "layer_list",
    "layer_page",
    "learned",
    "percent",
    "pictures",
    "predictions",
    "recipe_list",
    "report",
    "study",
    "table",
    "training_summary",
]
