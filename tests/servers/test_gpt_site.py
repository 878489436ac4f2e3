"""The dialect of AiAsk and ChatAnywhere, which has no SDK: their specifications are the judge."""

from __future__ import annotations

import http.client
from typing import Any

import pytest

from . import Answer, Failure, StreamFailure, Wire, echo, every, serve
from .gpt_site import QUOTA
from .raw_client import ask, chunks


def said(reply: Any) -> tuple[int, str, str]:
    """Status, text, content type."""
    with serve("gpt_site", reply) as server:
        status, headers, raw = ask(server)
    body = b"".join(chunks(raw)) if "transfer-encoding" in headers else raw
    return status, body.decode(), headers["content-type"]


def test_an_answer_is_raw_text() -> None:
    assert said(Answer("Grüße, ", "世界 👋", "\n")) == (200, "Grüße, 世界 👋\n", "application/octet-stream")


def test_characters_are_cut_anywhere() -> None:
    with serve("gpt_site", Answer("世👋", wire=Wire(cut=every(2)))) as server:
        got = chunks(ask(server)[2])
    assert [len(chunk) for chunk in got] == [2, 2, 2, 1]
    assert b"".join(got).decode() == "世👋"


@pytest.mark.parametrize(
    ("failure", "status", "text"),
    [
        (Failure("rate_limit"), 200, "您的免费额度不够使用这个模型啦，请点击右上角登录继续使用！"),
        (Failure("quota"), 200, QUOTA),
        (Failure("context_length"), 200, "请求失败啦，消息内容超过模型最大字数咯，请清空记录或者新开会话！"),
        (Failure("bad_request", "为什么"), 200, "请求失败啦，为什么"),
        (Failure("server", "坏了", status=500), 500, "请求失败啦，坏了"),
    ],
)
def test_failures_are_text(failure: Failure, status: int, text: str) -> None:
    assert said(failure) == (status, text, "application/octet-stream")


@pytest.mark.parametrize(
    ("kind", "status"), [("authentication", 401), ("permission", 403), ("overloaded", 503), ("server", 502)]
)
def test_what_comes_from_the_gateway_is_a_page(kind: Any, status: int) -> None:
    got, text, content_type = said(Failure(kind))
    assert (got, content_type) == (status, "text/html; charset=utf-8")
    assert f"<h1>{status} " in text


def test_a_failure_may_come_in_the_middle() -> None:
    assert said(Answer("a", StreamFailure("rate_limit")))[1] == "a" + QUOTA


def test_requests_that_are_refused() -> None:
    with serve("gpt_site") as server:
        status, _, raw = ask(server, {"list": []})
    assert (status, raw.decode()) == (200, "请求失败啦，请输入消息内容！")


def test_the_path_ends_with_a_slash_and_there_is_nothing_else() -> None:
    with serve("gpt_site") as server:
        for path in ("/v1/chat/gpt", "/v1/models", "/"):
            client = http.client.HTTPConnection("127.0.0.1", server.port)
            client.request("POST", path, b'{"list": [{}]}')
            assert client.getresponse().status == 404
            client.close()


def test_it_knows_the_conversation() -> None:
    turns = [{"role": "user", "content": "I am Ann"}, {"role": "user", "content": "Who am I?"}]
    with serve("gpt_site", echo()) as server:
        text = b"".join(chunks(ask(server, {"list": turns})[2])).decode()
    assert text == "user: I am Ann\nuser: Who am I?"
