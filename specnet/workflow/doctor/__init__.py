"""Is all well here? What is installed, which devices there are, whether they compute right.

    for finding in diagnose():
        print(finding.state, finding.what, finding.found, finding.advice)

Importing this package loads neither Keras nor a backend: that they load is itself looked at.

    findings      what a check is, and what it gives
    checks        all of them, in their order; a new one needs one line there
    installation  packages and the backend
    accelerators  processor and GPUs
    arithmetic    transforms, symmetry and gradients on one device
    together      sums over several devices
    meeting       processes that find each other, and sum over all of them
    loops         the loops of `specnet.native`
    folders       where data is read and results are written
"""

from specnet.workflow.doctor.checks import diagnose
from specnet.workflow.doctor.findings import FAILED, NOTE, OK, Check, Finding, look

__all__ = ["FAILED", "NOTE", "OK", "Check", "Finding", "diagnose", "look"]
