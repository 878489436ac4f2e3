"""What a server records."""

from __future__ import annotations

import asyncio
import http.client
import time

import pytest

from . import Answer, Request, Silence, Stall, serve
from .raw_client import ask, chunks, connection, read_until, request_bytes


def test_a_request_is_recorded_as_it_arrived() -> None:
    with serve("gpt_site") as server, connection(server) as opened:
        body = '{"list": [{"role": "user", "content": "é"}]}'.encode()
        opened.sendall(
            b"POST /v1/chat/gpt%2F?a=1&a=2 HTTP/1.1\r\nHost: x\r\nX-tWo: 2\r\naUTHORIZATION: \r\nx-two: 3\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        read_until(opened, b"0\r\n\r\n")
        request = server.requests[0]
    assert (request.method, request.target) == ("POST", "/v1/chat/gpt%2F?a=1&a=2")
    assert (request.path, request.query) == ("/v1/chat/gpt/", {"a": "1"})
    assert [name for name, _ in request.headers] == [
        "Host",
        "X-tWo",
        "aUTHORIZATION",
        "x-two",
        "Content-Length",
    ]
    assert (request.header("x-TWO"), request.header("authorization")) == ("2", "")
    assert request.header("cookie") is None
    assert (request.body, request.json["list"][0]["content"]) == (body, "é")
    assert [(turn.role, turn.text) for turn in request.turns] == [("user", "é")]


def test_connections_are_counted() -> None:
    with serve("gpt_site") as server:
        reused = http.client.HTTPConnection("127.0.0.1", server.port)
        for _ in range(2):
            reused.request("POST", "/v1/chat/gpt/", b'{"list": [{}]}')
            assert reused.getresponse().read() == b"Hello"
        ask(server)
        assert [request.connection for request in server.requests] == [0, 0, 1]
        assert server.connections == 2
        reused.close()
        server.forget()
        assert (server.requests, server.connections) == ((), 2)


def test_who_leaves_early_is_noticed() -> None:
    with serve("gpt_site", Answer("a", Stall()), Answer("b")) as server:
        with connection(server) as opened:
            opened.sendall(request_bytes("gpt_site"))
            read_until(opened, b"1\r\na\r\n")
            assert not server.exchange().disconnected.is_set()
            left = time.monotonic()
        exchange = server.exchange()
        assert exchange.disconnected.wait()
        assert exchange.disconnected_at is not None
        assert exchange.disconnected_at >= left
        assert exchange.sent == 1
        ask(server)
        assert server.exchange(1).finished.wait()
        assert not server.exchange(1).disconnected.is_set()
        assert server.exchange(1).disconnected_at is None


async def test_signals_do_not_block_a_loop() -> None:
    with serve("gpt_site", Silence()) as server:
        arrival = server.arrival()
        assert not await arrival.wait_async(0.01)
        waiting = asyncio.create_task(arrival.wait_async())
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request_bytes("gpt_site"))
        assert await waiting
        assert await server.arrival(1).wait_async()
        writer.close()
        await writer.wait_closed()
        assert await server.exchange().disconnected.wait_async()


def test_a_request_that_never_comes() -> None:
    with serve("gpt_site") as server:
        assert not server.arrival().wait(0.01)
        assert server.exchanges == ()


def test_a_large_request() -> None:
    with serve("gpt_site", lambda request: Answer(str(len(request.body)))) as server:
        body = {"list": [{"role": "user", "content": "x" * 5_000_000}]}
        assert b"".join(chunks(ask(server, body)[2])) == str(len(server.requests[0].body)).encode()


def test_servers_do_not_share_anything() -> None:
    with serve("gpt_site", Answer("1")) as one, serve("gpt_site", Answer("2")) as two:
        assert [chunks(ask(server)[2]) for server in (two, one)] == [[b"2"], [b"1"]]
        assert (one.connections, two.connections) == (1, 1)
        assert one.base_url != two.base_url


def test_a_request_without_json_says_so() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        _ = Request("GET", "/", "/", {}, (), b"").json
