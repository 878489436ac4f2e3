"""The quiet line beneath an answer."""

from __future__ import annotations

from ..errors import ChatError
from ..events import TOO_LARGE
from ..money import money
from ..parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from .base import Summary

_ENDS = {
    "length": "cut off at the token limit",
    "model_length": "cut off at the token limit",
    "content_filter": "cut off by the service's content filter",
    "tool_calls": "asks for a tool",
    "error": "cut off: the service failed",
    "insufficient_system_resource": "cut off: the service ran out of resources",
    "malformed_function_call": "cut off: the model wrote a malformed tool call",
    "malformed_response": "cut off: the model wrote a malformed answer",
    "unexpected_tool_call": "cut off: the model called a tool that it was not given",
    "pause_turn": "cut off: the service paused too often",
    "too_many_tool_calls": "cut off: the model used its tools without end",
    "no_image": "the model made no image",
    "image_other": "the image could not be made",
    "language": "cut off: the model does not answer in this language",
}
_ENDS[TOO_LARGE] = f"cut off, as it grew too large: the setting {TOO_LARGE} takes more"
_LONGEST_REASON = 100  # characters
_USUAL = frozenset(
    (
        "stop",
        "stop_sequence",
        "eos",
        "eos_token",
        "end_turn",
        "end",
        "done",
        "complete",
        "completed",
        "load",
        "unload",
    )
)


def ending(reason: str | None) -> str:
    """How an answer ended, in words; empty where it ended as it should.

    Args:
        reason: The reason, in the common word for it or in the service's own.
    """
    reason = (reason or "stop").lower()
    if reason in _USUAL:
        return ""
    words = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"
    return _ENDS.get(reason, f"ended by the service: {words.replace('_', ' ')}")


def footer(turn: Summary, error: ChatError | None = None) -> str:
    """Who answered, with how many tokens, in what time, and how the answer ended if not as it should."""
    parts = [turn.model]
    if turn.usage is not None and turn.usage.output_tokens is not None:
        given = "" if turn.usage.input_tokens is None else f"{turn.usage.input_tokens:,} + "
        cached = turn.usage.cached_tokens or 0
        read = f" ({cached:,} read from the cache)" if cached > 0 else ""
        parts.append(f"{given}{turn.usage.output_tokens:,} tokens{read}")
    if turn.cost:
        parts.append(money(turn.cost))
    elif turn.cost is None and turn.usage is not None and turn.usage.cost and not _is_replayed(turn):
        parts.append(f"cost {turn.usage.cost:.4g}")  # of an earlier version's turn
    parts.append(f"{turn.seconds:.1f} s")
    if turn.replayed:
        parts.append("replayed")
    calls = sum(isinstance(part, ToolCallPart) for part in turn.parts)
    if calls:
        parts.append(f"{calls:,} tool {'call' if calls == 1 else 'calls'}")
    if turn.status == "stopped":
        parts.append("stopped")
    elif turn.status == "failed":
        parts.append(f"incomplete: {error.message if error else 'the answer was cut off'}")
    elif calls and turn.finish_reason == "tool_calls" and isinstance(turn.parts[-1], ToolResultPart):
        parts.append("cut off: tools were used as often as they may be")
    elif words := ending(turn.finish_reason):
        parts.append(words)
    elif not turn.answer.strip() and all(isinstance(part, TextPart | ReasoningPart) for part in turn.parts):
        parts.append("the model gave no text")
    return " · ".join(part for part in parts if part)


def _is_replayed(turn: Summary) -> bool:
    """Whether it is an answer from before, for which nobody was asked."""
    return bool(getattr(turn, "replayed", False))
