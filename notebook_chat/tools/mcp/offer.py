"""What a server has to offer: its tools, resources and prompts, as far as they can be used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from ...text import printable, replace_surrogates, single_line
from . import failures
from .connection import Connection

LIST_SECONDS = 20.0
"""How long a server may take to list what it has, in seconds."""

MOST = 1000
"""How many things of a kind are listed at most."""

_MOST_PAGES = 50
_NO_SUCH_METHOD = -32601  # of resource templates, which few servers have
_LONGEST = 500  # characters of what something is for


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource, or with ``{…}`` in its address a template of resources.

    Attributes:
        uri: Its address.
        name: What it is called.
        description: What it is.
        media_type: Its type; ``""`` where the server does not say.
    """

    uri: str
    name: str = ""
    description: str = ""
    media_type: str = ""

    @property
    def told(self) -> str:
        """It, in a line."""
        return ", ".join(filter(None, (self.uri, self.name, self.media_type, self.description)))


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt.

    Attributes:
        name: What it is called.
        description: What it is for.
        arguments: What it takes: names, each with whether it must be given, and what it is.
    """

    name: str
    description: str = ""
    arguments: tuple[tuple[str, bool, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server has to offer.

    Attributes:
        tools: The SDK's ``Tool``s, as the server gives them.
        resources: The resources, and the templates behind them.
        prompts: The prompts.
        title: What the server says that it is, with its version.
        instructions: What it says of how it is to be used.
        problems: What there is to tell of it besides, in lines.
    """

    tools: tuple[Any, ...] = ()
    resources: tuple[Resource, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    title: str = ""
    instructions: str = ""
    problems: tuple[str, ...] = ()


async def offer_of(connection: Connection) -> Offer:
    """Asks a server for all that it has.

    Args:
        connection: The server.

    Raises:
        TimeoutError: It takes too long.
        Exception: It refuses, or does not keep to the protocol.
    """
    client = connection.client
    has = client.server_capabilities
    problems: list[str] = []
    async with asyncio.timeout(LIST_SECONDS):
        tools = await _all(client.list_tools, "tools", problems) if has.tools is not None else []
        resources, templates, prompts = [], [], []
        if has.resources is not None:
            resources = await _lenient(client.list_resources, "resources", problems)
            templates = await _lenient(client.list_resource_templates, "resource_templates", problems)
        if has.prompts is not None:
            prompts = await _lenient(client.list_prompts, "prompts", problems)
    info = client.server_info
    return Offer(
        tools=tuple(tools),
        resources=(*map(_resource, resources), *map(_resource, templates)),
        prompts=tuple(map(_prompt, prompts)),
        title=_line(f"{info.title or info.name} {info.version or ''}") if info is not None else "",
        instructions=printable(replace_surrogates((client.instructions or "")[: 8 * _LONGEST])),
        problems=tuple(problems),
    )


async def _all(ask: Callable[..., Coroutine[Any, Any, Any]], kind: str, problems: list[str]) -> list[Any]:
    """All pages of a list, as far as there is an end to them."""
    found: list[Any] = []
    cursor: str | None = None
    seen: set[str | None] = {None}
    for _ in range(_MOST_PAGES):
        page = await ask(cursor=cursor)
        found += getattr(page, kind)
        cursor = page.next_cursor
        if not cursor or cursor in seen:
            return found
        if len(found) >= MOST:
            break
        seen.add(cursor)
    problems.append(
        f"its list of {kind.replace('_', ' ')} has no end: the first {min(len(found), MOST):,} are taken"
    )
    return found[:MOST]


async def _lenient(ask: Callable[..., Coroutine[Any, Any, Any]], kind: str, problems: list[str]) -> list[Any]:
    """As ``_all``; what a server says that it has and does not list is told, and does not keep anyone from its
    tools."""
    try:
        return await _all(ask, kind, problems)
    except Exception as error:
        if failures.is_lost(error) or isinstance(error, TimeoutError):
            raise
        if getattr(error, "code", None) == _NO_SUCH_METHOD:
            return []
        problems.append(f"its {kind.replace('_', ' ')} cannot be listed: {failures.words(error)}")
        return []


def _resource(given: Any) -> Resource:
    uri = getattr(given, "uri", None) or given.uri_template
    return Resource(
        _line(str(uri)), _line(given.title or given.name), _line(given.description), _line(given.mime_type)
    )


def _prompt(given: Any) -> Prompt:
    arguments = tuple(
        (_line(one.name), bool(one.required), _line(one.description)) for one in (given.arguments or ())[:50]
    )
    return Prompt(_line(given.name), _line(given.description or given.title), arguments)


def _line(text: str | None) -> str:
    return single_line(replace_surrogates((text or "")[:_LONGEST])).strip()
