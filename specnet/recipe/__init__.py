"""Recipes as files: finding, reading, checking, changing and writing them.

What a recipe may say is in `specnet.schema`, what its layers may say in `specnet.signatures`.
Nothing in this package imports Keras, so that every mistake in a recipe is told at once, in both
senses.
"""

from specnet.recipe.editor import json_schema
from specnet.recipe.files import find, header, shipped
from specnet.recipe.loading import load, of_content
from specnet.recipe.rewriting import followed, preceded, renamed, specialised, widened
from specnet.recipe.shelf import check, copy, layer_help, layer_summaries, summaries, text
from specnet.recipe.writing import changes, differences, dump

__all__ = [
    "changes",
    "check",
    "copy",
    "differences",
    "dump",
    "find",
    "followed",
    "header",
    "json_schema",
    "layer_help",
    "layer_summaries",
    "load",
    "of_content",
    "preceded",
    "renamed",
    "shipped",
    "specialised",
    "summaries",
    "text",
    "widened",
]
