"""What an object says of itself to models."""

from __future__ import annotations

import asyncio
import base64
import binascii
import inspect
import json
from collections.abc import Mapping
from typing import Any

from ...errors import ChatError
from ...images import image_part
from ...parts import IMAGE_TYPES, ImagePart
from .classes import class_member, type_name
from .description import Description

_METHODS = ("_ai_repr_", "_repr_llm_")
_TEXTS = ("text/llm+plain", "text/markdown", "text/plain", "text/x-markdown", "text/latex", "text/html")


def says_something(cls: type) -> bool:
    """Whether a class has a method for this. Attributes that objects make up when asked do not count."""
    return any(class_member(cls, name) is not None for name in _METHODS)


def own_words(value: Any) -> Description | None:
    """What an object says of itself, by ``_ai_repr_`` or ``_repr_llm_``; ``None`` where it says nothing. The code of
    the object runs, so whoever calls this waits only for a while.

    Args:
        value: The object.
    """
    for name in _METHODS:
        if class_member(type(value), name) is None:
            continue
        try:
            found = described(_awaited(getattr(value, name)()), value)
        except Exception:  # the next one, or what is known of it without its help
            continue
        if found is not None:
            return found
    return None


def _awaited(answer: Any) -> Any:
    """The answer of a method that may be a coroutine. It runs on a loop of its own, in a thread that has none."""
    if not inspect.isawaitable(answer):
        return answer

    async def awaited() -> Any:
        return await answer

    return asyncio.run(awaited())


def described(answer: Any, value: Any) -> Description | None:
    """A text, a mapping of media types, or a ``Description`` as a description; ``None`` for anything else.

    Args:
        answer: What a method or a registered function gave.
        value: The value that it is about.
    """
    if isinstance(answer, Description):
        return answer
    if isinstance(answer, str):
        return Description(str(answer), label=type_name(type(value))) if answer.strip() else None
    if isinstance(answer, tuple) and answer:  # as a mimebundle with its metadata
        answer = answer[0]
    if not isinstance(answer, Mapping):
        return None
    text = _text(answer)
    images = tuple(_images(answer))
    if not text and not images:
        return None
    return Description(text or f"A {type_name(type(value))}, as an image.", type_name(type(value)), images)


def _text(bundle: Mapping[str, Any]) -> str:
    for media_type in _TEXTS:
        found = bundle.get(media_type)
        if isinstance(found, str) and found.strip():
            return found
    if "application/json" in bundle:
        return json.dumps(bundle["application/json"], ensure_ascii=False, default=str)
    return ""


def _images(bundle: Mapping[str, Any]) -> list[ImagePart]:
    found = []
    for media_type in IMAGE_TYPES:
        data = bundle.get(media_type)
        try:
            if isinstance(data, str):
                data = base64.b64decode(data, validate=False)
            if isinstance(data, bytes):
                found.append(image_part(data))
        except (binascii.Error, ValueError, ChatError):  # it is no image
            continue
    return found
