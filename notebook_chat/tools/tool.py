"""A tool: what a model may have run, whoever has written it."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from ..parts import AudioPart, FilePart, ImagePart, TextPart
from ..tool_spec import ToolSpec

ResultPart = TextPart | ImagePart | FilePart | AudioPart
"""What the result of a tool is made of."""

Tell = Callable[[str, float | None], object]
"""Tells the reader in a line what a tool is doing, and how much of it is done, from 0 to 1, where that is known. It may
be called in any thread."""

Kind = Literal["function", "notebook", "edit", "run", "mcp"]
"""Where a tool comes from: a function of the user's; what reads the notebook, changes cells, or runs code in it; a
server."""


class ToolOutput(msgspec.Struct, frozen=True):
    """What a tool gives.

    Attributes:
        parts: What the model is given.
        is_error: Whether it failed; the parts then say how.
    """

    parts: tuple[ResultPart, ...]
    is_error: bool = False

    @classmethod
    def text(cls, text: str, *, is_error: bool = False) -> ToolOutput:
        """An output of one text."""
        return cls((TextPart(text),), is_error)


class ArgumentsError(ValueError):
    """The arguments of a call are none that the tool takes. Its words are for the model."""


class Tool(ABC):
    """The base of all tools.

    Attributes:
        spec: What the model is told of it.
        kind: Where it comes from.
        server: The server that has it, by its name; ``""`` where none does.
        home: What the tool belongs to for whoever allows it: the command or the address of its server, the module of a
            function. A tool of the same name somewhere else is another one.
        original: What the tool is called at its server, where a model cannot be told that name; else its name.
        reads_only: Whether it reads what the user can see and does nothing else: it is free.
        given: Whether the user has given it for just this: it runs without being asked about.
        seconds: How long it may take, in seconds; ``None`` for no bound.
    """

    spec: ToolSpec
    kind: Kind
    server: str = ""
    home: str = ""
    original: str = ""
    reads_only: bool = False
    given: bool = False
    seconds: float | None = 120.0

    @property
    def name(self) -> str:
        """What the model calls it by."""
        return self.spec.name

    @property
    def code(self) -> object:
        """What tells it from a tool of the same name and words that does something else; ``None`` where these say
        all."""
        return None

    @property
    def digest(self) -> str:
        """What it is, as the model is told of it: another one once its description or its schema changes."""
        told = msgspec.json.encode([self.original, self.spec.told], order="sorted")
        return hashlib.sha256(told).hexdigest()[:32]

    def reads(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """The variables of the notebook that a call would read, by their names, as far as that can be told before it
        runs: what was marked private is asked about. It may be called in any thread, and never raises.

        Args:
            arguments: The arguments, which fit ``spec.parameters``.
        """
        return ()

    def proposal(self, arguments: Mapping[str, Any]) -> str:
        """What a call would do, as text for whoever is asked about it, where that says more than its arguments: code,
        or a difference. It may be called in any thread.

        Args:
            arguments: The arguments, which fit ``spec.parameters``.
        """
        return ""

    @abstractmethod
    async def run(self, arguments: Mapping[str, Any], tell: Tell) -> ToolOutput:
        """Does what the tool is for. It runs on the loop that drives the answer, which it must not block; it is
        cancelled when the user stops the answer, and when its time is over.

        Args:
            arguments: The arguments, which fit ``spec.parameters``.
            tell: Tells the reader how it goes.

        Raises:
            ArgumentsError: The arguments are none that it takes.
            Exception: It failed; the model is told of it.
        """


class ToolSource(Protocol):
    """Where tools come from."""

    @property
    def known(self) -> Sequence[Tool] | None:
        """Its tools, where they are known without starting anything; else ``None``."""

    def open(self, tell: Tell) -> Awaitable[Sequence[Tool]]:
        """Its tools, ready to be run. What has to be started is started.

        Args:
            tell: Tells the reader how it goes.

        Raises:
            ChatError: They cannot be had.
        """


class Given:
    """Tools that are there already.

    Args:
        tools: The tools.
    """

    def __init__(self, tools: Sequence[Tool]) -> None:
        self.known: Sequence[Tool] = tuple(tools)

    async def open(self, tell: Tell) -> Sequence[Tool]:
        """The tools."""
        return self.known
