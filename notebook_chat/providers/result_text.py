"""What a tool gave, as one text: for services that take nothing else as a result, or to stand beside its images."""

from __future__ import annotations

from collections.abc import Iterable

from ..messages import MediaPart, Part, TextPart, ToolResultPart, named_media

NOTHING = "(nothing)"
"""The result of a tool that gave nothing: some services refuse an empty text."""


def text_of(result: ToolResultPart) -> str:
    """All that a tool gave, in words, that it failed among them; of images and files, what they are.

    Args:
        result: The result.
    """
    return failed(joined(result.parts) or NOTHING, result)


def failed(said: str, result: ToolResultPart) -> str:
    """A text of a result, which says that the tool has failed where it did.

    Args:
        said: The text.
        result: The result.
    """
    return f"Error: {said}" if result.is_error and not said.lower().startswith("error") else said


def joined(parts: Iterable[Part]) -> str:
    """The texts among parts, each beginning a line, and words in the place of what is none.

    Args:
        parts: The parts.
    """
    found: list[str] = []
    for part in parts:
        if isinstance(part, MediaPart):
            part = TextPart(f"({named_media(part)}, which cannot be shown here)")
        if isinstance(part, TextPart) and part.text:
            apart = bool(found) and not found[-1].endswith("\n") and not part.text.startswith("\n")
            found += ["\n", part.text] if apart else [part.text]
    return "".join(found).strip("\n")
