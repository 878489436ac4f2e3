"""What Gemini's API refuses in a request, in its words."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import gemini_tool_rules
from .gemini_tool_rules import UNSIGNED

# Protocol buffers in JSON: fields in either spelling, and none that nobody knows.
_FIELDS = {
    *("contents", "tools", "toolConfig", "safetySettings", "systemInstruction", "generationConfig"),
    *("cachedContent", "serviceTier", "store"),
}
_PART = {
    *("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode"),
    *("codeExecutionResult", "toolCall", "toolResponse", "thought", "thoughtSignature", "videoMetadata"),
    *("mediaResolution", "partMetadata"),
}
_TOOLS = {"googleSearch", "urlContext", "codeExecution", "functionDeclarations", "fileSearch", "googleMaps"}


def signature(model: str, number: int = 0) -> str:
    """A signature that this server takes back from the same model, and from no other."""
    return base64.b64encode(f"{model}|{number}|{'x' * 24}".encode()).decode()


def refusal(body: Mapping[str, Any], model: str) -> str | None:
    """Why a request is refused; ``None`` where it is not.

    Args:
        body: The request's body.
        model: The model that it asks for.
    """
    for name in body:
        if _camel(name) not in _FIELDS:
            return _unknown(name)
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents:
        return "* GenerateContentRequest.contents: contents is not specified"
    for index, content in enumerate(contents):
        if not isinstance(content, dict) or content.get("role", "user") not in ("user", "model"):
            return "Please use a valid role: user, model."
        if not content.get("parts"):
            return f"* GenerateContentRequest.contents[{index}].parts: contents.parts must not be empty."
    generation = generation_of(model)
    config = body.get("generationConfig") or {}
    return (
        _parts(contents, model, generation)
        or _thinking(config.get("thinkingConfig") or {}, model, generation)
        or _tools(body.get("tools") or [], model)
        or gemini_tool_rules.refusal(body, generation)
    )


def generation_of(model: str) -> float:
    """The generation of a model by its name; 0 where it has none."""
    return float((re.findall(r"gemini-(\d+(?:\.\d+)?)", model) or ["0"])[0])


def _parts(contents: list[Any], model: str, generation: float) -> str | None:
    for role, part in _all_parts(contents):
        known = {_camel(name): value for name, value in part.items()}
        for name in known:
            if name not in _PART:
                return _unknown(name)
        if known.get("thoughtSignature") == UNSIGNED and "functionCall" in known:
            continue
        if signed := known.get("thoughtSignature"):
            try:
                issued = base64.b64decode(signed, validate=True).decode()
            except ValueError:
                issued = ""
            if issued.partition("|")[0] != model:
                return "Corrupted thought signature."
        elif role == "model" and "inlineData" in known and generation >= 3:
            return "Image part is missing a thought_signature in content position 2, part position 1."
    return None


def _all_parts(contents: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for content in contents:
        for part in content["parts"]:
            yield content.get("role", "user"), part


def _thinking(given: Mapping[str, Any], model: str, generation: float) -> str | None:
    if not given:
        return None
    config = {_camel(name): value for name, value in given.items()}
    budget = config.get("thinkingBudget")
    if 0 < generation < 2.5 or "tts" in model:
        return f"Thinking is not enabled for models/{model}"
    if budget is not None and "thinkingLevel" in config:
        return "You can only set only one of thinking budget and thinking level."
    if "thinkingLevel" in config and 0 < generation < 3:
        return "Thinking level is not supported for this model."
    if budget is not None and not (0 if "flash" in model else 128) <= budget <= 32_768:
        return f"The thinking budget ({budget}) is invalid."
    if config.get("includeThoughts") and (budget == 0 or "lite" in model):
        return "Thinking_config.include_thoughts is only enabled when thinking is enabled."
    return None


def _tools(tools: list[Any], model: str) -> str | None:
    for tool in tools:
        for name in tool:
            if _camel(name) not in _TOOLS:
                return _unknown(name)
        if "urlContext" in tool and ("image" in model or "unread" in model):
            return f"url_context is not supported for models/{model}"
    return None


def _unknown(name: str) -> str:
    return f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)
