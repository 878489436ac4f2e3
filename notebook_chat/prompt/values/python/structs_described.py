"""Values that are nothing but a few names with what they hold."""

from __future__ import annotations

from typing import Any

from ..bounds import counted, cut_end
from ..classes import instance_values, mro, own_members, qualified_name
from ..description import Description
from .objects import describe_fields, describe_object


def describe_struct(value: Any, tokens: int) -> Description:
    """A namespace: what its names hold."""
    for one in mro(type(value)):
        if qualified_name(one) in ("types.SimpleNamespace", "argparse.Namespace"):
            break
        if "__repr__" in own_members(one):  # its author has other words for it
            return describe_object(value, tokens)
    return describe_fields(value, list(instance_values(value).items()), tokens)


def describe_environment(value: Any, tokens: int) -> Description:
    """The variables of the environment: their names, since among what they hold are keys."""
    names = sorted(map(str, value))
    first = f"The environment of the process, with {counted(len(names), 'variable')}, of which only the names are told:"
    return Description(cut_end(f"{first}\n{', '.join(names)}", tokens), counted(len(names), "variable"))
