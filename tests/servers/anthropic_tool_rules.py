"""What Anthropic's API finds wrong with what a request says of tools, and with what goes back of their use.

Facts: the API's reference and its words in reports of refused requests, and the types of Anthropic's SDK.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_PROPERTY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_NEVER_FORCED = re.compile(r"claude-(opus-5-5|sonnet-5-5|fable-5|mythos)")
_RESULT = ("text", "image", "document", "search_result")


def wrong(body: Mapping[str, Any]) -> Iterator[str | None]:
    """What is wrong with a request, in the API's words."""
    yield from _declared(body)
    yield from _choice(body)
    yield from _used(body["messages"])
    yield from _unsigned(body)


def _declared(body: Mapping[str, Any]) -> Iterator[str]:
    names = [tool.get("name") for tool in body.get("tools") or ()]
    if len(set(names)) < len(names):
        yield "tools: Tool names must be unique."
    for place, tool in enumerate(body.get("tools") or ()):
        if tool.get("type") not in (None, "custom"):
            continue
        where = f"tools.{place}.custom"
        if not _NAME.fullmatch(str(tool.get("name", ""))):
            yield f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        if unknown := tool.keys() - {
            "name",
            "description",
            "input_schema",
            "strict",
            "type",
            "cache_control",
        }:
            yield f"{where}.{min(unknown)}: Extra inputs are not permitted"
        schema = tool.get("input_schema")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            yield f"{where}.input_schema.type: Input should be 'object'"
            continue
        if schema.keys() & {"oneOf", "allOf", "anyOf"}:
            yield f"{where}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
        if not all(map(_PROPERTY.fullmatch, schema.get("properties", {}))):
            yield f"{where}.input_schema.properties: Property keys should match '^[a-zA-Z0-9_.-]{{1,64}}$'"
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError:
            yield f"{where}.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12"


def _choice(body: Mapping[str, Any]) -> Iterator[str]:
    choice = body.get("tool_choice")
    if choice is None:
        return
    kind = choice.get("type")
    if kind not in ("auto", "any", "tool", "none"):
        yield f"tool_choice: Input tag '{kind}' found using 'type' does not match any of the expected tags"
    if not body.get("tools"):
        yield "tool_choice may only be specified while providing tools."
    if kind in ("any", "tool"):
        if _NEVER_FORCED.match(str(body.get("model"))):
            yield f'tool_choice: "{kind}" is not supported for this model. Use "auto" or "none".'
        if (body.get("thinking") or {}).get("type") in ("enabled", "adaptive"):
            yield "Thinking may not be enabled when tool_choice forces tool use."
    if kind == "tool" and choice.get("name") not in [tool.get("name") for tool in body.get("tools") or ()]:
        yield f"Tool '{choice.get('name')}' not found in provided tools"


def _used(messages: list[dict[str, Any]]) -> Iterator[str]:
    seen: set[str] = set()
    waiting: list[str] = []
    for place, message in enumerate(messages):
        content = message.get("content")
        blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
        where = f"messages.{place}"
        if message["role"] == "user":
            yield from _results(blocks, where, waiting)
            waiting = []
        for number, block in enumerate(blocks):
            if block.get("type") != "tool_use":
                continue
            if message["role"] != "assistant":
                yield f"{where}: `tool_use` blocks can only be in `assistant` messages"
            yield from _call(block, f"{where}.content.{number}.tool_use", seen)
            waiting.append(block["id"])
        if message["role"] == "assistant" and any(block.get("type") == "tool_result" for block in blocks):
            yield f"{where}: `tool_result` blocks can only be in `user` messages"


def _call(block: Mapping[str, Any], where: str, seen: set[str]) -> Iterator[str]:
    if not _ID.fullmatch(block["id"]):
        yield f"{where}.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
    if block["id"] in seen:
        yield f"{where}: `tool_use` ids must be unique"
    seen.add(block["id"])
    if not _NAME.fullmatch(block["name"]):
        yield f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
    if not isinstance(block["input"], dict):
        yield f"{where}.input: Input should be a valid dictionary"


def _results(blocks: list[dict[str, Any]], where: str, waiting: list[str]) -> Iterator[str]:
    """What is wrong with the results in a message of the user, where some calls are waiting for theirs."""
    kinds = [block.get("type") for block in blocks]
    given = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    if missing := [one for one in waiting if one not in given]:
        yield f"{where}: `tool_use` ids were found without `tool_result` blocks immediately after: {missing}"
    if unexpected := [one for one in given if one not in waiting]:
        yield f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {unexpected}"
    if len(set(given)) < len(given):
        yield f"{where}: each tool_use must have a single result."
    if kinds[: len(given)] != ["tool_result"] * len(given):
        yield f"{where}: `tool_result` blocks must come before any other content"
    for block in blocks:
        if block["type"] != "tool_result":
            continue
        content = block.get("content", [])
        inner = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if any(one["type"] not in _RESULT for one in inner):
            yield f"{where}: a `tool_result` has a block that has no place in it"
        if any(one["type"] == "text" and not one["text"] for one in inner):
            yield f"{where}: text content blocks must be non-empty"
        if block.get("is_error"):
            if not inner:
                yield f"{where}: content cannot be empty if `is_error` is true"
            if any(one["type"] != "text" for one in inner):
                yield f"{where}: all content must be type `text` if `is_error` is true"


def _unsigned(body: Mapping[str, Any]) -> Iterator[str]:
    """A model that thinks with a number of tokens wants to see what it thought ahead of its last calls."""
    if (body.get("thinking") or {}).get("type") != "enabled":
        return
    spoken = [message for message in body["messages"] if message["role"] == "assistant"]
    blocks = spoken[-1]["content"] if spoken and isinstance(spoken[-1]["content"], list) else []
    if any(block["type"] == "tool_use" for block in blocks) and blocks[0]["type"] != "thinking":
        yield (
            "messages: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is "
            "enabled, a final `assistant` message must start with a thinking block"
        )
