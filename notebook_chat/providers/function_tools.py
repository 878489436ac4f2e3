"""What a request says of the tools that a model may call, in OpenAI's two dialects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .. import errors
from ..schemas import FUNCTIONS, LLAMA, Subset, parameters
from .call import Adapted, Call
from .tool_declarations import tools_of

_NO_TOOLS = re.compile(
    r"\b(tools?|functions?)\b.{0,80}(not (currently )?support|unsupported|n[o']t support|not available|not allowed"
    r"|not enabled|requires --)|(not|n[o']t) support.{0,40}\b(tools?|functions?)\b|support tool use",
    re.IGNORECASE | re.DOTALL,
)
_TOO_LONG = re.compile(
    r"description\b.{0,40}too long.{0,80}maximum length (\d{2,6})", re.IGNORECASE | re.DOTALL
)
_REFUSALS = (errors.BadRequestError, errors.ModelNotFoundError)
_OF_THE_PROMPT = (errors.ContextLengthError, errors.ContentRefusedError)


class Function(NamedTuple):
    """A tool as a request has it, in either form.

    Attributes:
        name, description, parameters: As in ``ToolSpec``, the last one as the service takes it.
    """

    name: str
    description: str
    parameters: dict[str, Any]

    def nested(self) -> dict[str, Any]:
        """It, as chat completions have it. Without ``strict`` nothing is strict there, and some servers refuse it."""
        return {"type": "function", "function": self.told()}

    def flat(self) -> dict[str, Any]:
        """It, as responses have it, where ``strict`` must be there, and is on where it is not."""
        return {"type": "function", **self.told(), "strict": False}

    def told(self) -> dict[str, Any]:
        """What is said of it in both; without a description where it has none."""
        return {name: value for name, value in self._asdict().items() if value != ""}


def functions(call: Call, subset: Subset) -> list[Function]:
    """The tools of a call.

    Args:
        call: The call.
        subset: What the service takes of JSON schema.
    """
    taken = LLAMA if subset is LLAMA else FUNCTIONS
    return [Function(one.name, one.description, parameters(one.parameters, taken)) for one in tools_of(call)]


def adapted(call: Call, error: errors.ChatError, sent: Mapping[str, Any]) -> Adapted | None:
    """The call as a service may take it that has refused what is said of its tools; ``None`` where it says nothing of
    them, or cannot be asked with tools at all: then the error says what to do.

    Args:
        call: The call.
        error: How it was refused.
        sent: The fields of the body as they were sent.
    """
    if not call.ask.options.get("tools") or not sent.get("tools"):
        return None
    said = error.message
    if long := _TOO_LONG.search(said):  # which looks like a conversation that is too long
        return _shorter(call, sent, int(long[1]))
    if not isinstance(error, _REFUSALS) or isinstance(error, _OF_THE_PROMPT):
        return None
    if "reasoning_effort" in said and "messages" in sent and sent.get("reasoning_effort") != "none":
        told = f"with effort none: {call.model} calls tools in chat completions only so"
        return Adapted(call.with_fields({"reasoning_effort": "none"}), told, "effort")
    if sent.get("tool_choice") is not None and re.search(r"tool_?choice", said, re.IGNORECASE):
        return _other_choice(call, sent)
    if _NO_TOOLS.search(said):
        error.hint = "Ask a model that can call tools, or leave the tools out."
    return None


def _other_choice(call: Call, sent: Mapping[str, Any]) -> Adapted:
    """The call with the nearest choice that a service may take: that there must be a call, of the one tool that is left
    where it was one by its name; then none."""
    if isinstance(sent["tool_choice"], Mapping):
        only = [tool for tool in sent["tools"] if _name(tool) == call.ask.options["tool_choice"]]
        return Adapted(call.with_fields({"tool_choice": "required", "tools": only}))
    told = f"without tool_choice: {call.model} takes none"
    return Adapted(call.with_fields({"tool_choice": None}), told, "tool_choice")


def _shorter(call: Call, sent: Mapping[str, Any], most: int) -> Adapted:
    """The call with descriptions of tools that are no longer than a service takes them."""
    tools = [_cut(tool, most) for tool in sent["tools"]]
    told = f"with the tools' descriptions cut at {most:,} characters: {call.model} takes no longer ones"
    return Adapted(call.with_fields({"tools": tools}), told, "tools")


def _cut(tool: Mapping[str, Any], most: int) -> dict[str, Any]:
    inner = tool.get("function")
    if isinstance(inner, Mapping):
        return {**tool, "function": _cut(inner, most)}
    words = tool.get("description")
    if not isinstance(words, str) or len(words) <= most:
        return dict(tool)
    return {**tool, "description": f"{words[: most - 1]}…"}


def _name(tool: Mapping[str, Any]) -> Any:
    inner = tool.get("function")
    return (inner if isinstance(inner, Mapping) else tool).get("name")
