"""`specnet recipes` and its verbs."""

from pathlib import Path
from typing import Annotated

import typer

from specnet import recipe as recipes
from specnet.cli import console
from specnet.cli.common import RecipeName, out, print_json
from specnet.cli.console import Text

recipe_app = typer.Typer(help="List, show, copy and check recipes.", invoke_without_command=True)


@recipe_app.callback()
def recipes_list(context: typer.Context) -> None:
    """List the shipped recipes."""
    if context.invoked_subcommand is None:
        rows = [(each.name, each.task, each.data, each.parameters) for each in recipes.summaries()]
        out.print(console.recipe_list(rows))


@recipe_app.command()
def show(recipe: RecipeName) -> None:
    """Print a recipe as it is written."""
    out.print(Text(recipes.text(recipe).rstrip()), soft_wrap=True)


@recipe_app.command()
def cp(recipe: RecipeName, file: Annotated[Path, typer.Argument(help="where to")]) -> None:
    """Copy a recipe to change it."""
    target = recipes.copy(recipe, file)
    out.print(Text(f"{target}: train it with  specnet train {target}"), soft_wrap=True)


@recipe_app.command()
def validate(files: Annotated[list[str], typer.Argument(help="recipe files or names")]) -> None:
    """Check recipes; every problem is shown."""
    recipes.check(files)
    out.print(f"{len(files)} {'recipe' if len(files) == 1 else 'recipes'} checked, no problems")


@recipe_app.command()
def schema() -> None:
    """Print the JSON Schema of a recipe, for editors."""
    print_json(**recipes.json_schema())
