"""Half precision at the size of photographs: what layers give is finite, and so are gradients.

In training, of images whose mean is twice their deviation. The suite has 28 pixels; with
`--fault-trials` it is 224, for which the largest sums and the longest transforms are made.
"""

import keras
import numpy as np
import pytest
from gradients import gradients_of
from keras import ops

from specnet.recipe.ranks import axes_in_name
from specnet.recipe.registry import LAYERS, resolve
from specnet.recipe.signatures import signature

pytestmark = pytest.mark.faults

OF_IMAGES = [
    name
    for name, where in LAYERS.items()
    if where.startswith("specnet.") and axes_in_name(name) in (None, 2)
]
REQUIRED = {"filters": 4, "kernel_size": 3}


def made(name, images):
    """A built layer, and images, spectra or bands, whichever it takes."""
    known = {argument.name: argument for argument in signature(name)}
    arguments = {key: REQUIRED[key] for key, argument in known.items() if argument.required}
    spectra = np.fft.rfft2(np.moveaxis(images, 3, 1), norm="ortho")
    parts = spectra.real, spectra.imag
    bands = np.concatenate([images] * 4, axis=-1)
    for inputs in (images, np.stack(parts, 1), np.moveaxis(np.stack(parts, -1), 1, 3), bands):
        layer = resolve(name)(**arguments)
        try:
            layer.build(inputs.shape)
        except ValueError:
            continue
        return layer, inputs.astype("float32")
    raise AssertionError(f"{name} takes none of these")


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_outputs_and_gradients_of_every_layer_are_finite(policy, trials, rng):
    side = 224 if trials(0) else 28
    if side == 28 and policy != "mixed_float16":
        pytest.skip("by hand; float16 has the smaller range")
    keras.config.set_dtype_policy(policy)
    images = rng.normal(2, 1, (1, side, side, 2))
    failed = []
    for name in OF_IMAGES:
        layer, inputs = made(name, images)
        how = {"training": True} if layer._call_has_training_arg else {}
        found = {"output": ops.convert_to_numpy(ops.cast(layer(inputs, **how), "float64"))}
        found |= gradients_of(layer, inputs, lambda output: ops.mean(output * output), **how)
        failed += [f"{name}: {what}" for what in found if not np.isfinite(found[what]).all()]
        assert np.abs(found["output"]).max() > 0
    assert not failed
