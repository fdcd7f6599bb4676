"""Tensor maths in `keras.ops`: grids, Fourier transforms, resampling, wavelets. No layers."""
