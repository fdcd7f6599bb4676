"""Pictures -> files.

Formats. What is drawn is in `plots`, where it goes is the workflow's.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from matplotlib.figure import Figure
from PIL import Image

from specnet.plain import file_name
from specnet.plots.readable import pixels
from specnet.runs.files import write_atomically
from specnet.workflow.pictures.subject import Picture

_DPI = 150
_ANIMATION_DPI = 80
_FRAME, _LAST_FRAME = 200, 1500  # milliseconds


def write(picture: Picture, folder: Path, form: str) -> Path:
    """Writes a picture into a folder that exists, as `png`, `svg` or `pdf`; an animation as a GIF.

    Raises:
        RunError: where it cannot be written.
    """
    figure, name = picture.figure, file_name(picture.name)
    if isinstance(figure, Figure):
        still: Figure = figure
        path = folder / f"{name}.{form}"
        write_atomically(path, lambda file: still.savefig(file, format=form, dpi=_DPI))
        return path
    frames = figure
    path = folder / f"{name}.gif"
    write_atomically(path, lambda file: animate(frames, file))
    return path


def animate(figures: Sequence[Figure], file: BinaryIO) -> None:
    """Writes figures as the frames of a GIF."""
    frames = [Image.fromarray(pixels(each, _ANIMATION_DPI)) for each in figures]
    durations: Any = [_FRAME] * (len(frames) - 1) + [_LAST_FRAME]
    frames[0].save(
        file, format="GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0
    )
