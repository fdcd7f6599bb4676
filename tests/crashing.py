"""Trainings that end without a word, as a process that is killed does."""

from specnet.progress import Reporter


class Crash(Exception):
    """Stands for the end of a process."""


class Crashing(Reporter):
    """Keeps notes, and crashes at one step of all; at none if not told which."""

    def __init__(self, at=None):
        self.at, self.count, self.notes = at, 0, []

    def note(self, message):
        self.notes.append(message)

    def step(self, epoch, step, steps, logs):
        self.count += 1
        if self.count == self.at:
            raise Crash
