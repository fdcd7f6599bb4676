"""Whole studies, built from the parts below: many runs, one table, and the pictures that answer."""
