"""A Dask cluster that runs trials in place of this machine, through joblib's own back end.

How the cluster is reached, what is asked of it before the first trial, and how many trials it takes
at once. The trials themselves are those of `workers`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib

from specnet import __version__
from specnet.errors import RunError, UsageError

if TYPE_CHECKING:
    from distributed import Client

_PATIENCE = 10  # seconds to wait for a scheduler or its first worker


@dataclass(frozen=True)
class Places:
    """Where trials run.

    Attributes:
        count: trials at once.
        threads: of each of them.
    """

    count: int
    threads: int


@contextmanager
def cluster(scheduler: str, out: Path) -> Iterator[Places]:
    """While entered, joblib runs on the workers of a Dask scheduler, one trial on each thread.

    A trial gets its share of its worker's cores. One that is lost with its worker is run again by
    another, as Dask does with all tasks.

    Args:
        scheduler: its address, such as tcp://host:8786.
        out: the folder of the study, which every worker must see under the same path.

    Raises:
        UsageError: where Dask is not installed, or the address is none.
        RunError: where no scheduler answers, it has no workers, or these cannot do the work.
    """
    with _connected(scheduler) as client:
        places = _places(client, _surveyed(client, out))
        with joblib.parallel_config("dask", client=client), _explained(scheduler, out):
            yield places


@contextmanager
def _explained(scheduler: str, out: Path) -> Iterator[None]:
    from distributed import CancelledError, KilledWorker

    try:
        yield
    except (CancelledError, KilledWorker, OSError) as error:
        raise RunError(
            f"--scheduler: lost {scheduler} or too many of its workers "
            f"({type(error).__name__}: {error}); what is finished is kept in {out}, and the same "
            "command goes on from there"
        ) from error


def _connected(scheduler: str) -> "Client":
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise UsageError("--scheduler: needs Dask; pip install 'specnet[cluster]'") from error
    try:
        client = Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except ValueError as error:
        raise UsageError(
            f"--scheduler: expected an address such as tcp://host:8786, found '{scheduler}'"
        ) from error
    except (OSError, TimeoutError) as error:
        raise RunError(
            f"--scheduler: nobody answers at {scheduler}; start `dask scheduler` there, and "
            f"`dask worker {scheduler} --nthreads 1` on each machine"
        ) from error
    return client


def _surveyed(client: "Client", out: Path) -> dict[str, int]:
    """The cores that each worker, by its address, may use; all of them can do the work."""
    address = client.scheduler.address
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError as error:
        raise RunError(
            f"--scheduler: {address} has no workers; start `dask worker {address} --nthreads 1` "
            "on each machine"
        ) from error
    answers = client.run(_survey, str(out.absolute()), on_error="return")
    problems = [f"{each}: {words}" for each in answers if (words := _problem(answers[each], out))]
    if problems:
        raise RunError("--scheduler: workers that cannot help:\n  " + "\n  ".join(problems))
    return {each: answers[each]["cores"] for each in answers}


def _survey(out: str) -> dict[str, Any]:
    """Runs on a worker."""
    return {"version": __version__, "sees": Path(out).is_dir(), "cores": joblib.cpu_count()}


def _problem(answer: Any, out: Path) -> str | None:
    if isinstance(answer, BaseException):
        return f"{answer}; install specnet {__version__} there"
    if answer["version"] != __version__:
        return f"has specnet {answer['version']} instead of {__version__}"
    if not answer["sees"]:
        return f"does not see {out}; choose an --out on a file system that all machines share"
    return None


def _places(client: "Client", cores: Mapping[str, int]) -> Places:
    """A trial for each thread of the workers; those of one host share its cores."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    at_once: dict[str, int] = defaultdict(int)
    for address in cores:
        at_once[workers[address]["host"]] += workers[address]["nthreads"]
    shares = [cores[address] // at_once[workers[address]["host"]] for address in cores]
    return Places(sum(at_once.values()), max(1, min(shares)))
