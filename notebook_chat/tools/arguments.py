"""The arguments of a call, checked against the schema of its tool."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

import msgspec

from .tool import ArgumentsError

LONGEST = 1_000_000
"""How long the arguments of a call may be, in characters."""

_MOST_PROBLEMS = 5
_LONGEST_PROBLEM = 300


def read(text: str) -> dict[str, Any]:
    """The arguments that a model has written.

    Args:
        text: JSON text; an empty one means none.

    Raises:
        ArgumentsError: They are no JSON object.
    """
    if len(text) > LONGEST:
        raise ArgumentsError(f"the arguments are longer than {LONGEST:,} characters")
    try:
        value = msgspec.json.decode(text) if text.strip() else {}
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ArgumentsError(f"the arguments are no JSON: {error}") from None
    if not isinstance(value, dict):
        raise ArgumentsError(f"the arguments must be a JSON object, not {type(value).__name__}")
    return value


def check(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Sees to it that arguments fit a tool's schema, as far as it can be understood: a server's own check is its own.

    Args:
        arguments: The arguments.
        schema: The schema.

    Raises:
        ArgumentsError: They do not; it says what is wrong.
    """
    try:
        problems = []
        for error in _validator()(schema).iter_errors(dict(arguments)):
            where = ".".join(str(step) for step in error.absolute_path)
            problems.append(f"{where}: {error.message}"[:_LONGEST_PROBLEM] if where else error.message)
            if len(problems) >= _MOST_PROBLEMS:
                break
    except Exception:  # of a schema that is none
        return
    if problems:
        raise ArgumentsError("; ".join(problem[:_LONGEST_PROBLEM] for problem in problems))


@cache
def _validator() -> Any:
    """A validator without what a hostile schema could keep it busy with: patterns, and references to elsewhere, which
    are never fetched."""
    jsonschema: Any = import_module("jsonschema")

    def nothing(*_: Any) -> None:
        return None

    idle = dict.fromkeys(("pattern", "patternProperties", "format"), nothing)
    return jsonschema.validators.extend(jsonschema.Draft202012Validator, idle)
