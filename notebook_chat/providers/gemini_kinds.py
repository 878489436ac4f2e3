"""What the parts of an answer of Gemini are that are neither text nor files: what the service ran and searched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..parts import CodePart, CodeResultPart, Part, SourcePart, UnknownPart
from .gemini_sources import Sources
from .wire_values import bytes_of_base64

_LONGEST = 500  # characters of what only names something
_BESIDE = frozenset(
    ("text", "thought", "thoughtSignature", "partMetadata", "videoMetadata", "mediaResolution", "id")
)
"""What a part may have beside what it is."""
_KNOWN = frozenset(
    (
        "inlineData",
        "functionCall",
        "executableCode",
        "codeExecutionResult",
        "toolCall",
        "toolResponse",
        "fileData",
    )
)


def kind_of(whole: dict[str, Any]) -> str:
    """What a part is, by the name that the service has for it; empty where it is a text, or nothing."""
    kinds = [name for name, value in whole.items() if name not in _BESIDE and value is not None]
    known = next((name for name in kinds if name in _KNOWN), "")
    return known if known or "text" in whole or not kinds else kinds[0]


def described(whole: dict[str, Any]) -> str:
    """A file among the thoughts, in words: it is a draft, and the answer has the one that counts."""
    blob = whole["inlineData"]
    told = blob if isinstance(blob, dict) else {}
    kind = _text(told.get("mimeType"))[:_LONGEST] or "of unknown kind"
    return f"a draft: {kind}, {len(bytes_of_base64(told.get('data')) or b''):,} bytes"


def _result(told: dict[str, Any]) -> CodeResultPart:
    output, outcome = _text(told.get("output")), told.get("outcome")
    if outcome == "OUTCOME_DEADLINE_EXCEEDED":
        output = f"{output}\n(It ran for too long and was ended.)".lstrip("\n")
    return CodeResultPart(output, outcome not in (None, "OUTCOME_OK", "OUTCOME_UNSPECIFIED"))


def _queries(args: Any) -> list[str]:
    """The texts among the arguments of a search."""
    values = list(args.values()) if isinstance(args, dict) else []
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [one for one in flat if isinstance(one, str) and one.strip()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def served(kind: str, whole: dict[str, Any], sources: Sources) -> Iterator[Part]:
    """What the service did by itself, and what nobody here knows.

    Args:
        kind: What the part is.
        whole: The part.
        sources: Takes what was searched for.
    """
    value = whole[kind]
    told = value if isinstance(value, dict) else {}
    name = f"{kind} {_text(told.get('toolType'))}".strip()
    unknown = UnknownPart(name[:_LONGEST], len(msgspec.json.encode(value)))
    match kind:
        case "executableCode" if code := _text(told.get("code")):
            language = _text(told.get("language")).lower()[:_LONGEST]
            yield CodePart(code, "" if language == "language_unspecified" else language or "python")
        case "codeExecutionResult":
            yield _result(told)
        case "toolCall" if queries := _queries(told.get("args")):
            opens = told.get("toolType") == "URL_CONTEXT"
            yield from sources.searched(queries, "open" if opens else "search")
        case "toolResponse":
            pass  # what it found is told as the answer's sources
        case "fileData" if address := _text(told.get("fileUri")):
            name = _text(told.get("displayName")) or _text(told.get("mimeType"))
            yield SourcePart(address, f"a file, which is not fetched: {name or 'of unknown kind'}")
        case _:
            yield unknown
