"""Whether processes find each other and add up as one does: what training in several needs.

Each that takes part is a child of its own (`python -m` of this file), since JAX has to meet the
others before it touches a device, and may wait for ever for one that does not come.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from tempfile import TemporaryFile
from typing import TextIO

from specnet.training import processes
from specnet.workflow.doctor.findings import FAILED, Check, Finding, look

PATIENCE = 60.0  # seconds, for all to come and to add up
REMEDY = (
    f"{processes.VARIABLE}JOB_ADDRESSES is host:port of process 0, which all hosts must reach; all "
    "processes must start `specnet doctor` within a minute"
)
_ON_ONE_HOST = "let processes of this machine reach each other at 127.0.0.1: is it a firewall?"


def meeting() -> Finding:
    """The processes that were started together, each of which asks; or else two on this CPU."""
    count = processes.count()
    if count > 1:
        worst, remedy = _worst(_findings([os.environ])), REMEDY
    else:
        count, remedy = 2, _ON_ONE_HOST
        worst = _worst(_findings([os.environ | each for each in _two_here()]))
    advice = remedy if worst.state == FAILED else ""
    return replace(worst, found=f"{count} of them: {worst.found}", advice=advice)


def _two_here() -> list[dict[str, str]]:
    """The variables by which two processes find each other, added to the environment."""
    told = {"JOB_ADDRESSES": f"127.0.0.1:{_free_port()}", "NUM_PROCESSES": "2"}
    pair = ({**told, "PROCESS_ID": str(number)} for number in range(2))
    return [
        {"JAX_PLATFORMS": "cpu"} | {processes.VARIABLE + key: each[key] for key in each}
        for each in pair
    ]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _findings(environments: Sequence[Mapping[str, str]]) -> list[Finding]:
    """What children found, each of which has one of these as its whole environment."""
    with ExitStack() as stack:
        children = [stack.enter_context(_Child(each)) for each in environments]
        latest = time.monotonic() + PATIENCE
        while time.monotonic() < latest:
            found = [child.finding() for child in children]
            if None not in found or any(each and each.state == FAILED for each in found):
                return [each for each in found if each]
            time.sleep(0.1)
    return [Finding(f"no sum after {PATIENCE:.0f} s", FAILED)]


class _Child:
    """A process that adds up, killed if it is not needed any more.

    It writes into files, since a pipe that is not read would block the others.
    """

    def __init__(self, environment: Mapping[str, str]):
        self.environment = environment

    def __enter__(self) -> "_Child":
        with ExitStack() as stack:
            self.told, self.errors = (stack.enter_context(TemporaryFile("w+")) for _ in range(2))
            command = [sys.executable, "-m", __name__]
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=self.told, stderr=self.errors
            )
            self.files = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()
        self.files.close()

    def finding(self) -> Finding | None:
        """What it found, once it has ended."""
        if self.process.poll() is None:
            return None
        lines = [_lines(file) for file in (self.told, self.errors)]
        if self.process.returncode:
            return Finding((lines[1] or ["no message"])[-1][:300], FAILED)
        return Finding(**json.loads(lines[0][-1]))


def _lines(file: TextIO) -> list[str]:
    file.seek(0)
    return file.read().strip().splitlines()


def _worst(findings: Sequence[Finding]) -> Finding:
    return max(findings, key=lambda each: (each.state == FAILED, each.measured.get("error", 0)))


def _among_all() -> Finding:
    from specnet.workflow.doctor.all_reduce import over_all_processes

    processes.meet()
    return over_all_processes()


def main() -> None:
    """Meets the others, adds up with them, and prints the finding."""
    sys.stdout.write(json.dumps(asdict(look(Check("", _among_all)))) + "\n")
    sys.stdout.flush()
    processes.leave(0)


if __name__ == "__main__":
    main()
