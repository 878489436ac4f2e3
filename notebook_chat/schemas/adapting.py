"""A JSON schema as a service takes it, and the way of an answer back from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .merging import InexpressibleError
from .references import SchemaReferenceError
from .restoring import restored
from .rewriting import Rewriting, wrapping
from .subsets import Subset


@dataclass(frozen=True, slots=True)
class Adapted:
    """A schema as a service is asked for it.

    Attributes:
        original: The schema that the answer is to fit in the end.
        schema: The one that the service is given; ``None`` where it takes none that says as much.
        strict: Whether the service can keep to all of it.
        wrapped: Whether the answer is asked for as the ``value`` of an object.
        changed: Whether an answer may look otherwise than the original says.
    """

    original: Mapping[str, Any]
    schema: Mapping[str, Any] | None
    strict: bool = True
    wrapped: bool = False
    changed: bool = False

    @property
    def asked(self) -> Mapping[str, Any]:
        """The schema that the model is asked to keep to, by the service or in words."""
        return self.original if self.schema is None else self.schema

    def back(self, value: Any) -> Any:
        """An answer in the form of the original: out of its wrapping, lists of keys and values as objects, without the
        ``null`` of properties that are not there. Whether it fits is not looked at.

        Args:
            value: The answer, as ``parse`` gives it.
        """
        value = self.unwrapped(value)
        return restored(value, self.original) if self.changed else value

    def unwrapped(self, value: Any) -> Any:
        """An answer out of its wrapping, if it has one.

        Args:
            value: The answer, or as much of it as has come.
        """
        if self.wrapped and isinstance(value, Mapping) and list(value) == ["value"]:
            return value["value"]
        return value


def adapt(schema: Mapping[str, Any], subset: Subset) -> Adapted:
    """A schema as a service takes it.

    Args:
        schema: Any JSON schema that refers to nothing outside of itself.
        subset: What the service takes.

    Returns:
        What it is given. Where the subset cannot say it, that is not strict, or nothing.
    """
    if not schema or not (subset.plain or subset.object_root):
        return Adapted(schema, schema)
    if not subset.plain:
        return _loosely(schema, subset, strict=True)
    try:
        found, wrapped = Rewriting(schema, subset).whole()
        changed = wrapped or subset.pairs or subset.all_required
        return Adapted(schema, found, wrapped=wrapped, changed=changed)
    except (InexpressibleError, SchemaReferenceError, RecursionError):
        return (
            _loosely(schema, subset, strict=False) if subset.lenient else Adapted(schema, None, strict=False)
        )


def _loosely(schema: Mapping[str, Any], subset: Subset, *, strict: bool) -> Adapted:
    """The schema as it is, in an object where it has to be one."""
    own = {name: value for name, value in schema.items() if name not in ("$schema", "$id")}
    if not subset.object_root or _is_object(schema):
        return Adapted(schema, own, strict)
    inner = moved(own, "#/properties/value")
    return Adapted(schema, wrapping(inner), strict, wrapped=True, changed=True)


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" and "$ref" not in schema


def moved(schema: Any, to: str) -> Any:
    """A schema whose references hold at another place of a document.

    Args:
        schema: The schema, or a part of it.
        to: The place, as a reference: ``#/items``.
    """
    if isinstance(schema, Mapping):
        return {
            name: to + value[1:] if name == "$ref" and isinstance(value, str) else moved(value, to)
            for name, value in schema.items()
        }
    return [moved(one, to) for one in schema] if isinstance(schema, list) else schema
