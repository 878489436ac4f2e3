"""A transport that is given takes the place of the network; and what the log says of requests and responses."""

from __future__ import annotations

import logging
import socket
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import InvalidOptionError, RateLimitError, StaleConnectionError
from notebook_chat.events import Notice
from notebook_chat.providers import OpenAI
from notebook_chat.transport import Transport
from notebook_chat.transport.client import AiohttpTransport

from .servers import Answer
from .servers.fixtures import ServerFactory
from .transports import Canned, InMemory, completion

KEY = "sk-planted-secret-0123456789"


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection of this process can be made."""

    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"a connection to {address!r}")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)


def test_both_are_transports() -> None:
    assert isinstance(InMemory(Canned()), Transport)
    assert isinstance(AiohttpTransport(), Transport)


@pytest.mark.usefixtures("no_socket")
async def test_it_answers_a_provider() -> None:
    transport = InMemory(completion("Hel", "lo"))
    result = OpenAI.create_async_generator("m", "hi", api_key=KEY, transport=transport)
    assert [piece async for piece in result] == ["Hel", "lo"]
    assert (result.finish_reason, transport.left) == ("stop", 1)
    [request] = transport.requests
    assert request.url == "https://api.openai.com/v1/chat/completions"
    assert KEY not in repr(request)


@pytest.mark.usefixtures("no_socket")
def test_it_answers_a_chat_and_is_not_kept_with_the_turn() -> None:
    transport, other = InMemory(completion("Hello")), InMemory(completion("Elsewhere"))
    chat = Chat("openai:m", api_key=KEY, transport=transport)
    assert chat.ask("hi", temperature=0.5) == "Hello"
    assert chat.ask("and now", transport=other) == "Elsewhere"
    assert [len(one.requests) for one in (transport, other)] == [1, 1]
    assert [turn.options for turn in chat.conversation.turns] == [{"temperature": 0.5}, {}]


@pytest.mark.usefixtures("no_socket")
async def test_it_gives_the_list_of_models() -> None:
    transport = InMemory(
        StaleConnectionError("closed"), Canned([b'{"data": [{"id": "a"}, ', b'{"id": "b"}]}'])
    )
    assert await OpenAI.list_models(api_key=KEY, transport=transport) == ["a", "b"]
    assert [request.reuse for request in transport.requests] == [True, False]


@pytest.mark.parametrize("thing", [3, "http://host", object()])
async def test_what_cannot_send_is_refused(thing: Any) -> None:
    with pytest.raises(InvalidOptionError, match=r"a method send\(request\)"):
        await OpenAI.create_async("m", "hi", api_key=KEY, transport=thing)


# --- asking again -----------------------------------------------------------------------------------------


async def test_a_stale_connection_is_told_and_the_next_request_takes_a_fresh_one() -> None:
    transport = InMemory(StaleConnectionError("closed"), completion("Hi"))
    result = OpenAI.create_async_generator("m", "hi", api_key=KEY, transport=transport, retries=0)
    events = [event async for event in result.events()]
    assert result.text == "Hi"
    assert [event.text for event in events if isinstance(event, Notice)] == [
        "a connection kept from before had been closed: asking again on a fresh one"
    ]
    assert [request.reuse for request in transport.requests] == [True, False]


async def test_a_stale_connection_does_not_lead_round_and_round() -> None:
    transport = InMemory(StaleConnectionError("closed"))
    with pytest.raises(StaleConnectionError):
        await OpenAI.create_async("m", "hi", api_key=KEY, transport=transport)
    assert len(transport.requests) == 2


async def test_a_request_is_made_simpler_once() -> None:
    refused = Canned([b'{"error": {"message": "no stream_options here"}}'], status=400)
    transport = InMemory(refused, completion("Hi"))
    result = OpenAI.create_async_generator("m", "hi", api_key=KEY, transport=transport)
    events = [event async for event in result.events()]
    [notice] = [event.text for event in events if isinstance(event, Notice)]
    assert notice == "no stream_options here; asking again with a simpler request"
    assert [b"stream_options" in (request.body or b"") for request in transport.requests] == [True, False]
    stubborn = InMemory(refused)
    with pytest.raises(Exception, match="no stream_options here"):
        await OpenAI.create_async("m", "hi", api_key=KEY, transport=stubborn)
    assert len(stubborn.requests) == 2


# --- the log ----------------------------------------------------------------------------------------------


async def test_the_log_has_the_exchange_without_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "notebook_chat")
    headers = {"Set-Cookie": "session=abc-private", "x-request-id": "r-1"}
    transport = InMemory(Canned([b"bad key " + KEY[:9].encode(), KEY[9:].encode()], 429, headers))
    url = f"http://host/v1?key={KEY}"
    with pytest.raises(RateLimitError):
        await OpenAI.create_async(
            "m", f"hi {KEY}", api_key=KEY, base_url=url, headers={"X-Own": "own-secret"}, retries=0,
            transport=transport,
        )  # fmt: skip
    assert {record.name for record in caplog.records} == {"notebook_chat.transport"}
    for words in (
        "POST http://host/v1/chat/completions?key=…",
        'bytes: \'{"model":"m"',
        "status 429",
        "r-1",
        "bad key …",
    ):
        assert words in caplog.text
    for secret in (KEY, KEY[:9], KEY[9:], "own-secret", "abc-private"):
        assert secret not in caplog.text


async def test_the_log_of_a_real_answer(
    caplog: pytest.LogCaptureFixture, vendor_server: ServerFactory
) -> None:
    caplog.set_level(logging.DEBUG, "notebook_chat")
    server = vendor_server("openai_chat", Answer("Hel", "lo"), key=KEY)
    assert await OpenAI.create_async("m", "hi", base_url=server.base_url, api_key=KEY) == "Hello"
    sent, head, body = [record.getMessage() for record in caplog.records]
    assert "POST http://127.0.0.1" in sent
    assert "status 200" in head
    assert "bytes within" in body
    assert "chat.completion.chunk" in body
    assert KEY not in caplog.text


async def test_a_failure_of_the_way_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "notebook_chat")
    with pytest.raises(StaleConnectionError):
        await OpenAI.create_async("m", "hi", api_key=KEY, transport=InMemory(StaleConnectionError("gone")))
    assert "failed: StaleConnectionError: gone" in caplog.text


async def test_nothing_is_made_for_a_log_that_does_not_want_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "notebook_chat")
    await OpenAI.create_async("m", "hi", api_key=KEY, transport=InMemory(completion("Hi")))
    assert caplog.records == []
