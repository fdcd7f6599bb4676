"""What others offer for PyTorch, as functions to be timed next to a layer of ours.

Each is given the images of the layer that it is compared with, and its weights where it has the
same ones; a peer whose numbers are not those of an independent formula is not timed.

    B  batch   C  channels   F  filters   H, W  height and width of the images, in pixels
    V, U  bins of their half spectrum   k  pixels along a kernel   m  modes
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import keras
import numpy as np
import torch
from scipy import fft, signal
from torch.nn import functional

from specnet import environment
from specnet.errors import RunError
from specnet.messages import counted
from specnet.native.threads import threads
from specnet.studies.bench.timing import Job
from specnet.studies.bench.workloads import BACKWARD, FORWARD, Built

Tensor = Any
Index = tuple[Any, ...]

_TOLERANCE = 1e-3  # of the largest number; float32 leaves 1e-5, another formula 1
_EVERYWHERE = (Ellipsis,)
_CORNER = 32  # pixels


@dataclass(frozen=True)
class Program:
    """A function of images and weights in PyTorch.

    Attributes:
        function: (B, C, H, W) -> (B, F, ...), or channels last.
        images: in the layout that it takes.
        weights: what gradients are asked for, besides the images.
        expected: by an independent formula, as (B, ..., F) at `where`.
        where: the part of the output that is known.
        channels_last: of what comes out.
        any_size: whether weights belong to images of any size, (B, C, H, W) then.
    """

    function: Callable[[Tensor], Tensor]
    images: Tensor
    weights: tuple[Tensor, ...]
    expected: np.ndarray
    where: Index = _EVERYWHERE
    channels_last: bool = False
    any_size: bool = False

    def foretold(self) -> float:
        """Seconds of a run with its gradients, at most, from a corner of one image.

        Some libraries take many minutes for large kernels, and no signal ends such a call.
        """
        if not self.any_size:
            return 0.0
        corner = self.images.detach()[:1, :, :_CORNER, :_CORNER].requires_grad_()

        def taken() -> float:
            began = time.perf_counter()
            found = self.function(corner)
            _wait(torch.autograd.grad(found.sum(), (corner, *self.weights))[0])
            return time.perf_counter() - began

        first = taken()  # and whatever is made once
        return min(first, taken()) * self.images[:, 0].numel() / corner[:, 0].numel()

    def output(self) -> np.ndarray:
        """(B, ..., F)."""
        with torch.no_grad():
            found = self.function(self.images)
        return (found if self.channels_last else found.movedim(1, -1)).cpu().numpy()

    def check(self) -> None:
        """Raises RunError where the numbers are not the expected ones."""
        gap = float(np.abs(self.output()[self.where] - self.expected).max())
        largest = float(np.abs(self.expected).max())
        if not gap <= _TOLERANCE * largest:
            raise RunError(
                f"not the same function: {gap:.2g} away from an independent formula, whose largest "
                f"number is {largest:.2g}"
            )

    def jobs(self, noise: np.ndarray) -> dict[str, Job]:
        """Forward, and gradients of images and weights for noise (B, ..., F), by measure."""
        self.images.requires_grad_()
        with torch.no_grad():
            like = self.function(self.images)
        drawn = torch.tensor(noise)
        wanted = like.copy_(drawn if self.channels_last else drawn.movedim(-1, 1))

        def forward() -> Tensor:
            with torch.no_grad():
                return _wait(self.function(self.images))

        def backward() -> Tensor:
            found = self.function(self.images)
            return _wait(torch.autograd.grad(found, (self.images, *self.weights), wanted)[0])

        return {FORWARD: forward, BACKWARD: backward}


def prepare(packages: Iterable[str]) -> str:
    """Gives PyTorch as many threads as ours have; says what runs, and on what."""
    torch.set_num_threads(threads())
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return f"Peers: {versions}, on {_device()}, {counted(torch.get_num_threads(), 'thread')}."


def conv2d(built: Built, kernel: int, channels_last: bool = False) -> Program:
    """PyTorch's own convolution, zeros around the images."""
    layout = torch.channels_last if channels_last else torch.contiguous_format
    images = _planes(built).to(memory_format=layout)
    kernels, bias = _kernels(built, kernel)
    weights = _learned(kernels)[0].detach().to(memory_format=layout).requires_grad_()
    function = partial(functional.conv2d, weight=weights, bias=bias, padding=kernel // 2)
    return Program(function, images, (weights, bias), *_one_plane(built, kernels), any_size=True)


def fft_convolution(built: Built, kernel: int) -> Program:
    """The same by `torch.fft`: images and kernels with zeros around, a product for each bin."""
    kernels, bias = _kernels(built, kernel)
    (weights,) = _learned(kernels)
    function = partial(convolved_by_fft, kernels=weights, bias=bias)
    return Program(
        function, _planes(built), (weights, bias), *_one_plane(built, kernels), any_size=True
    )


def convolved_by_fft(images: Tensor, kernels: Tensor, bias: Tensor) -> Tensor:
    """As `torch.nn.functional.conv2d` with zeros around: (B, C, H, W), (F, C, k, k), (F,)."""
    height, width = images.shape[-2:]
    k = kernels.shape[-1]
    size = [fft.next_fast_len(length + k - 1, real=True) for length in (height, width)]
    spectrum = torch.fft.rfft2(images, s=size)
    response = torch.fft.rfft2(kernels, s=size).conj()
    product = torch.einsum("bcvu,fcvu->bfvu", spectrum, response)
    whole = torch.fft.irfft2(product, s=size).roll((k // 2, k // 2), (-2, -1))
    return whole[..., :height, :width] + bias[:, None, None]


def global_filter(built: Built) -> Program:
    """GFNet's filter as its authors wrote it: channels last, weights (V, U, C, 2)."""
    (bins,) = _learned(_weight(built, "bins").transpose(2, 3, 1, 0))
    images = _planes(built).movedim(1, -1).contiguous()
    function = partial(_filtered, weights=bins)
    return Program(function, images, (bins,), _ours(built), channels_last=True)


def _filtered(images: Tensor, weights: Tensor) -> Tensor:
    spectrum = torch.fft.rfft2(images, dim=(1, 2), norm="ortho")
    product = spectrum * torch.view_as_complex(weights)
    return torch.fft.irfft2(product, s=images.shape[1:3], dim=(1, 2), norm="ortho")


def neural_operator(built: Built) -> Program:
    """neuraloperator's SpectralConv with a matrix in each pixel and gelu, as `fourier_block`."""
    from neuralop.layers.spectral_convolution import SpectralConv

    bins = _weight(built, "bins")  # (2, C, F, 2m, m)
    channels, filters, rows, columns = bins.shape[1:]
    spectral = SpectralConv(channels, filters, (rows, 2 * (columns - 1)), bias=False)
    spectral = spectral.to(_device())
    with torch.no_grad():
        wanted = np.fft.fftshift(bins[0] + 1j * bins[1], axes=-2)
        spectral.weight.tensor.copy_(torch.from_numpy(wanted))
    kernel, bias = _learned(_weight(built, "kernel").T[:, :, None, None], _weight(built, "bias"))

    def function(images: Tensor) -> Tensor:
        return functional.gelu(spectral(images) + functional.conv2d(images, kernel, bias))

    weights = (*spectral.parameters(), kernel, bias)
    return Program(function, _planes(built), weights, _ours(built))


def wavelets(built: Built, wavelet: str, pooled: bool) -> Program:
    """The bands of pytorch_wavelets, as `dwt2d`; `pooled`: half of the low one."""
    from pytorch_wavelets import DWTForward

    transform = DWTForward(J=1, wave=wavelet, mode="periodization").to(_device())

    def function(images: Tensor) -> Tensor:
        low, (details,) = transform(images)
        return low / 2 if pooled else torch.cat((low, *details.unbind(2)), 1)

    return Program(function, _planes(built), (), _ours(built))


def _one_plane(built: Built, kernels: np.ndarray) -> tuple[np.ndarray, Index]:
    """The last filter's output of the last image, by SciPy in float64; and where that is."""
    image = keras.ops.convert_to_numpy(built.inputs)[-1].astype("float64")
    planes = zip(image.transpose(2, 0, 1), kernels[-1].astype("float64"), strict=True)
    return sum(signal.correlate(*each, mode="same") for each in planes), (-1, ..., -1)


def _kernels(built: Built, kernel: int) -> tuple[np.ndarray, Tensor]:
    """(F, C, k, k), drawn, and a bias of 0."""
    channels, filters = built.inputs.shape[-1], built.noise.shape[-1]
    rng = np.random.default_rng(0)
    drawn = rng.normal(0, (channels * kernel**2) ** -0.5, (filters, channels, kernel, kernel))
    (bias,) = _learned(np.zeros(filters))
    return drawn.astype("float32"), bias


def _learned(*arrays: np.ndarray) -> list[Tensor]:
    made = (np.ascontiguousarray(array, "float32") for array in arrays)
    return [torch.tensor(array, device=_device()).requires_grad_() for array in made]


def _planes(built: Built) -> Tensor:
    """The images with channels first."""
    return (
        torch.tensor(keras.ops.convert_to_numpy(built.inputs), device=_device())
        .movedim(-1, 1)
        .contiguous()
    )


def _ours(built: Built) -> np.ndarray:
    return keras.ops.convert_to_numpy(built.model(built.inputs, training=False))


def _weight(built: Built, name: str) -> np.ndarray:
    """Of our layer."""
    (found,) = (each for each in built.model.weights if each.name == name)
    return keras.ops.convert_to_numpy(found)


def _device() -> str:
    """Where ours runs, if PyTorch can."""
    return "cuda" if environment.device() != "CPU" and torch.cuda.is_available() else "cpu"


def _wait(found: Tensor) -> Tensor:
    if found.is_cuda:
        torch.cuda.synchronize()
    return found
