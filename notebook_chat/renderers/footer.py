"""The quiet line beneath an answer."""

from __future__ import annotations

from ..errors import ChatError
from .base import Summary

_ENDS = {
    "length": "cut off at the token limit",
    "content_filter": "cut off by the service's content filter",
    "tool_calls": "asks for a tool",
}


def footer(turn: Summary, error: ChatError | None = None) -> str:
    """Who answered, with how many tokens, in what time, and how the answer ended if not as it should."""
    parts = [turn.model]
    if turn.usage is not None and turn.usage.output_tokens is not None:
        given = "" if turn.usage.input_tokens is None else f"{turn.usage.input_tokens:,} + "
        parts.append(f"{given}{turn.usage.output_tokens:,} tokens")
    parts.append(f"{turn.seconds:.1f} s")
    if turn.status == "stopped":
        parts.append("stopped")
    elif turn.status == "failed":
        parts.append(f"incomplete: {error.message if error else 'the answer was cut off'}")
    elif turn.finish_reason in _ENDS:
        parts.append(_ENDS[turn.finish_reason])
    return " · ".join(part for part in parts if part)
