"""JSON schemas as they are given: whether they are any, and what fits them. Nothing is ever fetched."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InvalidOptionError
from .patterns import check_patterns
from .references import SchemaReferenceError, looked_up, references

_MOST_ERRORS = 3
_LARGEST = 500_000  # characters of a schema
_LONGEST = 300  # of what is wrong with a value, in characters


def checked(schema: Mapping[Any, Any], *, own: bool = True) -> dict[str, Any]:
    """A JSON schema that can be used.

    Args:
        schema: What was given as one.
        own: Whether the user has given it, and no file that came from elsewhere.

    Raises:
        InvalidOptionError: It is none, or refers to something outside of itself.
    """
    import msgspec

    try:
        text = msgspec.json.encode(schema)
        found: dict[str, Any] = msgspec.json.decode(text)
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise InvalidOptionError(
            "the schema has values that are no JSON",
            hint="Give a class, or write the fields: 'name, age int, tags list'.",
        ) from None
    if len(text) > _LARGEST:
        raise InvalidOptionError(f"the schema has more than {_LARGEST:,} characters")
    try:
        problem = _problem(found)
        for reference in references(found):
            looked_up(found, reference)
    except SchemaReferenceError as error:
        raise InvalidOptionError(f"the schema cannot be used: {error}") from None
    except RecursionError:
        raise InvalidOptionError("the schema is nested too deeply") from None
    if problem:
        raise InvalidOptionError(f"this is no JSON schema: {problem}")
    if not own:
        check_patterns(found)
    return found


def _problem(schema: Mapping[str, Any]) -> str:
    """What is wrong with a schema as such; ``""`` where nothing is."""
    checker = _dialect(schema)
    error = _library("exceptions").best_match(checker(checker.META_SCHEMA).iter_errors(schema))
    return _told(error) if error is not None else ""


def _dialect(schema: Mapping[str, Any]) -> Any:
    validators = _library("validators")
    return validators.validator_for(schema, default=validators.Draft202012Validator)


def _library(module: str) -> Any:
    """A module of ``jsonschema``, which takes a tenth of a second to load."""
    return importlib.import_module(f"jsonschema.{module}")


def validator(schema: Mapping[str, Any]) -> Any:
    """What says whether a value fits a schema, as ``jsonschema`` has it. It fetches nothing.

    Args:
        schema: A checked schema.
    """
    kind = _dialect(schema)
    return kind(
        schema, registry=importlib.import_module("referencing").Registry(), format_checker=kind.FORMAT_CHECKER
    )


def problems(schema: Mapping[str, Any], value: Any) -> str:
    """What is wrong with a value; ``""`` where it fits.

    Args:
        schema: A checked schema.
        value: The value, as a reader of JSON gives it.
    """
    exceptions = _library("exceptions")
    found = []
    for error in validator(schema).iter_errors(value):
        found.append(error)
        if len(found) >= 50:
            break
    found.sort(key=exceptions.relevance, reverse=True)
    told = [_told(exceptions.best_match([error])) for error in found[:_MOST_ERRORS]]
    more = len(found) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


def _told(error: Any) -> str:
    return f"{error.message[:_LONGEST]} - at {place(error.absolute_path)}"


def place(steps: Iterable[str | int]) -> str:
    """A place in a value, such as ``$.people[0].name``.

    Args:
        steps: The keys and numbers that lead there.
    """
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
