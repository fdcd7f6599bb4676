"""What users see in a terminal: tables of results, and the progress of a training.

Only `cli` uses this. What may go in here: layout; no files, no decisions.
"""

from specnet.terminal.console import Console, Text
from specnet.terminal.diagnosis import finding
from specnet.terminal.progress import TrainingDisplay
from specnet.terminal.study import StudyDisplay, study
from specnet.terminal.tables import (
    conversion,
    facts,
    filter_costs,
    layer_list,
    layer_page,
    learned,
    percent,
    pictures,
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
    "facts",
    "filter_costs",
    "finding",
    "layer_list",
    "layer_page",
    "learned",
    "percent",
    "pictures",
    "recipe_list",
    "report",
    "study",
    "table",
    "training_summary",
]
