"""A model -> plain NumPy arrays: what its layers learned, their filters, how these are measured.

What is true of a trained model, without a picture of it. `plots` draws.
"""

from specnet.analysis.features import Features, entering, features
from specnet.analysis.filters import Filters, filters, filters_of, has_filters, without_filters
from specnet.analysis.frequency_plane import frequencies, impulse_responses, in_space, whole_plane
from specnet.analysis.kernels import impulse_kernel, kernel_response
from specnet.analysis.learned import Learned, learned
from specnet.analysis.measures import angular_average, extent, half_power_radii, radial_average

__all__ = [
    "Features",
    "Filters",
    "Learned",
    "angular_average",
    "entering",
    "extent",
    "features",
    "filters",
    "filters_of",
    "frequencies",
    "half_power_radii",
    "has_filters",
    "impulse_kernel",
    "impulse_responses",
    "in_space",
    "kernel_response",
    "learned",
    "radial_average",
    "whole_plane",
    "without_filters",
]
