"""The JSON schemas of a function's parameters as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...schemas.references import references
from .parameters import Parameter


def merged(parameters: Mapping[str, Parameter], rest: Parameter | None) -> dict[str, Any]:
    """The JSON schema of all arguments together.

    Args:
        parameters: The parameters, by what a model calls them.
        rest: ``**kwargs``, where there are some.
    """
    definitions: dict[str, Any] = {}
    properties = {name: _placed(one.schema(), definitions) for name, one in parameters.items()}
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required := [name for name, one in parameters.items() if one.required]:
        schema["required"] = required
    schema["additionalProperties"] = False if rest is None else _placed(rest.schema(), definitions) or True
    used = _used(schema, definitions)
    if used:
        schema["$defs"] = used
    return schema


def _placed(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A schema whose definitions have been put with those of the others; one that is a mere reference is replaced by
    what it refers to, since not every service reads what stands beside a reference."""
    own = schema.pop("$defs", {})
    renamed = {}
    for name, one in own.items():
        if name in definitions and definitions[name] != one:
            number = 2
            while f"{name}_{number}" in definitions or f"{name}_{number}" in own:
                number += 1
            renamed[name] = f"{name}_{number}"
    for name, one in own.items():
        definitions[renamed.get(name, name)] = _referring(one, renamed)
    schema = _referring(schema, renamed)
    reference = schema.get("$ref", "")
    if reference.startswith("#/$defs/"):
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        schema = {**definitions[reference.removeprefix("#/$defs/")], **beside}
    return schema


def _referring(schema: Any, renamed: Mapping[str, str]) -> Any:
    if not renamed:
        return schema
    if isinstance(schema, Mapping):
        return {
            name: f"#/$defs/{renamed.get(value.removeprefix('#/$defs/'), value.removeprefix('#/$defs/'))}"
            if name == "$ref" and isinstance(value, str)
            else _referring(value, renamed)
            for name, value in schema.items()
        }
    return [_referring(one, renamed) for one in schema] if isinstance(schema, list) else schema


def _used(schema: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The definitions that a schema refers to, and those that these refer to."""
    used: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        for reference in references(waiting.pop()):
            name = reference.removeprefix("#/$defs/")
            if name in definitions and name not in used:
                used[name] = definitions[name]
                waiting.append(used[name])
    return used
