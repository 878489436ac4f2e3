"""Services in memory that write down what they have told of their tokens, each in its own dialect."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from notebook_chat.errors import ConnectError, StreamInterruptedError
from notebook_chat.request import HttpRequest

from ..strict_vendors import events
from ..transports import Canned

Figures = dict[str, int]
"""Tokens by the names of ``Usage``, all inclusive in input and output."""


@dataclass(frozen=True)
class Move:
    """What a service does with one request.

    Attributes:
        figures: What it uses; ``None`` where the service does not say.
        text: What it says.
        calls: How many tools it calls.
        end: How the response ends: as it should, paused by the service, by an error in the stream behind the first
            figures and ahead of all text, or in the middle of the text.
        status: The status; other than 200, the request is refused.
    """

    figures: Figures | None = None
    text: str = "An answer, which goes on for a bit."
    calls: int = 0
    end: Literal["whole", "pause", "early", "torn"] = "whole"
    status: int = 200


class Meter(ABC):
    """A transport that answers with what it is told to, and adds up what it has told of the tokens.

    Attributes:
        model: Who to ask for it to answer.
        moves: What it does with the next requests.
        told: What it has told of each request that was answered at all; empty for one that it told nothing of.
        asked: How many requests came.
    """

    model: ClassVar[str]
    url: ClassVar[str] = "https://service.example/v1"
    takes: ClassVar[frozenset[str]]  # the figures that the dialect has words for
    tells_early: ClassVar[bool] = False  # whether the first event has figures
    pauses: ClassVar[bool] = False

    def __init__(self) -> None:
        self.moves: deque[Move] = deque()
        self.told: list[Figures] = []
        self.asked = 0

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[Canned]:
        self.asked += 1
        move = self.moves.popleft() if self.moves else Move({"input_tokens": 3, "output_tokens": 2})
        if move.status == 0:
            raise ConnectError("no connection")
        if move.status != 200:
            error = {"error": {"message": "that is not taken", "type": "invalid_request_error"}}
            yield Canned([json.dumps(error).encode()], move.status)
            return
        yield Canned(_Told(copy(self), move))  # type: ignore[arg-type]

    @abstractmethod
    def early(self, figures: Figures) -> Figures:
        """What the first event tells of the tokens."""

    @abstractmethod
    def begin(self, figures: Figures | None) -> bytes:
        """The events ahead of the text."""

    @abstractmethod
    def text(self, text: str) -> bytes:
        """The events of a piece of text."""

    @abstractmethod
    def end(self, move: Move) -> bytes:
        """The events behind the text."""

    @abstractmethod
    def failure(self) -> bytes:
        """An error in the stream."""


@dataclass
class _Told:
    """The blocks of a response, each of which is told as it is taken: what nobody reads was not told."""

    meter: Meter
    move: Move

    def __iter__(self) -> Iterator[bytes | Exception]:
        meter, move = self.meter, self.move
        told = meter.early(move.figures) if move.figures is not None else {}
        meter.told.append(told)
        yield meter.begin(move.figures)
        if move.end == "early":
            yield meter.failure()
            return
        half = len(move.text) // 2
        yield meter.text(move.text[:half])
        if move.end == "torn":
            yield StreamInterruptedError("the connection broke")
            return
        yield meter.text(move.text[half:])
        told |= move.figures or {}
        yield meter.end(move)


def _without_none(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


_BASIC = {"input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "cache_write_tokens"}
_SOUND = {"audio_input_tokens", "audio_output_tokens", "image_input_tokens"}


class ChatMeter(Meter):
    """Chat completions, as OpenAI and OpenRouter have them."""

    model = "openai:gpt-test"
    takes = frozenset(_BASIC | _SOUND)

    def early(self, figures: Figures) -> Figures:
        return {}

    def begin(self, figures: Figures | None) -> bytes:
        return events({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})

    def text(self, text: str) -> bytes:
        return events({"choices": [{"index": 0, "delta": {"content": text}}]})

    def end(self, move: Move) -> bytes:
        calls = [
            {
                "index": place,
                "id": f"c{self.asked}_{place}",
                "function": {"name": "look", "arguments": '{"place": 1}'},
            }
            for place in range(move.calls)
        ]
        reason = "tool_calls" if calls else "stop"
        told = [{"choices": [{"index": 0, "delta": {"tool_calls": calls}}]}] if calls else []
        last = {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
        figures = [{"choices": [], "usage": self.usage(move.figures)}] if move.figures is not None else []
        return events(*told, last, *figures) + b"data: [DONE]\n\n"

    def usage(self, figures: Figures) -> dict[str, Any]:
        """The figures in the dialect's words."""
        given, out = figures.get("input_tokens", 0), figures.get("output_tokens", 0)
        into = _without_none(
            cached_tokens=figures.get("cached_tokens"),
            cache_write_tokens=figures.get("cache_write_tokens"),
            audio_tokens=figures.get("audio_input_tokens"),
            image_tokens=figures.get("image_input_tokens"),
        )
        of = _without_none(
            reasoning_tokens=figures.get("reasoning_tokens"), audio_tokens=figures.get("audio_output_tokens")
        )
        return {
            "prompt_tokens": given,
            "completion_tokens": out,
            "total_tokens": given + out,
            "prompt_tokens_details": into,
            "completion_tokens_details": of,
        }

    def failure(self) -> bytes:
        return events({"error": {"message": "overloaded", "type": "server_error", "code": 503}})


class DeepSeekMeter(ChatMeter):
    """DeepSeek's figures: what was read from its cache, and what was not."""

    model = "deepseek:deepseek-chat"
    takes = frozenset({"input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens"})

    def usage(self, figures: Figures) -> dict[str, Any]:
        told = super().usage(figures)
        hit = figures.get("cached_tokens")
        if hit is None:
            return told
        told.pop("prompt_tokens_details")
        hits = {"prompt_cache_hit_tokens": hit, "prompt_cache_miss_tokens": told.pop("prompt_tokens") - hit}
        return told | hits


class XaiMeter(ChatMeter):
    """xAI's figures: the reasoning is beside the answer."""

    model = "xai:grok-test"
    takes = frozenset({"input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens"})

    def usage(self, figures: Figures) -> dict[str, Any]:
        told = super().usage(figures)
        told["completion_tokens"] -= figures.get("reasoning_tokens", 0)
        return told


class ResponsesMeter(Meter):
    """Responses."""

    model = "openai-responses:gpt-test"
    takes = frozenset(_BASIC)

    def early(self, figures: Figures) -> Figures:
        return {}

    def begin(self, figures: Figures | None) -> bytes:
        self._said = ""
        response = {"id": "r", "status": "in_progress", "output": [], "usage": None}
        item = {"type": "message", "id": "m", "role": "assistant", "content": []}
        return events(
            {"type": "response.created", "response": response},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
        )

    def text(self, text: str) -> bytes:
        self._said += text
        return events({"type": "response.output_text.delta", "output_index": 0, "delta": text})

    def end(self, move: Move) -> bytes:
        content = [{"type": "output_text", "text": self._said, "annotations": []}]
        items: list[dict[str, Any]] = [
            {"type": "message", "id": "m", "role": "assistant", "content": content}
        ]
        items += [
            {
                "type": "function_call",
                "id": f"fc{place}",
                "call_id": f"c{self.asked}_{place}",
                "name": "look",
                "arguments": '{"place": 1}',
            }
            for place in range(move.calls)
        ]
        done = [
            {"type": "response.output_item.done", "output_index": place, "item": item}
            for place, item in enumerate(items)
        ]
        response = {"id": "r", "status": "completed", "output": items, "usage": self.usage(move.figures)}
        return events(*done, {"type": "response.completed", "response": response})

    def usage(self, figures: Figures | None) -> dict[str, Any] | None:
        """The figures in the dialect's words."""
        if figures is None:
            return None
        details = _without_none(
            cached_tokens=figures.get("cached_tokens"), cache_write_tokens=figures.get("cache_write_tokens")
        )
        return {
            "input_tokens": figures.get("input_tokens", 0),
            "output_tokens": figures.get("output_tokens", 0),
            "input_tokens_details": details,
            "output_tokens_details": _without_none(reasoning_tokens=figures.get("reasoning_tokens")),
        }

    def failure(self) -> bytes:
        return events({"type": "error", "code": "server_error", "message": "overloaded"})


class AnthropicMeter(Meter):
    """Anthropic's messages: figures that grow from the first event to the last."""

    model = "anthropic:claude-test"
    takes = frozenset(_BASIC | {"cache_write_1h_tokens", "searches"})
    tells_early = True
    pauses = True

    def early(self, figures: Figures) -> Figures:
        into = ("input_tokens", "cached_tokens", "cache_write_tokens", "cache_write_1h_tokens")
        return {name: figures[name] for name in into if name in figures} | {"output_tokens": 1}

    def begin(self, figures: Figures | None) -> bytes:
        message: dict[str, Any] = {"id": "m", "type": "message", "role": "assistant", "content": []}
        if figures is not None:
            message["usage"] = {**self._into(figures), "output_tokens": 1}
        return events({"type": "message_start", "message": message})

    def _into(self, figures: Figures) -> dict[str, Any]:
        read, written = figures.get("cached_tokens"), figures.get("cache_write_tokens")
        long = figures.get("cache_write_1h_tokens")
        split = {
            "ephemeral_5m_input_tokens": (written or 0) - (long or 0),
            "ephemeral_1h_input_tokens": long or 0,
        }
        return _without_none(
            input_tokens=figures["input_tokens"] - (read or 0) - (written or 0),
            cache_read_input_tokens=read,
            cache_creation_input_tokens=written,
            cache_creation=split if written is not None else None,
        )

    def text(self, text: str) -> bytes:
        start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        delta = {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": text},
        }
        first, self._begun = not getattr(self, "_begun", False), True
        return events(start, delta) if first else events(delta)

    def end(self, move: Move) -> bytes:
        self._begun = False
        blocks: list[dict[str, Any]] = [{"type": "content_block_stop", "index": 0}]
        for place in range(1, move.calls + 1):
            call = {"type": "tool_use", "id": f"t{self.asked}_{place}", "name": "look", "input": {}}
            given = {"type": "input_json_delta", "partial_json": '{"place": 1}'}
            blocks += [
                {"type": "content_block_start", "index": place, "content_block": call},
                {"type": "content_block_delta", "index": place, "delta": given},
                {"type": "content_block_stop", "index": place},
            ]
        reason = "pause_turn" if move.end == "pause" else "tool_use" if move.calls else "end_turn"
        usage = {} if move.figures is None else {"usage": self._out(move.figures)}
        return events(
            *blocks,
            {"type": "message_delta", "delta": {"stop_reason": reason}, **usage},
            {"type": "message_stop"},
        )

    def _out(self, figures: Figures) -> dict[str, Any]:
        thought, searches = figures.get("reasoning_tokens"), figures.get("searches")
        return _without_none(
            output_tokens=figures["output_tokens"],
            output_tokens_details=None if thought is None else {"thinking_tokens": thought},
            server_tool_use=None if searches is None else {"web_search_requests": searches},
        )

    def failure(self) -> bytes:
        self._begun = False
        return events({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})


class GeminiMeter(Meter):
    """Gemini: each chunk has all figures so far, thoughts beside the answer, what its tools read beside the prompt."""

    model = "gemini:gemini-test"
    takes = frozenset(
        {"input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "tool_input_tokens"} | _SOUND
    )
    tells_early = True

    def early(self, figures: Figures) -> Figures:
        into = (
            "input_tokens",
            "cached_tokens",
            "audio_input_tokens",
            "image_input_tokens",
            "tool_input_tokens",
        )
        return {name: figures[name] for name in into if name in figures}

    def begin(self, figures: Figures | None) -> bytes:
        chunk: dict[str, Any] = {"candidates": [{"index": 0, "content": {"role": "model", "parts": []}}]}
        if figures is not None:
            chunk["usageMetadata"] = self._counts(figures, ended=False)
        return events(chunk)

    def _counts(self, figures: Figures, *, ended: bool) -> dict[str, Any]:
        read, thought = figures.get("tool_input_tokens"), figures.get("reasoning_tokens")
        kinds = (("AUDIO", "audio_input_tokens"), ("IMAGE", "image_input_tokens"))
        told = _without_none(
            promptTokenCount=figures["input_tokens"] - (read or 0),
            cachedContentTokenCount=figures.get("cached_tokens"),
            toolUsePromptTokenCount=read,
            promptTokensDetails=[
                {"modality": kind, "tokenCount": figures[name]} for kind, name in kinds if name in figures
            ],
        )
        if ended:
            told |= _without_none(
                candidatesTokenCount=figures["output_tokens"] - (thought or 0),
                thoughtsTokenCount=thought,
                candidatesTokensDetails=[{"modality": "AUDIO", "tokenCount": figures["audio_output_tokens"]}]
                if "audio_output_tokens" in figures
                else None,
            )
        return told

    def text(self, text: str) -> bytes:
        return events({"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": text}]}}]})

    def end(self, move: Move) -> bytes:
        parts = [{"functionCall": {"name": "look", "args": {"place": 1}}}] * move.calls
        candidate = {
            "index": 0,
            "content": {"role": "model", "parts": parts or [{"text": ""}]},
            "finishReason": "STOP",
        }
        usage = {}
        if move.figures is not None:
            usage = {"usageMetadata": self._counts(move.figures, ended=True)}
        return events({"candidates": [candidate], **usage})

    def failure(self) -> bytes:
        return events({"error": {"code": 503, "status": "UNAVAILABLE", "message": "overloaded"}})


class OllamaMeter(Meter):
    """Ollama: the last line has the figures."""

    model = "ollama:llama-test"
    url = "http://127.0.0.1:11434"
    takes = frozenset({"input_tokens", "output_tokens"})

    def early(self, figures: Figures) -> Figures:
        return {}

    def _line(self, **more: Any) -> bytes:
        return (
            json.dumps({"model": "m", "message": {"role": "assistant", "content": ""}, **more}).encode()
            + b"\n"
        )

    def begin(self, figures: Figures | None) -> bytes:
        return self._line(done=False)

    def text(self, text: str) -> bytes:
        return self._line(message={"role": "assistant", "content": text}, done=False)

    def end(self, move: Move) -> bytes:
        calls = [{"function": {"name": "look", "arguments": {"place": 1}}}] * move.calls
        told = self._line(message={"role": "assistant", "content": "", "tool_calls": calls}, done=False)
        figures = move.figures or {}
        counts = {
            "prompt_eval_count": figures.get("input_tokens"),
            "eval_count": figures.get("output_tokens"),
        }
        return (told if calls else b"") + self._line(done=True, done_reason="stop", **_without_none(**counts))

    def failure(self) -> bytes:
        return json.dumps({"error": "server busy"}).encode() + b"\n"


METERS = (
    ChatMeter,
    DeepSeekMeter,
    XaiMeter,
    ResponsesMeter,
    AnthropicMeter,
    GeminiMeter,
    OllamaMeter,
)
