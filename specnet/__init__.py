"""Convolutional networks in the frequency domain: layers for Keras, and a tool to train them.

Importing this module loads neither Keras nor TensorFlow; `specnet.layers` does.
"""

__version__ = "0.1.0"
