"""What the verbs share: consoles, common options, and how JSON and sizes are written."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from specnet.errors import UsageError
from specnet.experiments.tables import json_text

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

RecipeName = Annotated[str, typer.Argument(help="a YAML file, or the name of a shipped recipe")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object, and nothing else")]


def parse_size(text: str) -> tuple[int, int]:
    """`96` or `96x128` as (height, width); UsageError otherwise."""
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise UsageError(f"--image-size: expected a size such as 96 or 96x128, found '{text}'")
    return int(parts[0]), int(parts[-1])


def print_json(**content: Any) -> None:
    """One JSON object on standard output."""
    out.print(Text(json_text(content).rstrip("\n")), soft_wrap=True)
