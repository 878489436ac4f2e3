"""The tools of one ask, and what is to be known of how they are used."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field

from ..errors import InvalidOptionError
from ..events import Notice
from ..secrets import redact
from ..text import single_line
from ..tool_spec import MOST_TOOLS, ToolSpec
from .permit import FreeAlone, Permit
from .tool import Tell, Tool, ToolSource

ROUNDS = 20
"""How often the results of tools are given back in one ask, where nothing else is said."""

PARALLEL = 8
"""How many calls run side by side."""


_LONGEST_NOTICE = 200


class Toolbox:
    """Tools by the names that a model calls them by.

    Args:
        tools: The tools; the same one twice counts once.

    Raises:
        InvalidOptionError: Two have the same name, or there are too many.
    """

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            other = self._tools.setdefault(tool.name, tool)
            if other is not tool and not _is_same(other, tool):
                raise InvalidOptionError(
                    f"two tools have the name {tool.name}", hint="Give each a name of its own."
                )
        if len(self._tools) > MOST_TOOLS:
            raise InvalidOptionError(
                f"there are {len(self._tools)} tools",
                hint=f"Give {MOST_TOOLS} or fewer: models get lost among many.",
            )

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What a model is told of them."""
        return tuple(tool.spec for tool in self._tools.values())

    def find(self, name: str) -> Tool | None:
        """The tool that a model has called; ``None`` where there is none of that name."""
        return self._tools.get(name)

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)


def _is_same(one: Tool, other: Tool) -> bool:
    if one.kind == "function" and one.code is None:
        return False  # what it does is not known
    return (one.kind, one.home, one.digest, one.code) == (other.kind, other.home, other.digest, other.code)


@dataclass(frozen=True, slots=True)
class ToolUse:
    """The tools that one ask may use, and how.

    Attributes:
        sources: Where the tools come from.
        permit: Who decides whether a call may be run.
        rounds: How often their results are given back at most.
        parallel: How many calls run side by side at most.
    """

    sources: tuple[ToolSource, ...]
    permit: Permit = field(default_factory=FreeAlone)
    rounds: int = ROUNDS
    parallel: int = PARALLEL

    @property
    def known(self) -> tuple[Tool, ...]:
        """The tools that are known without starting anything."""
        return tuple(tool for source in self.sources for tool in source.known or ())

    async def open(self, tell: Tell) -> Toolbox:
        """All tools, ready to be run.

        Args:
            tell: Tells the reader how it goes.

        Raises:
            ChatError: Some cannot be had.
        """
        tools: list[Tool] = []
        for source in self.sources:
            tools += source.known if source.known is not None else await source.open(tell)
        return Toolbox(tools)


async def opened(use: ToolUse) -> AsyncGenerator[Notice | Toolbox]:
    """Opens the tools of one ask: what there is to tell meanwhile, and at the end the tools.

    Args:
        use: The tools, and how they are used.

    Raises:
        ChatError: Some cannot be had.
    """
    news: asyncio.Queue[Notice | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def put(notice: Notice | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(news.put_nowait, notice)

    def tell(words: str, fraction: float | None = None) -> None:
        put(Notice(single_line(redact(words[:_LONGEST_NOTICE])), fraction))

    opening = loop.create_task(use.open(tell))
    opening.add_done_callback(lambda _: put(None))
    try:
        while (notice := await news.get()) is not None:
            yield notice
        yield opening.result()
    finally:
        opening.cancel()
