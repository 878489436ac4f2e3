"""A value in a line, as a part of what is told of another."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from ...text import single_line
from .bounds import counted
from .classes import Types, class_member, is_a, mro, qualified_name, type_name
from .patience import FailedError, GaveUpError, given_up, within
from .structs import fields_of

LONGEST_INT = 2_000
"""How many bits a number may have that is written out."""

_DEPTH = 4
_REPR_SECONDS = 0.5
_BRACKETS: dict[type, Sequence[str]] = {list: "[]", tuple: "()", set: "{}", frozenset: ("frozenset({", "})")}
_PLAIN_MODULES = ("datetime", "decimal", "fractions", "uuid", "pathlib", "zoneinfo", "ipaddress", "re")
_PLAIN_CLASSES = (
    "numpy.generic",
    "pandas._libs.tslibs.base.ABCTimestamp",
    "pandas._libs.tslibs.timedeltas._Timedelta",
)
_WITH_SHAPE = ("numpy", "pandas", "polars", "pyarrow", "scipy", "torch", "xarray", "geopandas")
_FUNCTIONS = Types(types.FunctionType, types.BuiltinFunctionType, types.MethodType)
_CONSTANTS, _BYTES, _BRACKETED = Types(bool, float, complex), Types(bytes, bytearray), Types(*_BRACKETS)


def short_repr(value: Any, limit: int = 80) -> str:
    """A value in one line of at most so many characters. It never raises, nothing is consumed or changed, and what the
    value's own code does is waited for only a while.

    Args:
        value: The value.
        limit: How long the line may be.
    """
    try:
        return _short(value, max(limit, 8), _DEPTH, ())
    except Exception:  # such as a dict that another thread adds to
        return cut(f"<{type_name(type(value))} object>", limit)


def cut(text: str, limit: int) -> str:
    """The beginning of a text, with an ellipsis where it goes on."""
    return text if len(text) <= limit else f"{text[: max(0, limit - 1)]}…"


def _short(value: Any, limit: int, depth: int, above: tuple[int, ...]) -> str:
    cls = type(value)
    if value is None or cls in _CONSTANTS or value is ... or value is NotImplemented:
        return cut(repr(value), limit)
    if cls is int:
        return integer(value, limit)
    if cls is str:
        return quoted(value, limit)
    if cls in _BYTES:
        return cut(repr(bytes(value[:limit])), limit)
    if id(value) in above or (depth <= 0 and (cls in _BRACKETED or cls is dict)):
        return "[…]" if cls is not dict else "{…}"
    inner = (*above, id(value))
    if cls in _BRACKETED:
        opening, closing = _BRACKETS[cls]
        written = _items(_first(value, limit), len(value), limit - len(opening) - len(closing), depth, inner)
        comma = "," if cls is tuple and len(value) == 1 else ""
        return (
            f"{opening}{written}{comma}{closing}"
            if value or cls not in (set, frozenset)
            else f"{cls.__name__}()"
        )
    if cls is dict:
        return f"{{{_pairs(value.items(), len(value), limit - 2, depth, inner)}}}"
    return _of_class(value, cls, limit, depth, inner)


def _of_class(value: Any, cls: type, limit: int, depth: int, inner: tuple[int, ...]) -> str:
    names = [qualified_name(one) for one in mro(cls)]
    if names[0].partition(".")[0] in _PLAIN_MODULES or any(name in _PLAIN_CLASSES for name in names):
        return cut(single_line(str(value) if names[0].startswith("numpy.") else repr(value)), limit)
    if is_a(value, type):
        return cut(f"<class {type_name(value)}>", limit)
    if cls in _FUNCTIONS:
        return cut(f"<function {single_line(str(value.__qualname__))}>", limit)
    if cls is types.ModuleType:
        return cut(
            f"<module {single_line(str(types.ModuleType.__getattribute__(value, '__name__')))}>", limit
        )
    if any(name.partition(".")[0] in _WITH_SHAPE for name in names) and (shape := _shape(value)):
        return cut(f"<{type_name(cls)} {shape}>", limit)
    if depth > 0 and (fields := _fields(value)) is not None:
        name = type_name(cls)
        return f"{cut(name, limit)}({_named(fields, max(8, limit - len(name) - 2), depth, inner)})"
    if _says_nothing(cls):
        return cut(f"<{type_name(cls)} object>", limit)
    return foreign(value, limit)


def _fields(value: Any) -> list[tuple[str, Any]] | None:
    try:
        return fields_of(value)
    except Exception:  # it looks like a struct and is none
        return None


def _says_nothing(cls: type) -> bool:
    """Whether the repr of a class is that of any object: a name and an address."""
    return class_member(cls, "__repr__") is object.__repr__


def _shape(value: Any) -> str:
    """The shape of a table or an array with more than one element."""
    try:
        shape = value.shape
        parts = [int(one) for one in shape] if isinstance(shape, (tuple, list)) else []
    except Exception:
        return ""
    return " × ".join(f"{one:,}" for one in parts)


def foreign(value: Any, limit: int, seconds: float = _REPR_SECONDS) -> str:
    """What an object's own ``__repr__`` says, in one line.

    Args:
        value: The object.
        limit: How long the line may be.
        seconds: How long to wait for it.
    """
    cls = type(value)
    hopeless = given_up()
    try:
        if id(cls) in hopeless:
            raise GaveUpError
        text = within(seconds, lambda: own_repr(value, limit * 2))
    except GaveUpError:
        hopeless.add(id(cls))
        return cut(f"<{type_name(cls)} object whose repr does not end>", limit)
    except FailedError as error:
        return cut(f"<{type_name(cls)} object whose repr fails: {error}>", limit)
    return cut(single_line(text), limit)


def own_repr(value: Any, limit: int) -> str:
    """What ``repr`` gives, or the beginning of that. It raises what ``repr`` raises."""
    text = repr(value)
    return str.__str__(text[:limit]) if len(text) > limit else str.__str__(text)


def integer(value: int, limit: int) -> str:
    """A number; one of a great many digits by their number alone."""
    bits = int.bit_length(value)
    if bits > LONGEST_INT:
        return cut(f"<int of about {int(bits * 0.30103) + 1:,} digits>", limit)
    return cut(int.__repr__(value), limit)


def quoted(text: str, limit: int) -> str:
    """A text in quotes, whose middle is left out where it is too long, with its length behind it."""
    if len(text) <= limit - 2:
        written = repr(text)
        if len(written) <= limit:
            return written
    note = f" ({len(text):,} characters)"
    room = limit - len(note) - 3
    if room < 8:
        return cut(repr(text[:limit]), limit)
    head, tail = text[: room * 2 // 3], text[len(text) - room // 3 :]
    written = f"{repr(head)[:-1]}…{repr(tail)[1:]}"
    return f"{written}{note}" if len(written) <= limit - len(note) else cut(repr(text[:limit]), limit)


def _first(value: Any, limit: int) -> Iterator[Any]:
    return islice(iter(value), limit)


def _items(items: Iterable[Any], count: int, limit: int, depth: int, above: tuple[int, ...]) -> str:
    each = _each(count, limit)
    return _joined((_short(item, each, depth - 1, above) for item in items), count, limit)


def _pairs(
    items: Iterable[tuple[Any, Any]], count: int, limit: int, depth: int, above: tuple[int, ...]
) -> str:
    each = _each(count, limit)

    def written() -> Iterator[str]:
        for key, one in islice(items, limit):
            name = _short(key, max(8, each // 2), depth - 1, above)
            yield f"{name}: {_short(one, max(8, each - len(name) - 2), depth - 1, above)}"

    return _joined(written(), count, limit)


def _named(fields: list[tuple[str, Any]], limit: int, depth: int, above: tuple[int, ...]) -> str:
    each = _each(len(fields), limit)
    pieces = (f"{name}={_short(one, max(8, each - len(name) - 1), depth - 1, above)}" for name, one in fields)
    return _joined(pieces, len(fields), limit)


def _each(count: int, limit: int) -> int:
    """How long one of some pieces may be, so that there is room for how many there are."""
    return max(8, limit if count == 1 else limit - len(_more(count)))


def _more(count: int) -> str:
    return f", … {counted(count, 'item')}"


def _joined(pieces: Iterator[str], count: int, limit: int) -> str:
    """As many of the pieces as there is room for, and how many there are where some are left out."""
    note = _more(count)
    kept: list[str] = []
    taken = 0
    for piece in pieces:
        taken += len(piece) + 2
        if taken - 2 > limit:
            break
        kept.append(piece)
    if len(kept) == count:
        return ", ".join(kept)
    while kept and sum(map(len, kept)) + 2 * len(kept) - 2 + len(note) > limit:
        kept.pop()
    return ", ".join(kept) + note if kept else note[2:]
