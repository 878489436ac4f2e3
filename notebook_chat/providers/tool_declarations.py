"""The tools of a call as a service is told of them, and the way of a call's arguments back into the tool's own form."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from ..errors import InvalidOptionError
from ..schemas import Adapted, Subset, adapt
from ..tool_spec import ToolSpec
from .call import Call
from .options import TOOL_CHOICES

_NOTHING: dict[str, Any] = {"type": "object", "properties": {}}
_UNSAFE = re.compile(r"[^A-Za-z0-9_]")
_LONGEST = 50  # characters of a name that is made of another one
_DEEPEST = 30
_TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_SIZES = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
_TEXTS = frozenset({"pattern", "format", "description", "$ref"})
_NAMED = frozenset({"$defs", "definitions", "patternProperties", "dependentSchemas"})
_VALUES = frozenset({"enum", "const", "default", "examples"})


@dataclass(frozen=True, slots=True)
class Manner:
    """How a service wants to be told of the arguments of tools.

    Attributes:
        subset: What of JSON schema it takes.
        property_name: A pattern of the names that arguments may have; empty for any.
    """

    subset: Subset
    property_name: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """The arguments of one tool, as a service is told of them.

    Attributes:
        schema: Their JSON schema.
        adapted: How it was made of the tool's own.
        names: The tool's own names of the arguments that have another one in the schema.
    """

    schema: Mapping[str, Any]
    adapted: Adapted
    names: Mapping[str, str]

    @property
    def same(self) -> bool:
        """Whether arguments come in the tool's own form."""
        return not (self.names or self.adapted.changed)

    def back(self, arguments: str) -> str:
        """Arguments in the tool's own form; as they are where they are no JSON object.

        Args:
            arguments: JSON text, as the model has written it.
        """
        if self.same:
            return arguments
        try:
            value = msgspec.json.decode(arguments)
        except (ValueError, RecursionError):
            return arguments
        if not isinstance(value, dict):
            return arguments
        own = self.adapted.back(_renamed_back(value, self.names) if self.names else value)
        return arguments if own == value else msgspec.json.encode(own).decode()


def tools_of(call: Call) -> tuple[ToolSpec, ...]:
    """The tools of a call.

    Args:
        call: The call.
    """
    tools: tuple[ToolSpec, ...] = call.ask.options.get("tools") or ()
    return tools


def choice_of(call: Call) -> str:
    """Whether the model is to call tools: ``auto``, ``required``, ``none``, or the name of one; empty where nobody has
    said, and where there are no tools.

    Args:
        call: The call.

    Raises:
        InvalidOptionError: There is no tool of the name.
    """
    tools = tools_of(call)
    choice: str = (call.ask.options.get("tool_choice") or "") if tools else ""
    if choice and choice not in TOOL_CHOICES and choice not in (tool.name for tool in tools):
        raise InvalidOptionError(
            f"tool_choice is {choice}, and there is no tool of that name",
            hint=f"Choose one of {', '.join(tool.name for tool in tools[:8])}, or {', '.join(TOOL_CHOICES)}.",
        )
    return choice


def is_forced(choice: str) -> bool:
    """Whether a choice of tools has the model call one, whatever it would do by itself."""
    return choice not in ("", "auto", "none")


def declared(spec: ToolSpec, manner: Manner) -> Declared:
    """The arguments of a tool, as a service is told of them.

    Args:
        spec: The tool.
        manner: How the service wants to be told.
    """
    return _declared(msgspec.json.encode(spec.parameters), manner)


def back(call: Call | None, manner: Manner, name: str, arguments: str) -> str:
    """The arguments of a model's call in the form that the tool itself has for them.

    Args:
        call: What was asked.
        manner: How the service was told of the tools.
        name: The tool that the model calls.
        arguments: The arguments, as JSON text.
    """
    spec = next((tool for tool in tools_of(call) if tool.name == name), None) if call is not None else None
    return arguments if spec is None else declared(spec, manner).back(arguments)


@lru_cache(maxsize=1024)
def _declared(encoded: bytes, manner: Manner) -> Declared:
    own: dict[str, Any] = msgspec.json.decode(encoded)
    if _is_empty(own):
        return Declared(_NOTHING, Adapted(own, _NOTHING), {})
    try:
        adapted = adapt(own, manner.subset)
        if not _is_sound(adapted.schema):
            adapted = Adapted(own, None)
    except Exception:  # of what is no schema: servers have written it
        adapted = Adapted(own, None)
    schema = adapted.schema
    if schema is None:
        schema = {**_simple(own, 0), "type": "object"}
        schema.setdefault("properties", {})
    names: dict[str, str] = {}
    if manner.property_name:
        allowed = re.compile(manner.property_name)
        unsafe = {name for name in _names(schema) if not allowed.fullmatch(name)}
        names = {_safe(name): name for name in sorted(unsafe)}
        if names:
            schema = _renamed(schema, {name: safe for safe, name in names.items()})
    return Declared(schema, adapted, names)


def _is_empty(schema: Mapping[str, Any]) -> bool:
    """Whether a tool has no arguments at all."""
    told = schema.keys() - {"type", "properties", "required", "additionalProperties", "title", "$schema"}
    extra = schema.get("additionalProperties")
    return not (told or schema.get("properties") or schema.get("required") or isinstance(extra, Mapping))


def _is_sound(schema: Any) -> bool:
    """Whether a schema that was adapted is one: where a server has written nonsense, some of it may be left."""
    if not isinstance(schema, Mapping) or schema.get("type", "object") not in _TYPES:
        return False
    required = schema.get("required", [])
    if not all(isinstance(name, str) for name in required) or len(set(required)) < len(required):
        return False
    for name, value in schema.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if name in _NUMBERS and not (number and (name != "multipleOf" or value > 0)):
            return False
        if name in _SIZES and not (number and value >= 0 and value % 1 == 0):
            return False
        if name in _TEXTS and not isinstance(value, str):
            return False
        if name == "uniqueItems" and not isinstance(value, bool):
            return False
    inner = [schema[name] for name in ("items", "additionalProperties") if name in schema]
    inner += [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    inner += [*schema.get("anyOf", ()), *schema.get("prefixItems", ())]
    return all(isinstance(one, bool) or _is_sound(one) for one in inner)


def _simple(schema: Any, depth: int) -> dict[str, Any]:
    """As much of a schema as every service takes, of one that cannot be said otherwise or is none: types, names and
    descriptions."""
    found: dict[str, Any] = {}
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return found
    if isinstance(kind := schema.get("type"), str) and kind in _TYPES:
        found["type"] = kind
    if isinstance(words := schema.get("description"), str) and words:
        found["description"] = words
    if isinstance(inner := schema.get("properties"), Mapping):
        found["properties"] = {name: _simple(one, depth + 1) for name, one in inner.items()}
        required = schema.get("required")
        names = required if isinstance(required, list) else []
        found["required"] = [name for name in inner if name in names]
    if isinstance(inner := schema.get("items"), Mapping):
        found["items"] = _simple(inner, depth + 1)
    return found


def _safe(name: str) -> str:
    """A name that every service takes for an argument of another name, and no argument has by itself."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    plain = _UNSAFE.sub("_", name)[:_LONGEST]
    return f"{plain if plain[:1].isalpha() or plain[:1] == '_' else f'_{plain}'}_{digest}"


def _names(node: Any) -> Iterator[str]:
    """The names of all properties in a schema."""
    for key, inner in _schemas(node):
        if key == "properties":
            yield from inner
        for one in inner.values() if isinstance(inner, Mapping) else inner:
            yield from _names(one)


def _schemas(node: Any) -> Iterator[tuple[str, Any]]:
    """What in a schema holds further ones, by keyword: schemas with their names, or a list of them."""
    for key, value in node.items() if isinstance(node, Mapping) else ():
        if isinstance(value, Mapping) and (key == "properties" or key in _NAMED):
            yield key, value
        elif isinstance(value, Mapping) and key not in _VALUES:
            yield key, [value]
        elif isinstance(value, list) and key not in _VALUES:
            yield key, value


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    """A schema with other names of its properties."""
    if not isinstance(node, Mapping):
        return node
    found: dict[str, Any] = dict(node)
    for key, inner in _schemas(node):
        if isinstance(inner, Mapping):
            rename = names if key == "properties" else {}
            found[key] = {rename.get(name, name): _renamed(one, names) for name, one in inner.items()}
        elif key == "required":
            found[key] = [names.get(name, name) if isinstance(name, str) else name for name in inner]
        elif isinstance(node[key], list):
            found[key] = [_renamed(one, names) for one in inner]
        else:
            found[key] = _renamed(inner[0], names)
    return found


def _renamed_back(value: Any, names: Mapping[str, str]) -> Any:
    """Arguments with the tool's own names, wherever in them."""
    if isinstance(value, list):
        return [_renamed_back(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    return {names.get(name, name): _renamed_back(one, names) for name, one in value.items()}
