"""The values in a frame that have to do with the line it is in."""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...secrets import is_secret_name
from ..values.classes import Types
from .tracebacks import Frame

NOTHING = object()
"""In the place of a value that is not there."""

_NEARBY = 5  # lines around, of a function
_LONGEST_SOURCE = 300_000  # characters that are parsed
_WORD = re.compile(r"[^\W\d]\w*")
_HIDDEN = frozenset({"In", "Out", "get_ipython", "exit", "quit", "open"})
_ORDINARY = frozenset(("key", "keys", "keyword", "keywords", "token", "tokens"))
"""Names of variables that are of secrets now and then, and of entries and words mostly."""

_LONGEST_WORD = 24  # characters

_MOST_LOOKED_AT = 200  # names of a cell
_SHORTEST_SECRET = 4
_SHORT = 200
_PROXY = "FrameLocalsProxy"  # what has a function's variables from Python 3.13 on
_CONTAINERS = Types(list, tuple, dict, set, frozenset, str, bytes, bytearray, range)
_NUMBERS = Types(bool, float, complex)
_SEQUENCES, _KEEPING = Types(list, tuple), Types(dict, list, tuple)
_WITH_SHAPES = frozenset(
    {"numpy", "pandas", "polars", "pyarrow", "scipy", "torch", "xarray", "geopandas", "jax"}
)


@dataclass(frozen=True, slots=True)
class Named:
    """A value by the name that the code has for it.

    Attributes:
        name: The name, such as ``df`` or ``self.rate``.
        value: The value.
        near: Whether it stands in the statement that failed, and not only near it.
    """

    name: str
    value: Any
    near: bool


def values_in(frame: Frame, lines: Sequence[str]) -> list[Named]:
    """The values that the code around a frame's line names, those of its statement first. Modules are none.

    Args:
        frame: The frame.
        lines: The lines of its file or cell. All of a cell counts as around the line.
    """
    scopes = (_locals(frame), frame.scope.f_globals)
    near, around = names_around(lines, frame.line, whole=frame.cell and not frame.function)
    if not lines and frame.function:
        near = list(scopes[0])
    return [*named_values(near, *scopes), *_others(around, near, scopes)]


def named_values(names: Sequence[str], *scopes: Mapping[str, Any], near: bool = True) -> list[Named]:
    """The values of names, without running any code for them. Modules are none.

    Args:
        names: Variables, or attributes of some that are kept in their instances, such as ``self.rate``.
        *scopes: Where they are looked for, one after the other.
        near: As in ``Named``.
    """
    found = []
    for name in names[:_MOST_LOOKED_AT]:
        if (
            name.partition(".")[0] in _HIDDEN
            or name.startswith("__")
            or not name.replace(".", "").isidentifier()
        ):
            continue
        value = _value(name, scopes)
        if value is not NOTHING and not issubclass(type(value), types.ModuleType):
            found.append(Named(name, value, near))
    return found


def _others(around: Sequence[str], near: Sequence[str], scopes: tuple[Mapping[str, Any], ...]) -> list[Named]:
    known = set(near)
    return named_values([name for name in around if name not in known], *scopes, near=False)


def _value(name: str, scopes: tuple[Mapping[str, Any], ...]) -> Any:
    head, *attributes = name.split(".")
    kept = [scope for scope in scopes if isinstance(scope, dict) or type(scope).__name__ == _PROXY]
    value = next((found for scope in kept if (found := scope.get(head, NOTHING)) is not NOTHING), NOTHING)
    for attribute in attributes:
        value = instance_dict(value).get(attribute, NOTHING) if value is not NOTHING else NOTHING
    return value


def instance_dict(value: Any) -> Mapping[str, Any]:
    """What a value keeps under names of its own; nothing where that cannot be told without running its code."""
    if issubclass(type(value), (types.ModuleType, type)):
        return {}
    try:
        kept = object.__getattribute__(value, "__dict__")
    except Exception:
        return {}
    return kept if type(kept) is dict else {}


def names_around(lines: Sequence[str], line: int, *, whole: bool) -> tuple[list[str], list[str]]:
    """The names in the statement of a line, and those in the code around it, each in order.

    Args:
        lines: The lines of a file or a cell.
        line: Which line; from one on.
        whole: Whether all the code counts as around it, or some lines only.
    """
    first, last = (1, len(lines)) if whole else (line - _NEARBY, line + _NEARBY)
    text = "\n".join(lines)
    tree = _parsed(text) if len(text) <= _LONGEST_SOURCE else None
    if tree is None:
        near = lines[line - 1 : line]
        return _words(near), _words(lines[max(0, first - 1) : last])
    start, end = _statement(tree, line)
    return _names(tree, start, end), _names(tree, min(first, start), max(last, end))


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _statement(tree: ast.Module, line: int) -> tuple[int, int]:
    """The first and the last line of the smallest statement that a line is in; of a compound one its head."""
    best = (line, line)
    size = None
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or not node.lineno <= line <= (node.end_lineno or node.lineno):
            continue
        body = getattr(node, "body", None)
        end = node.end_lineno or node.lineno
        if isinstance(body, list) and body:
            end = max(node.lineno, body[0].lineno - 1)
        if line <= end and (size is None or end - node.lineno <= size):
            best, size = (node.lineno, end), end - node.lineno
    return best


def _names(tree: ast.Module, first: int, last: int) -> list[str]:
    """The names that code mentions, with attributes where it reads some, in the order in which they stand there."""
    found: list[tuple[int, int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.arg) and first <= node.lineno <= last:
            name = node.arg if isinstance(node, ast.arg) else _dotted(node)
            found += [(node.lineno, node.col_offset, name)] * bool(name)
    return list(dict.fromkeys(name for _, _, name in sorted(found)))


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (head := _dotted(node.value)):
        return f"{head}.{node.attr}"
    return ""


def _words(lines: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word for line in lines for word in _WORD.findall(line[:2000])))


def _locals(frame: Frame) -> Mapping[str, Any]:
    """A frame's variables; none where they are kept in something of somebody's own, as in the body of a class with a
    metaclass."""
    kept = frame.scope.f_locals
    return kept if type(kept) is dict or type(kept).__name__ == _PROXY else {}


def is_plain(value: Any) -> bool:
    """Whether a value is a number, a truth value, ``None`` or a short text, of which nothing else is to be told."""
    kind = type(value)
    if kind is int:
        return bool(value.bit_length() <= _SHORT)
    return value is None or kind in _NUMBERS or (kind is str and len(value) <= _SHORT)


def size_of(value: Any) -> str:
    """What a value is and how large, such as ``list of 3`` or ``numpy.ndarray of shape (3, 4), float64``; empty for
    what cannot be told without running somebody's own code."""
    kind = type(value)
    if kind in _CONTAINERS:
        return f"{kind.__name__} of {len(value):,}"
    if kind.__module__.partition(".")[0] not in _WITH_SHAPES:
        return ""
    try:
        shape = tuple(int(length) for length in value.shape)
        typed = getattr(value, "dtype", None)
    except Exception:
        return ""
    name = f"{kind.__module__.partition('.')[0]}.{kind.__name__}"
    return f"{name} of shape {shape}" + (f", {typed}" if typed is not None else "")


def withheld(name: str, value: Any) -> str:
    """What is told in a value's place whose name says that it is secret; empty for a value that may be told."""
    last = name.rpartition(".")[2]
    if value is None or type(value) is bool or not is_secret_name(last):
        return ""
    if last.lower() in _ORDINARY and _is_plain(value):
        return ""
    size = size_of(value) if not issubclass(type(value), (str, bytes)) else ""
    return f"{size or type(value).__name__}, not sent: its name says that it is secret"


def _is_plain(value: Any) -> bool:
    """Whether a value is a plain word or number, or some of these: no key of a service looks so."""
    if type(value) is str:
        return len(value) <= _LONGEST_WORD and not any(map(str.isdigit, value))
    if type(value) in _SEQUENCES:
        return all(type(one) is not list and _is_plain(one) for one in value[:_MOST_LOOKED_AT])
    return type(value) is int or type(value) is float


def without_secrets(text: str, value: Any) -> str:
    """A description without the texts that stand in its value under the name of something secret."""
    for secret in _secrets(value):
        text = text.replace(secret, "…")
    return text


def _secrets(value: Any, depth: int = 3) -> Iterator[str]:
    """The texts that a value keeps under the name of something secret, in dicts and attributes."""
    kept = value if type(value) is dict else instance_dict(value) if depth else {}
    for name, one in list(dict(kept).items())[:_MOST_LOOKED_AT]:  # as it is at once: a cell may change it
        if type(one) is str:
            if len(one) >= _SHORTEST_SECRET and type(name) is str and is_secret_name(name):
                yield one
        elif depth and type(one) in _KEEPING:
            yield from _secrets(one, depth - 1)
    if depth and type(value) in _SEQUENCES:
        for one in value[:_MOST_LOOKED_AT]:
            yield from _secrets(one, depth - 1)
