"""The ``/v1/chat/gpt/`` dialect: a JSON body out, raw UTF-8 text back, failures as text with status 200."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import errors
from ..decoders import TextDecoder
from ..events import Event, Finish, TextDelta
from ..request import HttpRequest
from .call import Call
from .http import HTTPProvider

QUOTA = "您的免费额度不够使用这个模型啦，请点击右上角登录继续使用！"
FAILED = "请求失败啦，"
_TOO_LONG = "超过模型最大字数"
_LONGEST = 2000
"""How much is read of a failure's text, in characters."""


class GptSite(HTTPProvider):
    """The base of the providers that speak this dialect. The model's name is not sent."""

    supports_gpt_35_turbo: ClassVar[bool] = True
    working = False
    takes_images = False
    owns_host = False  # what the names of its models say is not its own word
    default_model = "gpt-3.5-turbo"
    models = ("gpt-3.5-turbo",)
    options: ClassVar[frozenset[str]] = frozenset({"temperature"})

    @classmethod
    def body(cls, call: Call, messages: list[dict[str, Any]], temperature: float) -> dict[str, Any]:
        """The fields of the request's body, in the order the service's own page sends them."""
        raise TypeError(f"{cls.__name__} has no body() of its own")

    @classmethod
    def site_headers(cls, url: str) -> dict[str, str]:
        """The headers that the service's own page sends, which lives at ``url``."""
        raise TypeError(f"{cls.__name__} has no site_headers() of its own")

    @classmethod
    def build_request(cls, call: Call) -> HttpRequest:
        """``POST /v1/chat/gpt/``, with the slash at its end."""
        messages = [message.to_dict() for message in call.messages]
        body = cls.body(call, messages, call.ask.options.get("temperature", 0.5))
        return cls.post(call, "/v1/chat/gpt/", body, cls.site_headers(call.base_url))

    @classmethod
    def reader(cls, request: HttpRequest, call: Call | None = None) -> TextReader:
        """Raw text, with an eye on the failures among it."""
        return TextReader(cls.name)


class TextReader:
    """Raw text to events. The beginning is held back as long as it may turn out to be a failure's text."""

    failure = None  # whatever precedes a failure's text is a part of it
    ended = False  # the end of the response is the answer's

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._decoder = TextDecoder()
        self._held: str | None = ""  # None when the answer is known to be one

    def feed(self, data: bytes) -> list[Event]:
        """The text that ``data`` completes.

        Raises:
            QuotaError: The answer is the service's quota text.
        """
        return self._events(self._decoder.feed(data))

    def flush(self) -> list[Event]:
        """What was held back, and the end.

        Raises:
            ProviderError: The answer is a failure's text, which is whole only now.
        """
        events = self._events(self._decoder.flush())
        if self._held is not None:
            self._fail(self._held.strip())
            if self._held:
                events.append(TextDelta(self._held))
        return [*events, Finish("stop")]

    def _fail(self, text: str) -> None:
        reason = text.removeprefix(FAILED)
        if reason != text:
            kind = errors.ContextLengthError if _TOO_LONG in reason else errors.ProviderError
            raise kind(reason[:_LONGEST] or "the request failed", provider=self._provider)

    def _events(self, text: str) -> list[Event]:
        if self._held is None:
            return [TextDelta(text)] if text else []
        self._held += text
        start = self._held.lstrip()
        if start.startswith(QUOTA):
            # Waiting does not help, so it is the kind of rate limit that is not tried again.
            raise errors.QuotaError(f"rate limit reached: {QUOTA}", provider=self._provider)
        if len(self._held) > _LONGEST:
            self._fail(start)
        elif start.startswith(FAILED) or QUOTA.startswith(start) or FAILED.startswith(start):
            return []
        text, self._held = self._held, None
        return [TextDelta(text)]
