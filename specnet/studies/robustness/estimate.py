"""How far all measurements are, and how long they will take.

What settings cost, relative to each other, and what follows from a clock.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from specnet.progress import Reporter
from specnet.robustness.study import Setting

_GRADIENT = 3  # passes that a gradient costs
_TIMED = 5.0  # seconds after which a rate says something


def passes(setting: Setting) -> float:
    """How often a setting shows each image to a network, about."""
    attack = setting.get("attack")
    starts, steps = int(setting.get("starts", 1)), int(setting.get("steps", 1))
    if attack in ("fgsm", "pgd", "transfer"):
        return 2 + starts * (_GRADIENT * steps + 1)
    return 1 + int(setting.get("queries", 0)) + ("pixels" in setting)


class Outlook:
    """All that is to be measured, in passes, and how many of them are done.

    Args:
        todo: settings that are not recorded yet, by study and run.
        images: that each setting is measured on.
        reporter: is told.
        clock: gives seconds.
    """

    def __init__(
        self,
        todo: Mapping[tuple[str, str], Sequence[Setting]],
        images: int,
        reporter: Reporter,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._total = sum(passes(setting) for each in todo.values() for setting in each)
        self._count = sum(len(each) for each in todo.values())
        self._images, self._reporter, self._clock = images, reporter, clock
        self._done = 0.0
        self._began = clock()
        self._words, self._current = "", 0.0

    def begin(self, study: str, label: str, setting: Setting) -> None:
        """A setting begins."""
        self._words, self._current = f"{study}, {label}", passes(setting)
        self.chunk(0)

    def chunk(self, images: int) -> None:
        """Of the setting that was begun, so many images are done."""
        done = self._done + self._current * images / self._images
        seconds = self._clock() - self._began
        left = None
        if done > 0 and seconds > _TIMED:
            left = seconds * (self._total - done) / done
        share = done / self._total * self._count if self._total else 0.0
        self._reporter.progress(share, self._count, self._words, left)

    def end(self) -> None:
        """The setting that was begun is recorded."""
        self._done += self._current
