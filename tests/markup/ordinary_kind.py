"""What an ordinary answer is, for the lists of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Ordinary:
    """An ordinary answer.

    Attributes:
        name: a few words.
        text: the answer, as the model wrote it.
        shows: texts that are there to be read, each in one piece.
        hides: texts that must not be seen, marks of Markdown above all.
        elements: how many elements of a name there are, HTML's or MathML's.
    """

    name: str
    text: str
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    elements: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


def has(**elements: int) -> Mapping[str, int]:
    return MappingProxyType(elements)
