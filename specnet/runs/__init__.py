"""Run directories: whole files or none, checksums, one process at a time."""

from specnet.runs.directory import BEST, LAST, RECIPE, Run

__all__ = ["BEST", "LAST", "RECIPE", "Run"]
