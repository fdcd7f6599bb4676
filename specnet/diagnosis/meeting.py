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
from dataclasses import asdict, replace

from specnet import processes
from specnet.diagnosis.findings import FAILED, Check, Finding, look

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
    """What tells two processes of each other."""
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
    """What a child with each of these environments found."""
    children = [
        subprocess.Popen(
            [sys.executable, "-m", __name__],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for environment in environments
    ]
    latest = time.monotonic() + PATIENCE
    try:
        return [_finding(child, latest) for child in children]
    finally:
        for child in children:
            child.kill()
            child.communicate()


def _finding(child: "subprocess.Popen[str]", latest: float) -> Finding:
    try:
        told, errors = child.communicate(timeout=max(latest - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return Finding(f"no sum after {PATIENCE:.0f} s", FAILED)
    if child.returncode:
        return Finding((errors.strip() or "no message").splitlines()[-1][:300], FAILED)
    return Finding(**json.loads(told.splitlines()[-1]))


def _worst(findings: Sequence[Finding]) -> Finding:
    return max(findings, key=lambda each: (each.state == FAILED, each.measured.get("error", 0)))


def _among_all() -> Finding:
    from specnet.diagnosis.together import over_all_processes

    processes.meet()
    return over_all_processes()


def main() -> None:
    """Meets the others, adds up with them, and prints the finding."""
    sys.stdout.write(json.dumps(asdict(look(Check("", _among_all)))) + "\n")
    sys.stdout.flush()
    processes.leave(0)


if __name__ == "__main__":
    main()
