"""Values that services write in more than one way."""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from typing import Any

import msgspec

_FROM_URL_SAFE = str.maketrans("-_", "+/", " \t\r\n=")


def bytes_of_base64(value: Any) -> bytes | None:
    """The bytes that a text in base64 stands for, in either alphabet and with or without its end.

    Args:
        value: What came in the place of the text.

    Returns:
        The bytes; ``None`` where it is no such text, or stands for nothing.
    """
    if not isinstance(value, str):
        return None
    text = value.translate(_FROM_URL_SAFE)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def call_arguments(value: msgspec.Raw) -> str:
    """The arguments of a tool call as JSON text, from services that send them as an object; some send that text as a
    text.

    Args:
        value: The arguments as they came.
    """
    raw = bytes(value)
    if raw.startswith(b'"'):
        with suppress(ValueError):
            return msgspec.json.decode(raw, type=str) or "{}"
    return "{}" if raw == b"null" else raw.decode("utf-8", "replace")
