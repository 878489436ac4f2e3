"""Patterns in schemas that came from elsewhere: some take for ever to look at a text, and nothing ends them."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import InvalidOptionError

codes: Any = importlib.import_module("re._constants")
parser: Any = importlib.import_module("re._parser")

_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_MANY = 20


def check_patterns(schema: Any) -> None:
    """Refuses a schema with a pattern that may take for ever.

    Args:
        schema: A schema that somebody else has written.

    Raises:
        InvalidOptionError: It has one.
    """
    for pattern in _patterns(schema):
        if _may_take_long(pattern):
            raise InvalidOptionError(
                f"the schema that came with the turn has the pattern {pattern[:80]!r}, which may take for ever",
                hint="Ask with a schema of your own.",
            )


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for name, value in schema.items():
            if name == "pattern" and isinstance(value, str):
                yield value
            elif name == "patternProperties" and isinstance(value, Mapping):
                yield from value
            yield from _patterns(value)
    elif isinstance(schema, list):
        for one in schema:
            yield from _patterns(one)


def _may_take_long(pattern: str) -> bool:
    """Whether something that is repeated has a repetition or a choice within it, or much is repeated in a row."""
    try:
        parsed = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return True
    repeats = [0]
    return _repeats_within(parsed, False, repeats) or repeats[0] > 2


def _repeats_within(parsed: Any, repeated: bool, repeats: list[int]) -> bool:
    for code, argument in parsed:
        inner: list[Any] = []
        again = repeated
        if code in _REPEATS:
            _, most, body = argument
            if most == codes.MAXREPEAT or most > _MANY:
                if repeated:
                    return True
                again = True
                repeats[0] += 1
            inner = [body]
        elif code is codes.BRANCH:
            if repeated:
                return True
            inner = list(argument[1])
        elif code is codes.SUBPATTERN:
            inner = [argument[-1]]
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            inner = [argument[1]]
        elif code in (codes.GROUPREF, codes.GROUPREF_EXISTS):
            return True
        if any(_repeats_within(one, again, repeats) for one in inner):
            return True
    return False
