"""Addresses and keys in whatever form they are pasted."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import errors
from notebook_chat.providers import Anthropic, Gemini, Ollama, OpenAI, OpenAIResponses
from notebook_chat.providers.addresses import checked, joined
from notebook_chat.providers.http import HTTPProvider
from notebook_chat.providers.keys import check_key
from notebook_chat.secrets import Secret

from ..servers import Answer, Response, page, serve
from ..transports import Canned, InMemory
from .wires import KEY, built


@pytest.mark.parametrize(
    ("provider", "given_url", "asked"),
    [
        (OpenAI, "http://host/v1", "http://host/v1/chat/completions"),
        (OpenAI, "  'HTTP://Host/v1/'\n", "http://host/v1/chat/completions"),
        (OpenAI, "http://host/v1/chat/completions", "http://host/v1/chat/completions"),
        (OpenAI, "http://host/v1/chat/completions/", "http://host/v1/chat/completions"),
        (OpenAI, "http://host/V1/Models#top", "http://host/V1/chat/completions"),
        (OpenAI, "http://host/v1/responses", "http://host/v1/chat/completions"),
        (
            OpenAI,
            "https://me.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21",
            "https://me.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
        ),
        (
            OpenAI,
            "https://me.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
            "https://me.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
        ),
        (OpenAI, "http://[::1]:8000/v1", "http://[::1]:8000/v1/chat/completions"),
        (OpenAIResponses, "http://host/v1/responses", "http://host/v1/responses"),
        (OpenAIResponses, "http://host/v1/chat/completions", "http://host/v1/responses"),
        (Anthropic, "https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
        (Anthropic, "https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages"),
        (Anthropic, "https://host/anthropic/v1/messages?beta=1", "https://host/anthropic/v1/messages?beta=1"),
        (Anthropic, "https://host/anthropic", "https://host/anthropic/v1/messages"),
        (Gemini, "https://host", "https://host/v1beta/models/m:streamGenerateContent?alt=sse"),
        (Gemini, "https://host/v1?key=x", "https://host/v1/models/m:streamGenerateContent?key=x&alt=sse"),
        (
            Gemini,
            "https://host/v1beta/models/other:generateContent",
            "https://host/v1beta/models/m:streamGenerateContent?alt=sse",
        ),
        (Ollama, "http://host:11434/v1", "http://host:11434/api/chat"),
        (Ollama, "http://host:11434/api/chat", "http://host:11434/api/chat"),
    ],
)
def test_an_address_however_it_is_pasted(provider: type[HTTPProvider], given_url: str, asked: str) -> None:
    request, _ = built(provider, "hi", "m", base_url=given_url)
    assert request.url == asked


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("localhost:8000/v1", "http://localhost:8000/v1"),
        ("example.org", "http://example.org"),
        ("ftp://host/v1", "must be an address"),
        ("http://", "must be an address"),
        ("https:///v1", "not an address"),
        ("http://[::1", "not an address"),
        ("http://host:99999", "not an address"),
        ("http://host:port/v1", "not an address"),
        ("http://host:0/v1", "not an address"),
        ("http://ho st/v1", "not an address"),
        ("http://host/v 1", "not an address"),
        ("http://user:pa55@ho st/v1", "not an address"),
        (7, "not int"),
        (b"http://host", "not bytes"),
    ],
)
def test_what_is_no_address_is_refused(url: Any, words: str) -> None:
    with pytest.raises(errors.InvalidOptionError) as error:
        built(OpenAI, base_url=url)
    assert words in str(error.value)
    assert "pa55" not in str(error.value)


@given(url=st.one_of(st.text(max_size=40), st.text(max_size=40).map("http://{}".format)))
def test_an_address_is_taken_or_refused(url: str) -> None:
    try:
        address = checked(url, ("/chat/completions", "/models"))
    except errors.InvalidOptionError:
        return
    assert address == checked(address, ("/chat/completions",)) or address.lower().endswith("/models")
    assert "#" not in address


def test_a_query_stays_at_the_end() -> None:
    assert joined("http://host/v1?a=1", "/models?limit=2") == "http://host/v1/models?a=1&limit=2"
    assert joined("http://host/v1", "/models?") == "http://host/v1/models"


@pytest.mark.parametrize(
    "reply", [Response(404, b"404 page not found"), page(404, "Not Found"), Response(405, b"{}")]
)
async def test_an_address_where_nothing_answers_is_named(reply: Response) -> None:
    with serve("openai_chat", reply) as server:
        origin = server.base_url.removesuffix("/v1")
        with pytest.raises(errors.ChatError) as error:
            await OpenAI.create_async("m", "hi", base_url=server.base_url)
        assert str(error.value).endswith(f"Asked at {server.base_url}/chat/completions: check the base URL.")
    with pytest.raises(
        errors.ChatError, match=f"Asked at {origin}/chat/completions: most base URLs end in /v1"
    ):
        await OpenAI.create_async("m", "hi", transport=_Without(reply), base_url=origin)


class _Without:
    """A transport that gives one response, whatever is asked."""

    def __init__(self, reply: Response) -> None:
        self._transport = InMemory(Canned([reply.body], reply.status, reply.headers))
        self.send = self._transport.send


@pytest.mark.parametrize(
    "pasted",
    [
        KEY,
        f" {KEY}\n",
        f'"{KEY}"',
        f"'{KEY}'",
        f"Bearer {KEY}",
        f"bearer  '{KEY}'\r\n",
        f"\ufeff{KEY}\u200b",
        f"“{KEY}”",
        f"{KEY[:5]}\n{KEY[5:]}",
    ],
)
async def test_a_key_however_it_is_pasted(pasted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve("openai_chat", Answer("Hi"), key=KEY) as server:
        assert await OpenAI.create_async("m", "hi", base_url=server.base_url, api_key=pasted) == "Hi"
        monkeypatch.setenv("OPENAI_API_KEY", pasted)
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        assert await OpenAI.create_async("m", "hi") == "Hi"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sk-abc\u2026def", "place 7: HORIZONTAL ELLIPSIS"),
        ("sk-abc def", "place 7: SPACE"),
        ("sk-ключ", "place 4: CYRILLIC SMALL LETTER KA"),
        ("sk-\x01", "place 4: U+0001"),
    ],
)
def test_a_key_that_is_none_is_told_before_it_is_sent(
    key: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for options in ({"api_key": key}, {}):
        monkeypatch.setenv("OPENAI_API_KEY", key)
        with pytest.raises(errors.InvalidOptionError, match=re.escape(words)) as error:
            OpenAI.check("m", "hi", options)
        assert key not in str(error.value)


@pytest.mark.parametrize("nothing", [None, "", "  ", "''", "Bearer "])
def test_no_key(nothing: str | None) -> None:
    assert check_key(nothing, "api_key") is None


@given(key=st.text(max_size=12))
def test_a_key_is_taken_or_refused(key: str) -> None:
    try:
        taken = check_key(key, "api_key")
    except errors.InvalidOptionError:
        return
    assert taken is None or (isinstance(taken, Secret) and taken.reveal().isprintable())
