"""The JSON schema of a function's arguments, as services take it that are not asked to keep to it strictly.

What is made here takes all that the tool's own schema takes: the arguments that come back are checked against that one,
and a model is told in words what could not be said otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from .adapting import adapt
from .references import resolved
from .subsets import Subset
from .words import as_text

_DEEPEST = 20
_LONGEST_TOLD = 2000  # characters of a schema that is told in words

_NOTHING: dict[str, Any] = {"type": "object", "properties": {}}


def parameters(schema: Mapping[str, Any], subset: Subset) -> dict[str, Any]:
    """A schema of arguments whose root is an object without alternatives, with no list that does not say what is in it.
    It may be anybody's: one that cannot be understood is told in words.

    Args:
        schema: The tool's own schema.
        subset: What the service takes.
    """
    try:
        return _parameters(msgspec.json.encode(schema), subset)
    except (TypeError, ValueError, OverflowError, RecursionError):  # it is no JSON
        return dict(_NOTHING)


@lru_cache(maxsize=512)
def _parameters(text: bytes, subset: Subset) -> dict[str, Any]:
    schema = msgspec.json.decode(text)
    if not schema:
        return dict(_NOTHING)
    for make in (_adapted, _gathered):
        try:
            if (found := make(schema, subset)) is not None:
                return {**_NOTHING, **_completed(found)}
        except Exception:
            continue
    return _told(schema, dict(_NOTHING))


def _adapted(schema: Any, subset: Subset) -> dict[str, Any] | None:
    """The schema in what the service takes; ``None`` where that is no object, or nothing."""
    found = adapt(schema, subset)
    if found.schema is None or found.wrapped or found.schema.get("type") != "object" or not found.strict:
        return None
    return dict(found.schema)


def _gathered(schema: Any, subset: Subset) -> dict[str, Any] | None:
    """An object with all properties that the schema knows in any of its branches."""
    properties, required = _branches(schema, schema, 0)
    found: dict[str, Any] = {"type": "object", "properties": {}, "required": sorted(required)}
    for name, some in properties.items():
        found["properties"][name] = some[0] if len(some) == 1 else {"anyOf": some}
    found |= {name: schema[name] for name in ("$defs", "definitions", "description") if name in schema}
    return _told(schema, _adapted(found, subset) or found)


def _branches(document: Any, schema: Any, depth: int) -> tuple[dict[str, list[Any]], set[str]]:
    """The properties of a schema and of its branches, and those of them that must always be there."""
    schema = resolved(document, schema)
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return {}, set()
    properties: dict[str, list[Any]] = {name: [one] for name, one in schema.get("properties", {}).items()}
    required = {name for name in schema.get("required", ()) if isinstance(name, str)}

    def add(others: Mapping[str, list[Any]]) -> None:
        for name, some in others.items():
            known = properties.setdefault(name, [])
            known += [one for one in some if one not in known]

    for part in schema.get("allOf", ()):
        others, needed = _branches(document, part, depth + 1)
        add(others)
        required |= needed
    for name in ("anyOf", "oneOf"):
        found = [_branches(document, one, depth + 1) for one in schema.get(name, ())]
        for others, _ in found:
            add(others)
        if found:
            required |= set.intersection(*(needed for _, needed in found))
    return properties, required & properties.keys()


def _told(schema: Any, found: dict[str, Any]) -> dict[str, Any]:
    """A schema that says less than another one, with that one in words."""
    text = as_text(schema)
    if len(text) > _LONGEST_TOLD:
        return found
    words = f"It must fit this JSON schema: {text}"
    return {**found, "description": " ".join(filter(None, (found.get("description"), words)))}


def _completed(schema: Any) -> Any:
    """The same with what some services miss: what is in each list, and no list of required properties that is empty."""
    if not isinstance(schema, Mapping):
        return schema
    found = dict(schema)
    for name in ("properties", "$defs", "definitions"):
        if isinstance(found.get(name), Mapping):
            found[name] = {key: _completed(one) for key, one in found[name].items()}
    for name in ("items", "additionalProperties"):
        if name in found:
            found[name] = _completed(found[name])
    for name in ("anyOf", "prefixItems"):
        if isinstance(found.get(name), list):
            found[name] = [_completed(one) for one in found[name]]
    kinds = found.get("type")
    if kinds == "array" or (isinstance(kinds, list) and "array" in kinds):
        first, rest = found.pop("prefixItems", []), found.get("items", {})
        if first and (rest is False or found.get("maxItems") == len(first)):
            some = [one for place, one in enumerate(first) if one not in first[:place]]
            rest = some[0] if len(some) == 1 else {"anyOf": some}
        elif first:
            rest = {}
        found["items"] = rest if isinstance(rest, Mapping) else {}
    if found.get("required") == []:
        del found["required"]
    return found
