"""The `gratings` source: generated textures, classed by band of frequencies and range of angles.

A texture is white noise with all but one sector of its spectrum removed, so its phase is random
and a linear function of the pixels has the same mean in every class. Only its variance differs,
and more white noise hides that; the energy in the sectors stays far above the noise.
"""

import hashlib
import json

import numpy as np

from specnet.data.dataset import Dataset, Split
from specnet.data.splitting import Rule
from specnet.environment import beyond_memory
from specnet.errors import RecipeError
from specnet.recipe.schema import GratingsData

# K classes, H height, W width of the canvas, U = W//2 + 1 half columns
BANDS = {"low": (0.10, 0.16), "high": (0.25, 0.40)}  # cycles/pixel
ANGLES = (0, 45, 90, 135)  # degrees from the x axis to the direction in which the texture varies
HALF_ANGLE = 15  # degrees on either side
SMALLEST_IMAGE = 8  # pixels; below it not even a wave of the low band fits in
SMALLEST_CANVAS = 64  # pixels; below it a sector would hold too few frequencies
GREY, CONTRAST = 127.5, 32.0  # mean and deviation of a picture, in grey levels
CHUNK = 256  # images generated together

CLASSES = tuple(f"{band} {angle}°" for band in BANDS for angle in ANGLES)


def load(settings: GratingsData, _rule: Rule = "names") -> Dataset:
    """Generate the textures, the same for the same settings; see `sectors` for the classes.

    Raises:
        RecipeError: where the images are too small to show a texture, or there would be more of
            them than fit into memory.
    """
    height, width = settings.image_size
    if min(height, width) < SMALLEST_IMAGE:
        least = f"{SMALLEST_IMAGE}x{SMALLEST_IMAGE} pixels"
        words = f"data.image_size: gratings need at least {least}, found {height}x{width}"
        raise RecipeError([words])
    counts = {name: getattr(settings, name) for name in ("train", "validation", "test")}
    size = sum(counts.values()) * height * width * settings.channels
    if excess := beyond_memory(size):
        raise RecipeError(
            [
                f"data.{max(counts, key=lambda name: counts[name])}: so many images of "
                f"{height}x{width} {excess}"
            ]
        )
    return Dataset(
        train=_split(settings, settings.train, stream=0),
        validation=_split(settings, settings.validation, stream=1),
        test=_split(settings, settings.test, stream=2),
        classes=CLASSES,
    )


def sectors(height: int, width: int) -> np.ndarray:
    """Return where each class has its energy, in the half spectrum of an image of this size.

    Returns:
        bool (K, height, width // 2 + 1), K in the order of `CLASSES`.
    """
    v, u = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    radius = np.hypot(v, u)
    angle = np.degrees(np.arctan2(v, u))
    return np.stack(
        [
            (low <= radius) & (radius < high) & (_between(angle, centre) <= HALF_ANGLE)
            for low, high in BANDS.values()
            for centre in ANGLES
        ]
    )


def _between(angle: np.ndarray, centre: float) -> np.ndarray:
    """Return the degrees between directions; opposite directions are the same."""
    return np.abs((angle - centre + 90) % 180 - 90)


def _split(settings: GratingsData, count: int, stream: int) -> Split:
    random = np.random.default_rng([settings.seed, stream])
    labels = random.permutation(np.arange(count, dtype=np.int32) % len(CLASSES))
    canvas = tuple(max(side, SMALLEST_CANVAS) for side in settings.image_size)
    masks = sectors(*canvas).astype(np.float32)
    images = np.empty((count, *settings.image_size, settings.channels), np.uint8)
    for start in range(0, count, CHUNK):
        chunk = images[start : start + CHUNK]
        texture = _textures(random, masks[labels[start : start + CHUNK]], canvas)
        texture = texture[:, : chunk.shape[1], : chunk.shape[2], None]
        chunk[:] = _picture(texture, settings.noise, random, chunk.shape)
    made_of = json.dumps([count, stream, settings.seed, settings.noise])
    return Split(images, labels, hashlib.sha256(made_of.encode()).hexdigest())


def _textures(
    random: np.random.Generator, masks: np.ndarray, canvas: tuple[int, ...]
) -> np.ndarray:
    """Return textures of mean 0 and deviation 1, float32 (B, H, W), for masks (B, H, U)."""
    white = random.standard_normal((len(masks), *canvas), np.float32)
    textures = np.fft.irfft2(np.fft.rfft2(white) * masks, canvas)
    return textures / textures.std(axis=(1, 2), keepdims=True)


def _picture(
    texture: np.ndarray, noise: float, random: np.random.Generator, shape: tuple[int, ...]
) -> np.ndarray:
    mixed = texture + noise * random.standard_normal(shape, np.float32)
    levels = GREY + CONTRAST / np.hypot(1, noise) * mixed
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)
