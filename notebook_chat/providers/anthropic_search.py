"""Anthropic's own web search, as a request asks for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from . import anthropic_models
from .anthropic_refusals import NEWEST_SEARCH
from .call import Call

_NEWEST = "web_search_20260318"
_OLDEST = "web_search_20250305"

MOST_SEARCHES = 5
"""How often the service may search for one answer: each search is charged."""


def with_tools(call: Call, without: Collection[str] = ()) -> Call:
    """The call with the web search among its tools, where it is asked for; beside those of the caller's own.

    Args:
        call: The call.
        without: What is left out, in the words of ``anthropic_refusals``.
    """
    if not call.ask.options.get("web"):
        return call
    extra = dict(call.ask.options.get("extra_body") or {})
    tools = extra.get("tools")
    own = tools if isinstance(tools, list) else []
    if any(isinstance(tool, dict) and tool.get("name") == "web_search" for tool in own):
        return call
    extra["tools"] = [*own, tool(call.model, NEWEST_SEARCH not in without)]
    return replace(call, ask=replace(call.ask, options={**call.ask.options, "extra_body": extra}))


def tool(model: str, newest: bool = True) -> dict[str, Any]:
    """The web search as a tool. The newest form chooses by code what it reads, which older models cannot.

    Args:
        model: The model's name.
        newest: Whether it may be the newest form.
    """
    able = newest and anthropic_models.manner(model).adaptive
    return {"type": _NEWEST if able else _OLDEST, "name": "web_search", "max_uses": MOST_SEARCHES}
