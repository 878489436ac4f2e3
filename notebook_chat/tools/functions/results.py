"""What a function gives, as a model can read it."""

from __future__ import annotations

import datetime
import decimal
import enum
import inspect
import itertools
import json
import math
import pathlib
import types
import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from ...errors import ChatError
from ...images import image_part, media_type
from ...parts import AudioPart, FilePart, ImagePart, TextPart
from ...prompt import describe
from ...prompt.values.structs import fields_of
from ..tool import ResultPart, ToolOutput

MOST_ITEMS = 1_000
"""How many items are taken of a generator; it need not end."""

NOTHING = "(done; it gives nothing back)"

_TOKENS = 2_000
_SECONDS = 5.0
_LONGEST_JSON = 20_000
_MOST_NODES = 10_000
_MOST_PARTS = 50
_DEEPEST = 20
_READY = (TextPart, ImagePart, FilePart, AudioPart)
_ITERATORS = (types.GeneratorType, map, filter, zip, enumerate, reversed, itertools.chain, itertools.islice)
_NAMED = (datetime.date, datetime.time, uuid.UUID, decimal.Decimal, pathlib.PurePath)


def output_of(value: Any, printed: Sequence[ResultPart] = ()) -> ToolOutput:
    """The output of a function. Code of the value's own class may run.

    Args:
        value: What the function gave.
        printed: What it has printed.
    """
    is_error = isinstance(value, ToolOutput) and value.is_error
    if value is None:
        return ToolOutput(tuple(printed) or (TextPart(NOTHING),))
    parts = value.parts if isinstance(value, ToolOutput) else parts_of(value)
    if printed:
        parts = [TextPart("Printed:\n"), *printed, TextPart("\n\nGiven back:\n"), *parts]
    return ToolOutput(_joined(parts), is_error)


def _joined(parts: Iterable[ResultPart]) -> tuple[ResultPart, ...]:
    """Parts, of which texts that stand side by side are one."""
    found: list[ResultPart] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, TextPart) and isinstance(last, TextPart):
            found[-1] = TextPart(last.text + part.text)
        else:
            found.append(part)
    return tuple(found)


def parts_of(value: Any, *, deep: bool = True) -> list[ResultPart]:
    """A value as parts of a result: texts and parts as they are, plain data as JSON where it is not large, lists and
    dicts of other things one by one, and everything else as in a prompt.

    Args:
        value: The value.
        deep: Whether it is looked into.
    """
    if isinstance(value, _READY):
        return [value]
    if isinstance(value, str) and not isinstance(value, enum.Enum):
        return [TextPart(str.__str__(value) or "(an empty text)")]
    if isinstance(value, (bytes, bytearray)) and (file := _file(bytes(value))) is not None:
        return [file]
    try:
        text = as_json(value)
        if len(text) <= _LONGEST_JSON:
            return [TextPart(text)]
    except (NotPlainError, ValueError, RecursionError):
        if deep and _has_other(value):
            return _one_by_one(value)
    found = describe(value, tokens=_TOKENS, seconds=_SECONDS)
    return [TextPart(found.text), *found.images]


def _has_other(value: Any) -> bool:
    """Whether it is a list or a dict that is short enough to be told one by one."""
    return type(value) in (list, tuple, dict) and 0 < len(value) <= _MOST_PARTS


def _one_by_one(value: Any) -> list[ResultPart]:
    parts: list[ResultPart] = []
    named = value.items() if isinstance(value, dict) else ((None, one) for one in value)
    for name, one in named:
        if name is not None:
            parts.append(TextPart(f"{name!s:.200}:\n"))
        parts += parts_of(one, deep=False)
        parts.append(TextPart("\n\n"))
    return parts[:-1]


def _file(data: bytes) -> ResultPart | None:
    """An image or a PDF that stands in bytes."""
    if data.startswith(b"%PDF-"):
        return FilePart(data, "application/pdf")
    if media_type(data) is None:
        return None
    try:
        return image_part(data)
    except ChatError:  # it is too large
        return None


class NotPlainError(Exception):
    """A value is more than JSON can say."""


def as_json(value: Any) -> str:
    """Plain data as JSON text: with dates, enumerations, numbers of numpy's, and objects that are made of fields.

    Args:
        value: The value.

    Raises:
        NotPlainError: There is something else in it, or it is large.
        ValueError: There is a number in it that is too large.
    """
    return json.dumps(_Plain().of(value, 0), ensure_ascii=False)


class _Plain:
    def __init__(self) -> None:
        self._nodes = 0

    def of(self, value: Any, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES or depth > _DEEPEST:
            raise NotPlainError
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else str(value)
        if isinstance(value, enum.Enum):
            return self.of(value.value, depth + 1)
        if type(value) in (list, tuple, set, frozenset, deque):
            if len(value) > _MOST_NODES:
                raise NotPlainError
            return [self.of(one, depth + 1) for one in value]
        if type(value) is dict:
            return {self._key(key): self.of(one, depth + 1) for key, one in value.items()}
        return self._other(value, depth)

    def _key(self, key: Any) -> str:
        plain = self.of(key, 0)
        if isinstance(plain, (list, dict)):
            raise NotPlainError
        return plain if isinstance(plain, str) else json.dumps(plain)

    def _other(self, value: Any, depth: int) -> Any:
        if isinstance(value, _NAMED):
            if type(value).__module__.partition(".")[0] not in _STANDARD:
                raise NotPlainError
            return str(value)
        if isinstance(value, _READY):
            raise NotPlainError
        fields = fields_of(value)
        if fields is not None:
            return {name: self.of(one, depth + 1) for name, one in fields}
        if (
            type(value).__module__ == "numpy"
            and getattr(value, "ndim", None) == 0
            and callable(getattr(value, "item", None))
        ):
            single = value.item()
            if type(single) in (bool, int, float, str):
                return self.of(single, depth)
        raise NotPlainError


_STANDARD = ("datetime", "uuid", "decimal", "pathlib", "_decimal", "_pydatetime")


def taken(value: Any) -> Any:
    """A value, or the items of one that gives them one after the other: all of them, or the first ones.

    Args:
        value: What a function gave.
    """
    if not isinstance(value, _ITERATORS):
        return value
    items = list(itertools.islice(value, MOST_ITEMS + 1))
    if isinstance(value, types.GeneratorType):
        value.close()
    return as_items(items)


async def taken_later(value: Any) -> Any:
    """As ``taken``, for an asynchronous generator.

    Args:
        value: What a function gave.
    """
    if not inspect.isasyncgen(value):
        return value
    items = []
    try:
        async for item in value:
            items.append(item)
            if len(items) > MOST_ITEMS:
                break
    finally:
        await value.aclose()
    return as_items(items)


def as_items(items: list[Any]) -> Any:
    """What a generator has given: texts as one, a line each; everything else as a list.

    Args:
        items: The items, perhaps one more than are told.
    """
    more = f"(there are more: these are the first {MOST_ITEMS:,})"
    if _all_texts(items):
        return "\n".join([*items[:MOST_ITEMS], *([more] if len(items) > MOST_ITEMS else [])])
    return items if len(items) <= MOST_ITEMS else [*items[:MOST_ITEMS], more]


def _all_texts(items: Iterable[Any]) -> bool:
    return all(type(item) is str for item in items)
