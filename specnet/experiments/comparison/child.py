"""The process that answers one question of `processes.ask`: `python -m` of this file.

Its standard input is the question, the last line of its standard output the answer, both JSON.
"""

import json
import os
import sys
import threading
import time
from typing import Any

from specnet.errors import SpecnetError
from specnet.experiments.comparison.processes import Owner, as_json

_LOOK = 0.5  # seconds between looks at whether anybody still wants the answer


def main() -> None:
    """Reads, works, answers; errors too are answers."""
    asked = json.loads(sys.stdin.read())
    watch(Owner(**asked["owner"]))
    try:
        answer = {"answer": _work(asked["task"], asked["question"])}
    except SpecnetError as error:
        answer = {"error": as_json(error)}
    except Exception as error:  # whatever a backend raises: the other trials go on
        words = (str(error).strip() or "no message").splitlines()[0][:300]
        answer = {
            "error": as_json(SpecnetError(f"unexpected {type(error).__name__}: {words}")),
        }
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


def _work(task: str, question: dict[str, Any]) -> Any:
    # Here, because these import the backend, whose threads are set by the environment.
    if task == "prepare":
        from specnet.experiments.comparison.preparing import prepare

        return prepare(**question)
    from specnet.experiments.comparison.training import run_trial

    return run_trial(**question)


def watch(owner: Owner) -> None:
    """Ends this process, in a thread, once its parent or its owner is gone."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent and owner.lives():
            time.sleep(_LOOK)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


if __name__ == "__main__":
    main()
