"""What Gemini's API refuses of tools in a request, and of what goes back of their use, in its words.

Facts: the types of Google's SDK, Google's guides to function calling and to thought signatures, and its words in
reports of refused requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

UNSIGNED = "skip_thought_signature_validator"
"""What a call may have in the place of a signature."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_PROPERTY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_KEYWORDS = {
    *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items"),
    *("prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties"),
    *("additionalProperties", "required"),
}
_BUILT_IN = {"googleSearch", "urlContext", "codeExecution"}
_RESULTS = {"image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"}


def refusal(body: Mapping[str, Any], generation: float) -> str | None:
    """Why a request is refused; ``None`` where it is not.

    Args:
        body: The request's body.
        generation: The generation of the model.
    """
    found = (*_declared(body, generation), *_turns(body["contents"], generation), *_signed(body, generation))
    return next(iter(found), None)


def _declared(body: Mapping[str, Any], generation: float) -> Iterator[str]:
    tools = body.get("tools") or []
    declared = [one for tool in tools for one in tool.get("functionDeclarations") or ()]
    config = body.get("toolConfig") or {}
    for number, one in enumerate(declared):
        where = f"GenerateContentRequest.tools[0].function_declarations[{number}]"
        if not _NAME.fullmatch(one.get("name", "")):
            yield f"* {where}.name: Invalid function name. Must start with a letter or an underscore."
        yield from _schema(one.get("parametersJsonSchema", {"type": "object"}), where)
    built_in = any(_BUILT_IN & tool.keys() for tool in tools)
    if declared and built_in:
        if generation < 3:
            yield "Tool use with function calling is unsupported by the model."
        elif not config.get("includeServerSideToolInvocations"):
            yield (
                "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with "
                "Function calling."
            )
    if declared and generation < 3:
        kind = (body.get("generationConfig") or {}).get("responseMimeType")
        if kind == "application/json":
            yield "Function calling with a response mime type: 'application/json' is unsupported"
    calling = config.get("functionCallingConfig") or {}
    mode = calling.get("mode", "AUTO")
    if mode not in ("AUTO", "ANY", "NONE", "VALIDATED"):
        yield f"Invalid value at 'tool_config.function_calling_config.mode': {mode}"
    names = calling.get("allowedFunctionNames") or []
    if names and mode not in ("ANY", "VALIDATED"):
        yield "Function calling config is set without function calling mode ANY."
    if set(names) - {one["name"] for one in declared}:
        yield "allowed_function_names contains a function that is not declared."


def _schema(schema: Any, where: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        yield f"* {where}.parameters_json_schema: must be an object."
        return
    if unknown := schema.keys() - _KEYWORDS:
        yield f'Unknown name "{min(unknown)}" at {where}.parameters_json_schema: Cannot find field.'
    for name, one in schema.get("properties", {}).items():
        if not _PROPERTY.fullmatch(name):
            yield f"* {where}.parameters.properties: Invalid name {name!r}."
        yield from _schema(one, where)
    inner = [*schema.get("$defs", {}).values(), *schema.get("anyOf", ()), *schema.get("prefixItems", ())]
    inner += [
        schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)
    ]
    for one in inner:
        yield from _schema(one, where)


def _turns(contents: list[Any], generation: float) -> Iterator[str]:
    waiting: list[dict[str, Any]] = []
    before = ""
    for place, content in enumerate(contents):
        responses = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
        calls = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
        if waiting and len(responses) != len(waiting):
            yield (
                "Please ensure that the number of function response parts is equal to the number of function "
                "call parts of the function call turn."
            )
        if responses and not waiting:
            yield "Please ensure that function response turn comes immediately after a function call turn."
        for call, response in zip(waiting, responses, strict=False):
            if call.get("name") != response.get("name") or call.get("id") != response.get("id"):
                yield f"The response {response.get('name')!r} is not one to the call {call.get('name')!r}."
        if calls and (content.get("role") != "model" or not place or before == "model"):
            yield (
                "Please ensure that function call turn comes immediately after a user turn or after a "
                "function response turn."
            )
        if any(not isinstance(call.get("args", {}), dict) for call in calls):
            yield "Invalid value at 'contents.parts.function_call.args' (type.googleapis.com/google.protobuf.Struct)"
        yield from _responses(responses, generation)
        waiting, before = calls, content.get("role", "user")


def _responses(responses: list[dict[str, Any]], generation: float) -> Iterator[str]:
    for response in responses:
        if not response.get("name"):
            yield "function_response.name: Name cannot be empty."
        if not isinstance(response.get("response"), dict):
            yield "Invalid value at 'function_response.response' (type.googleapis.com/google.protobuf.Struct)"
        parts = response.get("parts") or []
        if parts and generation < 3:
            yield "Multimodal function responses are not supported for this model."
        blobs = [part.get("inlineData") or part.get("inline_data") or {} for part in parts]
        if any((blob.get("mimeType") or blob.get("mime_type")) not in _RESULTS for blob in blobs):
            yield "Unsupported MIME type in a function response."


def _signed(body: Mapping[str, Any], generation: float) -> Iterator[str]:
    """In the turn that goes on, the first call of each step has a signature."""
    if generation < 3:
        return
    contents = body["contents"]
    start = max(
        (
            place
            for place, content in enumerate(contents)
            if content.get("role", "user") == "user"
            and not any("functionResponse" in part for part in content["parts"])
        ),
        default=0,
    )
    for place in range(start, len(contents)):
        calls = [part for part in contents[place]["parts"] if "functionCall" in part]
        if calls and not calls[0].get("thoughtSignature"):
            name = calls[0]["functionCall"].get("name")
            yield (
                "Function call is missing a thought_signature in functionCall parts. This is required for tools "
                f"to work correctly. Additional data, function call `default_api:{name}`, position {place + 1}."
            )
