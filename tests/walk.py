"""Which files of the package one command walks through: what a newcomer would have to read.

    python tests/walk.py train gratings-gaussian training.epochs=1

Runs `specnet` with these arguments and counts the files of which a function ran, room by room.
"""

import inspect
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType

import specnet
from specnet.cli import main

ROOT = Path(specnet.__file__).parent
seen: set[str] = set()


def notice(frame: FrameType, event: str, argument: object) -> None:
    # The bodies of modules and classes run when they are imported, walked through or not.
    if event == "call" and frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        seen.add(frame.f_code.co_filename)


if __name__ == "__main__":
    sys.setprofile(notice)
    threading.setprofile(notice)
    try:
        main()
    except SystemExit as end:
        status = end.code
    sys.setprofile(None)
    walked = [Path(name).relative_to(ROOT) for name in seen if name.startswith(str(ROOT))]
    rooms = Counter(path.parts[0] for path in walked)
    print(f"{len(walked)} files: {', '.join(f'{count} {room}' for room, count in rooms.items())}")
    sys.exit(status)
