"""Transfer functions with a few parameters: filters that do not know the size of the image.

One family a file, each a function that returns a `Family`: pure maths over `keras.ops`, no layers.
`specnet.layers.convolution` turns a family into a Keras layer.
"""

from specnet.transfer.bspline import bspline
from specnet.transfer.butterworth import Band, butterworth
from specnet.transfer.chebyshev import chebyshev
from specnet.transfer.difference_of_gaussians import difference_of_gaussians
from specnet.transfer.family import Family, Form
from specnet.transfer.gabor import gabor
from specnet.transfer.gaussian import gaussian
from specnet.transfer.gaussian_mixture import gaussian_mixture
from specnet.transfer.implicit import implicit
from specnet.transfer.log_gabor import log_gabor
from specnet.transfer.lorentzian import lorentzian
from specnet.transfer.polynomial import polynomial
from specnet.transfer.radial import radial

__all__ = [
    "Band",
    "Family",
    "Form",
    "bspline",
    "butterworth",
    "chebyshev",
    "difference_of_gaussians",
    "gabor",
    "gaussian",
    "gaussian_mixture",
    "implicit",
    "log_gabor",
    "lorentzian",
    "polynomial",
    "radial",
]
