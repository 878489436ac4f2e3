"""Vendors in memory that police what comes back to them: what they signed counts only behind what it was signed for."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from notebook_chat.request import HttpRequest

from .transports import Canned


def sign(*values: Any) -> str:
    """The signature of what an answer was given to."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def events(*bodies: Any) -> bytes:
    """Events as a server sends them, named where they have a type."""
    named = (f"event: {body['type']}\n" if "type" in body else "" for body in bodies)
    return "".join(
        f"{name}data: {json.dumps(body)}\n\n" for name, body in zip(named, bodies, strict=True)
    ).encode()


class StrictVendor(ABC):
    """A transport that answers as one vendor does, signs each answer, and holds every signature that comes back
    against what stands before it.

    Attributes:
        asked: The bodies of the requests.
        valid: How many signatures came back with each request that were right.
        wrong: The signatures that came back behind something else than they were signed for, or to another model.
    """

    model: ClassVar[str]

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.valid: list[int] = []
        self.wrong: list[str] = []

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[Canned]:
        body = json.loads(request.body or b"{}")
        model = self.named(request, body)
        came = list(self.signatures(body))
        self.asked.append(body)
        self.wrong += [found for place, found in came if found != self.signed(model, body, place)]
        self.valid.append(sum(found == self.signed(model, body, place) for place, found in came))
        messages = self.messages(body)
        yield Canned([self.answer(self.signed(model, body, len(messages)), f"answer {len(self.asked)}")])

    def signed(self, model: str, body: dict[str, Any], place: int) -> str:
        """The signature for an answer at a place among the messages."""
        return sign(model, self.before(body), self.messages(body)[:place])

    def named(self, request: HttpRequest, body: dict[str, Any]) -> str:
        """The model that is asked."""
        return str(body["model"])

    @abstractmethod
    def before(self, body: dict[str, Any]) -> Any:
        """What answers are bound to besides the messages."""

    @abstractmethod
    def messages(self, body: dict[str, Any]) -> list[Any]:
        """The messages of a request."""

    @abstractmethod
    def signatures(self, body: dict[str, Any]) -> Sequence[tuple[int, str]]:
        """The signatures in a request, with their places among the messages."""

    @abstractmethod
    def answer(self, signature: str, text: str) -> bytes:
        """An answer with some reasoning, signed."""


class StrictAnthropic(StrictVendor):
    """Messages with signed thinking blocks."""

    model = "anthropic:claude-sonnet-5-5"

    def before(self, body: dict[str, Any]) -> Any:
        return [body.get("system"), body.get("tools")]

    def messages(self, body: dict[str, Any]) -> list[Any]:
        return list(body["messages"])

    def signatures(self, body: dict[str, Any]) -> Sequence[tuple[int, str]]:
        return [
            (place, block["signature"])
            for place, message in enumerate(body["messages"])
            if isinstance(message["content"], list)
            for block in message["content"]
            if block["type"] == "thinking"
        ]

    def answer(self, signature: str, text: str) -> bytes:
        def start(index: int, **block: Any) -> dict[str, Any]:
            return {"type": "content_block_start", "index": index, "content_block": block}

        def delta(index: int, **delta: Any) -> dict[str, Any]:
            return {"type": "content_block_delta", "index": index, "delta": delta}

        message = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": []}
        return events(
            {
                "type": "message_start",
                "message": {**message, "usage": {"input_tokens": 9, "output_tokens": 1}},
            },
            start(0, type="thinking", thinking="", signature=""),
            delta(0, type="thinking_delta", thinking="hm"),
            delta(0, type="signature_delta", signature=signature),
            {"type": "content_block_stop", "index": 0},
            start(1, type="text", text=""),
            delta(1, type="text_delta", text=text),
            {"type": "content_block_stop", "index": 1},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
            {"type": "message_stop"},
        )


class StrictResponses(StrictVendor):
    """Responses with encrypted reasoning items."""

    model = "openai-responses:gpt-6-luna"

    def before(self, body: dict[str, Any]) -> Any:
        return [body.get("instructions"), body.get("tools")]

    def messages(self, body: dict[str, Any]) -> list[Any]:
        return list(body["input"])

    def signatures(self, body: dict[str, Any]) -> Sequence[tuple[int, str]]:
        return [
            (place, item["encrypted_content"])
            for place, item in enumerate(body["input"])
            if item.get("type") == "reasoning"
        ]

    def answer(self, signature: str, text: str) -> bytes:
        summary = [{"type": "summary_text", "text": "hm"}]
        thought = {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": signature}
        content = [{"type": "output_text", "text": text, "annotations": []}]
        said = {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": content,
        }
        response = {"id": "r", "object": "response", "model": "gpt-6-luna", "status": "completed"}
        where = {"output_index": 1, "content_index": 0, "item_id": "msg_1"}
        part = {"type": "output_text", "text": "", "annotations": []}
        return events(
            {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
            {
                "type": "response.output_item.added",
                "output_index": 0,
                "item": {"type": "reasoning", "id": "rs_1", "summary": []},
            },
            {"type": "response.output_item.done", "output_index": 0, "item": thought},
            {
                "type": "response.output_item.added",
                "output_index": 1,
                "item": {**said, "content": [], "status": "in_progress"},
            },
            {"type": "response.content_part.added", **where, "part": part},
            {"type": "response.output_text.delta", **where, "delta": text},
            {"type": "response.output_text.done", **where, "text": text},
            {"type": "response.output_item.done", "output_index": 1, "item": said},
            {"type": "response.completed", "response": {**response, "output": [thought, said]}},
        )


class StrictGemini(StrictVendor):
    """Contents with signatures on their parts."""

    model = "gemini:gemini-3-pro-preview"

    def named(self, request: HttpRequest, body: dict[str, Any]) -> str:
        return request.url.rpartition("/")[2].partition(":")[0]

    def before(self, body: dict[str, Any]) -> Any:
        return [body.get("system_instruction") or body.get("systemInstruction"), body.get("tools")]

    def messages(self, body: dict[str, Any]) -> list[Any]:
        return list(body["contents"])

    def signatures(self, body: dict[str, Any]) -> Sequence[tuple[int, str]]:
        return [
            (place, part["thoughtSignature"])
            for place, content in enumerate(body["contents"])
            for part in content["parts"]
            if "thoughtSignature" in part
        ]

    def answer(self, signature: str, text: str) -> bytes:
        def chunk(*parts: Any, **more: Any) -> dict[str, Any]:
            content = {"role": "model", "parts": list(parts)}
            return {"candidates": [{"content": content, "index": 0, **more}], "modelVersion": "gemini"}

        return events(
            chunk({"text": "hm", "thought": True}),
            chunk({"text": text}),
            chunk({"text": "", "thoughtSignature": signature}, finishReason="STOP"),
        )


VENDORS = (StrictAnthropic, StrictResponses, StrictGemini)
