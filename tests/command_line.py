"""The real command line, in a folder of its own, 80 columns wide."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from specnet.cli import main

SPECNET = [sys.executable, "-c", "from specnet.cli import main; main()"]

# Copies of a process that has imported what takes ten seconds, and has computed nothing yet.
_COPIES = multiprocessing.get_context("forkserver")
_COPIES.set_forkserver_preload(
    ["specnet.training.trainer", "specnet.models.builder", "specnet.plots"]
)


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
            env=os.environ | {"COLUMNS": "80"},
        )
        return _checked(found, code)

    return run


@pytest.fixture
def specnet(tmp_path, monkeypatch, tmp_path_factory):
    """As `specnet_anew`, in a process of its own that has imported its backend already."""
    monkeypatch.chdir(tmp_path)
    told = tmp_path_factory.mktemp("told")

    def run(*arguments, code=0):
        environment = os.environ | {"COLUMNS": "80"}
        files = [str(told / name) for name in ("stdout", "stderr")]
        given = ([*map(str, arguments)], str(tmp_path), environment, files)
        process = _COPIES.Process(target=_run_main, args=given)
        process.start()
        process.join()
        stdout, stderr = (Path(file).read_text("utf-8") for file in files)
        found = SimpleNamespace(returncode=process.exitcode, stdout=stdout, stderr=stderr)
        return _checked(found, code)

    return run


def _run_main(arguments, folder, environment, files):
    for number, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["specnet", *arguments]
    main()


@pytest.fixture
def specnet_here(tmp_path, monkeypatch, capsys):
    """As `specnet`, in this process, which has loaded its backend already: for what else is asked.

    Each verb is started in a process of its own by one test at least.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for theirs in (
        "training.interruption.listen",
        "cli.entry.let_go",
    ):  # signals and streams are pytest's
        monkeypatch.setattr(f"specnet.{theirs}", lambda: None)
    monkeypatch.setattr("specnet.cli.entry.watch_native_code", lambda: lambda: None)

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
