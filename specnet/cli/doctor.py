"""`specnet doctor`."""

from dataclasses import asdict

import typer

from specnet.cli import console
from specnet.cli.common import Json, err, out, print_json


def doctor(json: Json = False) -> None:
    """Is all well here? Packages, devices, what they compute, folders; exit code 0 if so, else 1"""
    display = console.StudyDisplay(out, err, quiet=json)
    found = []
    try:
        from specnet.workflow import doctor as diagnosis

        for finding in diagnosis.diagnose(display.wait):
            found.append(finding)
            if not json:
                out.print(console.finding(finding))
    finally:
        display.stop()
    failed = [finding for finding in found if finding.state == diagnosis.FAILED]
    if json:
        print_json(well=not failed, checks=[asdict(finding) for finding in found])
    elif failed:
        out.print(f"\n{len(failed)} of {len(found)} failed; -> says what to do about it.")
    else:
        out.print(f"\nAll is well: {len(found)} looked at, none failed.")
    if failed:
        raise typer.Exit(1)
