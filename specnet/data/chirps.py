"""The `chirps` source: generated signals, classed by how their frequencies change in time.

Of `rising` and `falling` one is the other backwards, and `crossing` is both at once: their spectra
have the same magnitude. `steady` has both ends of the band, without a sweep. Phases are random, so
that a linear function of the samples has the same mean in every class.
"""

import hashlib
import json

import numpy as np

from specnet.data.dataset import Dataset, Split
from specnet.data.splitting import Rule
from specnet.environment import beyond_memory
from specnet.errors import RecipeError
from specnet.recipe.array_data import ChirpsData

# N signals, T samples, C channels
CLASSES = ("rising", "falling", "crossing", "steady")
STEADY = 3
LOW, HIGH = (0.05, 0.12), (0.25, 0.40)  # cycles/sample: where a band begins, and where it ends
SHORTEST = 32  # samples; below it a chirp has no two periods of its low frequency
CHUNK = 1024  # signals generated together


def load(settings: ChirpsData, _rule: Rule = "names") -> Dataset:
    """Generate the signals, the same for the same settings; float32 (N, T, C), of deviation 1.

    Raises:
        RecipeError: where they are too short to show a chirp, or there would be more of them than
            fit into memory.
    """
    if settings.length < SHORTEST:
        words = f"data.length: chirps need at least {SHORTEST} samples, found {settings.length}"
        raise RecipeError([words])
    counts = {name: getattr(settings, name) for name in ("train", "validation", "test")}
    size = 4 * sum(counts.values()) * settings.length * settings.channels
    if excess := beyond_memory(size):
        raise RecipeError(
            [
                f"data.{max(counts, key=lambda name: counts[name])}: so many signals of "
                f"{settings.length} samples {excess}"
            ]
        )
    splits = {name: _split(settings, count, i) for i, (name, count) in enumerate(counts.items())}
    return Dataset.of(splits, CLASSES)


def _split(settings: ChirpsData, count: int, stream: int) -> Split:
    random = np.random.default_rng([settings.seed, stream])
    labels = random.permutation(np.arange(count, dtype=np.int32) % len(CLASSES))
    signals = np.empty((count, settings.length, settings.channels), np.float32)
    for start in range(0, count, CHUNK):
        chunk = signals[start : start + CHUNK]
        clean = waves(random, labels[start : start + CHUNK], settings.length)[..., None]
        noisy = clean + settings.noise * random.standard_normal(chunk.shape)
        chunk[:] = noisy / np.hypot(1, settings.noise)
    made_of = json.dumps([count, stream, settings.seed, settings.noise])
    return Split(signals, labels, hashlib.sha256(made_of.encode()).hexdigest())


def waves(random: np.random.Generator, labels: np.ndarray, length: int) -> np.ndarray:
    """Return signals without noise, (N, T), of deviation 1, for labels (N,).

    A sweep goes from one frequency to the other at an even rate, from the first sample to the last.
    """
    low, high = (random.uniform(*ends, (len(labels), 1)) for ends in (LOW, HIGH))
    phases = random.uniform(0, 2 * np.pi, (2, len(labels), 1))
    time, middle = np.arange(length), (low + high) / 2
    sweep = (high - low) * time * (time - length + 1) / (2 * length - 2)  # 0 at both ends, in turns
    # Of two waves: which way each goes, and how strong it is.
    way = np.array([[1, 0], [-1, 0], [1, -1], [0, 0]])[labels]
    strength = np.array([[2, 0], [2, 0], [1, 1], [1, 1]])[labels] ** 0.5
    steady = np.stack([low, high], axis=1)
    centres = np.where((labels == STEADY)[:, None, None], steady, middle[:, None])
    turns = centres * time + way[..., None] * sweep[:, None]
    waves = np.cos(2 * np.pi * turns + phases.swapaxes(0, 1))
    return (strength[..., None] * waves).sum(1)
