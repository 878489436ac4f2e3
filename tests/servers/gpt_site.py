"""The ``/v1/chat/gpt/`` dialect of AiAsk and ChatAnywhere: raw UTF-8 text, failures included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .answers import Answer, Content, StreamFailure, Text
from .dialect import Dialect, Encoder, Route, text_of
from .recorder import Request, Turn
from .replies import Failure, Response, page
from .wire import Frame

QUOTA = "您的免费额度不够使用这个模型啦，请点击右上角登录继续使用！"
FAILED = "请求失败啦，"
TOO_LONG = FAILED + "消息内容超过模型最大字数咯，请清空记录或者新开会话！"

_PAGES = {
    "authentication": (401, "401 Authorization Required"),
    "permission": (403, "403 Forbidden"),
    "overloaded": (503, "503 Service Temporarily Unavailable"),
    "server": (502, "502 Bad Gateway"),
}
_TEXTS = {"rate_limit": QUOTA, "quota": QUOTA, "context_length": TOO_LONG}


class GptSite(Dialect):
    """A web site's own API: no models, no keys, no usage, no finish reason."""

    name = "gpt_site"
    framing = "text"
    content_type = "application/octet-stream"
    carries = (Text,)

    def route(self, request: Request) -> Route | None:
        return "chat" if (request.method, request.path) == ("POST", "/v1/chat/gpt/") else None

    def key(self, request: Request) -> str | None:
        return None

    def turns(self, body: Mapping[str, Any]) -> tuple[Turn, ...]:
        messages = [message for message in body.get("list") or () if isinstance(message, dict)]
        return tuple(Turn(message.get("role", ""), text_of(message.get("content"))) for message in messages)

    def check(self, request: Request, body: Mapping[str, Any]) -> str | None:
        messages = body.get("list")
        return None if isinstance(messages, list) and messages else "请输入消息内容！"

    def encoder(self, answer: Answer, request: Request, model: str) -> Encoder:
        return _RawText(answer, request, model)

    def failure(self, failure: Failure, request: Request) -> Response:
        if failure.kind in _PAGES and failure.message is None:
            status, title = _PAGES[failure.kind]
            return page(failure.status or status, title)
        headers = {"Content-Type": self.content_type}
        return Response(failure.status or 200, words(failure.kind, failure.message).encode(), headers)

    def models(self, names: Sequence[str], request: Request, page_size: int | None) -> None:
        return None


def words(kind: str, message: str | None) -> str:
    """A failure as the sites put it: text like any other."""
    return _TEXTS.get(kind, FAILED + "服务器繁忙！") if message is None else FAILED + message


class _RawText(Encoder):
    def content(self, piece: Content) -> Iterator[Frame]:
        assert isinstance(piece, Text)  # the server verifies an answer before it is asked for
        yield Frame(piece.text)

    def failure(self, failure: StreamFailure) -> Iterator[Frame]:
        yield Frame(words(failure.kind, failure.message))

    def end(self) -> Iterator[Frame]:
        return iter(())
