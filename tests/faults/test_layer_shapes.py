"""Random layers, arguments, shapes of every rank and types: layers give what they say.

Laws: the output has the shape of `compute_output_shape` and the compute dtype; gradients are
finite; a layer made from its configuration gives the same; one built for any size, or with channels
first, gives the same too. What a layer does not take, it refuses in a ValueError of its own.
"""

import random

import keras
import numpy as np
import pytest
from gradients import gradients_of
from keras import ops

from specnet.layers import FreeConvolution
from specnet.recipe.ranks import axes_in_name, ranks_of
from specnet.recipe.registry import FORMS, LAYERS, RANKS, resolve
from specnet.recipe.signatures import families, signature

pytestmark = [pytest.mark.faults, pytest.mark.backend]

OURS = {name: resolve(name) for name, where in LAYERS.items() if where.startswith("specnet.")}
SPECTRA = {name for name in OURS if FORMS[name].takes == "spectra"}
EITHER = {name for name in OURS if FORMS[name].takes == "either"}
LENGTHS = [1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 31]
POLICIES = ["float32", "float32", "float16", "bfloat16", "float64", "mixed_float16"]
INPUTS = ["float32", "float32", "float16", "float64", "uint8", "int32", "bool"]
CHOICES = {
    "filters": [1, 2, 4, 6],
    "mixing": ["sum", "depthwise", "full"],
    "activation": [None, "relu", "tanh", "softplus", "gelu"],
    "use_bias": [False, True],
    "padding": ["same", "circular", "reflect", "valid"],
    "strides": [1, 1, 2, (2, 3), 7],
    "antialias": [False, True],
    "family": [*families()],
    "learnable": [False, True],
    "cutoff": [0.05, 0.25, 0.5, 0.7],
    "low": [0.02, 0.1],
    "high": [0.2, 0.7],
    "transition": [0, 0.01, 0.1, 1],
    "rate": [0, 0.3, 0.9],
    "bias": [-0.3, 0.0, 0.2],
    "norm": ["ortho", "backward", "forward"],
    "channels": ["keep", "sum"],
    "init": ["unit_gain", "wood2021"],
    "grid": ["signed", "wood2021"],
    "form": ["cartesian", "polar"],
    "band": ["low", "high", "band"],
    "order": [1, 2, 3],
    "wavelet": ["haar", "db2", "bior2.2", "sym8", "dmey"],
    "bands": ["low", "all"],
    "edge": ["brick", "hamming", "cosine", "asap"],
    "size": [None, 1, 4, (3, 5)],
    "factor": [1, 1.5, 2.0, 3.7],
    "smoothness": [0.5, 2.0, 4.0],
    "regularizer": [0.0, 0.1],
    "frozen": [False, True],
    "transform": ["fourier", "dct", "hartley"],
    "frequencies": ["pixel", "image"],
    "seamless": [False, True],
    "kernel_extent": [None, 1, 2, (3, 1)],
    "dilation_rate": [1, 2, (1, 3)],
    "groups": [1, 2],
    "shared": [False, True],
    "window": ["hamming", "hann", "blackman", "kaiser"],
    "beta": [0, 6.0],
    "modes": [None, 1, (3, 2)],
    "resample": [False, True],
    "region": ["disc", "square"],
    "attenuation": [21, 60.0],
    "taps": [2, 3, 4, 7],
    "max_size": [1, 2, 3],
    "kernel_size": [1, 3, (3, 2)],
    "harmonics": [1, 2],
    "seed": [3],
    "widths": ["any"],
    "factorization": [None, "cp", "tucker"],
    "rank": [1, 3],
    "over_channels": [False, True],
    "lowest": [1, 3, 60],
    "reduction": [1, 2, 16],
    "levels": [1, 2, 4],
    "blocks": [1, 1, 2],
    "expansion": [1, 2],
    "threshold": [0, 0.01, 0.5],
    "ratio": [0, 0.5, 1],
    "input_ratio": [None, 0, 0.3, 1],
    "local_unit": [False, False, True],
}
ALWAYS = {"filters", "kernel_size", "seed", "widths"}


class Trial:
    """One random layer, with random inputs."""

    def __init__(self, seed: int):
        self.draw = draw = random.Random(seed)
        self.name = draw.choice([*OURS])
        self.policy, self.dtype = draw.choice(POLICIES), draw.choice(INPUTS)
        # TensorFlow's convolutions give no images as many channels as come in.
        batches = [1, 2] if self.name == "fast_fourier_convolution" else [0, 1, 2, 3]
        self.batch, self.channels = draw.choice(batches), draw.choice([1, 2, 3, 4])
        self.rank = draw.choice(ranks_of(self.name))
        lengths = LENGTHS if self.rank < 3 else LENGTHS[:9]
        self.size = tuple(draw.choice(lengths) for _ in range(self.rank))
        self.spectral = self.name in SPECTRA or (self.name in EITHER and draw.random() < 0.5)
        self.arguments = {"dtype": self.policy, **self._arguments()}
        self.inputs = self._inputs(np.random.default_rng(seed))

    def __str__(self) -> str:
        return (
            f"{self.name}({self.arguments}) of {self.inputs.dtype} {self.inputs.shape}, "
            f"{' x '.join(map(str, self.size))} pixels"
        )

    def _arguments(self) -> dict:
        chosen = {}
        for argument in signature(self.name):
            if argument.name in CHOICES and (argument.name in ALWAYS or self.draw.random() < 0.4):
                chosen[argument.name] = self._value(argument.name)
        if "_pass" in self.name and "edge" in chosen:
            chosen["edge"] = self.draw.choice(["brick", "butterworth", "gaussian", "kaiser"])
        if chosen.get("frequencies") == "image":
            chosen["image_size"] = self.draw.choice([1, 8] + [(9, 5)] * (self.rank == 2))
        if self.name == "learned_spectral_pooling":
            chosen["strides"] = self.draw.choice([1.0, 1.7, (2.0, 5.5)])
        if self.name in ("spectral_kernel_conv2d", "windowed_conv2d"):
            chosen.pop("strides", None)
            chosen.pop("groups", None)  # TensorFlow has no gradients of them on CPUs
            chosen["padding"] = "same"
        if self.name.endswith("transpose"):
            chosen["padding"] = self.draw.choice(["same", "circular"])
        if any(argument.name == "odd_width" for argument in signature(self.name)):
            chosen["odd_width"] = self.size[-1] % 2 == 1
        return chosen

    def _value(self, name: str):
        """One of its choices; of signals one number, of volumes some have one an axis."""
        value = self.draw.choice(CHOICES[name])
        if name == "family":
            return self.draw.choice([each for each in families() if self.rank in RANKS[each]])
        if axes_in_name(self.name) in (1, 3) and isinstance(value, tuple):
            return value[0] if self.rank == 1 else (*value, 2)
        return value

    def _inputs(self, rng: np.random.Generator) -> np.ndarray:
        shape = (self.batch, *self.size, self.channels)
        bins = (*self.size[:-1], self.size[-1] // 2 + 1)
        if self.spectral:
            shape = (self.batch, 2, self.channels, *bins)
        if self.name == "from_complex_last":
            shape = (self.batch, *bins, self.channels, 2)
        if self.name.startswith("idwt"):
            shape = (*shape[:-1], 2**self.rank * self.channels)
        whole = self.dtype in ("uint8", "int32", "bool")
        # Weights of float16 cannot hold gradients of sums of large numbers.
        largest = 4 if "float16" in self.policy else 256
        numbers = rng.integers(0, largest, shape) if whole else rng.normal(size=shape)
        return numbers.astype(self.dtype)

    def layer(self, **others) -> keras.layers.Layer:
        return OURS[self.name](**{**self.arguments, **others})


def numbers(tensor) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(ops.cast(tensor, "float64")))


def refused(trial: Trial) -> str | None:
    """The layer's own words, where it does not take these inputs; everything else is a fault."""
    try:
        trial.layer().build(trial.inputs.shape)
    except ValueError as error:
        words = str(error)
        assert "\x1b" not in words, f"{trial}: Keras's words: {words}"
        return words
    return None


def check(trial: Trial) -> None:
    """Raises AssertionError where a law does not hold."""
    layer = trial.layer()
    output = layer(trial.inputs, training=False) if "drop" in trial.name else layer(trial.inputs)
    shape = layer.compute_output_shape(trial.inputs.shape)
    for length, said in zip(output.shape, shape, strict=True):
        assert said in (None, length), f"{trial}: gives {output.shape}, says {shape}"
    kind = keras.backend.standardize_dtype(output.dtype)
    assert kind == layer.compute_dtype, f"{trial}: gives {kind}, not {layer.compute_dtype}"
    assert np.isfinite(numbers(output)).all(), f"{trial}: output is not finite"
    for name, gradient in gradients_of(layer, trial.inputs).items():
        assert np.isfinite(gradient).all(), f"{trial}: gradient of {name} is not finite"
    check_the_same(trial, layer, output)


def check_the_same(trial: Trial, layer: keras.layers.Layer, output) -> None:
    """Layers made in other ways give the same."""
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config(), f"{trial}: another configuration"
    others = [(again, trial.inputs, None, trial.inputs.shape)]
    axes = trial.rank + 2
    plain = not trial.spectral and trial.name != "from_complex_last"
    if plain and not isinstance(layer, keras.layers.Conv2D):
        first = trial.layer(data_format="channels_first")
        turned = np.moveaxis(trial.inputs, -1, 1)
        behind = (0, *range(2, axes), 1) if len(output.shape) == axes else None
        others.append((first, turned, behind, turned.shape))
    bound = isinstance(getattr(layer, "convolution", layer), FreeConvolution)
    bound = bound or (trial.name == "global_filter" and layer.size is None)
    if plain and not bound:
        unknown = (*(None,) * (axes - 1), trial.inputs.shape[-1])
        others.append((trial.layer(), trial.inputs, None, unknown))
    expected = numbers(output)
    for other, inputs, turn, built in others:
        other.build(built)
        other.set_weights(layer.get_weights())
        found = numbers(other(inputs, training=False) if "drop" in trial.name else other(inputs))
        found = found.transpose(turn) if turn else found
        scale = np.abs(expected).max(initial=1e-30)
        error = np.abs(found - expected).max(initial=0) / scale
        assert error < 1e-2, f"{trial}: built for {built} it gives others, by {error}"


@pytest.fixture
def eager():
    """XLA takes a second for each layer: functions are compiled in one trial of ten."""
    if keras.backend.backend() != "tensorflow":
        yield lambda wanted: None
        return
    import tensorflow as tf

    yield tf.config.run_functions_eagerly
    tf.config.run_functions_eagerly(False)


def test_layers_give_what_they_say(trials, eager):
    """100 at random in the suite on TensorFlow, 6 on JAX, which compiles every one of them."""
    number = trials(40 if keras.backend.backend() == "tensorflow" else 3)
    failed, turned_away = [], 0
    for seed in range(number):
        eager(seed % 10 != 0)
        trial = Trial(seed)
        try:
            if refused(trial):
                turned_away += 1
            else:
                check(trial)
        except AssertionError as error:
            failed.append(str(error))
        except Exception as error:
            failed.append(f"{trial}: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
        if seed % 200 == 199:
            keras.backend.clear_session()
    assert turned_away < number / 3 + 2
    assert not failed, f"{len(failed)} of {number}:\n" + "\n".join(failed[:40])
