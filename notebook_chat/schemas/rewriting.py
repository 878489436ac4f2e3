"""One schema written anew, so that it says the same in what a service takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .keywords import ANNOTATIONS, TOLD, nullable, only_of_type, type_of, types_of, written
from .limits import check_limits
from .merging import InexpressibleError, merged
from .references import looked_up, references, resolved
from .restoring import is_of
from .subsets import Subset

_DEEPEST = 60
_MOST_NODES = 50_000
_LONGEST_NAME = 60

_LOOKS_AROUND = re.compile(r"\(\?(?:[=!]|<[=!])")


@dataclass(slots=True)
class Rewriting:
    """Writes one schema anew.

    Attributes:
        document: The schema.
        subset: What the service takes.
        names: The names of the definitions that are written, by the references that mean them.
        definitions: They, by their names.
        nodes: How many schemas within it have been looked at.
    """

    document: Mapping[str, Any]
    subset: Subset
    names: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, Any] = field(default_factory=dict)
    nodes: int = 0

    def whole(self) -> tuple[dict[str, Any], bool]:
        """The schema, and whether it is wrapped into an object.

        Raises:
            InexpressibleError: The subset cannot say it.
        """
        root = self.node(self.document, 0)
        for _ in self.names:
            if set(root) == {"$ref"}:
                root = dict(self.definitions[root["$ref"].rpartition("/")[2]])
        wrapped = self.subset.object_root and root.get("type") != "object"
        if wrapped:
            root = wrapping(root)
        used = self._used(root)
        if used:
            root["$defs"] = {name: self.definitions[name] for name in used}
        if not self.subset.recursive and self._recursive(root):
            raise InexpressibleError("it contains itself")
        check_limits(root, self.subset)
        return root, wrapped

    def _used(self, root: Mapping[str, Any]) -> list[str]:
        """The names of the definitions that are referred to, from the root on."""
        found: dict[str, None] = {}
        waiting = [root]
        while waiting:
            for reference in references(waiting.pop()):
                name = reference.rpartition("/")[2]
                if name not in found:
                    found[name] = None
                    waiting.append(self.definitions[name])
        return list(found)

    def _recursive(self, root: Mapping[str, Any]) -> bool:
        after = {
            name: {one.rpartition("/")[2] for one in references(schema)}
            for name, schema in root.get("$defs", {}).items()
        }
        while after:
            ends = [name for name, others in after.items() if not others & after.keys()]
            if not ends:
                return True
            for name in ends:
                del after[name]
        return False

    # --- one place of the schema ---------------------------------------------------------------------------

    def node(self, schema: Any, depth: int) -> dict[str, Any]:
        """One schema within the whole."""
        self.nodes += 1
        if depth > _DEEPEST or self.nodes > _MOST_NODES:
            raise InexpressibleError("it is too large")
        if schema is False:
            raise InexpressibleError("nothing fits it")
        given = (
            {} if schema is True else {name: one for name, one in schema.items() if name not in ANNOTATIONS}
        )
        description = given.pop("description", "")
        told = [description] if isinstance(description, str) and description else []
        if "default" in given and self.subset.plain:
            told.append(f"Default: {written(given.pop('default'))}.")
        found = self.content(given, told, depth)
        if told:
            if "$ref" in found:
                found = {"anyOf": [found]}
            found = {**found, "description": " ".join(dict.fromkeys(told))}
        return found

    def content(self, given: dict[str, Any], told: list[str], depth: int) -> dict[str, Any]:
        """A schema without what is only told of it; what the subset cannot say is added to that."""
        if "$ref" in given and len(given) == 1:
            return {"$ref": f"#/$defs/{self.name(given['$ref'], depth)}"}
        if "$ref" in given or "allOf" in given:
            return self.node(self.joined(given), depth + 1)
        if "oneOf" in given or "anyOf" in given:
            return self.alternatives(given, depth)
        if "const" in given:
            given["enum"] = [given.pop("const")]
        if "enum" in given:
            return self.enumeration(given, told)
        kinds = types_of(given)
        if not kinds:
            return self.anything(given)
        if len(kinds) > 1:
            return {"anyOf": [self.node(only_of_type(given, kind), depth + 1) for kind in kinds]}
        return self.typed(kinds[0], given, told, depth)

    def name(self, reference: str, depth: int) -> str:
        """The name of the definition that a reference means, which is written where it is not yet."""
        if reference not in self.names:
            resolved(self.document, {"$ref": reference})  # it leads somewhere
            last = reference.rstrip("/").rpartition("/")[2] or "Root"
            name = re.sub(r"[^A-Za-z0-9_-]+", "_", last)[:_LONGEST_NAME] or "Part"
            while name in self.names.values():
                name += "_"
            self.names[reference] = name
            self.definitions[name] = {}
            self.definitions[name] = self.node(looked_up(self.document, reference), depth + 1)
        return self.names[reference]

    def joined(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """One schema of a reference, the parts of an ``allOf`` and what stands beside them."""
        rest = {name: one for name, one in given.items() if name not in ("$ref", "allOf")}
        parts = [*([{"$ref": given["$ref"]}] if "$ref" in given else []), *given.get("allOf", [])]
        if not rest and len(parts) == 1:
            return parts[0] if isinstance(parts[0], dict) else {}
        for part in parts:
            beside = isinstance(part, dict) and "$ref" in part and len(part) > 1
            found = self.joined(part) if beside else resolved(self.document, part)
            if found is False:
                raise InexpressibleError("nothing fits it")
            rest = merged(rest, {} if found is True else found)
        return rest

    def alternatives(self, given: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """One of several schemas, each together with what stands beside them."""
        rest = {name: one for name, one in given.items() if name not in ("oneOf", "anyOf")}
        if "oneOf" in given and "anyOf" in given:
            rest["anyOf"] = given["anyOf"]
        found: list[dict[str, Any]] = []
        for branch in given.get("oneOf", given.get("anyOf")) or []:
            if branch is False:
                continue
            whole = {"allOf": [rest, branch]} if rest else branch
            one = self.node(whole, depth + 1)
            inner = one["anyOf"] if set(one) == {"anyOf"} else [one]
            found += [each for each in inner if each not in found]
        if not found:
            raise InexpressibleError("nothing fits it")
        return found[0] if len(found) == 1 else {"anyOf": found}

    def enumeration(self, given: Mapping[str, Any], told: list[str]) -> dict[str, Any]:
        """Some values, by their types."""
        kinds = types_of(given)
        groups: dict[str, list[Any]] = {}
        for value in given["enum"]:
            if not kinds or any(is_of(value, kind) for kind in kinds):
                groups.setdefault(type_of(value), []).append(value)
        if not groups or not groups.keys().isdisjoint({"object", "array"}):
            raise InexpressibleError("an enumeration has no values, or has lists or objects among them")
        found = [self.values(kind, some, told) for kind, some in groups.items()]
        return found[0] if len(found) == 1 else {"anyOf": found}

    def values(self, kind: str, values: list[Any], told: list[str]) -> dict[str, Any]:
        """Some values of one type."""
        if kind == "null" or (kind == "boolean" and len(set(values)) > 1):
            return {"type": kind}
        if kind == "boolean" and not self.subset.boolean_values:
            told.append(f"(always {written(values[0])})")
            return {"type": kind}
        return {"type": kind, "enum": values}

    def anything(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A value of any type."""
        if self.subset.typed:
            raise InexpressibleError("a value may be of any type")
        return {}

    def typed(self, kind: str, given: Mapping[str, Any], told: list[str], depth: int) -> dict[str, Any]:
        """A value of one type."""
        if kind == "object":
            return self.object(given, told, depth)
        found: dict[str, Any] = {"type": kind}
        if kind == "array":
            found |= self.items(given, depth)
        return found | self.bounds(given, told)

    def bounds(self, given: Mapping[str, Any], told: list[str]) -> dict[str, Any]:
        """The bounds on a value that the subset has; of the others, what there is to tell."""
        kept = {name: given[name] for name in TOLD if name in given and self.has(name, given[name])}
        missing = [name for name in TOLD if name in given and name not in kept]
        if missing:
            told.append(f"({', '.join(f'{name}: {written(given[name])}' for name in missing)})")
        return kept

    def has(self, name: str, value: Any) -> bool:
        """Whether the subset has a bound with such a value."""
        subset = self.subset
        if name not in subset.keywords or isinstance(value, bool):
            return False
        if name == "format":
            return value in subset.formats
        if name == "pattern":
            whole = value.startswith("^") and value.endswith("$")
            return not _LOOKS_AROUND.search(value) and (whole or not subset.anchored)
        if subset.few_items and name == "minItems":
            return value in (0, 1)
        return (
            not subset.anchored
            or name not in ("maxLength", "minLength", "maxItems", "minItems")
            or value <= 1000
        )

    def items(self, given: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """What a list is made of."""
        items = given.get("items", True)
        first = items if isinstance(items, list) else given.get("prefixItems", [])
        rest = given.get("additionalItems", True) if isinstance(items, list) else items
        if not first:
            if rest is False:
                raise InexpressibleError("a list has no items")
            inner = self.node(rest, depth + 1)
            return {"items": inner} if inner else {}
        if not self.subset.typed:
            return {"prefixItems": [self.node(one, depth + 1) for one in first]}
        kinds = [*first, *([] if rest is False or given.get("maxItems") == len(first) else [rest])]
        return {"items": self.alternatives({"anyOf": kinds}, depth)}

    def object(self, given: Mapping[str, Any], told: list[str], depth: int) -> dict[str, Any]:
        """An object: one with properties of its own, or one with any keys."""
        properties = given.get("properties", {})
        required = given.get("required", [])
        extra = given.get("additionalProperties", True)
        by_pattern = given.get("patternProperties", {})
        if not properties and not required and (extra is not False or by_pattern):
            return self.mapping(
                given, [*by_pattern.values(), *([extra] if extra is not False else [])], told, depth
            )
        found: dict[str, Any] = {"type": "object", "properties": {}}
        for name in dict.fromkeys([*properties, *required]):
            one = self.node(properties.get(name, True), depth + 1)
            if self.subset.all_required and name not in required:
                one = nullable(one)
            found["properties"][name] = one
        found["required"] = list(found["properties"]) if self.subset.all_required else list(required)
        if self.subset.closed:
            found["additionalProperties"] = False
        elif isinstance(extra, Mapping) and extra:
            found["additionalProperties"] = self.node(extra, depth + 1)
        elif extra is False:
            found["additionalProperties"] = False
        return found | self.bounds({name: one for name, one in given.items() if name in TOLD}, told)

    def mapping(
        self, given: Mapping[str, Any], kinds: list[Any], told: list[str], depth: int
    ) -> dict[str, Any]:
        """An object with any keys."""
        values = self.alternatives({"anyOf": kinds}, depth)
        if not self.subset.pairs:
            return {"type": "object", **({"additionalProperties": values} if values else {})}
        told.append("A list of keys with their values.")
        if "propertyNames" in given or "patternProperties" in given:
            names = given.get("propertyNames", list(given.get("patternProperties", {})))
            told.append(f"(keys: {written(names)})")
        pair = {
            "type": "object",
            "properties": {"key": {"type": "string"}, "value": values},
            "required": ["key", "value"],
            "additionalProperties": False,
        }
        sizes = {"minItems": given.get("minProperties"), "maxItems": given.get("maxProperties")}
        bounds = {name: size for name, size in sizes.items() if size is not None}
        return {"type": "array", "items": pair, **self.bounds(bounds, told)}


def wrapping(schema: Any) -> dict[str, Any]:
    """An object whose ``value`` fits a schema.

    Args:
        schema: The schema.
    """
    return {
        "type": "object",
        "properties": {"value": schema},
        "required": ["value"],
        "additionalProperties": False,
    }
