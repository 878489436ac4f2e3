"""What a server says, and what it does with a connection."""

from __future__ import annotations

import threading
import time
import zlib
from datetime import UTC, datetime

import pytest

from . import (
    DIALECTS,
    Answer,
    Drop,
    End,
    Failure,
    Gate,
    Heartbeat,
    Malformed,
    Pause,
    Reasoning,
    Reset,
    Response,
    ServerFault,
    Silence,
    Stall,
    Truncate,
    UnsupportedPieceError,
    Usage,
    Wire,
    anthropic_limits,
    every,
    login,
    openai_limits,
    page,
    retry_after,
    retry_after_ms,
    serve,
)
from .raw_client import ask, chunks, connection, read_until, request_bytes

HEAD_END = b"\r\n\r\n"


def body_of(answer: Answer) -> bytes:
    with serve("gpt_site", answer) as server:
        return b"".join(chunks(ask(server)[2]))


# --- the wire -------------------------------------------------------------------------------------------


def test_each_write_is_a_chunk() -> None:
    with serve("gpt_site", Answer("Hel", "lo", wire=Wire(cut=every(1)))) as server:
        assert chunks(ask(server)[2]) == [b"H", b"e", b"l", b"l", b"o"]
        server.reply_with(Answer("Hel", "lo"))
        assert chunks(ask(server)[2]) == [b"Hel", b"lo"]
        server.reply_with(Answer("Hel", "lo", wire=Wire(events_per_write=2)))
        assert chunks(ask(server)[2]) == [b"Hello"]


def test_a_body_with_its_length() -> None:
    with serve("gpt_site", Answer("Hel", "lo", wire=Wire(content_length=True))) as server:
        _, headers, raw = ask(server)
    assert (headers["content-length"], raw) == ("5", b"Hello")
    assert "transfer-encoding" not in headers


@pytest.mark.parametrize("compression", ["gzip", "deflate", "br"])
def test_compression(compression: str) -> None:
    brotli = pytest.importorskip("brotli") if compression == "br" else None
    wire = Wire(compression=compression)  # type: ignore[arg-type]  # one of the three
    with serve("gpt_site", Answer("Hel", "lo", wire=wire)) as server:
        _, headers, raw = ask(server)
    assert headers["content-encoding"] == compression
    packed = chunks(raw)
    if brotli is not None:
        assert brotli.decompress(b"".join(packed)) == b"Hello"
    else:
        unpacker = zlib.decompressobj(wbits=47)
        assert unpacker.decompress(packed[0]) == b"Hel"  # each write can be read at once
        assert unpacker.decompress(b"".join(packed[1:])) == b"lo"


def test_pieces_that_raw_text_has_no_form_for() -> None:
    assert body_of(Answer("a", Heartbeat(), "b", Malformed(), "c")) == b"ab\xc3\xff\xfec"


# --- how a stream ends ----------------------------------------------------------------------------------


def test_a_reset_in_the_middle() -> None:
    with serve("gpt_site", Answer("Hello", Pause(0.05), Reset(), "never")) as server:
        with connection(server) as opened:
            opened.sendall(request_bytes("gpt_site"))
            assert read_until(opened, b"Hello\r\n").endswith(b"Hello\r\n")
            with pytest.raises(ConnectionResetError):
                opened.recv(1)
        assert not server.exchange().disconnected.is_set()


def test_a_body_that_breaks_off() -> None:
    with serve("gpt_site", Answer("Hello", Truncate())) as server:
        assert ask(server)[2] == b"5\r\nHello\r\n"
        server.reply_with(Answer("Hello", Truncate(inside_chunk=True)))
        assert ask(server)[2] == b"5\r\nHello\r\n3e8\r\nx"
        server.reply_with(Answer("Hello", Truncate(), wire=Wire(content_length=True)))
        _, headers, raw = ask(server)
        assert (int(headers["content-length"]), raw) == (1005, b"Hello")
        server.reply_with(Answer("Hello", End(), "never"))
        assert chunks(ask(server)[2]) == [b"Hello"]


@pytest.mark.parametrize("reply", [Answer("Hello", Stall(), "never"), Silence()], ids=["stall", "silence"])
def test_nothing_comes_any_more(reply: Answer | Silence) -> None:
    with serve("gpt_site", reply) as server:
        with connection(server) as opened:
            opened.sendall(request_bytes("gpt_site"))
            assert server.arrival().wait()
            opened.settimeout(0.1)
            with pytest.raises(TimeoutError):
                read_until(opened, b"never")
            assert server.open_connections == 1
        assert server.exchange().disconnected.wait()
        assert server.exchange().finished.wait()


def test_no_response() -> None:
    with serve("gpt_site", Drop(), Drop("close"), Drop("close", sent=b"HTTP/1.1 200 O")) as server:
        with pytest.raises(ConnectionResetError):
            ask(server)
        for expected in (b"", b"HTTP/1.1 200 O"):
            with connection(server) as opened:
                opened.sendall(request_bytes("gpt_site"))
                assert read_until(opened, b"never") == expected


def test_a_gate_holds_the_rest_back() -> None:
    gate = Gate()
    with serve("gpt_site", Answer("a", gate, "b")) as server, connection(server) as opened:
        opened.sendall(request_bytes("gpt_site"))
        assert gate.reached.wait()
        assert read_until(opened, b"1\r\na\r\n").endswith(b"1\r\na\r\n")
        opened.settimeout(0.05)
        with pytest.raises(TimeoutError):
            opened.recv(1)
        opened.settimeout(5)
        gate.open()
        assert read_until(opened, b"0\r\n\r\n") == b"1\r\nb\r\n0\r\n\r\n"


def test_a_pause_takes_its_time() -> None:
    with serve("gpt_site", Answer("a", Pause(0.05), "b")) as server:
        before = time.monotonic()
        ask(server)
        assert time.monotonic() - before >= 0.05


def test_a_server_closes_at_once_whatever_goes_on() -> None:
    with serve("gpt_site", Answer("a", Stall())) as server, connection(server) as opened:
        opened.sendall(request_bytes("gpt_site"))
        read_until(opened, b"1\r\na\r\n")
        exchange = server.exchange()
        server.close()
        assert exchange.finished.is_set()
        assert not exchange.disconnected.is_set()
        with pytest.raises(ConnectionResetError):
            opened.recv(1)
    assert not any(thread.name == "gpt_site server" for thread in threading.enumerate())


# --- what is said ---------------------------------------------------------------------------------------


def test_replies_come_in_their_order_and_the_last_one_stays() -> None:
    with serve(
        "gpt_site", Response(503), Answer("1"), lambda request: Answer(request.turns[0].text)
    ) as server:
        got = [ask(server) for _ in range(4)]
        assert [status for status, _, _ in got] == [503, 200, 200, 200]
        assert [chunks(raw) for _, _, raw in got[1:]] == [[b"1"], [b"Say hello"], [b"Say hello"]]
        server.reply_with(Answer("2"))
        assert chunks(ask(server)[2]) == [b"2"]


def test_what_a_dialect_has_no_words_for() -> None:
    with pytest.raises(UnsupportedPieceError, match="gpt_site has no Reasoning"):
        serve("gpt_site", Answer(Reasoning("hm")))
    with pytest.raises(ServerFault) as caught, serve("gpt_site", lambda _: Answer(Reasoning("hm"))) as server:
        assert ask(server)[0] == 500
    assert isinstance(caught.value.__cause__, UnsupportedPieceError)


def test_what_stands_in_the_way() -> None:
    with serve("openai_chat", page(502, "502 Bad Gateway"), login()) as server:
        status, headers, raw = ask(server)
        assert (status, headers["content-type"]) == (502, "text/html; charset=utf-8")
        assert raw.startswith(b"<!DOCTYPE html>")
        status, headers, _ = ask(server)
        assert (status, headers["location"]) == (302, "https://login.example.org/?next=%2F")


def test_how_long_to_wait() -> None:
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert retry_after(1.5) == {"Retry-After": "1.5"}
    assert retry_after(moment) == {"Retry-After": "Wed, 02 Jan 2030 03:04:05 GMT"}
    assert retry_after_ms(20) == {"retry-after-ms": "20"}
    assert openai_limits()["x-ratelimit-reset-tokens"] == "6m0s"
    limits = anthropic_limits(requests=(3, moment), tokens=(0, moment))
    assert limits["anthropic-ratelimit-tokens-remaining"] == "0"
    assert limits["anthropic-ratelimit-requests-reset"] == "2030-01-02T03:04:05Z"
    with serve("anthropic", Failure("rate_limit", headers=limits)) as server:
        status, headers, _ = ask(server)
    assert (status, headers["anthropic-ratelimit-tokens-reset"]) == (429, "2030-01-02T03:04:05Z")


def test_a_failure_with_another_status_and_other_headers_of_an_answer() -> None:
    with serve(
        "openai_chat", Failure("quota", "pay first", status=402), Answer(headers={"X-A": "b"})
    ) as server:
        status, _, raw = ask(server)
        assert (status, b'"message":"pay first"' in raw) == (402, True)
        assert ask(server)[1]["x-a"] == "b"


@pytest.mark.parametrize("name", sorted(set(DIALECTS) - {"gpt_site"}))
def test_keys_and_bodies_are_checked(name: str) -> None:
    with serve(name, key="right") as server:
        for headers in ("", "x-api-key: x\r\nx-goog-api-key: x\r\nAuthorization: Bearer x\r\n"):
            assert ask(server, headers=headers)[0] in (400, 401, 403)
        right = "x-api-key: right\r\nx-goog-api-key: right\r\nAuthorization: Bearer right\r\n"
        assert ask(server, headers=right)[0] == 200
        for body in (b"", b"not JSON", b"[]", {}, {"model": "m", "messages": "text", "stream": True}):
            if name != "ollama" or not isinstance(body, dict) or not body:
                assert ask(server, body, right)[0] == 400


def test_usage_and_the_end_may_be_left_out() -> None:
    with serve("ollama", Answer("a", usage=None, finish=None)) as server:
        last = chunks(ask(server)[2])[-1]
    assert b'"done":true' in last
    assert b"done_reason" not in last
    assert b"eval_count" not in last


def test_usage_is_complete_in_openai_s_sum() -> None:
    with serve("openai_responses", Answer("a", usage=Usage(3, 4))) as server:
        assert b'"total_tokens":7' in ask(server)[2]
