"""Malformed recipes and layer arguments: refused in words, or a model of them makes a real step."""

import json
import math
import random
import time

import keras
import numpy as np
import pytest

from specnet import data, recipe
from specnet.errors import RecipeError, SpecnetError
from specnet.models import builder, compilation
from specnet.recipe import registry
from specnet.recipe.signatures import allowed
from specnet.training.first_step import explanation

pytestmark = pytest.mark.faults

# Values of every kind, at the edges of every range and beyond.
VALUES = [
    None, True, False, 0, 1, 2, 3, 4, 8, 255, 70_000, 2**31, 2**63, 2**64, 10**30, -1, -2, -(2**63),
    0.0, 0.3, 0.5, 1.0, 1.5, 2.5, -0.1, 1e-320, 1e-7, 1e30, 3e38, 1e308, math.inf, math.nan,
    "", "x", "3", "same", "valid", "relu", "softmax", "bilinear", "bicubic", "full", "db2", "free",
    "float16", "float64", "bfloat16", "mixed_float16", "int32", "bool", "string", "complex64",
    "ones", "zeros", "identity", "orthogonal", "glorot_uniform", "l2", "orthogonal_regularizer",
    "max_norm", "unit_norm", "channels_first", "a\0b", "\ud800", "\x1b[31m", "é" * 300,
    [], [1], [2, 2], [3, 1], [1, 2, 3], [8, -1], [-1], [64], [0, 0], [None, 1], [8, None, 1, 1],
    [[1, 0], [0, 1]], [[[[1]]]], [1.5, 2], [70_000, 70_000], ["a", "b"], [True, False], [3, 3],
    {}, {"class_name": "Constant", "config": {"value": 2}}, {"gabor": {}}, {"free": None},
    {"class_name": "Constant", "config": {"value": "x"}}, {"class_name": "L2", "config": {"l2": 1}},
    {"class_name": "MaxNorm", "config": {"axis": 7}}, {"a": 1}, {"chebyshev": {"order": 300}},
    {"class_name": "x", "registered_name": "specnet>RFFT2D", "config": {}},
]  # fmt: skip
NEEDED = {"filters": 2, "kernel_size": 3, "units": 3, "rate": 0.5, "scale": 2.0}
NEEDED |= {"activation": "relu", "target_shape": [-1], "output_size": 2, "pool_size": 2}
DATA = {"source": "gratings", "image_size": 8, "train": 16, "validation": 8, "test": 8}
TRAINING = {"epochs": 1, "batch_size": 4}


def on_spectra(layer):
    """Whether a layer wants what `rfft2d` gives."""
    spectral = ("transforms", "convolution:", "localised", "expansions", "activations", "Crop")
    return layer != "rfft2d" and any(part in registry.LAYERS[layer] for part in spectral[:5])


def network(layer, arguments):
    before = ["rfft2d"] if on_spectra(layer) or layer == "crop_spectrum" else []
    before += {"from_complex_last": ["to_complex_last"], "idwt2d": ["dwt2d"]}.get(layer, [])
    return [*before, {layer: arguments}, "flatten", {"dense": {"units": 8}}]


def steps(content):
    """Loads a recipe, builds its model and trains it for a step; only a SpecnetError may come."""
    loaded = recipe.of_content(content, "trial")
    keras.config.set_dtype_policy(loaded.training.precision)
    dataset = data.load(loaded.data)
    model = builder.build(loaded)
    builder.check_head(loaded, model, dataset.classes)
    compilation.compile_model(model, loaded, steps=1)
    model.run_eagerly, model.jit_compile = True, False
    images = dataset.train.images[:4].astype("float32") / 255
    labels = np.eye(len(dataset.classes))[dataset.train.labels[:4]]
    try:
        model.train_on_batch(images, labels)
    except Exception as error:
        raise explanation(model, loaded, error) from error


def outcome(content):
    """`trained`, or what is said, which must be words of ours."""
    began = time.monotonic()
    try:
        steps(content)
        words = "trained"
    except SpecnetError as error:
        words = str(error)
    assert not {"\x1b", "Traceback"} & {*words, *words.split()}, words
    assert time.monotonic() - began < 300, f"{content}: took too long"
    return words


def test_any_argument_of_any_layer_is_refused_or_trains(trials):
    choice = random.Random(17)
    arguments = [(layer, name) for layer in registry.LAYERS for name in allowed(layer)]
    failed = []
    for _ in range(trials(50)):
        layer, name = choice.choice(arguments)
        given = {each: NEEDED[each] for each, one in allowed(layer).items() if one.required}
        given[name] = choice.choice(VALUES)
        if choice.random() < 0.2:
            given[choice.choice([*allowed(layer)])] = choice.choice(VALUES)
        content = {"data": DATA, "training": TRAINING, "model": network(layer, given)}
        try:
            words = outcome(content)
            if words != "trained" and not any(
                place in words for place in ("model[", "batch", "text")
            ):
                failed.append(f"{content['model']!a}: names no layer: {words}")
        except Exception as error:
            failed.append(f"{content['model']!a}: {type(error).__name__}: {str(error)[:200]!a}")
    assert not failed, "\n".join(failed)


SETTINGS = [
    *(("data", key) for key in ("image_size", "channels", "normalize", "train", "test", "noise")),
    *(("data", "augment", key) for key in ("shift", "rotate", "flip", "crop", "cutout")),
    *(("data", "augment", key) for key in ("mixup", "cutmix", "fill")),
    *(("training", key) for key in ("epochs", "batch_size", "loss", "precision", "jit_compile")),
    *(("training", key) for key in ("steps_per_execution", "workers", "checkpoint_seconds")),
    ("training", "seed"), ("data", "seed"),
    *(("training", "optimizer", key) for key in ("name", "learning_rate", "schedule", "options")),
    *(("training", "optimizer", "schedule", key) for key in ("name", "warmup", "end", "epochs")),
    ("training", "label_smoothing"), ("training", "optimizer", "decay_biases"),
    ("training", "optimizer", "bias_rate"),
    ("training", "adversarial"),
    *(("training", "adversarial", key) for key in ("epsilon", "steps", "step", "random_start")),
    ("training", "adversarial", "validation_images"),
    *(
        ("training", "optimizer", "options", key)
        for key in ("beta_1", "clipnorm", "weight_decay", "gradient_accumulation_steps", "use_ema")
    ),
    ("name",), ("data",), ("training",), ("model",), ("training", "optimizer"), ("base",), ("x",),
]  # fmt: skip


def test_any_setting_is_refused_or_trains(trials):
    choice = random.Random(17)
    failed = []
    for _ in range(trials(20)):
        content = {
            "data": {**DATA, "augment": {"shift": 1}},
            "model": ["flatten", {"dense": {"units": 8}}],
            "training": {
                **TRAINING,
                "optimizer": {"options": {}, "schedule": {"name": "cosine"}},
                "adversarial": {"epsilon": 0.1},
            },
        }
        *above, last = choice.choice(SETTINGS)
        inside = content
        for key in above:
            inside = inside[key]
        inside[last] = choice.choice(VALUES)
        try:
            outcome(content)
        except Exception as error:
            failed.append(f"{content!a}: {type(error).__name__}: {str(error)[:200]!a}")
    assert not failed, "\n".join(failed)


def test_a_text_with_any_mistake_is_refused_or_read(trials, tmp_path):
    choice = random.Random(17)
    text = (
        "# A recipe\nname: tiny\n"
        + json.dumps(
            {"data": DATA, "training": TRAINING, "model": network("gaussian", {"filters": 2})},
            indent=1,
        )[1:-1]
    )
    parts = ["[", "]", "{", "}", ":", ",", "\t", "\n", "&a ", "*a", "<<: ", "!!x ", "'", '"', "\0"]
    parts += ["- ", "---\n", "\r\n", "\x85", "\ufeff", "010", "1:30", ".inf", "~", "é", "\\ud800"]
    file = tmp_path / "x.yaml"
    for _ in range(trials(150)):
        broken = text
        for _ in range(choice.randint(1, 4)):
            start = choice.randrange(len(broken))
            end = start + choice.choice([0, 0, 1, 5, 40])
            broken = broken[:start] + choice.choice(parts) + broken[end:]
        file.write_bytes(broken.encode("utf-8", "surrogatepass"))
        try:
            recipe.load(file)
            told = ()
        except RecipeError as error:
            told = error.problems
        assert all(line.isprintable() for line in told), broken
