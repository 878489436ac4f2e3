"""OpenAI's responses as they come over the wire: the events, and the response that the last of them holds."""

from __future__ import annotations

from typing import Any

import msgspec

from ..events import Usage


class _Details(msgspec.Struct, frozen=True, gc=False):
    reason: str | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


class _ServerTools(msgspec.Struct, frozen=True, gc=False):
    web_search_requests: int | None = None


class _Usage(msgspec.Struct, frozen=True, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None
    server_tool_use: _ServerTools | None = None
    cost: float | None = None

    def event(self) -> Usage:
        """The figures."""
        output, given = self.output_tokens_details or _Details(), self.input_tokens_details or _Details()
        return Usage(
            self.input_tokens,
            self.output_tokens,
            output.reasoning_tokens,
            given.cached_tokens,
            given.cache_write_tokens,
            self.cost,
            audio_input_tokens=given.audio_tokens or None,
            audio_output_tokens=output.audio_tokens or None,
            image_input_tokens=given.image_tokens or None,
            image_output_tokens=output.image_tokens or None,
            searches=(self.server_tool_use or _ServerTools()).web_search_requests or None,
        )


class ResponseObject(msgspec.Struct, frozen=True):
    """A whole response, as far as it is looked at; its items as they are."""

    model: str | None = None
    status: str | None = None
    output: list[dict[str, Any]] = []
    usage: _Usage | None = None
    incomplete_details: _Details | None = None
    error: Any = None

    @property
    def is_whole(self) -> bool:
        """Whether the service has not broken it off."""
        return self.status in ("completed", None) and self.incomplete_details is None


class Delta(msgspec.Struct, frozen=True, gc=False):
    """An event, as far as nearly all of them are looked at."""

    type: str = ""
    delta: Any = None


class ResponseEvent(msgspec.Struct, frozen=True):
    """Any event. What an item, a part or an annotation has is read by hand: each kind of them has fields of its own."""

    type: str = ""
    output_index: int = 0
    content_index: int = 0
    item_id: str = ""
    delta: Any = None
    text: str = ""
    refusal: str = ""
    arguments: Any = None
    code: str = ""
    item: dict[str, Any] = {}
    part: dict[str, Any] = {}
    annotation: dict[str, Any] = {}
    response: ResponseObject = ResponseObject()
    error: Any = None


DELTA = msgspec.json.Decoder(Delta)
EVENT = msgspec.json.Decoder(ResponseEvent)
RESPONSE = msgspec.json.Decoder(ResponseObject)
