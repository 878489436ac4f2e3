"""Calls that a service has refused itself: Groq checks arguments against a tool's schema, and ends the answer with an
error that has what the model wrote.

It is a call as any other, with arguments that may not fit: whoever runs tools tells the model what is wrong with them,
and asks again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..decoders import decode_any
from .chat_values import fields, json_text, objects, text

_CODE = "tool_use_failed"
_MOST = 64  # calls
_LONGEST = 1_000_000  # characters

_TAGGED = re.compile(r"<function[=/(]?\s{0,9}([A-Za-z_][\w-]{0,63})\W{0,9}?(\{)")
_FENCE = re.compile(r"```(?:json)?|</?tool_call>|<\|python_tag\|>")


def failed_calls(error: Any) -> list[tuple[str, str]]:
    """The calls in an error, each as its name and its arguments; none where the error is another one, or what the model
    wrote cannot be read as calls.

    Args:
        error: The error, as an object of the service's.
    """
    told = fields(error)
    written = told.get("failed_generation")
    if told.get("code") != _CODE or not written or len(json_text(written)) > _LONGEST:
        return []
    found = list(_calls(written if not isinstance(written, str) else _read(written)))
    if not found and isinstance(written, str):
        found = list(_tagged(written))
    return found[:_MOST]


def _read(written: str) -> Any:
    """The value that a text holds, which may stand in a fence or between tags."""
    try:
        return decode_any(_FENCE.sub("", written).strip())
    except ValueError:
        return None


def _calls(value: Any) -> Iterator[tuple[str, str]]:
    for one in objects(value):
        if isinstance(one.get("tool_calls"), list):
            yield from _calls(one["tool_calls"])
            continue
        inner = fields(one.get("function")) or one
        name = text(inner.get("name"))
        arguments = inner.get("arguments", inner.get("parameters"))
        if name and (arguments is None or isinstance(arguments, (str, dict))):
            yield name, json_text(arguments) or "{}"


def _tagged(written: str) -> Iterator[tuple[str, str]]:
    """Calls as Llama's models write them: ``<function=name>{…}</function>``, in several forms."""
    begun = list(_TAGGED.finditer(written))
    for place, match in enumerate(begun):
        end = begun[place + 1].start() if place + 1 < len(begun) else len(written)
        arguments = written[match.start(2) : end]
        last = arguments.rfind("}")
        yield match[1], arguments[: last + 1] if last >= 0 else arguments
