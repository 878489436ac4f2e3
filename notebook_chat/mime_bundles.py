"""What front ends are given to show, as a model can read it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from .cell_record import CellOutput, OutputKind

MOST_CHARACTERS = 8_000
"""How much of one output is kept, in characters."""

MOST_IMAGE = 3_000_000
"""The largest figure that is kept, in bytes or characters of base64."""

MOST_LEFT_OUT = 10**9
"""How many characters are said to be left out at most: an output may pretend that it lacks more."""

_RAGGED = 100  # characters that a cut may cost more, so that lines stay whole
_OMITTED = re.compile(r"\n\[… ([0-9][0-9,]{0,14}) characters left out …\]\n")

_TEXTS = ("text/llm+plain", "text/plain", "text/markdown", "text/html", "text/latex", "application/json")
_IMAGES = ("image/png", "image/jpeg")

# Colors and cursor movements, titles and links of a terminal.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_PLACEHOLDER = re.compile(r"<(?:[\w.]+\.)?\w+ object(?: at 0x[0-9a-fA-F]+)?>|<[\w.]*Figure size [^<>]*>")
_HIDDEN = re.compile(r"<(script|style)\b", re.IGNORECASE)
_BREAK = re.compile(r"</(?:tr|p|div|li|h[1-6]|table|thead|ul|ol|pre)\s*>|<br\b[^<>]*>", re.IGNORECASE)
_CELL_END = re.compile(r"</(?:td|th)\s*>", re.IGNORECASE)
_TAG = re.compile(r"<[/!a-zA-Z][^<>]*>")


def plain(text: str) -> str:
    """A text as a terminal would have left it: without escape sequences, and of a line that was written over, such as
    that of a progress bar, its last state.

    Args:
        text: What was printed.
    """
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "\r" in text:
        text = "\n".join(map(_last_state, text.replace("\r\n", "\n").split("\n")))
    return text


def _last_state(line: str) -> str:
    return next((part for part in reversed(line.split("\r")) if part), "")


def middle_cut(text: str, most: int) -> str:
    """A text of which the middle is left out where it is too long, and that is said.

    Args:
        text: The text.
        most: How many characters it may have, about.
    """
    return (
        text
        if len(text) <= most
        else joined_ends(text, text[: most - most // 2], text[len(text) - most // 2 :])
    )


def joined_ends(text: str, head: str, tail: str) -> str:
    """The beginning and the end of a text, whole lines where that costs little, and how much there is between them.

    Args:
        text: The text; something of it may have been left out already.
        head: How it begins.
        tail: How it ends.
    """
    if (end := head.rfind("\n", -_RAGGED)) > 0:
        head = head[:end]
    if (start := tail.find("\n", 0, _RAGGED)) >= 0:
        tail = tail[start + 1 :]
    between = text[len(head) : len(text) - len(tail)]
    before = [(len(found[0]), int(found[1].replace(",", ""))) for found in _OMITTED.finditer(between)]
    lost = len(between) + sum(lost - size for size, lost in before)
    return f"{head}{omission(min(lost, MOST_LEFT_OUT))}{tail}"


def omission(characters: int) -> str:
    """What stands in the place of characters that are left out."""
    return f"\n[… {characters:,} characters left out …]\n"


def kept(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a bundle: what a model can read, each of a bounded size, and the names of all else.

    Args:
        bundle: What a front end is given, by its MIME types; figures as bytes or as base64.
    """
    found: dict[str, Any] = {}
    for mime in _TEXTS:
        value = bundle.get(mime)
        if isinstance(value, list):
            value = "".join(part for part in value if isinstance(part, str))
        if isinstance(value, str) and value:
            found[mime] = middle_cut(value, MOST_CHARACTERS)
            if not _PLACEHOLDER.fullmatch(value.strip()):
                break  # the first that says something is what is read
    for mime in _IMAGES:
        value = bundle.get(mime)
        if isinstance(value, list):
            value = "".join(part for part in value if isinstance(part, str))
        if isinstance(value, (str, bytes)) and len(value) <= MOST_IMAGE:
            found[mime] = value
            break
    if not found:
        found = {str(mime)[:80]: None for mime in list(bundle)[:3]}
    return found


def output_of(kind: OutputKind, bundle: Mapping[str, Any]) -> CellOutput | None:
    """An output as text and images; ``None`` where there is nothing in it.

    Args:
        kind: What it is.
        bundle: What a front end is given, by its MIME types; figures as bytes or as base64.
    """
    bundle = kept(bundle)
    text = ""
    for mime in _TEXTS:
        if (value := bundle.get(mime)) is not None:
            text = _without_tags(value) if mime == "text/html" else plain(value).strip("\n")
            if text and not _PLACEHOLDER.fullmatch(text.strip()):
                break
    images = tuple(filter(None, (_image(bundle.get(mime), mime) for mime in _IMAGES)))
    if images and _PLACEHOLDER.fullmatch(text.strip()):
        text = ""
    if not text and not images:
        if not bundle:
            return None
        text = f"(an output of {', '.join(bundle)})"
    return CellOutput(kind, text, images)


def _image(value: Any, mime: str) -> Any:
    from .images import media_type
    from .parts import ImagePart

    if isinstance(value, str):
        try:
            value = base64.b64decode(value)
        except (ValueError, binascii.Error):
            return None
    if not isinstance(value, bytes) or (found := media_type(value)) is None:
        return None
    return ImagePart(value, found)


def _without_tags(text: str) -> str:
    """The words of some HTML, a table's rows in lines."""
    import html  # whose tables are large

    parts = _HIDDEN.split(text)
    kept = [parts[0]]
    for tag, rest in zip(parts[1::2], parts[2::2], strict=True):
        end = rest.lower().find(f"</{tag.lower()}")
        kept.append(rest[end:].partition(">")[2] if end >= 0 else "")
    text = " ".join("".join(kept).split())
    text = html.unescape(_TAG.sub("", _BREAK.sub("\n", _CELL_END.sub("\t", text))))
    lines = ("\t".join(" ".join(cell.split()) for cell in line.split("\t")) for line in text.split("\n"))
    return "\n".join(line.rstrip("\t") for line in lines if line.strip())
