"""Convolutions of images in space, by NumPy and SciPy, with the filters of a layer."""

import numpy as np
import scipy.signal
from gradients import compiled_on_jax
from keras import ops

from specnet.ops.padding import extended_size

CHANNELS, FILTERS = 2, 4


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def built(layer, images):
    if not layer.built:
        layer.build(images.shape)
    return layer


def output_of(layer, images):
    return numpy_of(compiled_on_jax(built(layer, images))(images))


def random_images(rng, size, channels=CHANNELS, batch=2):
    return rng.normal(size=(batch, *size, channels))


def kernels(layer, size):
    """Impulse responses (C, F, P, Q) of a built layer at an extended size, by NumPy."""
    real, imaginary = layer.convolution.transfer_functions(size)
    impulses = np.fft.irfft2(hermitian(real + 1j * imaginary, size[1]), size)
    if layer.mixing == "full":
        return impulses.reshape(CHANNELS, -1, *size)
    if layer.mixing == "sum":
        return np.stack([impulses] * CHANNELS)
    owner = np.arange(len(impulses)) // (len(impulses) // CHANNELS)
    return np.stack([impulses * (owner == c)[:, None, None] for c in range(CHANNELS)])


def hermitian(response, width):
    """NumPy ignores what is not Hermitian in column 0, but backends differ in the other rows."""
    for column in {0, width // 2} if width % 2 == 0 else {0}:
        values = response[..., column]
        mirrored = np.roll(values[..., ::-1], 1, axis=-1)
        response[..., column] = (values + mirrored.conj()) / 2
    return response


def centred(kernel, size):
    """Offsets -(H-1)..H-1 by -(W-1)..W-1 of an impulse response with period (P, Q)."""
    rows, columns = (np.arange(-n + 1, n) % p for n, p in zip(size, kernel.shape, strict=True))
    return kernel[rows][:, columns]


def circular(image, kernel):
    return sum(
        kernel[i, j] * np.roll(image, (i, j), axis=(0, 1))
        for i in range(kernel.shape[0])
        for j in range(kernel.shape[1])
    )


def zero_padded(image, kernel):
    height, width = image.shape
    full = scipy.signal.fftconvolve(image, centred(kernel, image.shape), mode="full")
    return full[height - 1 : 2 * height - 1, width - 1 : 2 * width - 1]


def reflected(image, kernel):
    """Direct convolution of the mirrored image, over one period of the kernel's offsets."""
    (height, width), (down, right) = image.shape, kernel.shape
    padded = np.pad(image, ((down - 1, 0), (right - 1, 0)), mode="reflect")
    return sum(
        kernel[i, j] * padded[down - 1 - i :, right - 1 - j :][:height, :width]
        for i in range(down)
        for j in range(right)
    )


IN_SPACE = {"circular": circular, "same": zero_padded, "reflect": reflected}


def in_space(layer, images, padding):
    """(B, H, W, F), one pair of channel and filter after the other."""
    size = images.shape[1:3]
    k = kernels(layer, extended_size(padding, size, layer.steps))

    def filtered(image, f):
        return sum(IN_SPACE[padding](image[..., c], k[c, f]) for c in range(CHANNELS))

    channels = [[filtered(image, f) for image in images] for f in range(FILTERS)]
    return np.moveaxis(np.array(channels), 0, -1)


def assert_close(found, expected, relative):
    assert found.shape == expected.shape
    assert np.linalg.norm(found - expected) <= relative * np.linalg.norm(expected)
