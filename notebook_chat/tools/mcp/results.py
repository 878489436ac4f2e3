"""What a server gives, as parts of a message. All of it is a stranger's: nothing in it is believed or run."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ...images import honest
from ...parts import IMAGE_TYPES, AudioPart, FilePart, ImagePart, TextPart
from ...prompt.attachments.media import media_type_of
from ...text import replace_surrogates, single_line
from ..bounds import LARGEST_MEDIUM, LONGEST, MOST_MEDIA
from ..tool import ResultPart, ToolOutput

_MOST = 1000  # pieces of one result
_LONGEST_TEXT = 4 * LONGEST  # characters; what goes out is cut by ``bounds``
_LONGEST_NAME = 300
_DOCUMENT = "application/pdf"


def output_of(result: Any) -> ToolOutput:
    """The result of a call.

    Args:
        result: The SDK's ``CallToolResult``.
    """
    content = list(result.content or ())
    parts = _parts(content)
    if result.structured_content is not None and not any(one.type in ("text", "resource") for one in content):
        parts.append(TextPart(_json(result.structured_content)))
    return ToolOutput(tuple(parts), bool(result.is_error))


def resource_parts(contents: Iterable[Any]) -> list[ResultPart]:
    """The contents of a resource.

    Args:
        contents: The SDK's ``TextResourceContents`` and ``BlobResourceContents``.
    """
    parts: list[ResultPart] = []
    for number, one in enumerate(contents):
        if number >= _MOST:
            parts.append(TextPart("(more of it was left out)\n"))
            break
        parts.append(_resource(one))
    return parts


def resource_bytes(contents: Iterable[Any]) -> bytes:
    """The contents of a resource as the bytes of one file."""
    pieces = []
    for one in contents:
        text, blob = getattr(one, "text", None), getattr(one, "blob", None)
        pieces.append(replace_surrogates(text).encode() if text is not None else _decoded(blob or "") or b"")
    return b"\n".join(pieces)


def prompt_text(messages: Sequence[Any]) -> str:
    """The messages of a prompt as one text; those of several say who speaks.

    Args:
        messages: The SDK's ``PromptMessage``s.
    """
    parts: list[str] = []
    for message in messages:
        content = message.content
        if content.type == "text":
            text = content.text
        elif content.type == "resource" and getattr(content.resource, "text", None) is not None:
            text = content.resource.text
        else:
            text = f"({content.type}, left out)"
        alone = len(messages) == 1
        parts.append(text if alone else f"{message.role}:\n{text}")
    return "\n\n".join(parts)


def _parts(content: list[Any]) -> list[ResultPart]:
    parts: list[ResultPart] = []
    media = 0
    for number, one in enumerate(content):
        if number >= _MOST:
            parts.append(TextPart(f"({len(content) - _MOST:,} more pieces were left out)\n"))
            break
        if one.type in ("image", "audio"):
            media += 1
            too_many = media > MOST_MEDIA
            parts.append(
                _left_out(one.mime_type, len(one.data)) if too_many else _medium(one.data, one.mime_type)
            )
        elif one.type == "text":
            parts.append(TextPart(replace_surrogates(one.text[:_LONGEST_TEXT])))
        elif one.type == "resource":
            parts.append(_resource(one.resource))
        elif one.type == "resource_link":
            parts.append(TextPart(_link(one)))
    return parts


def _medium(data: str, media_type: str) -> ResultPart:
    """An image, a recording or a document by what it is; a line in its place where it is none of these."""
    if len(data) > LARGEST_MEDIUM * 4 // 3 + 4:
        return _left_out(media_type, len(data))
    raw = _decoded(data)
    if raw is None:
        return TextPart(f"({_name(media_type)}, which cannot be read: it is no base64)\n")
    image = honest(ImagePart(raw, media_type))
    if isinstance(image, ImagePart) and image.media_type in IMAGE_TYPES:
        return image
    kind = media_type_of(raw)
    if kind is not None and kind.startswith("audio/"):
        return AudioPart(raw, kind)
    if kind == _DOCUMENT:
        return FilePart(raw, kind)
    try:
        return TextPart(raw.decode()[:_LONGEST_TEXT])
    except UnicodeDecodeError:
        return TextPart(f"({_name(media_type)}, {len(raw):,} bytes: left out, since no model can read it)\n")


def _resource(resource: Any) -> ResultPart:
    text = getattr(resource, "text", None)
    if text is not None:
        return TextPart(f"[{_name(str(resource.uri))}]\n{replace_surrogates(text[:_LONGEST_TEXT])}\n")
    return _medium(getattr(resource, "blob", ""), resource.mime_type or "application/octet-stream")


def _link(link: Any) -> str:
    told = [_name(str(link.uri)), _name(link.title or link.name)]
    told += [_name(one) for one in (link.mime_type, link.description) if one]
    return f"(a resource: {', '.join(told)})\n"


def _left_out(media_type: str, length: int) -> TextPart:
    return TextPart(f"({_name(media_type)}, {length * 3 // 4:,} bytes: left out)\n")


def _name(text: str) -> str:
    return single_line(replace_surrogates(text[:_LONGEST_NAME]))


def _decoded(data: str) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


def _json(value: Any) -> str:
    try:
        return replace_surrogates(msgspec.json.encode(value).decode()[:_LONGEST_TEXT])
    except (TypeError, ValueError, RecursionError):
        return "(data that cannot be written as JSON)"
