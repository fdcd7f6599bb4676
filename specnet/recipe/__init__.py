"""Recipes as files: finding, reading, checking, changing and writing them.

What a recipe may say is in `specnet.recipe.schema`, what its layers may say in
`specnet.recipe.signatures`. Nothing in this package imports Keras, so that every mistake in a
recipe is told at once, in both senses.
"""

from specnet.recipe.catalog import check, copy, layer_groups, layer_help, summaries, text
from specnet.recipe.dumping import changes, differences, dump, flattened
from specnet.recipe.edit import followed, preceded, renamed, specialised, widened
from specnet.recipe.json_schema import json_schema
from specnet.recipe.loading import Like, load, of, of_content
from specnet.recipe.locate import find, header, shipped

__all__ = [
    "Like",
    "changes",
    "check",
    "copy",
    "differences",
    "dump",
    "find",
    "flattened",
    "followed",
    "header",
    "json_schema",
    "layer_groups",
    "layer_help",
    "load",
    "of",
    "of_content",
    "preceded",
    "renamed",
    "shipped",
    "specialised",
    "summaries",
    "text",
    "widened",
]
