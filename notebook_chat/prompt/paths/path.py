"""Paths to values: a name, attributes and literal indices, and nothing that would run code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .attributes import attribute
from .entries import item, value_of
from .unresolved import UnresolvedError

_NAME: Final = r"[^\W\d]\w{0,200}+"
_INDEX: Final = r"""\[(?:-?[0-9]{1,18}+|"[^"\\\n{}`]{0,200}+"|'[^'\\\n{}`]{0,200}+')\]"""

PATH: Final = rf"{_NAME}(?:\.{_NAME}|{_INDEX}){{0,20}}+"
"""A path, as a regular expression."""

_PATH: Final = re.compile(PATH)
_PIECE: Final = re.compile(rf"(\.?)({_NAME})|{_INDEX}")


@dataclass(frozen=True, slots=True)
class Step:
    """What is read from a value on the way: an attribute, or what an index leads to.

    Attributes:
        key: The attribute's name, or the index.
        dotted: Whether it is an attribute.
    """

    key: str | int
    dotted: bool

    def __str__(self) -> str:
        if self.dotted:
            return f".{self.key}"
        if isinstance(self.key, int):
            return f"[{self.key}]"
        return f"['{self.key}']" if '"' in self.key else f'["{self.key}"]'


@dataclass(frozen=True, slots=True)
class Path:
    """The way to a value.

    Attributes:
        name: The variable.
        steps: What is read from it, one after the other.
    """

    name: str
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        """The path as Python writes it; two that mean the same are written the same."""
        return self.name + "".join(map(str, self.steps))

    @classmethod
    def parse(cls, text: str) -> Path | None:
        """The path that a text is, all of it; ``None`` where it is none, or leads to what Python keeps for itself."""
        if _PATH.fullmatch(text) is None:
            return None
        first, *pieces = _PIECE.finditer(text)
        name = unicodedata.normalize("NFKC", first[2])
        if not name.isidentifier() or (name.startswith("__") and name.endswith("__") and name.strip("_")):
            return None
        return cls(name, tuple(_step(piece) for piece in pieces))


def _step(piece: re.Match[str]) -> Step:
    if piece[2] is not None:
        return Step(unicodedata.normalize("NFKC", piece[2]), dotted=True)
    index = piece[0][1:-1]
    return Step(index[1:-1] if index[0] in "\"'" else int(index), dotted=False)


def resolve(path: Path, namespace: Mapping[str, Any], errors: Mapping[int, Any] | None = None) -> Any:
    """The value that a path leads to. No code of the values on the way runs: no property, no ``__getattr__``, no
    ``__getitem__``, no ``__eq__``; what only these would give does not resolve.

    Args:
        path: The path.
        namespace: The notebook's variables.
        errors: The errors of its cells, which are ``Err[7]`` where no variable is called that.

    Raises:
        UnresolvedError: The path leads nowhere.
    """
    steps = list(path.steps)
    try:
        value = value_of(namespace, path.name)
    except UnresolvedError:
        if errors is None or path.name != "Err" or not steps or not isinstance(steps[0].key, int):
            raise
        number = steps.pop(0).key
        if number not in errors:
            raise
        value = errors[int(number)]
    for step in steps:
        value = attribute(value, str(step.key)) if step.dotted else item(value, step.key)
    return value
