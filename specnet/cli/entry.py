"""How a command begins and ends: signals, standard streams, native code, and every error."""

import atexit
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable

from specnet.cli import caches, streams
from specnet.cli.native import Watcher
from specnet.errors import SpecnetError, UsageError
from specnet.messages import BACKENDS, backend_source, unknown_backend
from specnet.plain import plain
from specnet.training.interruption import let_go, pending
from specnet.training.processes import leave

_READS_KERAS_FILE = os.path.join("keras", "src", "backend", "config.py")


def run() -> None:
    """Runs the verb of the command line, and ends the process; signals are listened to already."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    show_native, end_watch = (open_streams if debug else watch_native_code)()
    # A notebook hands its own on, and pictures are only ever written to files.
    os.environ["MPLBACKEND"] = "agg"
    caches.choose_numba()
    code = _run(debug, show_native)
    let_go()
    leave(code, end_watch)


def open_streams() -> tuple[Callable[[], None], Callable[[], None]]:
    """Standard streams that never stop a command; native code writes where it likes."""
    streams.open_missing()
    streams.replace(2)
    return (lambda: None), (lambda: None)


def watch_native_code() -> tuple[Callable[[], None], Callable[[], None]]:
    """The same, and keeps native code from writing into them.

    Returns:
        What shows its last words, and what says that all is well, which is also called at exit.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # It also warns where many models are made one after the other, as a study does.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # of a home that cannot be written
    streams.open_missing()
    watcher = Watcher()
    streams.replace(watcher.stderr)
    atexit.register(watcher.well)
    return watcher.failed, watcher.well


def explanation(error: Exception) -> str:
    """What an error says to a user."""
    if isinstance(error, SpecnetError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name in BACKENDS:
        return (
            f"{backend_source()}: {error.name} is not installed; pip install {error.name}, "
            f"or set KERAS_BACKEND to one that is ({', '.join(BACKENDS)})"
        )
    return f"unexpected {type(error).__name__}: {error}\n--debug shows where it happened"


def _run(debug: bool, show_native: Callable[[], None]) -> int:
    """The exit code of a verb, after its messages."""
    try:
        code = _answer()
        problem = streams.problem_of_output()
        if problem is not None:
            _say(problem)
            code = code or 1
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except Exception as found:
        error = _named(found)
        if debug and pending() is None:
            raise
        if pending() is None:
            _say(explanation(error))
            if not isinstance(error, SpecnetError):
                show_native()
        code = getattr(error, "exit_code", 1)
    number = pending()
    if number is None:
        return code
    _say(f"stopped ({signal.Signals(number).name})")
    return 128 + number


def _named(error: Exception) -> Exception:
    """One of ours in place of Keras's own, where its file or its backend is wrong."""
    chosen = os.environ.get("KERAS_BACKEND")
    unknown = isinstance(error, ValueError) and str(error).startswith("Unable to import backend")
    if unknown and chosen:
        return UsageError(unknown_backend(chosen))
    if unknown or _of_keras_file(error):
        from specnet.workflow.doctor import keras_file

        found = keras_file.problem()
        return UsageError("; ".join(found)) if found else error
    return error


def _of_keras_file(error: Exception) -> bool:
    """Whether Keras raised it while it read its configuration file."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(frame.filename.endswith(_READS_KERAS_FILE) for frame in frames)


def _answer() -> int:
    """Has Typer read the command line and call the verb, and returns the exit code."""
    from specnet.cli.app import app

    try:
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _say(message: str) -> None:
    sys.stderr.write(f"{plain(message)}\n")
