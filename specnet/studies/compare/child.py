"""The process that answers one question of `processes.ask`: `python -m` of this file.

Its standard input is the question, the last line of its standard output the answer, both JSON.
"""

import json
import signal
import sys
from typing import Any

from specnet.errors import InterruptedRun, SpecnetError
from specnet.studies.compare.processes import Owner, as_json, watch
from specnet.training.interruption import let_go, listen, pending


def main() -> None:
    """Reads, works, answers; errors too are answers."""
    listen()
    asked = json.loads(sys.stdin.read())
    watch(Owner(**asked["owner"]))
    try:
        answer = {"answer": _work(asked["task"], asked["question"])}
    except SpecnetError as error:
        answer = {"error": as_json(error)}
    except KeyboardInterrupt:
        number = pending() or signal.SIGINT
        answer = {"error": as_json(InterruptedRun("stopped", number))}
    except Exception as error:  # whatever a backend raises: the other trials go on
        words = (str(error).strip() or "no message").splitlines()[0][:300]
        answer = {
            "error": as_json(SpecnetError(f"unexpected {type(error).__name__}: {words}")),
        }
    let_go()
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


def _work(task: str, question: dict[str, Any]) -> Any:
    # Here, because these import the backend, whose threads are set by the environment.
    if task == "prepare":
        from specnet.studies.compare.preparing import prepare

        return prepare(**question)
    from specnet.studies.compare.training import run_trial

    return run_trial(**question)


if __name__ == "__main__":
    main()
