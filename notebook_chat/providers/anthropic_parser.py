"""The frames of one answer in Anthropic's dialect, to events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from io import StringIO
from types import MappingProxyType
from typing import Any, Self

import msgspec

from .. import errors
from ..decoders import Frame, decode_json
from ..events import Event, Finish, ModelName, ReasoningDelta, TextDelta, Usage
from ..request import HttpRequest
from . import anthropic_blocks, error_mapping
from .anthropic_blocks import OpenBlock
from .reader import Paragraph


class _Delta(msgspec.Struct, frozen=True, gc=False):
    text: str | None = None
    thinking: str | None = None


class _Piece(msgspec.Struct, frozen=True, gc=False):
    """What nearly every event is: a piece of text. Each further field would cost in all of them, so the event's type is
    not looked at: no other event has these."""

    index: int = 0
    delta: _Delta = _Delta()


class _StopDetails(msgspec.Struct, frozen=True, gc=False):
    category: str | None = None
    explanation: str | None = None


class _OutputDetails(msgspec.Struct, frozen=True, gc=False):
    thinking_tokens: int | None = None


class _CacheCreation(msgspec.Struct, frozen=True, gc=False):
    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class _ServerTools(msgspec.Struct, frozen=True, gc=False):
    web_search_requests: int | None = None


class _Usage(msgspec.Struct, frozen=True, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens_details: _OutputDetails | None = None
    cache_creation: _CacheCreation | None = None
    server_tool_use: _ServerTools | None = None


class _Container(msgspec.Struct, frozen=True, gc=False):
    id: str | None = None


class _Message(msgspec.Struct, frozen=True, gc=False):
    type: str = ""
    model: str | None = None
    usage: _Usage | None = None
    content: list[Any] = []
    container: _Container | None = None
    stop_reason: str | None = None
    stop_details: _StopDetails | None = None
    error: Any = None


class _End(msgspec.Struct, frozen=True, gc=False):
    stop_reason: str | None = None
    stop_details: _StopDetails | None = None
    container: _Container | None = None


class _Event(msgspec.Struct, frozen=True, gc=False):
    type: str = ""
    index: int = 0
    delta: dict[str, Any] = {}
    content_block: dict[str, Any] = {}
    message: _Message = _Message()
    usage: _Usage | None = None
    error: Any = None


class _LastEvent(msgspec.Struct, frozen=True, gc=False):
    delta: _End = _End()


_PIECE = msgspec.json.Decoder(_Piece)
_READ = _PIECE.decode
_EVENT = msgspec.json.Decoder(_Event)
_LAST_EVENT = msgspec.json.Decoder(_LastEvent)
_MESSAGE = msgspec.json.Decoder(_Message)
_NOWHERE = -1


class AnthropicParser:
    """Makes events of the frames of one answer, and keeps its content blocks: they may have to go back as they came.

    Attributes:
        request: What the answer was asked for with; ``None`` where nothing but the bytes is to be read.
        paused: Whether the service has broken off in the middle of its own work and wants to be asked on.

    Args:
        name: The provider's name, for its errors.
        finish: What makes the end of an answer of the service's reason.
        request: As the attribute.
        replay: What makes the part that goes back of an answer in the vendor's own form.
        told: What the reader is told when the answer begins.
        ways_back: What brings the arguments of calls into the form of their tools, by the names of those that have
            another one here.
        before: What has read the answer until the service paused.
    """

    def __init__(
        self,
        name: str,
        finish: Callable[[str], Finish],
        request: HttpRequest | None = None,
        *,
        replay: Callable[[str], Event] | None = None,
        told: Iterable[Event] = (),
        ways_back: Mapping[str, Callable[[str], str]] = MappingProxyType({}),
        before: Self | None = None,
    ) -> None:
        self.request = request
        self.paused = False
        self._name = name
        self._finish = finish
        self._replay = replay
        self._told = tuple(told)
        self._ways_back = ways_back
        self._blocks: list[OpenBlock] = list(before._blocks) if before else []
        self._separate = before is not None and any(block.kind == "text" for block in self._blocks)
        self._container: str | None = before._container if before else None
        self._places: dict[int, OpenBlock] = {}  # by the index that the service gives
        self._last: OpenBlock | None = None
        self._text_at = self._thought_at = _NOWHERE  # the index of the block that grows
        self._write = StringIO().write  # what adds to that block
        self._figures = _Usage()

    def parse(self, frame: Frame) -> Iterable[Event | Paragraph]:
        """The events of one of the API's events."""
        try:
            piece = _READ(frame.data)
        except Exception:
            piece = decode_json(_PIECE, frame.data)
        delta = piece.delta
        if delta.text and piece.index == self._text_at:
            self._write(delta.text)
            return (TextDelta(delta.text),)
        if delta.thinking and piece.index == self._thought_at:
            self._write(delta.thinking)
            return (ReasoningDelta(delta.thinking),)
        return self._rare(frame.data)

    def parse_whole(self, body: bytes) -> Iterator[Event | Paragraph]:
        """The events of a whole message."""
        message = decode_json(_MESSAGE, body)
        if message.error:
            raise error_mapping.from_payload({"error": message.error}, provider=self._name)
        yield from self._begin(message)
        for index, block in enumerate(message.content):
            if isinstance(block, dict):
                yield from self._start(index, block)
                yield from self._stop(index)
        yield from self._end(_End(message.stop_reason, message.stop_details, message.container))
        if message.type == "message":
            yield Finish()

    def following(self) -> tuple[HttpRequest, Self] | None:
        """The request that has the service go on, and what reads what follows; ``None`` where the answer is whole."""
        if not self.paused or self.request is None or not (whole := anthropic_blocks.content(self._blocks)):
            return None
        body = msgspec.json.decode(self.request.body or b"{}")
        body["messages"] = [*body["messages"], {"role": "assistant", "content": whole}]
        if self._container:
            body["container"] = self._container
        request = replace(self.request, body=msgspec.json.encode(body))
        parser = type(self)(
            self._name,
            self._finish,
            self.request,
            replay=self._replay,
            ways_back=self._ways_back,
            before=self,
        )
        return request, parser

    def _rare(self, data: bytes) -> Iterable[Event | Paragraph]:
        event = decode_json(_EVENT, data)
        match event.type:
            case "content_block_delta":
                return self._add(event.index, event.delta)
            case "content_block_start":
                return self._start(event.index, event.content_block)
            case "content_block_stop":
                return self._stop(event.index)
            case "message_start":
                return self._begin(event.message)
            case "message_delta":
                return self._deltas_end(event, data)
            case "message_stop":
                return (Finish(),)
            case "message":
                return self.parse_whole(data)
        if event.error:
            raise error_mapping.from_payload({"error": event.error}, provider=self._name)
        return ()

    def _begin(self, message: _Message) -> Iterator[Event]:
        if message.model:
            yield ModelName(message.model)
        yield from self._told
        if message.usage:
            yield self._used(message.usage)

    def _start(self, index: int, block: dict[str, Any]) -> Iterator[Event | Paragraph]:
        yield from self._leave()
        if index in self._places:  # of a server that numbers all blocks alike
            yield from self._places[index].end()
        name = block.get("name")
        way_back = self._ways_back.get(name) if isinstance(name, str) else None
        opened = OpenBlock(block, len(self._blocks), way_back)
        if opened.kind == "text" and self._blocks and self._blocks[-1].kind != "text":
            # Blocks of text that follow each other are one text, cut where a source is referred to.
            yield TextDelta("\n\n") if self._separate else Paragraph()
        if opened.kind == "text":
            self._separate = False
        self._blocks.append(opened)
        self._places[index] = self._last = opened
        if opened.kind == "text":
            self._text_at, self._write = index, opened.pieces.write
        elif opened.kind == "thinking":
            self._thought_at, self._write = index, opened.pieces.write
        yield from opened.begin()

    def _leave(self) -> Iterator[Event]:
        """Ends the block that came last, since another one begins; the pieces of several calls may come mixed."""
        self._text_at = self._thought_at = _NOWHERE
        if self._last is not None and self._last.kind != "tool_use":
            yield from self._last.end()

    def _add(self, index: int, delta: dict[str, Any]) -> Iterator[Event | Paragraph]:
        grown = next((kind for kind in ("text", "thinking") if delta.get(kind)), None)
        block = self._places.get(index)
        if block is None or (grown and block.kind in ("text", "thinking") and block.kind != grown):
            # Of a server that does not say that a block begins.
            kind = grown or ("tool_use" if "partial_json" in delta else None)
            if kind is None:
                return
            yield from self._start(index, {"type": kind})
        yield from self._places[index].add(delta)

    def _stop(self, index: int) -> Iterator[Event]:
        if (block := self._places.get(index)) is not None:
            yield from block.end()
        if index in (self._text_at, self._thought_at):
            self._text_at = self._thought_at = _NOWHERE

    def _deltas_end(self, event: _Event, data: bytes) -> Iterator[Event | Paragraph]:
        if event.usage:
            yield self._used(event.usage)
        yield from self._end(decode_json(_LAST_EVENT, data).delta)

    def _end(self, end: _End) -> Iterator[Event]:
        if end.container and end.container.id:
            self._container = end.container.id
        reason, details = end.stop_reason, end.stop_details or _StopDetails()
        if not reason:
            return
        for block in self._blocks:
            yield from block.end()
        self._text_at = self._thought_at = _NOWHERE
        if reason == "refusal":
            category = f" ({details.category})" if details.category else ""
            words = details.explanation or f"the model declines to answer{category}"
            raise errors.ContentRefusedError(words, provider=self._name)
        self.paused = reason == "pause_turn"
        if self._replay is not None and not self.paused:
            raw = anthropic_blocks.replay(self._blocks, reason)
            if raw is not None:
                yield self._replay(raw)
        yield self._finish(reason)

    def _used(self, usage: _Usage) -> Usage:
        """The figures so far: the service counts from the request's beginning each time, and tells only some of them
        again."""
        self._figures = _Usage(
            *(
                new if new is not None else old
                for old, new in zip(
                    msgspec.structs.astuple(self._figures), msgspec.structs.astuple(usage), strict=True
                )
            )
        )
        return self._total()

    def _total(self) -> Usage:
        """The figures of one request. What was written into the cache and read from it counts as input."""
        told = self._figures
        given, thinking = told.input_tokens, told.output_tokens_details
        created, tools = told.cache_creation or _CacheCreation(), told.server_tool_use or _ServerTools()
        short, long = created.ephemeral_5m_input_tokens, created.ephemeral_1h_input_tokens
        written, read = told.cache_creation_input_tokens, told.cache_read_input_tokens
        if written is None and (short or long):
            written = (short or 0) + (long or 0)
        if given is not None:
            given += (written or 0) + (read or 0)
        return Usage(
            given,
            told.output_tokens,
            thinking.thinking_tokens if thinking else None,
            read,
            written,
            cache_write_1h_tokens=long or None,
            searches=tools.web_search_requests or None,
        )
