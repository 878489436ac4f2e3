"""OpenAI's responses: ``POST /v1/responses``, SSE with named events.

Facts: https://platform.openai.com/docs/api-reference/responses-streaming, and OpenAI's SDK, which reads it in
the tests.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from .answers import (
    Answer,
    Citation,
    Content,
    OutputItem,
    Reasoning,
    Refusal,
    StreamFailure,
    Text,
    ToolCall,
    Usage,
)
from .dialect import Encoder, body_of, text_of, token
from .openai_chat import ROLES, OpenAIDialect
from .openai_tools import wrong_in_responses
from .recorder import Request, Turn
from .wire import Frame

_MOVED = {"max_tokens": "max_output_tokens", "messages": "input", "response_format": "text.format"}
_PARTS = {"assistant": ("output_text", "refusal"), None: ("input_text", "input_image", "input_file")}
_RUNNING = {
    "web_search_call": ("in_progress", "searching", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
}
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class OpenAIResponses(OpenAIDialect):
    """Responses."""

    name = "openai_responses"
    chat_path = "/responses"
    carries: ClassVar[tuple[type, ...]] = (*OpenAIDialect.carries, Citation, OutputItem)

    def turns(self, body: Mapping[str, Any]) -> tuple[Turn, ...]:
        turns = [Turn("system", body["instructions"])] if body.get("instructions") else []
        given = body.get("input")
        if isinstance(given, str):
            return (*turns, Turn("user", given))
        for item in given or ():
            if isinstance(item, dict) and "role" in item:
                role = "system" if item["role"] == "developer" else item["role"]
                turns.append(Turn(role, text_of(item.get("content"))))
        return tuple(turns)

    def check(self, request: Request, body: Mapping[str, Any]) -> str | None:
        for old, new in _MOVED.items():
            if old in body:
                return (
                    f"Unsupported parameter: '{old}'. In the Responses API, this parameter has moved to "
                    f"'{new}'."
                )
        if not body.get("model"):
            return "Missing required parameter: 'model'."
        given = body.get("input")
        if not given or not isinstance(given, str | list):
            return "Missing required parameter: 'input'."
        for index, item in enumerate(given if isinstance(given, list) else ()):
            words = _wrong(item, index) or _lost(given, index, body)
            if words is not None:
                return words
        if words := wrong_in_responses(body):
            return words
        return None if body.get("stream") is True else "this server of the tests only streams"

    def encoder(self, answer: Answer, request: Request, model: str) -> Encoder:
        return _Events(answer, request, model)


def _wrong(item: Any, index: int) -> str | None:
    if not isinstance(item, dict):
        return f"Invalid type for 'input[{index}]': expected an input item, but got a value instead."
    if item.get("type", "message") != "message":
        return None
    role = item.get("role")
    if role not in ROLES[:-1]:
        return f"Invalid value: '{role}'. Supported values are: {ROLES[:-1]}."
    allowed = _PARTS["assistant" if role == "assistant" else None]
    for part in item["content"] if isinstance(item.get("content"), list) else ():
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in allowed:
            return f"Invalid value: '{kind}'. Supported values are: {allowed}."
    return None


def _lost(given: list[Any], index: int, body: Mapping[str, Any]) -> str | None:
    """What is wrong with an item of reasoning: it is not stored, so that it must come along; it must have led to
    something; and it holds only behind what it was thought about."""
    item = given[index]
    if item.get("type") != "reasoning":
        return None
    sealed = item.get("encrypted_content")
    if not sealed:
        return (
            f"Item with id '{item.get('id')}' not found. Items are not persisted when `store` is set to "
            "false. Try again with `store` set to true, or remove this item from your input."
        )
    following = given[index + 1] if index + 1 < len(given) else {}
    if following.get("role", "assistant") != "assistant" or not following:
        return (
            f"Item '{item.get('id')}' of type 'reasoning' was provided without its required following item."
        )
    place = int(sealed.partition("-")[0])
    if sealed != seal({**body, "input": given[:place]}):
        return f"The encrypted content for item {item.get('id')} could not be verified."
    return None


def seal(body: Mapping[str, Any]) -> str:
    """The encrypted content of what is thought about a request: the length of its input, and a digest of all that it
    was thought about."""
    given = body.get("input")
    given = given if isinstance(given, list) else [given]
    about = [body.get("model"), body.get("instructions"), body.get("tools"), given]
    return f"{len(given)}-{hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()}"


class _Events(Encoder):
    """The output items of a response: reasoning, a message, tool calls. One is open at a time."""

    def __init__(self, answer: Answer, request: Request, model: str) -> None:
        super().__init__(answer, request, model)
        self._sequence = 0
        self._output: list[dict[str, Any]] = []
        self._open: tuple[type, str] | None = None  # the kind of content and the text so far
        self._annotations: list[dict[str, Any]] = []
        self._last = 0  # how long the last piece of text is
        self._response: dict[str, Any] = {
            "id": f"resp_{token()}",
            "object": "response",
            "created_at": int(time.time()),
            "error": None,
            "incomplete_details": None,
            "instructions": body_of(request).get("instructions"),
            "metadata": {},
            "model": model,
            "parallel_tool_calls": True,
            "temperature": 1.0,
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "store": True,
        }

    def _event(self, event: str, **values: Any) -> Frame:
        frame = Frame({"type": event, **values, "sequence_number": self._sequence}, event)
        self._sequence += 1
        return frame

    def _whole(self, status: str, **values: Any) -> dict[str, Any]:
        return {**self._response, "status": status, "output": list(self._output), "usage": None, **values}

    def _where(self) -> dict[str, Any]:
        return {"item_id": self._output[-1]["id"], "output_index": len(self._output) - 1}

    def begin(self) -> Iterator[Frame]:
        yield self._event("response.created", response=self._whole("in_progress"))
        yield self._event("response.in_progress", response=self._whole("in_progress"))

    def content(self, piece: Content) -> Iterator[Frame]:
        if isinstance(piece, ToolCall):
            yield from self._close()
            yield from self._call(piece)
            return
        if isinstance(piece, OutputItem):
            yield from self._close()
            yield from self._whole_item(dict(piece.value))
            return
        if isinstance(piece, Citation):
            yield self._cite(piece)
            return
        if self._open is None or self._open[0] is not type(piece):
            yield from self._close()
            yield from self._start(type(piece))
        assert self._open is not None
        self._open = (self._open[0], self._open[1] + piece.text)
        self._last = len(piece.text)
        match piece:
            case Text(text):
                yield self._event(
                    "response.output_text.delta", **self._where(), content_index=0, delta=text, logprobs=[]
                )
            case Refusal(text):
                yield self._event("response.refusal.delta", **self._where(), content_index=0, delta=text)
            case Reasoning(text):
                yield self._event(
                    "response.reasoning_summary_text.delta", **self._where(), summary_index=0, delta=text
                )

    def _start(self, kind: type) -> Iterator[Frame]:
        self._open = (kind, "")
        if kind is Reasoning:
            item: dict[str, Any] = {"id": f"rs_{token()}", "type": "reasoning", "summary": []}
            item["encrypted_content"] = "incomplete"
        else:
            item = {"id": f"msg_{token()}", "type": "message", "status": "in_progress"}
            item |= {"content": [], "role": "assistant"}
        self._output.append(item)
        # The item is copied, as it grows later and an event is what was true when it was sent.
        yield self._event("response.output_item.added", output_index=len(self._output) - 1, item=dict(item))
        yield self._part("added", _part(kind, ""))

    def _part(self, what: str, part: dict[str, Any]) -> Frame:
        if part["type"] == "summary_text":
            return self._event(
                f"response.reasoning_summary_part.{what}", **self._where(), summary_index=0, part=part
            )
        return self._event(f"response.content_part.{what}", **self._where(), content_index=0, part=part)

    def _close(self) -> Iterator[Frame]:
        if self._open is None:
            return
        (kind, text), self._open = self._open, None
        part, item = _part(kind, text), self._output[-1]
        if kind is Text:
            part["annotations"], self._annotations = self._annotations, []
        if kind is Reasoning:
            yield self._event(
                "response.reasoning_summary_text.done", **self._where(), summary_index=0, text=text
            )
            item |= {"summary": [part], "encrypted_content": seal(body_of(self.request))}
        elif kind is Text:
            yield self._event(
                "response.output_text.done", **self._where(), content_index=0, text=text, logprobs=[]
            )
        else:
            yield self._event("response.refusal.done", **self._where(), content_index=0, refusal=text)
        yield self._part("done", part)
        if kind is not Reasoning:
            item |= {"status": "completed", "content": [part]}
        yield self._event("response.output_item.done", output_index=len(self._output) - 1, item=dict(item))

    def _cite(self, citation: Citation) -> Frame:
        assert self._open is not None
        end = len(self._open[1])
        annotation = {"type": "url_citation", "url": citation.url, "title": citation.title}
        annotation |= {"start_index": end - self._last, "end_index": end}
        self._annotations.append(annotation)
        return self._event(
            "response.output_text.annotation.added",
            **self._where(),
            content_index=0,
            annotation_index=len(self._annotations) - 1,
            annotation=annotation,
        )

    def _whole_item(self, item: dict[str, Any]) -> Iterator[Frame]:
        kind = item["type"]
        item = {"id": f"{kind[:2]}_{token()}", "status": "completed", **item}
        self._output.append(item)
        place = len(self._output) - 1
        begun = {"id": item["id"], "type": kind, "status": "in_progress"}
        begun |= {"action": {"type": "search", "query": ""}} if kind == "web_search_call" else {}
        yield self._event("response.output_item.added", output_index=place, item=begun)
        for state in _RUNNING.get(kind, ()):
            yield self._event(f"response.{kind}.{state}", **self._where())
        yield self._event("response.output_item.done", output_index=place, item=item)

    def _call(self, call: ToolCall) -> Iterator[Frame]:
        item = {"id": f"fc_{token()}", "type": "function_call", "status": "in_progress"}
        item |= {"arguments": "", "call_id": call.id, "name": call.name}
        self._output.append(item)
        place = len(self._output) - 1
        yield self._event("response.output_item.added", output_index=place, item=dict(item))
        for piece in call.cut():
            yield self._event("response.function_call_arguments.delta", **self._where(), delta=piece)
        yield self._event(
            "response.function_call_arguments.done",
            **self._where(),
            name=call.name,
            arguments=call.arguments,
        )
        item |= {"status": "completed", "arguments": call.arguments}
        yield self._event("response.output_item.done", output_index=place, item=dict(item))

    def failure(self, failure: StreamFailure) -> Iterator[Frame]:
        error = OpenAIResponses().error(failure.kind, failure.message, self.request)[1]
        code, message = error["code"] or error["type"], error["message"]
        if failure.form == "event":  # as the reference has it
            yield self._event("error", code=code, message=message, param=error["param"])
        elif failure.form == "nested":  # as the service is seen to send it
            yield self._event("error", error=error)
        if failure.form != "event":
            failed = self._whole("failed", error={"code": code, "message": message})
            yield self._event("response.failed", response=failed)

    def end(self) -> Iterator[Frame]:
        yield from self._close()
        usage = _usage(self.answer.usage) if self.answer.usage else None
        reason = _INCOMPLETE.get(self.answer.finish or "")
        if reason:
            details = {"reason": reason}
            whole = self._whole("incomplete", incomplete_details=details, usage=usage)
            yield self._event("response.incomplete", response=whole)
        elif self.answer.finish is not None:
            yield self._event("response.completed", response=self._whole("completed", usage=usage))


def _part(kind: type, text: str) -> dict[str, Any]:
    if kind is Reasoning:
        return {"type": "summary_text", "text": text}
    if kind is Refusal:
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }
