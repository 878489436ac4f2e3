"""Vendors in memory that call tools, and police what comes back: every call is answered, in its place, by its id."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from notebook_chat.request import HttpRequest

from .strict_vendors import (
    StrictAnthropic,
    StrictGemini,
    StrictResponses,
    StrictVendor,
    events,
)
from .transports import Canned

DUMMY = "skip_thought_signature_validator"
"""What Google has in the place of a signature for calls that another model made."""


class Caller(StrictVendor):
    """The base of vendors that call a tool, twice at once, before they answer.

    Args:
        steps: How many times it calls before it answers.

    Attributes:
        broken: Rules of the vendor that requests have broken.
    """

    def __init__(self, steps: int = 1) -> None:
        super().__init__()
        self.steps = steps
        self.broken: list[str] = []

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> AsyncGenerator[Canned]:
        body = json.loads(request.body or b"{}")
        self.broken += self.faults(body)
        async with super().send(request) as answer:
            if body.get("tools") and self.taken(body) < self.steps:
                number = len(self.asked)
                names = [f"{number}_{place}" for place in range(2)]
                model = self.named(request, body)
                signature = self.signed(model, body, len(self.messages(body)))
                yield Canned([self.calls(signature, [(name, {"n": number}) for name in names])])
            else:
                yield answer

    def taken(self, body: dict[str, Any]) -> int:
        """How many steps have been taken since the user spoke last."""
        raise NotImplementedError

    def faults(self, body: dict[str, Any]) -> list[str]:
        """The rules that a request breaks."""
        raise NotImplementedError

    def calls(self, signature: str, calls: Sequence[tuple[str, dict[str, Any]]]) -> bytes:
        """An answer that calls the tool ``look``."""
        raise NotImplementedError


class CallingAnthropic(Caller, StrictAnthropic):
    """Messages with tool_use and tool_result blocks."""

    def taken(self, body: dict[str, Any]) -> int:
        count = 0
        for message in reversed(body["messages"]):
            if message["role"] == "user":
                if _kinds(message) != {"tool_result"}:
                    break
                count += 1
        return count

    def faults(self, body: dict[str, Any]) -> list[str]:
        found = []
        messages = body["messages"]
        for place, message in enumerate(messages):
            blocks = message["content"] if isinstance(message["content"], list) else []
            if place and messages[place - 1]["role"] == message["role"]:
                found.append(f"two messages of {message['role']} in a row")
            uses = [block["id"] for block in blocks if block["type"] == "tool_use"]
            if any(not isinstance(block["input"], dict) for block in blocks if block["type"] == "tool_use"):
                found.append("input is no object")
            if uses:
                after = messages[place + 1]["content"] if place + 1 < len(messages) else []
                heads = [block.get("tool_use_id") for block in after[: len(uses)] if isinstance(block, dict)]
                if sorted(map(str, heads)) != sorted(uses):
                    found.append(f"tool_use {uses} is followed by {heads}")
            answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
            if answered:
                before = messages[place - 1]["content"] if place else []
                asked = [
                    one["id"] for one in before if isinstance(one, dict) and one.get("type") == "tool_use"
                ]
                if set(answered) != set(asked):
                    found.append(f"tool_result {answered} of {asked}")
        return found

    def calls(self, signature: str, calls: Sequence[tuple[str, dict[str, Any]]]) -> bytes:
        whole = self.answer(signature, "Let me look.").decode()
        head, _, _ = whole.partition("event: message_delta")
        more: list[dict[str, Any]] = []
        for index, (name, arguments) in enumerate(calls, start=2):
            block = {"type": "tool_use", "id": f"toolu_{name}", "name": "look", "input": {}}
            more.append({"type": "content_block_start", "index": index, "content_block": block})
            for piece in ("", json.dumps(arguments)):
                delta = {"type": "input_json_delta", "partial_json": piece}
                more.append({"type": "content_block_delta", "index": index, "delta": delta})
            more.append({"type": "content_block_stop", "index": index})
        end = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}}
        return head.encode() + events(*more, end, {"type": "message_stop"})


class CallingResponses(Caller, StrictResponses):
    """Responses with function_call items and their outputs."""

    def taken(self, body: dict[str, Any]) -> int:
        steps, last = 0, ""
        for item in reversed(body["input"]):
            if item.get("role") == "user":
                break
            kind = item.get("type", "message")
            steps += kind == "function_call_output" and last != kind
            last = kind
        return steps

    def faults(self, body: dict[str, Any]) -> list[str]:
        found, open_ = [], []
        items = body["input"]
        for place, item in enumerate(items):
            kind = item.get("type", "message")
            if kind == "function_call":
                json.loads(item["arguments"])
                open_.append(item["call_id"])
            elif kind == "function_call_output":
                if item["call_id"] not in open_:
                    found.append(f"an output of no call: {item['call_id']}")
                else:
                    open_.remove(item["call_id"])
            elif item.get("role") == "user" and open_:
                found.append(f"no output for {open_}")
            elif kind == "reasoning":
                after = items[place + 1] if place + 1 < len(items) else {}
                if after.get("type") not in ("message", "function_call"):
                    found.append("reasoning without its required following item")
        return [*found, f"no output for {open_}"] if open_ else found

    def calls(self, signature: str, calls: Sequence[tuple[str, dict[str, Any]]]) -> bytes:
        thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": signature}
        sent: list[dict[str, Any]] = [
            {"type": "response.output_item.done", "output_index": 0, "item": thought}
        ]
        items: list[dict[str, Any]] = [thought]
        for index, (name, arguments) in enumerate(calls, start=1):
            text = json.dumps(arguments)
            item = {"type": "function_call", "id": f"fc_{name}", "call_id": f"call_{name}", "name": "look"}
            added = {**item, "arguments": "", "status": "in_progress"}
            done = {**item, "arguments": text, "status": "completed"}
            where = {"output_index": index, "item_id": item["id"]}
            sent += [
                {"type": "response.output_item.added", "output_index": index, "item": added},
                {"type": "response.function_call_arguments.delta", **where, "delta": text},
                {"type": "response.function_call_arguments.done", **where, "arguments": text},
                {"type": "response.output_item.done", "output_index": index, "item": done},
            ]
            items.append(done)
        response = {"id": "r", "object": "response", "model": "gpt-6-luna"}
        return events(
            {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
            *sent,
            {"type": "response.completed", "response": {**response, "status": "completed", "output": items}},
        )


class CallingGemini(Caller, StrictGemini):
    """Contents with functionCall and functionResponse parts."""

    def signatures(self, body: dict[str, Any]) -> Sequence[tuple[int, str]]:
        return [(place, one) for place, one in super().signatures(body) if one != DUMMY]

    def taken(self, body: dict[str, Any]) -> int:
        count = 0
        for content in reversed(body["contents"]):
            if content["role"] == "user":
                if not any("functionResponse" in part for part in content["parts"]):
                    break
                count += 1
        return count

    def faults(self, body: dict[str, Any]) -> list[str]:
        found = []
        contents = body["contents"]
        for place, content in enumerate(contents):
            before = contents[place - 1] if place else {"role": "", "parts": []}
            # What a user says behind the results is a content of its own.
            results = any("functionResponse" in part for part in before["parts"])
            if before["role"] == content["role"] and not results:
                found.append(f"two contents of {content['role']} in a row")
            called = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
            given = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
            if called:
                after = contents[place + 1]["parts"] if place + 1 < len(contents) else []
                names = [part["functionResponse"]["name"] for part in after if "functionResponse" in part]
                if names != [one["name"] for one in called]:
                    found.append(f"{len(called)} calls are followed by {names}")
            if given and not any("functionCall" in part for part in contents[place - 1]["parts"]):
                found.append("a response of no call")
            found += [
                f"response is {one['response']}" for one in given if not isinstance(one["response"], dict)
            ]
        return found + self._unsigned(contents)

    def _unsigned(self, contents: list[Any]) -> list[str]:
        """The steps of the turn that goes on whose first call has no signature."""
        found = []
        for content in reversed(contents):
            if content["role"] == "user" and not any("functionResponse" in part for part in content["parts"]):
                break
            first = next((part for part in content["parts"] if "functionCall" in part), None)
            if first is not None and "thoughtSignature" not in first:
                found.append("a call without its signature")
        return found

    def calls(self, signature: str, calls: Sequence[tuple[str, dict[str, Any]]]) -> bytes:
        def chunk(*parts: Any, **more: Any) -> dict[str, Any]:
            content = {"role": "model", "parts": list(parts)}
            return {"candidates": [{"content": content, "index": 0, **more}], "modelVersion": "gemini"}

        parts: list[dict[str, Any]] = [
            {"functionCall": {"name": "look", "args": arguments}} for _, arguments in calls
        ]
        parts[0]["thoughtSignature"] = signature
        return events(
            chunk({"text": "hm", "thought": True}),
            *map(chunk, parts),
            chunk({"text": ""}, finishReason="STOP"),
        )


class CallingChat(Caller):
    """Chat completions, which sign nothing."""

    model = "groq:llama-3.3-70b-versatile"

    def before(self, body: dict[str, Any]) -> Any:
        return []

    def messages(self, body: dict[str, Any]) -> list[Any]:
        return list(body["messages"])

    def signatures(self, body: dict[str, Any]) -> Sequence[tuple[int, str]]:
        return []

    def answer(self, signature: str, text: str) -> bytes:
        return self._stream({"content": text}, "stop")

    def _stream(self, delta: dict[str, Any], reason: str) -> bytes:
        def chunk(delta: dict[str, Any], reason: str | None) -> dict[str, Any]:
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            return {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}

        return events(chunk({"role": "assistant", **delta}, None), chunk({}, reason)) + b"data: [DONE]\n\n"

    def taken(self, body: dict[str, Any]) -> int:
        steps, last = 0, ""
        for message in reversed(body["messages"]):
            if message["role"] == "user":
                break
            steps += message["role"] == "tool" != last
            last = message["role"]
        return steps

    def faults(self, body: dict[str, Any]) -> list[str]:
        found: list[str] = []
        open_: list[str] = []
        for message in body["messages"]:
            if message["role"] == "tool":
                if message["tool_call_id"] not in open_:
                    found.append(f"a result of no call: {message['tool_call_id']}")
                else:
                    open_.remove(message["tool_call_id"])
                if not isinstance(message["content"], (str, list)):
                    found.append(f"content is {message['content']}")
                continue
            if open_:
                found.append(f"no result for {open_}")
            open_ = []
            for call in message.get("tool_calls") or ():
                json.loads(call["function"]["arguments"])
                open_.append(call["id"])
        return [*found, f"no result for {open_}"] if open_ else found

    def calls(self, signature: str, calls: Sequence[tuple[str, dict[str, Any]]]) -> bytes:
        made = [
            {
                "index": index,
                "id": f"call_{name}",
                "type": "function",
                "function": {"name": "look", "arguments": json.dumps(arguments)},
            }
            for index, (name, arguments) in enumerate(calls)
        ]
        return self._stream({"content": None, "tool_calls": made}, "tool_calls")


def _kinds(message: dict[str, Any]) -> set[str]:
    content = message["content"]
    return {block["type"] for block in content} if isinstance(content, list) else {"text"}


CALLERS = (CallingAnthropic, CallingResponses, CallingGemini, CallingChat)
