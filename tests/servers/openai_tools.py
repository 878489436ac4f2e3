"""What OpenAI's API refuses of tools, calls and results, in its words; and what vendors that speak its chat completions
refuse besides.

Facts: OpenAI's SDK (the types of the requests), and the messages of the errors as users have reported them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NINE = re.compile(r"[A-Za-z0-9]{9}")
_NOT_AT_THE_TOP = ("oneOf", "anyOf", "allOf", "enum", "not")
_RESPONSES_ALONE = re.compile(r"gpt-(5\.[6-9]|[6-9])")
MOST = 128


def wrong_in_chat(body: Mapping[str, Any]) -> str | None:
    """What chat completions find wrong with the tools and the messages of a request."""
    tools = [tool for tool in body.get("tools") or () if tool.get("type") in (None, "function")]
    if "tools" in body and not body["tools"]:
        return "Invalid 'tools': empty array. Expected an array with minimum length 1."
    for place, tool in enumerate(tools):
        function = tool.get("function")
        if not isinstance(function, dict):
            return f"Missing required parameter: 'tools[{place}].function'."
        if words := _wrong_function(function, f"tools[{place}].function"):
            return words
    names = [tool["function"]["name"] for tool in tools]
    if words := _wrong_choice(body, names, nested=True):
        return words
    model = str(body.get("model"))
    if tools and _RESPONSES_ALONE.match(model) and body.get("reasoning_effort") != "none":
        return (
            f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. To use "
            "function tools, use /v1/responses or set reasoning_effort to 'none'."
        )
    return wrong_order(body.get("messages") or ())


def wrong_order(messages: Sequence[Mapping[str, Any]], longest: int = 40) -> str | None:
    """What is wrong with the calls and the results in messages."""
    waiting: list[str] = []
    for place, message in enumerate(messages):
        if message.get("role") == "tool":
            if message.get("tool_call_id") not in waiting:
                return (
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    f"'tool_calls'. (messages[{place}])"
                )
            waiting.remove(message["tool_call_id"])
            content = message.get("content")
            if isinstance(content, list) and any(part.get("type") != "text" for part in content):
                return f"Invalid 'messages[{place}].content': only text in the messages of tools."
            if not isinstance(content, str | list):
                return f"Invalid value for 'content': expected a string, got null at messages[{place}]."
            continue
        if waiting:
            break
        calls = message.get("tool_calls")
        if calls is not None and (message.get("role") != "assistant" or not calls):
            return f"Invalid 'messages[{place}].tool_calls'."
        for call in calls or ():
            if words := _wrong_call(call, f"messages[{place}].tool_calls", longest):
                return words
            waiting.append(call["id"])
    if waiting:
        return (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(waiting)}"
        )
    return None


def _wrong_call(call: Mapping[str, Any], where: str, longest: int) -> str | None:
    id, function = call.get("id"), call.get("function")
    if not isinstance(id, str) or not id:
        return f"Missing required parameter: '{where}.id'."
    if len(id) > longest:
        return f"Invalid '{where}.id': string too long. Expected a string with maximum length {longest}."
    if call.get("type") != "function" or not isinstance(function, dict):
        return f"Missing required parameter: '{where}.function'."
    if not _NAME.fullmatch(str(function.get("name"))):
        return f"Invalid '{where}.function.name': string does not match pattern."
    return _wrong_arguments(function.get("arguments"), where)


def _wrong_arguments(arguments: Any, where: str) -> str | None:
    """What a server finds that reads arguments as JSON; OpenAI's own takes any text."""
    if not isinstance(arguments, str):
        return f"Invalid type for '{where}.arguments': expected a string."
    try:
        value = json.loads(arguments)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        return f"Failed to parse the arguments of {where}."
    return None


def _wrong_function(function: Mapping[str, Any], where: str) -> str | None:
    name, schema = str(function.get("name")), function.get("parameters")
    if not _NAME.fullmatch(name):
        return f"Invalid '{where}.name': string does not match pattern. Expected a string that matches the pattern."
    if not isinstance(function.get("description", ""), str):
        return f"Invalid type for '{where}.description'."
    if schema is None:
        return None
    refused = f"Invalid schema for function '{name}':"
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return f"{refused} schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."
    if any(word in schema for word in _NOT_AT_THE_TOP):
        return (
            f"{refused} schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top "
            "level."
        )
    if "properties" not in schema:
        return f"{refused} In context=(), object schema missing properties."
    for one in _schemas(schema):
        if one.get("type") == "array" and not isinstance(one.get("items"), dict):
            return f"{refused} In context=('properties', …), array schema missing items."
    return None


def _schemas(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for name, value in schema.items():
            if name in ("properties", "$defs") and isinstance(value, dict):
                for one in value.values():
                    yield from _schemas(one)
            elif name in ("items", "additionalProperties", "anyOf"):
                yield from _schemas(value)
    elif isinstance(schema, list):
        for one in schema:
            yield from _schemas(one)


def _wrong_choice(body: Mapping[str, Any], names: Sequence[str], *, nested: bool) -> str | None:
    choice = body.get("tool_choice")
    if choice is None:
        return None
    if not body.get("tools"):
        return "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
    if isinstance(choice, str):
        known = ("none", "auto", "required")
        return None if choice in known else f"Invalid value: '{choice}'. Supported values are: {known}."
    name = (choice.get("function") or {}).get("name") if nested else choice.get("name")
    if choice.get("type") != "function" or name not in names:
        return f"Tool choice '{name}' not found in 'tools' parameter."
    return None


def wrong_in_responses(body: Mapping[str, Any]) -> str | None:
    """What responses find wrong with the tools and the items of a request."""
    tools = [tool for tool in body.get("tools") or () if tool.get("type") == "function"]
    for place, tool in enumerate(tools):
        missing = [name for name in ("name", "parameters", "strict") if name not in tool]
        if missing:
            return f"Missing required parameter: 'tools[{place}].{missing[0]}'."
        if words := _wrong_function(tool, f"tools[{place}]"):
            return words
        if tool["strict"] and tool["parameters"].get("additionalProperties") is not False:
            return f"Invalid schema for function '{tool['name']}': 'additionalProperties' is required to be false."
    if words := _wrong_choice(body, [tool["name"] for tool in tools], nested=False):
        return words
    given = body.get("input")
    return _wrong_items(given) if isinstance(given, list) else None


def _wrong_items(given: Sequence[Mapping[str, Any]]) -> str | None:
    waiting: set[str] = set()
    ever: set[str] = set()
    for place, item in enumerate(given):
        kind, id = item.get("type"), item.get("call_id")
        if kind in ("function_call", "function_call_output") and (
            not isinstance(id, str) or not 0 < len(id) <= 64
        ):
            return f"Invalid 'input[{place}].call_id': expected a string with maximum length 64."
        if kind == "function_call":
            if id in ever:
                return f"Duplicate call_id: {id}."
            if words := _wrong_arguments(item.get("arguments"), f"input[{place}]"):
                return words
            if not _NAME.fullmatch(str(item.get("name"))):
                return f"Invalid 'input[{place}].name': string does not match pattern."
            waiting.add(str(id))
            ever.add(str(id))
        elif kind == "function_call_output":
            if id not in waiting:
                return f"No tool call found for function call output with call_id {id}."
            waiting.remove(str(id))
            if words := _wrong_output(item.get("output"), place):
                return words
        elif item.get("role") == "user" and waiting:
            break
    return f"No tool output found for function call {min(waiting)}." if waiting else None


def _wrong_output(output: Any, place: int) -> str | None:
    if isinstance(output, str):
        return None
    kinds = ("input_text", "input_image", "input_file")
    if not isinstance(output, list) or any(part.get("type") not in kinds for part in output):
        return f"Invalid value for 'input[{place}].output'. Supported values are: {kinds}."
    return None


# --- what vendors refuse besides ------------------------------------------------------------------------


def wrong_at_mistral(body: Mapping[str, Any]) -> str | None:
    """What Mistral refuses: ids of another form, and a user who speaks behind a tool."""
    before = ""
    for message in body["messages"]:
        role = message["role"]
        if before == "tool" and role == "user":
            return "Unexpected role 'user' after role 'tool'"
        ids = [call["id"] for call in message.get("tool_calls") or ()]
        ids += [message["tool_call_id"]] if role == "tool" else []
        for id in ids:
            if not _NINE.fullmatch(id):
                return f"Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9."
        before = role
    return wrong_order(body["messages"])


def wrong_at_deepseek(body: Mapping[str, Any]) -> str | None:
    """What DeepSeek refuses: calls without the reasoning that they came with."""
    for message in body["messages"]:
        if message.get("tool_calls") and "reasoning_content" not in message:
            return "Missing `reasoning_content` field in the assistant message with tool calls"
    return wrong_order(body["messages"])
