"""The names that a recipe can give a layer: those that layers declare, and a table of Keras's.

A layer of specnet is declared where it is written: `@layer(name, group)` above a class in
`specnet/layers`, `@family(ranks)` above a function in `specnet/transfer`. Their sources are
searched for these lines; nothing is imported until `resolve` is asked for a class, so that a recipe
is checked, and `specnet layers` answers, before Keras is loaded.
"""

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
_FAMILIES = "Convolutions of spectra"
# In the order of a network; what is declared with another heading comes after these.
_HEADINGS = (
    "Between images and spectra",
    _FAMILIES,
    "Pass bands",
    "Dropout of frequencies",
    "Activations of spectra",
    "Normalisation of spectra",
    "Convolutions of images",
    "Convolutions of signals and volumes",
    "Blocks of images",
    "Pooling and resampling",
    "Wavelets",
)
_LAYER = re.compile(r'^@layer\(\s*"(\w+)", "([^"]+)"(.*?)\)\nclass (\w+)', re.MULTILINE | re.DOTALL)
_SAID = re.compile(r'(\w+)=(?:"(\w+)"|\(([\d, ]+)\))')
_FAMILY = re.compile(r"^@family\(([\d, ]+)\)\ndef (\w+)", re.MULTILINE)
_OF_KERAS = {
    "Keras: convolutions of images": {
        "conv2d": "keras.layers:Conv2D",
        "conv2d_transpose": "keras.layers:Conv2DTranspose",
        "depthwise_conv2d": "keras.layers:DepthwiseConv2D",
        "separable_conv2d": "keras.layers:SeparableConv2D",
    },
    "Keras: convolutions of signals and volumes": {
        "conv1d": "keras.layers:Conv1D",
        "conv1d_transpose": "keras.layers:Conv1DTranspose",
        "depthwise_conv1d": "keras.layers:DepthwiseConv1D",
        "separable_conv1d": "keras.layers:SeparableConv1D",
        "conv3d": "keras.layers:Conv3D",
        "conv3d_transpose": "keras.layers:Conv3DTranspose",
    },
    "Keras: heads and shapes": {
        "dense": "keras.layers:Dense",
        "flatten": "keras.layers:Flatten",
        "reshape": "keras.layers:Reshape",
        "rescaling": "keras.layers:Rescaling",
        **{f"zero_padding{rank}d": f"keras.layers:ZeroPadding{rank}D" for rank in (1, 2, 3)},
        **{f"up_sampling{rank}d": f"keras.layers:UpSampling{rank}D" for rank in (1, 2, 3)},
    },
    "Keras: activations": {
        "activation": "keras.layers:Activation",
        "relu": "keras.layers:ReLU",
        "leaky_relu": "keras.layers:LeakyReLU",
        "softmax": "keras.layers:Softmax",
    },
    "Keras: pooling": {
        "max_pooling2d": "keras.layers:MaxPooling2D",
        "adaptive_max_pooling2d": "keras.layers:AdaptiveMaxPooling2D",
        "average_pooling2d": "keras.layers:AveragePooling2D",
        "global_average_pooling2d": "keras.layers:GlobalAveragePooling2D",
        "global_max_pooling2d": "keras.layers:GlobalMaxPooling2D",
    },
    "Keras: pooling of signals and volumes": {
        f"{kind}_pooling{rank}d": f"keras.layers:{kind.title().replace('_', '')}Pooling{rank}D"
        for rank in (1, 3)
        for kind in ("max", "average", "global_average", "global_max")
    },
    "Keras: normalisation and regularisation": {
        "batch_normalization": "keras.layers:BatchNormalization",
        "layer_normalization": "keras.layers:LayerNormalization",
        "dropout": "keras.layers:Dropout",
        **{f"spatial_dropout{rank}d": f"keras.layers:SpatialDropout{rank}D" for rank in (1, 2, 3)},
    },
}


@dataclass(frozen=True)
class Form:
    """What a layer takes and gives, as it is declared; empty where nothing is said.

    `takes` and `gives` are `images` (also for signals and volumes), `spectra`, `complex`: spectra
    with the complex axis last, `vectors`, `either` images or spectra, or `any`.
    `ranks`: how many axes are transformed: 1 of signals, 2 of images, 3 of volumes.
    """

    takes: str
    gives: str = ""
    ranks: tuple[int, ...] = ()


def _declared() -> tuple[dict[str, dict[str, str]], dict[str, Form]]:
    """Heading -> name -> `module:attribute`, of all that specnet declares; and their forms."""
    found: dict[str, dict[str, str]] = {heading: {} for heading in _HEADINGS}
    forms = {}
    for file in sorted((_PACKAGE / "layers").glob("*.py")):
        for name, heading, rest, kind in _LAYER.findall(file.read_text(encoding="utf-8")):
            found.setdefault(heading, {})[name] = f"specnet.layers.{file.stem}:{kind}"
            said = {key: text or numbers for key, text, numbers in _SAID.findall(rest)}
            ranks = _numbers(said.get("ranks", ""))
            forms[name] = Form(said.get("takes", "images"), said.get("gives", ""), ranks)
    for file in sorted((_PACKAGE / "transfer").glob("*.py")):
        for numbers, name in _FAMILY.findall(file.read_text(encoding="utf-8")):
            found[_FAMILIES][name] = f"specnet.transfer.{file.stem}:{name}"
            forms[name] = Form("spectra", ranks=_numbers(numbers))
    return found, forms


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(",") if each.strip())


def _form_of_keras(name: str) -> Form:
    """Names of Keras tell the rank of what takes but one; other layers take any tensor."""
    gives = "vectors" if name == "flatten" or name.startswith("global_") else ""
    return Form("images" if re.search(r"[123]d(_|$)", name) else "any", gives)


_OURS, FORMS = _declared()
GROUPS: dict[str, dict[str, str]] = _OURS | _OF_KERAS
LAYERS: dict[str, str] = {name: where for group in GROUPS.values() for name, where in group.items()}
FORMS |= {name: _form_of_keras(name) for group in _OF_KERAS.values() for name in group}
# How many frequencies the functions of each family can be of.
RANKS = {name: FORMS[name].ranks for name in GROUPS[_FAMILIES]}

# `linear` is the filter of Wood & Larson (2021); the activation that does nothing needs no name.
ALIASES: dict[str, tuple[str, dict[str, str]]] = {
    name: ("activation", {"activation": name})
    for name in ("elu", "gelu", "sigmoid", "silu", "tanh")
}


def is_family(name: str) -> bool:
    """Whether the layer is made of a family of transfer functions."""
    return LAYERS[name].startswith("specnet.transfer.")


def resolve(name: str) -> type:
    """The class of the layer `name`, imported now; KeyError if there is no such name."""
    module, _, attribute = LAYERS[name].partition(":")
    if is_family(name):
        families = import_module("specnet.layers.families")
        attribute, module = families.class_name(name), families.__name__
    layer: type = getattr(import_module(module), attribute)
    return layer
