"""Recipes between processes."""

import json
from collections.abc import Mapping
from typing import Any

from specnet.recipe.schema import Recipe


def as_json(recipe: Recipe) -> dict[str, Any]:
    """What `read_recipe` reads."""
    return json.loads(recipe.model_dump_json())


def read_recipe(content: Mapping[str, Any]) -> Recipe:
    """A recipe from its JSON."""
    return Recipe.model_validate_json(json.dumps(content), strict=True)
