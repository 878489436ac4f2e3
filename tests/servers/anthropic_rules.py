"""What Anthropic's API finds wrong with what a request says of thinking, tools and documents, and with what goes back
of its own answers.

Facts: platform.claude.com, "What's new in Claude Opus 5.5" and "Preserved thinking", and the types of Anthropic's SDK.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import anthropic_tool_rules

_MARK = "EqQB"
"""How the signatures of this server begin."""

_NO_SAMPLING = re.compile(r"claude-(opus-4-[78]|(opus|sonnet|haiku|fable|mythos)-5)")
_NO_BUDGET = _NO_SAMPLING
_ALWAYS = re.compile(r"claude-(opus-5-5|fable-5|mythos-5)")
_SEARCHES = ("web_search_20250305", "web_search_20260209", "web_search_20260318")


def binding(body: Mapping[str, Any], thought: str, place: int | None = None) -> str:
    """The signature of a thought: it holds for its words, its model and all that went before its message.

    Args:
        body: A request.
        thought: The words.
        place: Which of the request's messages holds it; ``None`` for the answer to come.
    """
    messages = body.get("messages") or []
    if place is None:
        goes_on = bool(messages) and messages[-1].get("role") == "assistant"
        place = len(messages) - goes_on
    before = [body.get("model"), body.get("system"), body.get("tools"), messages[:place], thought]
    return _MARK + hashlib.sha256(json.dumps(before, sort_keys=True).encode()).hexdigest()


def wrong(body: Mapping[str, Any]) -> str | None:
    """What is wrong with a request, in the API's words."""
    found = (*_settings(body), *anthropic_tool_rules.wrong(body), *_returned(body))
    return next((words for words in found if words), None)


def _settings(body: Mapping[str, Any]) -> Iterator[str | None]:
    model, thinking = str(body.get("model")), body.get("thinking") or {}
    kind = thinking.get("type")
    config = body.get("output_config") or {}
    for name in ("temperature", "top_p"):
        if body.get(name) is None:
            continue
        if _NO_SAMPLING.match(model):
            yield f"`{name}` is deprecated for this model."
        if kind in ("enabled", "adaptive") and body[name] != 1:
            yield f"`{name}` may only be set to 1 when thinking is enabled or in adaptive mode."
    if kind == "enabled":
        if _NO_BUDGET.match(model):
            yield '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".'
        if not 1024 <= thinking.get("budget_tokens", 0) < body["max_tokens"]:
            yield "`max_tokens` must be greater than `thinking.budget_tokens`, which is at least 1024."
    if kind == "disabled" and (_ALWAYS.match(model) or model == "claude-sonnet-5-5"):
        yield '"thinking.type.disabled" is not supported for this model.'
    if config.get("effort") not in (None, "low", "medium", "high", "xhigh", "max"):
        yield "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
    cited = any((block.get("citations") or {}).get("enabled") for _, _, block in _blocks(body, "document"))
    if cited and config.get("format"):
        yield "citations are not supported with output_config.format"
    for place, tool in enumerate(body.get("tools") or ()):
        if str(tool.get("type", "")).startswith("web_search") and tool["type"] not in _SEARCHES:
            yield f"tools.{place}: Input tag '{tool['type']}' does not match any of the expected tags"


def _returned(body: Mapping[str, Any]) -> Iterator[str | None]:
    """What is wrong with what goes back of earlier answers."""
    for place, number, block in _blocks(body):
        where = f"messages.{place}.content.{number}"
        if block.get("type") == "text" and not str(block.get("text", "")).strip():
            yield f"{where}: text content blocks must contain non-whitespace text"
        if block.get("type") != "thinking":
            continue
        signature = block.get("signature", "")
        if not signature.startswith(_MARK):
            yield f"{where}: Invalid `signature` in `thinking` block"
        if signature != binding(body, block.get("thinking", ""), place):
            yield f"{where}: this thinking block is bound to a different conversation"
    messages = body["messages"]
    for place, message in enumerate(messages):
        content = message.get("content")
        if message.get("role") != "assistant" or not isinstance(content, list) or place == len(messages) - 1:
            continue
        given = {block.get("tool_use_id") for block in content}
        if any(block.get("type") == "server_tool_use" and block["id"] not in given for block in content):
            yield f"messages.{place}: `server_tool_use` ids were found without a result"
        if content[-1].get("type") in ("thinking", "redacted_thinking"):
            yield f"messages.{place}: The final block in an assistant message cannot be `thinking`."


def _blocks(body: Mapping[str, Any], kind: str = "") -> Iterator[tuple[int, int, dict[str, Any]]]:
    for place, message in enumerate(body["messages"]):
        content = message.get("content")
        for number, block in enumerate(content if isinstance(content, list) else ()):
            if not kind or block.get("type") == kind:
                yield place, number, block
