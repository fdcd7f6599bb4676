"""Copies of a process that has imported a backend, which takes ten seconds, and computed nothing.

`python copies.py ADDRESS` imports and waits; each caller of `run` gets a copy (a fork) that does
what a new Python would: its own environment, folder, standard streams and session, and an end that
the caller learns of. Trials that a copy asks for are copies too, and so on.
"""

import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from importlib import import_module
from pathlib import Path

TRACING = "SPECNET_TEST_TRACING"  # in the environment: nothing where functions run eagerly
_ADDRESS = "SPECNET_TEST_COPIES"  # in the environment, for copies of copies
_PRELOADED = ("specnet.training.trainer", "specnet.models.builder", "specnet.plots")
_LOOK = 0.02  # seconds between looks at whether a copy has ended
_ENVIRONMENT = dict(os.environ)  # of the tests, before any of them changes it
_servers = []  # whose standard input ends with this process


class Copy:
    """A copy that calls a function, `module:function`; as `subprocess.Popen`, of a text process.

    Attributes:
        pid: its process.
        returncode: as of a process; None until `poll`, `wait` or `communicate` saw it end.
    """

    def __init__(self, task, arguments=(), stdin="", environment=None):
        self._told = Path(tempfile.mkdtemp(prefix="copy"))
        files = [self._told / name for name in ("stdin", "stdout", "stderr")]
        files[0].write_text(stdin, "utf-8")
        wanted = {
            "task": task,
            "arguments": [str(each) for each in arguments],
            "environment": dict(os.environ if environment is None else environment),
            "folder": str(Path.cwd()),
            "files": [str(file) for file in files],
        }
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(_address())
        self._connection.sendall(json.dumps(wanted).encode() + b"\n")
        self._lines = self._connection.makefile()
        self.pid, self.returncode = int(self._lines.readline()), None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if error[0] is None:
            self.wait()
        self._lines.close()
        self._connection.close()  # ends a copy that still runs
        shutil.rmtree(self._told)

    def poll(self):
        """The exit code, or None while it runs."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.returncode = int(self._lines.readline())
        return self.returncode

    def wait(self, timeout=None):
        """The exit code; subprocess.TimeoutExpired after so many seconds."""
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("copy", timeout)
            self.poll()
        return self.returncode

    def communicate(self, timeout=None):
        """What it wrote to standard output and standard error, once it has ended."""
        self.wait(timeout)
        files = (self._told / "stdout", self._told / "stderr")
        return tuple(file.read_text("utf-8", "backslashreplace") for file in files)

    def send_signal(self, number):
        """To the process, as long as it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def run(task, arguments=(), stdin="", environment=None, timeout=None):
    """Has a copy call a function; as `subprocess.run`."""
    with Copy(task, arguments, stdin, environment) as copy:
        told = copy.communicate(timeout)
    return subprocess.CompletedProcess(task, copy.returncode, *told)


def answered(asked, environment, timeout):
    """In place of `specnet.studies.engine.processes.answered`."""
    return run("specnet.studies.engine.processes:answer", (), asked, environment, timeout)


def trace_if_asked(environment):
    """Lets TensorFlow trace functions in this process, or run their operations one by one."""
    if environment.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        import tensorflow as tf

        tf.config.run_functions_eagerly(not environment.get(TRACING))


def _address():
    """Of the process that is copied, which is started if it is not there."""
    if _ADDRESS not in os.environ:
        folder = tempfile.mkdtemp(prefix="copies")
        address = os.path.join(folder, "socket")
        command = [sys.executable, __file__, address]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        _servers.append(subprocess.Popen(command, env=_ENVIRONMENT, **pipes))
        assert _servers[-1].stdout.readline() == b"ready\n"
        os.environ[_ADDRESS] = address
    return os.environ[_ADDRESS]


def _serve(address):
    for name in _PRELOADED:
        import_module(name)
    gc.freeze()  # pages of what is imported stay shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        print("ready", flush=True)
        while True:
            ready = select.select([listener, sys.stdin], [], [])[0]
            if sys.stdin in ready:  # who started it is gone
                return
            connection = listener.accept()[0]
            if os.fork() == 0:
                listener.close()
                _watch(connection)
            connection.close()


def _watch(connection):
    """Starts the copy, and tells how it ended; it does not outlive who asked for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    wanted = json.loads(connection.makefile().readline())
    pid = os.fork()
    if pid == 0:
        connection.close()
        _become(**wanted)
    connection.sendall(f"{pid}\n".encode())
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            break
        if select.select([connection], [], [], _LOOK)[0]:  # who asked has closed it
            os.kill(pid, signal.SIGKILL)
            os._exit(1)
    try:
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    finally:
        os._exit(0)


def _become(task, arguments, environment, folder, files):
    os.setsid()
    flags = (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_TRUNC] * 2)
    for number, (file, how) in enumerate(zip(files, flags, strict=True)):
        os.dup2(os.open(file, how), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["specnet", *arguments]
    sys.path[:0] = [folder, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    trace_if_asked(environment)
    processes = import_module("specnet.studies.engine.processes")
    processes.answered, processes.STARTED = answered, time.monotonic()
    code = 0
    try:
        module, _, name = task.partition(":")
        getattr(import_module(module), name)()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
