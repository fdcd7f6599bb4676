"""Filters that whiten the patches of images: uncorrelated, each with variance 1.

N  images   H, W  their height and width, in pixels   C  channels
k, l  height and width of a patch   D = k l C  numbers in it
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def whitening_filters(images: np.ndarray, size: tuple[int, int], epsilon: float) -> np.ndarray:
    """The principal components of all patches, divided by their standard deviations.

    Of natural images these are close to waves: the first is the mean of the patch, later ones are
    of higher frequencies and of the differences between colours.

    Args:
        images: (N, H, W, C), at least as large as a patch.
        size: k, l.
        epsilon: added to each variance, so that what hardly varies is not made loud. What does not
            vary at all gets a filter of zeros where it is 0.

    Returns:
        float64 (k, l, C, D), from the largest variance to the smallest. The largest number of each
        filter is positive.
    """
    numbers = size[0] * size[1] * images.shape[3]
    total, squares, count = np.zeros(numbers), np.zeros((numbers, numbers)), 0
    for image in images:  # all patches of all images may not fit into memory
        windows = sliding_window_view(image.astype("float64"), size, axis=(0, 1))
        patches = np.moveaxis(windows, 2, -1).reshape(-1, numbers)
        total += patches.sum(axis=0)
        squares += patches.T @ patches
        count += len(patches)
    mean = total / count
    variances, components = np.linalg.eigh(squares / count - np.outer(mean, mean))
    variances, components = variances[::-1], components[:, ::-1]
    largest = components[np.abs(components).argmax(axis=0), np.arange(numbers)]
    padded = np.maximum(variances, 0) + epsilon
    varies = padded > 1e-12 * variances[0]  # else it is rounding
    gains = np.where(varies, 1, 0) / np.sqrt(np.where(varies, padded, 1))
    filters = components * np.sign(largest) * gains
    return filters.reshape(*size, images.shape[3], numbers)
