"""The models that a service has: one GET, or several where the list comes in pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from .. import errors
from ..request import Request
from ..transport import send
from . import failures
from .call import Call

if TYPE_CHECKING:
    from .http import HTTPProvider

SECONDS = 15.0
"""How long a page of the list may take, in seconds, where the caller sets no other bound."""

LARGEST_PAGE = 64 * 1024 * 1024
"""The largest page accepted, in bytes. OpenRouter's is about one megabyte."""

MOST_PAGES = 100
"""How many pages are asked for: a service whose list never ends must not hold its caller."""

Page = tuple[list[str], Mapping[str, str]]
"""The names on one page, and the query that asks for the next; empty on the last."""


class _Model(msgspec.Struct, frozen=True):
    id: str


class _Page(msgspec.Struct, frozen=True):
    data: list[_Model]
    has_more: bool | None = None
    last_id: str | None = None


_PAGE = msgspec.json.Decoder(_Page | list[_Model])


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
    return [model.id for model in page.data], following


async def list_models(provider: type[HTTPProvider], call: Call) -> list[str]:
    """The names of all models, in the service's order and each once.

    Raises:
        ChatError: The service or the way to it failed.
    """
    names: dict[str, None] = {}
    query: Mapping[str, str] = provider.models_query
    for _ in range(MOST_PAGES):
        request = _request(provider, call, query)
        body = await _body(provider, request)
        try:
            page, following = provider.parse_models(body)
        except ValueError:
            raise failures.not_an_answer(body, request, provider.name) from None
        names.update(dict.fromkeys(page))
        if not following or not page:
            break
        query = {**provider.models_query, **following}
    return list(names)


def _request(provider: type[HTTPProvider], call: Call, query: Mapping[str, str]) -> Request:
    return Request(
        "GET",
        f"{call.base_url}{provider.models_path}{'?' if query else ''}{urlencode(query)}",
        {"Accept": "application/json", **provider.headers(call.api_key), **call.headers},
        timeouts=call.timeouts,
        proxy=call.proxy,
        ssl=call.ssl,
    )


async def _body(provider: type[HTTPProvider], request: Request) -> bytes:
    async with send(request) as response:
        if response.status != 200:
            raise await failures.from_response(response, request, provider.name)
        blocks: list[bytes] = []
        size = 0
        async for block in response:
            blocks.append(block)
            size += len(block)
            if size > LARGEST_PAGE:
                raise errors.ResponseFormatError("its list of models is too large", provider=provider.name)
        return b"".join(blocks)
