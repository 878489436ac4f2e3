"""What goes out in Anthropic's messages, block by block."""

from __future__ import annotations

from typing import Any

import msgspec

from .. import errors
from ..messages import FilePart, MediaPart, Message, TextPart, ToolCallPart, ToolResultPart

_CONTENT = msgspec.json.Decoder(list[dict[str, Any]])
_MEDIA = 4000  # characters of text that a file or an image counts as


def is_content(raw: str) -> bool:
    """Whether a replay is what it should be: it goes into the request as it is."""
    try:
        return bool(_CONTENT.decode(raw))
    except (ValueError, RecursionError):
        return False


def document(part: FilePart) -> dict[str, Any]:
    """A file as a content block.

    Args:
        part: The file.

    Raises:
        InvalidMessagesError: The API takes no files of its type.
    """
    kind = part.media_type.partition(";")[0].strip().lower()
    if kind == "application/pdf":
        source = {"type": "base64", "media_type": kind, "data": part.base64}
    elif kind.startswith("text/"):
        source = {"type": "text", "media_type": "text/plain", "data": part.data.decode("utf-8", "replace")}
    else:
        raise errors.InvalidMessagesError(
            f"a file of the type {part.media_type} has no place in Anthropic's messages",
            hint="Send it as a PDF, or its text.",
        )
    return {"type": "document", "source": source, **({"title": part.name} if part.name else {})}


def characters(message: Message) -> int:
    """About how long a message is, in characters of text; a file or an image counts as a long one."""
    if isinstance(message.content, str):
        return len(message.content)
    size = len(message.text)
    for part in message.content:
        results = part.parts if isinstance(part, ToolResultPart) else (part,)
        size += _MEDIA * sum(isinstance(one, MediaPart) for one in results)
        if isinstance(part, ToolResultPart):
            size += sum(len(one.text) for one in part.parts if isinstance(one, TextPart))
        elif isinstance(part, ToolCallPart):
            size += len(part.arguments)
    return size
