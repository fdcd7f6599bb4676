"""JSON Schema of a recipe file, with which editors complete and check one while it is written."""

from typing import Any

from pydantic import TypeAdapter

from specnet.recipe.argument_types import argument_type
from specnet.recipe.layer_specs import BLOCKS
from specnet.recipe.registry import ALIASES, LAYERS
from specnet.recipe.schema import NETWORKS, Recipe
from specnet.recipe.signatures import Argument, activations, allowed, signature, summary

Schema = dict[str, Any]

_LAYERS: Schema = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/layer"}}


def json_schema() -> Schema:
    """JSON Schema (2020-12) of a recipe file: whole, or with a `base` and any part of the rest."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recipe of specnet",
        "type": "object",
        "if": {"required": ["base"]},
        "then": _without_required(_file("#/then/$defs/{model}")),
        "else": _file("#/else/$defs/{model}"),
        "$defs": {"layer": _layer()},
    }


def _file(template: str) -> Schema:
    schema = Recipe.model_json_schema(ref_template=template)
    schema["$defs"].pop("LayerSpec")
    schema["properties"] |= {
        **dict.fromkeys(NETWORKS, _LAYERS),
        "base": {"type": "string", "description": "a recipe, by path or name, beneath this one"},
    }
    schema["required"] = ["data"]
    schema["oneOf"] = [{"required": ["model"]}, {"required": ["encoder", "decoder"]}]
    return schema


def _without_required(schema: Any) -> Any:
    """The same schema where every part may be left to the base."""
    if isinstance(schema, list):
        return [_without_required(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    # Without `source`, a section of data fits several of the kinds.
    renamed = {("anyOf" if key == "oneOf" else key): part for key, part in schema.items()}
    return {key: _without_required(part) for key, part in renamed.items() if key != "required"}


def _layer() -> Schema:
    """An item of a network: a name alone, if nothing is required, or a name and its arguments."""
    layers = {name: _arguments(name) for name in (*LAYERS, *ALIASES)}
    properties = layers | {"repeat": _repeat(), "residual": _block("residual", ["layers"])}
    alone = [name for name, schema in properties.items() if not schema["required"]]
    one = {"type": "object", "minProperties": 1, "maxProperties": 1}
    return {
        "anyOf": [
            {"enum": alone},
            {**one, "properties": properties, "additionalProperties": False},
        ]
    }


def _repeat() -> Schema:
    block = _block("repeat", ["times", "layers"])
    block["properties"]["times"] = {"type": "integer", "minimum": 1}
    return block


def _block(name: str, required: list[str]) -> Schema:
    return {
        "type": "object",
        "properties": dict.fromkeys(BLOCKS[name], _LAYERS),
        "required": required,
        "additionalProperties": False,
    }


def _arguments(layer: str) -> Schema:
    return {
        "description": summary(layer),
        "type": ["object", "null"],
        "properties": {name: _argument(layer, one) for name, one in allowed(layer).items()},
        "required": [argument.name for argument in signature(layer) if argument.required],
        "additionalProperties": False,
    }


def _argument(layer: str, argument: Argument) -> Schema:
    schema = TypeAdapter(argument_type(layer, argument.name, argument.annotation)).json_schema()
    if argument.name == "activation":
        schema = {"enum": list(activations())}
    if argument.default == "None":
        schema = {"anyOf": [schema, {"type": "null"}]}
    known = {} if argument.default is None else {"description": f"default: {argument.default}"}
    return schema | known
