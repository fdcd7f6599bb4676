"""Run directories: whole files or none, checksums, one process at a time."""

from specnet.runs.directory import RECIPE, Run

__all__ = ["RECIPE", "Run"]
