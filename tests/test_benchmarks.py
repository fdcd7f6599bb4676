"""The prepared benchmarks run, a little of everything, on any machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

ROOT = Path(__file__).parent.parent
PARTS = {"peaks", "laws"}  # others compile for a minute


@pytest.mark.backend
@pytest.mark.skipif(keras.backend.backend() != "jax", reason="is for JAX alone")
def test_on_gpu_measures_and_its_laws_hold(tmp_path):
    command = [sys.executable, "benchmarks/on_gpu.py", "--smoke", "--out", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*command, "--parts", *PARTS], cwd=ROOT, env=environment, check=True)

    found = json.loads((tmp_path / "on_gpu.json").read_text())["parts"]
    assert set(found) == PARTS
    rows = [row for part in found.values() for row in part]
    assert not [row["failed"] for row in rows if "failed" in row]
    assert found["laws"]
    assert all(row["holds"] for row in found["laws"])
    assert "TF32" in (tmp_path / "on_gpu.md").read_text()
