"""What is asked of Gemini's models besides the messages: how hard to think, what to make, which tools to use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import errors
from ..messages import Message
from ..parts import MediaPart
from ..secrets import Fields
from . import gemini_tools
from .call import Call
from .effort import nearest, tokens
from .model_facts import known_facts

_GENERATION = re.compile(r"gemini-(\d{1,3}(?:\.\d{1,3})?)")
_NEWEST = 3.0  # what the names without a number stand for, such as gemini-flash-latest
_LEVELS = ("minimal", "low", "medium", "high", "xhigh")
_USUAL_LEVELS = ("low", "medium", "high")
_LARGEST = 100 * 1024 * 1024  # bytes of a request
_LARGEST_PDF = 50 * 1024 * 1024

FILES = frozenset(
    (
        *("application/pdf", "application/json", "image/heic", "image/heif"),
        *("text/plain", "text/markdown", "text/html", "text/css", "text/csv", "text/xml", "text/rtf"),
        *("text/javascript", "text/x-python", "text/x-typescript"),
        *("audio/wav", "audio/mp3", "audio/mpeg", "audio/aiff", "audio/aac", "audio/ogg", "audio/flac"),
        *("video/mp4", "video/mpeg", "video/mov", "video/quicktime", "video/avi", "video/x-flv", "video/mpg"),
        *("video/webm", "video/wmv", "video/3gpp"),
    )
)
"""The media types of files that the API's reference names."""

THINKING, MODALITIES, URLS, REPLAYS, SYSTEM = "thinking", "modalities", "urls", "replays", "system"
_REFUSED = (
    (THINKING, re.compile(r"thinking|include_?thoughts", re.IGNORECASE)),
    (MODALITIES, re.compile(r"modalit", re.IGNORECASE)),
    (URLS, re.compile(r"url_?context|url context|browse tool", re.IGNORECASE)),
    (REPLAYS, re.compile(r"signature", re.IGNORECASE)),
    (SYSTEM, re.compile(r"(developer|system)[ _]?instruction", re.IGNORECASE)),
)
_VAGUE = re.compile(r"request contains an invalid argument", re.IGNORECASE)


def generation(model: str) -> float | None:
    """Which generation of the models one is of; ``None`` where its name does not say.

    Args:
        model: The model's name, also with its collection before it.
    """
    name = _name(model)
    if found := _GENERATION.match(name):
        return float(found[1])
    return _NEWEST if name.startswith("gemini-") and name.endswith("-latest") else None


def refused(error: errors.ChatError) -> frozenset[str]:
    """What to leave out of a request that was refused, by what the service says.

    Args:
        error: How it was refused.
    """
    if not isinstance(error, errors.BadRequestError) or isinstance(
        error, (errors.ContextLengthError, errors.ContentRefusedError)
    ):
        return frozenset()
    if _VAGUE.search(error.message):
        return frozenset((THINKING, URLS, REPLAYS))
    return frozenset(name for name, words in _REFUSED if words.search(error.message))


def generation_config(call: Call, names: Mapping[str, str], without: frozenset[str]) -> dict[str, Any]:
    """The fields of ``generationConfig``.

    Args:
        call: The call.
        names: The dialect's names for the common options.
        without: What to leave out, as ``refused`` has it.
    """
    config = call.named(names)
    if THINKING not in without and (thinking := _thinking(call)):
        config["thinkingConfig"] = thinking
    if MODALITIES not in without and (made := _modalities(call.model)):
        config["responseModalities"] = made
    return config


def _thinking(call: Call) -> dict[str, Any] | None:
    effort, model = call.ask.options.get("effort"), call.model
    if _is_given(call, "thinking"):
        return None
    efforts = known_facts(model).efforts
    if effort is None:
        return {"includeThoughts": True} if _shows_thoughts(model, efforts) else None
    if effort in ("none", 0) and efforts == ():
        return None  # it does not think anyway
    shown = {} if effort in ("none", 0) else {"includeThoughts": True}
    if (generation(model) or _NEWEST) < _NEWEST:
        return {"thinkingBudget": _budget(effort, _name(model)), **shown}
    levels = [word for word in efforts or () if word in _LEVELS] or _USUAL_LEVELS
    return {"thinkingLevel": nearest(effort, levels).upper(), **shown}


def _is_given(call: Call, what: str) -> bool:
    """Whether the caller has fields of his own for something in ``generationConfig``, in either spelling."""
    body = call.ask.options.get("extra_body") or {}
    if "generation_config" in body:
        return True
    config = body.get("generationConfig")
    return isinstance(config, Mapping) and any(str(name).startswith(what) for name in config)


def _shows_thoughts(model: str, efforts: tuple[str, ...] | None) -> bool:
    """Whether a model is known to think without being asked to; others refuse to show it."""
    name = _name(model)
    if any(word in name for word in ("lite", "image", "tts", "live", "audio")):
        return False
    return bool(efforts) if efforts is not None else (generation(model) or 0) >= 2.5


def _budget(effort: str | int, name: str) -> int:
    """How many tokens of thought, within what the models of 2.5 take."""
    most, least = (32_768, 128) if "pro" in name else (24_576, 512 if "lite" in name else 0)
    asked = tokens(effort)
    return min(max(asked, least), most) if asked or "pro" in name else 0


def _modalities(model: str) -> list[str] | None:
    """What a model is to make that can make more than text."""
    name, gives = _name(model), known_facts(model).gives or frozenset()
    if "tts" in name:
        return ["AUDIO"]
    if "image" in gives or "image" in name or "banana" in name:
        return ["TEXT", "IMAGE"]
    return None


def with_tools(call: Call, without: frozenset[str]) -> tuple[Call, list[Any] | None]:
    """The tools that are asked for, those of the service and those of the caller, and the call without those of its own
    that are among them."""
    tools: list[Any] = gemini_tools.declarations(call)
    if gemini_tools.searches_beside(call, generation(call.model)):
        tools.append({"googleSearch": {}})
        if URLS not in without and "image" not in _name(call.model) and (generation(call.model) or 0) >= 2.5:
            tools.append({"urlContext": {}})
    if not tools:
        return call, None
    body = dict(call.ask.options.get("extra_body") or {})
    given = body.pop("tools", None)
    if not isinstance(given, list):
        return call, tools
    tools = [*(one for one in tools if one not in given), *given]
    options = {**call.ask.options, "extra_body": Fields(body)}
    return replace(call, ask=replace(call.ask, options=options)), tools


def check_sizes(messages: tuple[Message, ...]) -> None:
    """Sees to it that the files of a request are not larger than the service takes.

    Raises:
        InvalidMessagesError: They are.
    """
    files = [part for message in messages for part in message.parts if isinstance(part, MediaPart)]
    for file in files:
        if file.media_type == "application/pdf" and len(file.data) > _LARGEST_PDF:
            raise errors.InvalidMessagesError(
                f"a PDF has {_mega(len(file.data))} MB, and Gemini takes at most {_mega(_LARGEST_PDF)}",
                hint="Send fewer of its pages, or its text.",
            )
    size = sum(4 * len(file.data) // 3 for file in files)
    if size > _LARGEST:
        raise errors.InvalidMessagesError(
            f"the files of the conversation have {_mega(size)} MB as they are sent, and Gemini takes at most"
            f" {_mega(_LARGEST)}",
            hint="Send fewer or smaller files, or start anew with --new.",
        )


def _mega(size: int) -> str:
    return f"{size / 1024 / 1024:,.0f}"


def _name(model: str) -> str:
    return model.rpartition("/")[2].lower()
