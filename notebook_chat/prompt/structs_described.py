"""Values that are nothing but a few names with what they hold."""

from __future__ import annotations

from typing import Any

from .classes import class_member, instance_values, own_members
from .description import Description
from .objects import describe_fields, describe_object


def describe_struct(value: Any, tokens: int) -> Description:
    """A namespace: what its names hold."""
    if "__repr__" in own_members(type(value)) and class_member(type(value), "__repr__") is None:
        return describe_object(value, tokens)
    return describe_fields(value, list(instance_values(value).items()), tokens)
