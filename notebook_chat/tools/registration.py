"""The tools of a chat, which may come and go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidOptionError
from .resolution import sources_of
from .tool import ToolSource


@dataclass(frozen=True, slots=True)
class Registered:
    """Something that was given as a tool.

    Attributes:
        item: What was given.
        source: What became of it.
    """

    item: Any
    source: ToolSource

    @property
    def names(self) -> frozenset[str]:
        """The names of its tools, as far as they are known."""
        return frozenset(tool.name for tool in self.source.known or ())


def registered(items: Any) -> tuple[Registered, ...]:
    """What a caller gives as tools.

    Args:
        items: As for ``sources_of``.

    Raises:
        InvalidOptionError: One is no tool.
    """
    sources = sources_of(items)
    return tuple(Registered(item, source) for item, source in zip(items, sources, strict=True))


def with_tool(held: Iterable[Registered], item: Any) -> tuple[Registered, ...]:
    """Tools, and one more. A function takes the place of another of the same name, so that a cell can run twice.

    Args:
        held: The tools.
        item: What is given as one.

    Raises:
        InvalidOptionError: It is no tool.
    """
    [new] = registered([item])
    kept = [one for one in held if not (callable(one.item) and callable(item) and one.names & new.names)]
    return (*(one for one in kept if one.item is not item), new)


def without_tool(held: Iterable[Registered], item: Any) -> tuple[Registered, ...]:
    """Tools, without one of them.

    Args:
        held: The tools.
        item: What was given as one, or the name of a tool.

    Raises:
        InvalidOptionError: It is none of them.
    """
    held = tuple(held)
    kept = tuple(one for one in held if not _is(one, item))
    if len(kept) == len(held):
        name = item if isinstance(item, str) else getattr(item, "__name__", type(item).__name__)
        names = sorted({name for one in held for name in one.names})
        raise InvalidOptionError(
            f"{name!s:.80} is no tool of this chat",
            hint=f"It has {', '.join(names)}." if names else "It has none.",
        )
    return kept


def _is(one: Registered, item: Any) -> bool:
    if isinstance(item, str):
        return one.item == item if isinstance(one.item, str) else item in one.names
    same = one.item is item or getattr(one.source, "function", None) is item
    return same or (type(one.item) is type(item) and _is_same_method(one.item, item))


def _is_same_method(one: Any, other: Any) -> bool:
    bound = getattr(one, "__self__", None)
    return bound is not None and bound is getattr(other, "__self__", None) and one.__name__ == other.__name__
