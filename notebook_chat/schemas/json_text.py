"""An answer's text as JSON: strictly once it is whole, as far as it goes while it comes."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

_MOST_VALUES = 2_000_000
"""How many values a text may have: each takes many times as much memory as it takes to write it."""

_FENCE = "```"


class JSONError(ValueError):
    """A text is no JSON; its words say why."""


def parse(text: str) -> Any:
    """The value of a text that is JSON and nothing else. Blanks around it, and one fence, are no part of it.

    Args:
        text: The text.

    Raises:
        JSONError: It is no JSON, has something behind it, the same key twice in an object, or a number that JSON does
            not have.
    """
    body = unfenced(text)
    if not body:
        raise JSONError("it is empty")
    if sum(map(body.count, ",[{")) > _MOST_VALUES:
        raise JSONError(f"it has more than {_MOST_VALUES:,} values")
    try:
        return json.loads(body, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_distinct)
    except JSONError:
        raise
    except RecursionError:
        raise JSONError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        if error.msg == "Extra data":
            raise JSONError(f"there is something behind it, at {where}") from None
        if not error.pos:
            raise JSONError("it does not begin as JSON does") from None
        what = "it ends in the middle" if error.pos >= len(body) else error.msg[:1].lower() + error.msg[1:]
        raise JSONError(f"{what}, at {where}") from None
    except ValueError:  # such as a whole number of thousands of digits
        raise JSONError("it has a number that cannot be read") from None


def partial(text: str) -> Any:
    """As much of the value as has come: the last text may be shorter than it will be, and the last number another.

    Args:
        text: The beginning of a text that will be JSON.

    Returns:
        The value; ``None`` where there is none yet.
    """
    from jiter import from_json

    body = unfenced(text)
    if body[:1] not in "{[" or not body:
        return None
    try:
        return from_json(
            body.encode("utf-8", "replace"), allow_inf_nan=False, partial_mode="trailing-strings"
        )
    except ValueError:
        return None


def unfenced(text: str) -> str:
    """A text without the blanks around it, and without the fence that it stands in; that may be open still.

    Args:
        text: The text.
    """
    body = text.strip().removeprefix("\ufeff").lstrip()
    if not body.startswith(_FENCE):
        return body
    head, _, rest = body.partition("\n")
    language = head[len(_FENCE) :].strip()
    if language and not language.isalnum():
        return body
    rest = rest.rstrip()
    return rest.removesuffix(_FENCE).strip()


def _no_number(name: str) -> NoReturn:
    raise JSONError(f"{name} is no number of JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise JSONError(f"the number {digits[:40]} is beyond all counting")
    return number


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JSONError(f"an object has the key {twice[:80]!r} twice")
    return found
