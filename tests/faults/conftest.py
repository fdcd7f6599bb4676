"""The fault harness: each file breaks one thing again and again; `--fault-trials N` says how often.

Without it a short form runs with the suite; by hand: `pytest tests/faults --fault-trials 1000`.
"""

import pytest


@pytest.fixture
def trials(request: pytest.FixtureRequest):
    """How often to try: what the command line says, or the number that the suite can afford."""

    def number(affordable: int) -> int:
        return request.config.getoption("--fault-trials") or affordable

    return number
