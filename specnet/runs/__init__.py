"""Run directories: whole files or none, checksums, one process at a time."""

from specnet.runs.directory import METRICS, RECIPE, Run

__all__ = ["METRICS", "RECIPE", "Run"]
