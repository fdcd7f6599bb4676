"""Processes that find each other and add up: real ones on JAX, and children that do not do it."""

from pathlib import Path

import keras
import pytest

from specnet.training.processes import VARIABLE
from specnet.workflow.doctor import FAILED, OK, Check, checks, look, rendezvous

JAX = keras.backend.backend() == "jax"


@pytest.mark.backend
def test_two_processes_have_the_sum_that_numpy_has_where_training_can_use_them():
    found = [look(check) for check in checks.of_processes()]
    assert [each.state for each in found] == [OK] * JAX
    for each in found:
        assert each.found.startswith("2 of them: ")
        assert 0 < each.measured["error"] <= each.measured["limit"]


def program(tmp_path, monkeypatch, text):
    """Lets children run this in place of the module."""
    (tmp_path / "child.py").write_text(text)
    monkeypatch.setattr(rendezvous, "__name__", "child")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


ONE_OF_TWO = f"""
import os

state = "failed" if os.environ["{VARIABLE}PROCESS_ID"] == "1" else "ok"
print('{{"found": "this", "state": "%s"}}' % state)
"""

# The first waits for the second, as JAX does; the second says much, and ends.
WAITING = f"""
import os, sys, time
if os.environ["{VARIABLE}PROCESS_ID"] == "0":
    time.sleep(60)
sys.stderr.write("words " * 100_000)
raise SystemExit("\\nlibgloo.so: cannot open")
"""


@pytest.mark.parametrize(
    ("text", "words", "patience"),
    [
        (ONE_OF_TWO, "2 of them: this", 60.0),
        (WAITING, "2 of them: libgloo.so: cannot open", 60.0),
        ("import time; time.sleep(60)", "2 of them: no sum after 1 s", 1.0),
    ],
)
def test_a_process_that_does_not_add_up_is_found(tmp_path, monkeypatch, text, words, patience):
    program(tmp_path, monkeypatch, text)
    monkeypatch.setattr(rendezvous, "PATIENCE", patience)
    found = rendezvous.meeting()
    assert found.state == FAILED
    assert found.found.startswith(words)
    assert "127.0.0.1" in found.advice


def test_processes_that_were_started_together_are_told_of_each_other(tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, f"open('child', 'a').write('started ')\n{ONE_OF_TWO}")
    monkeypatch.chdir(tmp_path)
    for key, value in (("NUM_PROCESSES", "3"), ("PROCESS_ID", "1")):
        monkeypatch.setenv(VARIABLE + key, value)
    found = rendezvous.meeting()
    assert (found.state, found.found) == (FAILED, "3 of them: this")
    assert "JOB_ADDRESSES" in found.advice
    assert Path("child").read_text() == "started "  # this one's; the others start theirs


def test_a_number_that_is_none_is_a_finding(monkeypatch):
    monkeypatch.setenv(VARIABLE + "NUM_PROCESSES", "two")
    found = look(Check("processes", rendezvous.meeting))
    assert found.state == FAILED
    assert "whole number" in found.found
