"""The real command line, in a folder of its own, 80 columns wide."""

import os
import subprocess
import sys

import pytest

SPECNET = [sys.executable, "-c", "from specnet.cli import main; main()"]


@pytest.fixture
def specnet(tmp_path, monkeypatch):
    """Runs `specnet` with arguments in an empty folder, 80 columns wide."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=0):
        found = subprocess.run(
            [*SPECNET, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"COLUMNS": "80"},
        )
        assert found.returncode == code, found.stdout + found.stderr
        assert "Traceback" not in found.stderr
        return found

    return run
