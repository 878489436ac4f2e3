"""A tool of a server, as a model may have it run."""

from __future__ import annotations

import math
import time
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ...text import replace_surrogates, single_line
from ...tool_spec import ToolSpec
from ..tool import ArgumentsError, Tell, Tool, ToolOutput
from . import names, results
from .schemas import object_schema

if TYPE_CHECKING:
    from .offer import Offer

LONGEST = 4000
"""How long the description of a tool may be, in characters."""

_MOST_WORDS = 400_000  # characters of descriptions and schemas of one server
_SHORT = 200
_TELL_SECONDS = 0.1  # between two lines of progress
_LIST, _READ = "list_resources", "read_resource"
_URI = {
    "type": "object",
    "properties": {"uri": {"type": "string", "description": "Its address."}},
    "required": ["uri"],
}


class Home(Protocol):
    """The server that a tool belongs to."""

    name: str
    home: str
    seconds: float | None

    async def call(self, tool: Tool, arguments: Mapping[str, Any], progress: Progress) -> ToolOutput:
        """Calls a tool."""

    async def inspect(self, tell: Tell) -> Offer:
        """What it has."""

    async def contents(self, uri: str, tell: Tell) -> list[Any]:
        """The contents of a resource."""


class MCPTool(Tool):
    """A tool of a server.

    Args:
        server: The server.
        name: What a model calls it by.
        given: The SDK's ``Tool``, as the server gives it.

    Attributes:
        hint_read_only: Whether the server says that it changes nothing. That is the server's word, and nothing is
            allowed by it alone.
        faithful: Whether its schema is passed on as the server gives it.
    """

    kind = "mcp"

    def __init__(self, server: Home, name: str, given: Any) -> None:
        self._server = server
        self.server = server.name
        self.home = server.home
        self.original: str = given.name
        self.seconds = server.seconds
        parameters, self.faithful = object_schema(given.input_schema)
        hints = given.annotations
        self.hint_read_only = bool(hints is not None and hints.read_only_hint)
        title = given.title or (hints.title if hints is not None else "") or ""
        self.spec = ToolSpec(name, told(given.description or title), parameters)

    async def run(self, arguments: Mapping[str, Any], tell: Tell) -> ToolOutput:
        """Calls the tool at its server."""
        return await self._server.call(self, arguments, Progress(self.server, tell))


class ResourceTool(Tool):
    """What lists the resources of a server, or reads one of them.

    Args:
        server: The server.
        name: What a model calls it by.
        original: ``list_resources`` or ``read_resource``.
    """

    kind = "mcp"

    def __init__(self, server: Home, name: str, original: str) -> None:
        self._server = server
        self.server = server.name
        self.home = server.home
        self.original = f"resources/{original}"
        self.seconds = server.seconds
        self.hint_read_only = True
        self._lists = original == _LIST
        if self._lists:
            self.spec = ToolSpec(name, f"Lists the resources of {server.name}: what can be read there.")
        else:
            self.spec = ToolSpec(name, f"Reads a resource of {server.name} by its address.", dict(_URI))

    async def run(self, arguments: Mapping[str, Any], tell: Tell) -> ToolOutput:
        """Lists or reads."""
        if self._lists:
            offer = await self._server.inspect(tell)
            return ToolOutput.text("\n".join(one.told for one in offer.resources) or "(there are none)")
        uri = arguments.get("uri")
        if not isinstance(uri, str) or not uri:
            raise ArgumentsError("uri must be the address of a resource")
        contents = await self._server.contents(uri, tell)
        return ToolOutput(tuple(results.resource_parts(contents)))


class Progress:
    """Tells the reader of a call's progress, and not more often than can be read.

    Args:
        server: What the server is called.
        tell: What tells it.
    """

    def __init__(self, server: str, tell: Tell) -> None:
        self._server = server
        self.tell = tell
        self._last = 0.0

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        """Takes note of a step; the SDK calls it."""
        now = time.monotonic()
        if now - self._last < _TELL_SECONDS:
            return
        self._last = now
        done = progress / total if total and math.isfinite(progress) and math.isfinite(total) else None
        words = single_line((message or "")[:_SHORT]) or (f"{progress:g}" if done is None else "")
        self.tell(f"{self._server}: {words}", None if done is None else min(max(done, 0.0), 1.0))


def told(text: str) -> str:
    """What a server says of a tool, for a model: without characters that nobody sees, and no longer than may be."""
    text = replace_surrogates(text)
    if not text.isascii():
        text = "".join(one for one in text if one in "\n\t" or unicodedata.category(one) not in _UNSEEN)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


_UNSEEN = ("Cc", "Cf", "Co", "Cn", "Cs")


def tools_of(server: Home, offer: Offer, most: int) -> tuple[list[Tool], list[Tool], list[str]]:
    """The tools of a server, and what there is to tell of them.

    Args:
        server: The server.
        offer: What it has.
        most: How many tools are passed on at most.

    Returns:
        Those that are passed on, all that can be named, and lines.
    """
    problems: list[str] = []
    given = {one.name: one for one in reversed(offer.tools)}  # of two with one name the first
    originals = list(dict.fromkeys(one.name for one in offer.tools))
    if len(originals) < len(offer.tools):
        problems.append("it lists several tools of one name: the first counts")
    named = zip(names.tool_names(server.name, originals), originals, strict=True)
    found: dict[str, Tool] = {}
    for name, original in named:
        found.setdefault(name, MCPTool(server, name, given[original]))
    known = list(found.values())
    if len(known) < len(given):  # their names are made to have the same digest
        problems.append("several of its tools would have one name: the first counts")
    own = [one for one in (_LIST, _READ) if offer.resources and one not in given]
    resources = [
        ResourceTool(server, name, one)
        for name, one in zip(names.tool_names(server.name, own), own, strict=True)
    ]
    passed_on: list[Tool] = []
    size = 0
    for tool in known[: most - len(resources)]:
        size += len(str(tool.spec))
        if size > _MOST_WORDS:
            break
        passed_on.append(tool)
    if len(passed_on) < len(known):
        problems.append(
            f"it has {len(known):,} tools, and the first {len(passed_on)} are taken:"
            f" -T {server.name}.TOOL names a single one"
        )
    problems += _unfaithful(passed_on)
    return [*passed_on, *resources], [*known, *resources], problems


def _unfaithful(tools: Sequence[Tool]) -> list[str]:
    names = [single_line(one.original)[:60] for one in tools if isinstance(one, MCPTool) and not one.faithful]
    if not names:
        return []
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return [f"the schema of {', '.join(names[:3])}{more} cannot be passed on as it is"]
