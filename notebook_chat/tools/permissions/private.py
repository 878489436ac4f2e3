"""What the user has marked private, and whether a call would tell of it."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any

from ...disguises import hidden, unescaped
from ...policy import canonical
from ...policy.wildcards import matches
from ...secrets import held_values
from ..tool import Tool

_SHORTEST = 6  # letters and digits of a value that is looked for
_RUN = 12  # letters and digits at which a long text is looked at; a run of twice as many is always found
_MOST_LEAVES = 200_000
_MOST_CHARACTERS = 4_000_000
_LONGEST = 100_000  # characters of arguments that are looked through
_SHORTEST_KEY = 12  # characters of a key in use

_NOT_PLAIN = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W\d]\w*")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){4,}")
_TO_BASE64 = str.maketrans("-_", "+/")


class Private:
    """Variables and values that no call is to tell of unasked.

    Args:
        marked: Names of variables, in which ``*`` stands for anything; what is the name of none is a value itself.
        variables: Gives the notebook's variables.
    """

    def __init__(self, marked: Sequence[str], variables: Callable[[], Mapping[str, Any]]) -> None:
        self._marked = tuple(filter(None, map(str.strip, marked)))
        self._variables = variables

    def hides(self, name: str) -> bool:
        """Whether a variable is private.

        Args:
            name: Its name, or what begins with it, such as ``df["a"]``.
        """
        word = _WORD.match(unicodedata.normalize("NFKC", name).strip())
        return word is not None and any(matches(pattern, word[0]) for pattern in self._marked)

    def reason(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        """Why a call is to be asked about, whatever is allowed; ``""`` where it would tell of nothing private.

        Args:
            tool: The tool.
            arguments: The arguments of the call.
        """
        if not self._marked:
            return ""
        if tool.kind == "run":
            return "code can read what is marked private"
        if told := sorted({name for name in tool.reads(arguments) if self.hides(name)}):
            return f"it would read {', '.join(told[:5])}, which is marked private"
        if tool.kind in ("mcp", "function") and (name := self._sent(arguments)):
            return f"it would send what is marked private: {name}"
        return ""

    def _sent(self, arguments: Mapping[str, Any]) -> str:
        """The name of something private that arguments hold a piece of; ``""`` where there is none."""
        texts = list(leaves(arguments))
        if sum(map(len, texts)) > _LONGEST:
            return "the arguments are too long to be looked through"
        said = {reading for text in texts for reading in _readings(text)}
        said.add(plain("".join(_walked(arguments, 6, names=False))))  # what was cut into pieces
        variables = dict(self._variables())
        for pattern in self._marked:
            named = [name for name in variables if matches(pattern, name)]
            for name in named:
                if _Needles(leaves(variables[name])).any_in(said):
                    return name
            if not named and "*" not in pattern and _Needles([pattern], shortest=1).any_in(said):
                return "a value of the list"
        return ""


def holds_key(arguments: Mapping[str, Any]) -> bool:
    """Whether arguments hold a key that is in use here, or a piece of one."""
    keys = [one for one in held_values() if len(one) >= _SHORTEST_KEY]
    if not keys:
        return False
    try:
        text = canonical(dict(arguments))
    except (ValueError, RecursionError):
        return True
    return len(text) > _LONGEST or hidden(text, keys) != text


class _Needles:
    """What is looked for: short values as a whole, long ones by their runs.

    Args:
        texts: The values, as texts.
        shortest: How many letters and digits a value must have.
    """

    def __init__(self, texts: Iterable[str], shortest: int = _SHORTEST) -> None:
        self._whole: dict[int, set[str]] = {}
        for text in texts:
            bare = plain(text)
            if len(bare) < shortest:
                continue
            if len(bare) < 2 * _RUN:
                self._whole.setdefault(len(bare), set()).add(bare)
            else:
                runs = (bare[at : at + _RUN] for at in range(0, len(bare) - _RUN + 1, _RUN))
                self._whole.setdefault(_RUN, set()).update(runs)

    def any_in(self, texts: Iterable[str]) -> bool:
        """Whether one of some plain texts holds any of them."""
        return any(
            text[at : at + length] in ones
            for text in texts
            for length, ones in self._whole.items()
            for at in range(len(text) - length + 1)
        )


def plain(text: str) -> str:
    """The letters and digits of a text alone, small, so that blanks and signs between them hide nothing."""
    return _NOT_PLAIN.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _readings(text: str) -> Iterator[str]:
    """A text in the ways in which it may be meant: as it is, without its escapes, and out of base64 and hex."""
    for reading in unescaped(text):
        yield plain(reading)
        yield plain(reading[::-1])
        bare = "".join(reading.split())
        for found in _HEX.finditer(bare):
            yield plain(bytes.fromhex(found[0]).decode("utf-8", "replace"))
        for found in _BASE64.finditer(bare):
            for start in range(4):
                piece = found[0][start:].translate(_TO_BASE64)
                piece = piece[:-1] if len(piece) % 4 == 1 else piece
                data = base64.b64decode(piece + "=" * (-len(piece) % 4))
                yield plain(data.decode("utf-8", "ignore"))


def leaves(value: Any) -> Iterator[str]:
    """The texts and numbers in a value, as texts, up to a bound. No code of its class runs.

    Args:
        value: Any value: arguments, containers, tables, instances.
    """
    left = [_MOST_LEAVES, _MOST_CHARACTERS]
    for one in _walked(value, 6):
        left[0] -= 1
        left[1] -= len(one)
        if min(left) < 0:
            return
        yield one


def _walked(value: Any, depth: int, *, names: bool = True) -> Iterator[str]:
    kind = type(value)
    if issubclass(kind, str):
        yield str.__str__(value)
    elif issubclass(kind, (bytes, bytearray)):
        yield bytes(value[:_MOST_CHARACTERS]).decode("utf-8", "replace")
    elif kind in (int, float):
        yield repr(value)
    elif depth and issubclass(kind, dict):
        for name, one in dict.items(value):
            if names:
                yield from _walked(name, depth - 1)
            yield from _walked(one, depth - 1, names=names)
    elif depth and issubclass(kind, (list, tuple, set, frozenset)):
        for one in value if kind in (list, tuple, set, frozenset) else ():
            yield from _walked(one, depth - 1, names=names)
    elif depth and (columns := _columns(value)) is not None:
        for column in columns:
            yield from _walked(column, depth - 1)
    elif depth and not issubclass(kind, (type, ModuleType, FunctionType)):
        yield from _walked(_fields(value), depth - 1)


def _fields(value: Any) -> dict[str, Any] | None:
    """The fields of an instance; ``None`` where it has none that can be had without its own code."""
    try:
        fields = object.__getattribute__(value, "__dict__")
    except Exception:
        return None
    return fields if type(fields) is dict else None


def _columns(value: Any) -> list[Any] | None:
    """The columns of a table or an array of the well-known libraries; ``None`` for anything else."""
    library, name = type(value).__module__.partition(".")[0], type(value).__name__
    most = _MOST_LEAVES
    try:
        if library == "pandas" and name == "DataFrame":
            rows = max(most // max(len(value.columns), 1), 1)
            cells = [value.iloc[:rows, place].tolist() for place in range(len(value.columns))]
            return [*cells, list(map(str, value.columns))]
        if library == "pandas" and name in ("Series", "Index"):
            return [value[:most].tolist()]
        if library == "polars" and name == "DataFrame":
            rows = max(most // max(value.width, 1), 1)
            return [*(column.to_list() for column in value.head(rows).get_columns()), list(value.columns)]
        if library == "polars" and name == "Series":
            return [value.head(most).to_list()]
        if library == "numpy":
            return [value.ravel()[:most].tolist()]
    except Exception:  # of a table that is broken
        return []
    return None
