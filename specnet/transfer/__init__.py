"""Transfer functions with a few parameters: filters that do not know the size of the image.

One family a file, each a function that returns a `Family`: pure maths over `keras.ops`, no layers.
`specnet.layers.convolution` turns a family into a Keras layer.
"""

from specnet.transfer.family import Family, Form
from specnet.transfer.gaussian import gaussian
from specnet.transfer.polynomial import polynomial

__all__ = ["Family", "Form", "gaussian", "polynomial"]
