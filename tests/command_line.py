"""The real command line, in a folder of its own, 80 columns wide."""

import subprocess
import sys
from types import SimpleNamespace

import copies
import pytest

from specnet.cli import main

SPECNET = [sys.executable, "-c", "from specnet.cli import main; main()"]


@pytest.fixture
def specnet_anew(tmp_path, monkeypatch):
    """Runs `specnet` with arguments in an empty folder, from a new Python that imports all anew."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=0):
        found = subprocess.run(
            [*SPECNET, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
        )
        return _checked(found, code)

    return run


@pytest.fixture
def specnet(tmp_path, monkeypatch):
    """As `specnet_anew`, in a process of its own that has imported its backend already."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=0):
        found = copies.run("specnet.cli:main", arguments)
        return _checked(found, code)

    return run


@pytest.fixture
def specnet_here(tmp_path, monkeypatch, capsys):
    """As `specnet`, in this process, which has loaded its backend already: for what else is asked.

    Each verb is started in a process of its own by one test at least.
    """
    monkeypatch.chdir(tmp_path)
    for theirs in (
        "training.interruption.listen",
        "cli.entry.let_go",
    ):  # signals and streams are pytest's
        monkeypatch.setattr(f"specnet.{theirs}", lambda: None)
    monkeypatch.setattr("specnet.cli.entry.watch_native_code", lambda: [lambda: None] * 2)

    def run(*arguments, code=0):
        monkeypatch.setattr(sys, "argv", ["specnet", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        found = SimpleNamespace(returncode=end.value.code or 0, stdout=told.out, stderr=told.err)
        return _checked(found, code)

    return run


def _checked(found, code):
    assert found.returncode == code, found.stdout + found.stderr
    assert "Traceback" not in found.stderr
    return found
