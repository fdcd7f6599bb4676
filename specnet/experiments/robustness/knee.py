"""The knee of a curve: where it stops to rise, and more buys little.

S  strengths
"""

import numpy as np


def knee(strengths: np.ndarray, values: np.ndarray) -> int | None:
    """The point of a rising curve that is farthest above the line between its ends.

    Satopää et al. 2011 ("Finding a kneedle in a haystack") for a curve made monotonic first: each
    value is the largest so far, so that noise makes no knees.

    Args:
        strengths: (S,), rising.
        values: (S,).

    Returns:
        Its place; None where the curve does not rise, or nowhere is above the line.
    """
    rising = np.maximum.accumulate(values)
    if len(values) < 3 or rising[-1] <= rising[0]:
        return None
    across = (strengths - strengths[0]) / (strengths[-1] - strengths[0])
    up = (rising - rising[0]) / (rising[-1] - rising[0])
    place = int(np.argmax(up - across))
    return place if up[place] > across[place] else None
