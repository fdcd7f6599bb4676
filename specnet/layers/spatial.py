"""Keras's own convolutions of images, signals and volumes, as the counterpart of the spectral ones.

Which classes these are; no layers.
"""

import keras

SPATIAL_CONVOLUTIONS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.DepthwiseConv1D,
    keras.layers.Conv2DTranspose,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)
