"""The models that a service has: one GET, or several where the list comes in pages."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec

from .. import errors
from ..attempts import STALE_CONNECTION, Attempts
from ..decoders import check_values
from ..request import HttpRequest
from ..secrets import Secret
from ..transport import Transport, send
from . import addresses, error_mapping, pacing
from .call import Connection
from .listed_facts import facts_in
from .model_facts import UNKNOWN, ModelFacts, remember
from .model_table import successors

SECONDS = 15.0
"""How long the list may take, in seconds, where the caller sets no other bound."""

LARGEST_PAGE = 16 * 1024 * 1024
"""The largest page accepted, in bytes. OpenRouter's is about one megabyte."""

SUGGESTION_SECONDS = 3.0
"""How long an error about an unknown model waits for the list, in seconds."""

MOST_PAGES = 100
"""How many pages are asked for: a service whose list never ends must not hold its caller."""

_MOST_NAMES = 100_000
_MOST_LOOKED_AT = 5000  # for those that are like a name
_LONGEST_NAME = 500  # characters

Page = tuple[Iterable[str] | Mapping[str, ModelFacts], Mapping[str, str]]
"""The names on one page, with what the service says of each where it does; and the query that asks for the next, empty
on the last."""


class Lister(Protocol):
    """What has a list of models at its service; a class derived from ``HTTPProvider`` is one."""

    @property
    def name(self) -> str:
        """What the provider is called."""
        ...

    @property
    def models_path(self) -> str:
        """Where the list is, beneath the service's address."""
        ...

    @property
    def models_query(self) -> Mapping[str, str]:
        """The query that asks for the first page."""
        ...

    def all_headers(self, to: Connection) -> dict[str, str | Secret]:
        """The headers of every request over a connection."""
        ...

    def parse_models(self, body: bytes) -> Page:
        """The names on one page, and the query that asks for the next.

        Raises:
            ValueError: The page is malformed.
        """
        ...

    def parse_facts(self, body: bytes) -> ModelFacts:
        """What the service says of one model.

        Raises:
            ValueError: It is malformed.
        """
        ...


class _Page(msgspec.Struct, frozen=True):
    data: list[dict[str, Any]]
    has_more: bool | None = None
    last_id: str | None = None


_PAGE = msgspec.json.Decoder(_Page | list[dict[str, Any]])


def parse_page(body: bytes) -> Page:
    """A page in OpenAI's form, which is Anthropic's too: ``{"data": [{"id": …}]}``, with ``has_more`` and
    ``last_id`` where there are several pages. Together sends the bare list.

    Raises:
        ValueError: It is not in that form.
    """
    page = _PAGE.decode(body)
    if isinstance(page, list):
        page = _Page(page)
    following = {"after_id": page.last_id} if page.has_more and page.last_id else {}
    return {model_id(model): facts_in(model) for model in page.data}, following


def model_id(model: Mapping[str, Any], field: str = "id") -> str:
    """What an entry of a list calls a model.

    Args:
        model: The entry.
        field: Where its name stands.

    Raises:
        ValueError: It has none.
    """
    name = model.get(field)
    if not isinstance(name, str):
        raise ValueError(f"a model without {field}")
    return name


async def list_models(provider: Lister, to: Connection) -> dict[str, ModelFacts]:
    """All models by their names, in the service's order, with what the service says of each. It is remembered.

    Raises:
        ChatError: The service or the way to it failed.
    """
    found: dict[str, ModelFacts] = {}
    query: Mapping[str, str] = provider.models_query
    began = time.monotonic()
    for _ in range(MOST_PAGES):
        left = to.timeouts.after(time.monotonic() - began)
        request = _request(provider, replace(to, timeouts=left), query)
        async with pacing.passing(provider.name, to, left.total or SECONDS):
            body = await _body(provider, request, to.transport)
        try:
            check_values(body)
            page, following = provider.parse_models(body)
        except (ValueError, RecursionError):
            raise error_mapping.not_an_answer(
                body[: error_mapping.LONGEST_WORDS], request, provider.name
            ) from None
        told = page if isinstance(page, Mapping) else dict.fromkeys(page, UNKNOWN)
        for name, facts in islice(told.items(), _MOST_NAMES):
            if len(name) <= _LONGEST_NAME:
                found.setdefault(name, facts)
        if not following or not told or len(found) >= _MOST_NAMES:
            break
        query = {**provider.models_query, **following}
    remember(provider.name, to.base_url, found)
    return found


async def look_up(provider: Lister, to: Connection, model: str, request: HttpRequest) -> None:
    """Asks a service about one model, and remembers what it says. What cannot be had stays unknown.

    Args:
        provider: The provider.
        to: The way to the service.
        model: The model's name.
        request: The request for it.
    """
    with contextlib.suppress(errors.ChatError, ValueError, RecursionError):
        async with pacing.passing(provider.name, to, to.timeouts.total or SECONDS):
            body = await _body(provider, request, to.transport)
        check_values(body)
        remember(provider.name, to.base_url, {model: provider.parse_facts(body)})


async def suggest(provider: Lister, to: Connection, model: str, error: errors.ModelNotFoundError) -> None:
    """Puts what to ask in a model's place into the hint of an error which says that there is none such: its
    successors where it has ended, else the names that are most like its own. Where neither is known, nor the list to be
    had soon, the error stays as it is."""
    if ended := successors(model):
        day, instead = ended
        error.hint = f"{model} ends on {day:%Y-%m-%d}; in its place there are {' and '.join(instead)}."
        return
    with contextlib.suppress(Exception):  # whatever fails here, the error that is told is the first one
        async with asyncio.timeout(SUGGESTION_SECONDS):
            names = list(await list_models(provider, to))
        if near := near_names(model, names):
            error.hint = f"Did you mean {' or '.join(near)}?"


def near_names(name: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that are most like a name, the likest first; case, and what stands before a ``/``, count little.

    Args:
        name: The name.
        names: What to choose from; the name itself is never chosen.
        most: How many at most.
    """
    plain = {_plain(one): one for one in names if one != name}
    like = difflib.get_close_matches(_plain(name), list(plain)[:_MOST_LOOKED_AT], n=most, cutoff=0.6)
    longer = (one for one in plain if one not in like and _plain(name) and _plain(name) in one)
    return [plain[one] for one in (*like, *longer)][:most]


def _plain(name: str) -> str:
    return name.lower().rpartition("/")[2]


def _request(provider: Lister, to: Connection, query: Mapping[str, str]) -> HttpRequest:
    return get(provider, to, addresses.joined(to.base_url, f"{provider.models_path}?{urlencode(query)}"))


def get(provider: Lister, to: Connection, url: str) -> HttpRequest:
    """The request for a document of JSON at a service.

    Args:
        provider: The provider.
        to: The way to the service.
        url: Where it is.
    """
    return HttpRequest(
        "GET",
        url,
        {"Accept": "application/json", **provider.all_headers(to)},
        timeouts=to.timeouts,
        proxy=to.proxy,
        ssl=to.ssl,
    )


async def _body(provider: Lister, request: HttpRequest, transport: Transport) -> bytes:
    """The body of the response to one request, which is sent once more where a kept connection was closed."""
    attempts = Attempts()
    while True:
        try:
            return await _received(provider, request, transport)
        except errors.StaleConnectionError as error:
            if attempts.again(STALE_CONNECTION, error) is None:
                raise
            request = replace(request, reuse=False)


async def _received(provider: Lister, request: HttpRequest, transport: Transport) -> bytes:
    async with send(request, transport) as response:
        if response.status != 200:
            raise await error_mapping.from_response(response, request, provider.name)
        blocks: list[bytes] = []
        size = 0
        async for block in response:
            blocks.append(block)
            size += len(block)
            if size > LARGEST_PAGE:
                raise errors.ResponseFormatError("its list of models is too large", provider=provider.name)
        return b"".join(blocks)
