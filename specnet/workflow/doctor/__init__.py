"""Is all well here? What is installed, which devices there are, whether they transform right.

    for finding in diagnose():
        print(finding.state, finding.what, finding.found, finding.advice)

Importing this package loads neither Keras nor a backend: that they load is itself looked at.

    findings      what a check is, and what it gives
    checks        all of them, in their order, and the folders
    installation  packages and the backend
    accelerators  processor and GPUs
    arithmetic    transforms on one device
    loops         the loops of `specnet.native`
"""

from specnet.workflow.doctor.checks import diagnose
from specnet.workflow.doctor.findings import FAILED, NOTE, OK, Check, Finding, look

__all__ = ["FAILED", "NOTE", "OK", "Check", "Finding", "diagnose", "look"]
