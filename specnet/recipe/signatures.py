"""What a recipe may say to a layer, read from the layer's source: arguments, defaults, first line.

The source is parsed, not run, so that neither Keras nor its backend is imported: a recipe is
checked in a fraction of a second. Types come from annotations; for the layers of Keras, which have
none, from the table in `argument_types.py`.
"""

import ast
import json
import pathlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from pydantic import TypeAdapter, ValidationError

from specnet.messages import Path, explain, shown, suggest
from specnet.recipe.argument_types import EVERY_LAYER, advice, argument_type, object_kind
from specnet.recipe.ranks import axes_in_name, unfit
from specnet.recipe.registry import ALIASES, LAYERS, is_family

# Classes of `keras.initializers` and the like that are no use to a layer; bases do nothing.
_NOT_FOR_LAYERS = {"Initializer", "RandomInitializer", "STFT", "STFTInitializer"}
_NOT_FOR_LAYERS |= {"Regularizer", "Constraint"}
# Names that Keras reads and does not export.
_SHORT = {"normal": "RandomNormal", "one": "Ones", "uniform": "RandomUniform", "zero": "Zeros"}
# What Keras asks for where it reads a configuration, though its constructor has a default.
_ASKED_FOR = {"Constant": "value"}
_OPTIMIZERS = {
    "adam": "Adam",
    "adamw": "AdamW",
    "lion": "Lion",
    "nadam": "Nadam",
    "rmsprop": "RMSprop",
    "sgd": "SGD",
}
# The base class of all convolutions of spectra: they are known by taking its arguments.
_FAMILY = "specnet.layers.base:SpectralConvolution"
# The base class of those that are made of a family, and what it is given by the maker.
PARAMETRIC = "specnet.layers.base:ParametricConvolution"
_MADE = {"family", "options"}


@dataclass(frozen=True)
class Argument:
    """One argument of a constructor; `default` and `annotation` are source text."""

    name: str
    required: bool
    default: str | None = None
    annotation: str | None = None


@dataclass(frozen=True)
class Signature:
    """The arguments of a constructor; `passes_on` if others go to the base class."""

    arguments: tuple[Argument, ...]
    passes_on: bool


def signature(layer: str) -> tuple[Argument, ...]:
    """The arguments of a layer of the registry, without those that every Keras layer has.

    Raises KeyError if the registry has no such name.
    """
    return _signature(layer).arguments


def summary(layer: str) -> str:
    """The first line of the layer's docstring."""
    if layer in ALIASES:
        return f"The activation {layer}."
    _, definition = find(*LAYERS[layer].split(":"))
    return (ast.get_docstring(definition) or "").partition("\n")[0]


def allowed(layer: str) -> dict[str, Argument]:
    """Every argument that a recipe may give a layer, by name: its own, then those of any layer."""
    found = _signature(layer)
    own = {argument.name: argument for argument in found.arguments}
    return own | {name: Argument(name, False) for name in EVERY_LAYER if found.passes_on}


@cache
def activations() -> tuple[str, ...]:
    """The names of Keras's activations."""
    return _exported("keras.activations")


@cache
def _exported(module: str) -> tuple[str, ...]:
    """What a module of Keras offers by name."""
    imports = [node for node in _parse(module).body if isinstance(node, ast.ImportFrom)]
    names = (alias.asname or alias.name for node in imports for alias in node.names)
    return tuple(sorted({*names} - {"deserialize", "get", "serialize"}))


def check_arguments(layer: str, arguments: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """What is wrong with `arguments`: (place, words), such as (("rate",), "must be ..., found 2").

    A place is an argument's name, and then keys if the problem is inside its value.
    """
    return _check(layer, allowed(layer), arguments)


def optimizer_options(optimizer: str) -> dict[str, Argument]:
    """Every option that an optimizer of `sgd`, `adamw`, ... takes, by name."""
    found = _constructor("keras.optimizers", _OPTIMIZERS[optimizer]).arguments
    return {each.name: each for each in found if each.name != "learning_rate"}


def check_options(optimizer: str, options: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """What is wrong with an optimizer's options, as `check_arguments` tells it."""
    problems = _check("optimizer", optimizer_options(optimizer), options)
    clips = [name for name in ("clipnorm", "clipvalue", "global_clipnorm") if options.get(name)]
    if len(clips) > 1:
        problems.append(((clips[1],), f"stands beside {clips[0]}; keep one of them"))
    return problems


def families() -> tuple[str, ...]:
    """The layers whose filters a convolution of images can have: the convolutions of spectra."""
    shared = _names(_FAMILY)
    return tuple(
        name for name in LAYERS if shared <= {each.name for each in _signature(name).arguments}
    )


def family_parts(family: str | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The name and the arguments of a `family`: a name, or `{name: {arguments}}`."""
    name, arguments = (family, None) if isinstance(family, str) else next(iter(family.items()))
    return name, arguments or {}


def check_family(family: Any, rank: int = 2) -> list[tuple[Path, str]]:
    """What is wrong with a `family`, as `check_arguments` tells it.

    The arguments that all families share are said by the layer that has the family.
    `rank` is that of the layer: 1 of signals, 2 of images, 3 of volumes.
    """
    if not isinstance(family, str) and not (isinstance(family, dict) and len(family) == 1):
        return [((), f"expected a family, `name` or `{{name: {{...}}}}`, found {shown(family)}")]
    name, arguments = family_parts(family)
    if name not in families():
        return [((), f"unknown family '{name}'{suggest(str(name), families())}")]
    if words := unfit(name, rank):
        return [((), f"found '{name}', but {words}")]
    if not isinstance(arguments, dict):
        return [((name,), f"expected its arguments by name, found {shown(arguments)}")]
    own = {each.name: each for each in signature(name) if each.name not in _names(_FAMILY)}
    return [((name, *place), words) for place, words in _check(name, own, arguments)]


def _check(
    layer: str, known: Mapping[str, Argument], arguments: Mapping[str, Any]
) -> list[tuple[Path, str]]:
    problems: list[tuple[Path, str]] = [
        ((name,), f"is missing; write `{layer}: {{{name}: ...}}`")
        for name in known
        if known[name].required and name not in arguments
    ]
    for name, value in arguments.items():
        if name in known:
            problems += _check_value(layer, known[name], value)
        else:
            ours = LAYERS.get(layer, "").startswith("specnet.")
            hint = (ours and advice(name)) or suggest(name, known)
            problems.append(((name,), f"unknown argument{hint}"))
    return problems


def _check_value(layer: str, argument: Argument, value: Any) -> list[tuple[Path, str]]:
    if argument.default == "None" and value is None:
        return []
    if argument.name == "family":
        rank = axes_in_name(layer) or 2
        return [(("family", *place), words) for place, words in check_family(value, rank)]
    kind = object_kind(argument.name)
    if kind:
        return [((argument.name, *place), words) for place, words in _check_object(kind, value)]
    if argument.name == "activation" and isinstance(value, str) and value not in activations():
        return [(("activation",), f"unknown activation '{value}'{suggest(value, activations())}")]
    expected = argument_type(layer, argument.name, argument.annotation)
    try:
        # As JSON, because only there does pydantic's strict mode read a list as a tuple.
        TypeAdapter(expected).validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        return [((argument.name, *place), words) for place, words in explain(error, value)]
    return []


def _check_object(kind: str, value: Any) -> list[tuple[Path, str]]:
    """What is wrong with an initializer, a regularizer or a constraint, `kind` says which.

    It is a name, or what Keras writes: `{class_name: name, config: {arguments}}`.
    """
    module = f"keras.{kind}s"
    keys = {"class_name", "config", "module", "registered_name"}
    named = isinstance(value, dict) and isinstance(value.get("class_name"), str)
    if not isinstance(value, str) and not (named and value.keys() <= keys):
        expected = "`name` or `{class_name: name, config: {...}}`"
        return [((), f"expected {expected}, found {shown(value)}")]
    name = value if isinstance(value, str) else value["class_name"]
    place: Path = () if isinstance(value, str) else ("class_name",)
    known = _objects(module)
    if name not in known:
        usual = [each for each in known if each.islower()]
        return [(place, f"unknown {kind} '{name}'{suggest(name, usual)}")]
    asked = _ASKED_FOR.get(known[name])
    if isinstance(value, str) and asked:
        words = f"needs its {asked}: {{class_name: {name}, config: {{{asked}: ...}}}}"
        return [((), words)]
    if isinstance(value, str):
        return []
    if value.get("module", module) != module or value.get("registered_name") not in (None, name):
        return [
            ((), f"must be one of Keras's own: write only class_name and config, as in {module}")
        ]
    config = value.get("config") or {}
    if not isinstance(config, dict):
        return [(("config",), f"expected its arguments by name, found {shown(config)}")]
    if asked and asked not in config:
        return [(("config", asked), "is missing")]
    own = {each.name: each for each in _constructor(module, known[name]).arguments}
    return [(("config", *where), words) for where, words in _check(kind, own, config)]


@cache
def _objects(module: str) -> dict[str, str]:
    """The names that Keras reads for the classes of a module: `HeNormal`, `he_normal`."""
    classes = [name for name in _exported(module) if name[0].isupper()]
    classes = [name for name in classes if name not in _NOT_FOR_LAYERS]
    named = {name: name for name in classes}
    named |= {_snake_case(name): name for name in classes if not name.endswith("Initializer")}
    return named | {short: name for short, name in _SHORT.items() if name in classes}


def _snake_case(name: str) -> str:
    """As Keras does it: `l1l2` for L1L2."""
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _signature(layer: str) -> Signature:
    if layer in ALIASES:
        return Signature((), passes_on=True)
    where = LAYERS[layer].split(":")
    return _family_signature(*where) if is_family(layer) else _constructor(*where)


def _family_signature(module: str, name: str) -> Signature:
    """Of the layer that is made of a family: `filters`, the family's arguments, all others."""
    _, function = find(module, name)
    base = _constructor(*PARAMETRIC.split(":"))
    filters, *others = (each for each in base.arguments if each.name not in _MADE)
    return Signature((filters, *_arguments(function), *others), base.passes_on)


def _names(where: str) -> set[str]:
    return {argument.name for argument in _constructor(*where.split(":")).arguments}


@cache
def _constructor(module: str, name: str) -> Signature:
    """The constructor of a class; what it passes on by `**kwargs` is looked up in its bases."""
    module, definition = find(module, name)
    functions = (node for node in definition.body if isinstance(node, ast.FunctionDef))
    init = next((node for node in functions if node.name == "__init__"), None)
    bases = [base.id for base in definition.bases if isinstance(base, ast.Name)]
    if init is None:
        return _constructor(module, bases[0]) if bases else Signature((), passes_on=True)
    own = _arguments(init)[1:]
    # A base class of Keras takes more than its children's users may say.
    if init.args.kwarg is None or not bases or module.startswith("keras."):
        return Signature(own, passes_on=init.args.kwarg is not None)
    base = _constructor(module, bases[0])
    taken = {argument.name for argument in own} | _passed_to_base(init, base)
    inherited = (argument for argument in base.arguments if argument.name not in taken)
    return Signature((*own, *inherited), base.passes_on)


def _arguments(function: Any) -> tuple[Argument, ...]:
    positional, by_name = function.args.args, function.args.kwonlyargs
    unset = len(positional) - len(function.args.defaults)
    defaults = [*[None] * unset, *function.args.defaults, *function.args.kw_defaults]
    return tuple(
        Argument(arg.arg, default is None, _source(default), _source(arg.annotation))
        for arg, default in zip((*positional, *by_name), defaults, strict=True)
        if arg.arg not in EVERY_LAYER
    )


def _source(node: ast.expr | None) -> str | None:
    return None if node is None else ast.unparse(node)


def _passed_to_base(init: ast.FunctionDef, base: Signature) -> set[str]:
    """The arguments that a constructor itself gives to `super().__init__`."""
    for node in ast.walk(init):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__":
            by_place = base.arguments[: len(node.args)]
            by_name = {keyword.arg for keyword in node.keywords if keyword.arg}
            return by_name | {argument.name for argument in by_place}
    return set()


def find(module: str, name: str) -> tuple[str, Any]:
    """The module where a class or function is, followed through `from ... import`, and its AST."""
    for node in _parse(module).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return module, node
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return find(node.module, alias.name)
    raise LookupError(f"no {name} in {module}")


@cache
def _parse(module: str) -> ast.Module:
    """The source of a module of an installed package, found without importing it."""
    package, *inner = module.split(".")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"the package {package} is not installed")
    path = pathlib.Path(spec.submodule_search_locations[0], *inner)
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_text(encoding="utf-8"))
