"""Which cells of a notebook are to go along with a prompt, as the user writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .errors import InvalidOptionError

CELLS_TOKENS = 4_000
"""How many tokens the cells may take that go along with a prompt, where nothing else is said."""

_HOW = "Write a number of cells, all, none, In[2], In[2:5] (without the 5), In[2,4] or 2-5 (with the 5)."

_LIST = re.compile(r"In\[([^\[\]]*)\]|([\d,-]+)")
_NUMBER = re.compile(r"-?\d{1,9}")
_SLICE = re.compile(r"(-?\d{1,9})?:(-?\d{1,9})?")
_CLOSED = re.compile(r"(\d{1,9})-(\d{1,9})")
_LONGEST = 200  # characters of what is written
_MOST_NUMBERS = 1_000


@dataclass(frozen=True, slots=True)
class CellSelection:
    """Some cells of a notebook: the last ones above the one that asks, or those of certain numbers.

    Attributes:
        last: How many of those above; ``None`` for all of them, or where ``numbers`` says which.
        numbers: Their numbers in IPython's ``In``, as Python would index it; empty where ``last`` says which.
        text: As the user wrote it.
    """

    last: int | None = None
    numbers: tuple[int | slice, ...] = ()
    text: str = "all"

    @classmethod
    def of(cls, value: Any) -> CellSelection | None:
        """The cells that a value means.

        Args:
            value: A number of cells, ``"all"``, ``"none"``, ``"In[2:5]"`` (a Python slice, so without 5), ``"In[2]"``,
                ``"In[2,4]"``, ``"2-5"`` (as in ``%history``, so with 5), a ``range`` or a list of numbers.

        Returns:
            Them; ``None`` for none.

        Raises:
            InvalidOptionError: The value means nothing of the kind.
        """
        if value is None or isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls._of_text(value.strip())
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return cls(value, text=str(value)) if value else None
        if isinstance(value, slice):
            value = [value]
        if isinstance(value, Iterable):
            numbers = () if isinstance(value, (bytes, dict)) else tuple(islice(value, _MOST_NUMBERS + 1))
            if 0 < len(numbers) <= _MOST_NUMBERS and all(map(_is_index, numbers)):
                return cls(numbers=numbers, text=f"In[{', '.join(map(_written, numbers))}]")
        raise InvalidOptionError(f"{_shown(value)} does not say which cells", hint=_HOW)

    @classmethod
    def _of_text(cls, text: str) -> CellSelection | None:
        if text.lower() in ("none", "0", ""):
            return None
        if text.lower() == "all":
            return cls()
        if re.fullmatch(r"\d{1,9}", text):
            return cls(int(text), text=text) if int(text) else None
        found = _LIST.fullmatch("".join(text.split())) if len(text) <= _LONGEST else None
        items = (found[1] if found[1] is not None else found[2]).split(",") if found is not None else []
        numbers = tuple(_index(item) for item in items)
        negative = found is not None and found[1] is None and text.startswith("-")
        if not numbers or None in numbers or negative:
            raise InvalidOptionError(f"{_shown(text)} does not say which cells", hint=_HOW)
        return cls(numbers=tuple(number for number in numbers if number is not None), text=text)

    def chosen(self, now: int) -> list[int]:
        """The numbers that are chosen by number, each once, in order.

        Args:
            now: The number of the cell that asks, which is the last one in ``In``.
        """
        chosen: set[int] = set()
        for number in self.numbers:
            if isinstance(number, slice):
                chosen.update(range(now + 1)[number])
            elif number >= 0:
                chosen.add(number)
            else:
                chosen.add(now + 1 + number)
        return sorted(number for number in chosen if number > 0)


def _index(text: str) -> int | slice | None:
    if _NUMBER.fullmatch(text):
        return int(text)
    if found := _SLICE.fullmatch(text):
        return slice(*(None if part is None else int(part) for part in found.groups()))
    if (found := _CLOSED.fullmatch(text)) and int(found[1]) <= int(found[2]):
        return slice(int(found[1]), int(found[2]) + 1)
    return None


def _is_index(value: Any) -> bool:
    if isinstance(value, slice):
        bounds: Sequence[Any] = (value.start, value.stop, value.step)
        return all(bound is None or _is_index(bound) for bound in bounds) and value.step != 0
    return isinstance(value, int) and not isinstance(value, bool)


def _written(number: int | slice) -> str:
    if isinstance(number, slice):
        return ":".join("" if bound is None else str(bound) for bound in (number.start, number.stop))
    return str(number)


def _shown(value: Any) -> str:
    if not isinstance(value, str):
        return f"a {type(value).__name__}" if not isinstance(value, int) else str(value)
    return repr(value if len(value) <= 40 else f"{value[:40]}…")
