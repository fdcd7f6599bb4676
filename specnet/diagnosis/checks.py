"""Every check in its order: first what all others need, then the devices, then the folders.

What may go in here: which checks there are, under which name, and what to do where one raises an
error. What they look at is in the other modules, which load Keras only once that is known to load.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from specnet.diagnosis import folders, installation
from specnet.diagnosis.findings import FAILED, NOTE, Check, Finding, look

Watcher = Callable[[str], None]
_BACKEND = Check("backend", installation.backend, installation.CHOOSE_BACKEND)


def diagnose(watch: Watcher = lambda what: None) -> Iterator[Finding]:
    """Looks at everything, one finding after the other; no error of a check comes out.

    Args:
        watch: told what is looked at next.
    """

    def watched(check: Check) -> Finding:
        watch(check.what)
        return look(check)

    yield from map(watched, of_installation())
    backend = watched(_BACKEND)
    yield backend
    if backend.state == FAILED:
        yield Finding("not looked at, without a backend", NOTE, what="devices")
    else:
        yield from map(watched, with_backend())
    yield from map(watched, of_folders())


def of_installation() -> Iterator[Check]:
    """What is installed."""
    again = "pip install . once more, where specnet is"
    yield Check("packages", installation.packages, again)
    yield Check("versions", installation.versions, again)
    yield Check("extras", installation.extras, again)


def with_backend() -> Iterator[Check]:
    """What needs a backend that loads."""
    from specnet.diagnosis import accelerators, loops

    yield Check("machine", accelerators.machine_facts)
    yield Check("GPU", accelerators.gpus, accelerators.install())
    for device in accelerators.devices():
        yield from on_device(device)
    for kind in accelerators.KINDS:
        yield from on_devices(accelerators.of_kind(kind))
    yield from of_processes()
    yield Check("loops", loops.loops, loops.LEAVE_OUT)


def on_device(device: str) -> Iterator[Check]:
    """Whether one device, such as `cpu:0`, computes right."""
    from specnet.diagnosis import accelerators, arithmetic

    for name, function in arithmetic.CHECKS.items():
        yield Check(f"{name} {device}", partial(function, device), accelerators.remedy(device))


def on_devices(devices: Sequence[str]) -> Iterator[Check]:
    """Whether devices of one kind, if they are several, compute together."""
    from specnet.diagnosis import together

    if len(devices) > 1:
        name = f"{len(devices)} {devices[0].partition(':')[0]}s together"
        yield Check(name, partial(together.together, devices), together.REMEDY)


def of_processes() -> Iterator[Check]:
    """Whether several processes compute together, on the backend that can have them."""
    import keras

    from specnet.diagnosis import meeting

    if keras.backend.backend() == "jax":
        yield Check("processes", meeting.meeting, meeting.REMEDY)


def of_folders() -> Iterator[Check]:
    """Where data is read and results are written."""
    yield Check("datasets", folders.datasets, folders.CHOOSE_DATASETS)
    yield Check("cache", folders.cache, folders.CHOOSE_CACHE)
    yield Check("runs", folders.runs, folders.CHOOSE_RUNS)
