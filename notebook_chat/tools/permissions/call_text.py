"""A call as plain text, whole: what a model wrote in it cannot pass for ours, and nothing in it is invisible."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from ...text import seen, single_line
from ..confirmation import Confirmation

_WIDTH = 160  # characters of a line, beyond which nothing can be pushed out of sight
_BLANKS = re.compile(r"\s{40,}")  # wide and narrow ones, too
_BEGINS, _GOES_ON = "| ", "… "  # before a line, and before what is left of one
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def call_text(confirmation: Confirmation) -> str:
    """A call, as the user is asked about it.

    Args:
        confirmation: The question.

    Raises:
        RecursionError, TypeError, ValueError: Its arguments cannot be written down.
    """
    return "\n".join(_lines(confirmation))


def _lines(confirmation: Confirmation) -> Iterator[str]:
    where = f" of the server {_one(confirmation.server)}" if confirmation.server else ""
    who = f", asked for by {_one(confirmation.model)}" if confirmation.model else ""
    yield f"A call of {_one(confirmation.tool)}{where} ({confirmation.kind}){who}:"
    for name, value in confirmation.arguments.items():
        shown = name if _NAME.fullmatch(name) else _one(json.dumps(name, ensure_ascii=False))
        lines = list(_value(value))
        if len(lines) == 1:
            yield f"  {shown}: {lines[0].removeprefix(_BEGINS)}"
        else:
            yield f"  {shown}:"
            yield from (f"    {line}" for line in lines)
    if not confirmation.arguments:
        yield "  (no arguments)"
    if confirmation.proposal:
        yield "What it would do:"
        yield from (f"    {line}" for line in _wrapped(confirmation.proposal))
    if confirmation.why:
        yield f"You are asked because: {_one(confirmation.why)}."


def _value(value: Any) -> Iterator[str]:
    if isinstance(value, str) and ("\n" in value or len(value) > _WIDTH):
        return _wrapped(value)
    try:
        text = json.dumps(value, ensure_ascii=False, indent=None if isinstance(value, str) else 2)
    except RecursionError:
        text = msgspec.json.encode(value).decode()
    flat = " ".join(line.strip(" ") for line in text.split("\n"))
    return _wrapped(flat if len(flat) <= _WIDTH else text)


def _wrapped(text: str) -> Iterator[str]:
    """The lines of a text, none of them too long; many empty ones, and many blanks, are counted. Each has a mark, and
    what only goes on another one: else code could pass for the rest of a comment, and the other way round."""
    empty = 0
    for line in text.split("\n"):
        shown = seen(line)
        if not shown.strip():
            empty += 1
            continue
        yield from _empty(empty)
        empty = 0
        shown = _BLANKS.sub(lambda found: f"‹{len(found[0])} blanks›", shown.replace("\t", "    "))
        for at in range(0, len(shown), _WIDTH):
            yield f"{_GOES_ON if at else _BEGINS}{shown[at : at + _WIDTH]}"
    yield from _empty(empty)


def _empty(count: int) -> Iterator[str]:
    if count > 3:
        yield f"{_BEGINS}‹{count} empty lines›"
    else:
        yield from [_BEGINS] * count


def _one(text: str) -> str:
    """A text in one line, in which nothing is invisible."""
    return single_line(seen(text))
