"""Processes whose system calls can be told to fail, through `failing_calls.c`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


class Worker:
    """A script that answers each line of JSON with one."""

    def __init__(self, script, folder):
        if not (shutil.which("gcc") and sys.platform == "linux"):
            pytest.skip("needs gcc, and LD_PRELOAD")
        library, source = folder / "failing_calls.so", HERE / "failing_calls.c"
        command = ["gcc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
        subprocess.run(command, check=True)
        self.process = subprocess.Popen(
            [sys.executable, HERE / script, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr").open("w"),
            env=os.environ | {"LD_PRELOAD": str(library)},
            text=True,
        )

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("answer "):
                return json.loads(line.removeprefix("answer "))
        raise AssertionError(f"the process died at {question}: {self.process.wait()}")

    def stop(self):
        self.process.kill()
        self.process.wait()
