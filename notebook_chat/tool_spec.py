"""What a model is told of a tool."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from .errors import InvalidOptionError

MOST_TOOLS = 128
"""How many tools a request may have: as many as the narrowest of the services takes."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


class ToolSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tool as a model is told of it, in no dialect's form.

    Attributes:
        name: What the model calls it by: letters, digits, ``_`` and ``-``, at most 64, as every service takes it.
        description: What it does and when to use it, in words for the model.
        parameters: The JSON schema of its arguments, which are an object.
        suggested: What arguments may well be as things are now, by their names, such as the notebook's variables. No
            service is told: it would be asked with other tools each time, and remember nothing. A model that is held to
            a grammar while it writes, as the embedded one, is led to them.
    """

    name: str
    description: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=lambda: {"type": "object", "properties": {}})
    suggested: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    @property
    def told(self) -> ToolSpec:
        """It, as services are told of it."""
        return msgspec.structs.replace(self, suggested={}) if self.suggested else self


def specs_of(value: Any) -> tuple[ToolSpec, ...]:
    """The tools that a caller of a provider gives.

    Args:
        value: A list of ``ToolSpec``, or of dicts with ``name``, ``description`` and ``parameters``, as they are or
            under ``function``, as in chat completions.

    Raises:
        InvalidOptionError: It is no such list, a name is none that services take, or two are the same.
    """
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
        raise InvalidOptionError(f"tools must be a list, not {type(value).__name__}")
    specs = tuple(map(_spec, value))
    if len(specs) > MOST_TOOLS:
        raise InvalidOptionError(
            f"there are {len(specs)} tools", hint=f"Give {MOST_TOOLS} or fewer: models get lost among many."
        )
    names = [spec.name for spec in specs]
    if doubled := [name for name in names if names.count(name) > 1]:
        raise InvalidOptionError(f"two tools have the name {doubled[0]}", hint="Give each a name of its own.")
    return specs


def is_name(text: str) -> bool:
    """Whether every service takes a text as the name of a tool."""
    return _NAME.fullmatch(text) is not None


def _spec(value: Any) -> ToolSpec:
    if isinstance(value, Mapping):
        inner = value.get("function", value)
        try:
            value = msgspec.convert(dict(inner), ToolSpec)
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            raise InvalidOptionError(f"this is no tool: {error}") from None
    if not isinstance(value, ToolSpec):
        raise InvalidOptionError(
            f"a provider takes tools as ToolSpec or dict, and not as {type(value).__name__}",
            hint="Chat takes functions, too.",
        )
    if not isinstance(value.name, str) or not is_name(value.name):
        raise InvalidOptionError(
            f"{value.name!r:.80} is no name for a tool",
            hint="Use letters, digits, _ and -, at most 64, the first one a letter or _.",
        )
    return value
