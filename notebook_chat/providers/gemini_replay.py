"""An answer of Gemini in the form in which Gemini must get it back: its parts as they came, signatures on their own.

Parts with a signature are never merged with others; neighboring texts without one are. Files are left out, since the
answer has them as parts of its own, and put in again where the answer goes out.

An answer that calls tools goes back so only with all of its calls, which their results follow. In its plain form the
first of them has a word in the place of a signature, by which Gemini takes it unsigned (``gemini_tools.UNSIGNED``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ..messages import Message, handed_over
from ..parts import ImagePart, MediaPart, ReplayPart, ToolCallPart
from .replays import replay_of, without_replay

_LARGEST = 1_000_000  # characters; what is larger is not kept
_SERVED = ("executableCode", "codeExecutionResult", "toolCall", "toolResponse")
_GOOGLES = {
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/mpeg": "audio/mp3",
    "video/quicktime": "video/mov",
    "video/x-msvideo": "video/avi",
    "text/x-markdown": "text/markdown",
}  # Google's words for media types that have several
CALL = "functionCall"
_FILE = "file"  # in the place of a file: which of the answer's it is


class Record:
    """The parts of an answer as they come."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Any]] | None = []
        self._size = 0
        self._files = 0
        self._needed = False

    def text(self, text: str, *, thought: bool, signature: str = "") -> None:
        """Takes a text.

        Args:
            text: The text.
            thought: Whether it is a thought.
            signature: What the service has signed it with.
        """
        if text or signature:
            beside = {"thought": True} if thought else {}
            self.part({"text": text, **beside, **({"thoughtSignature": signature} if signature else {})})

    def part(self, part: dict[str, Any]) -> None:
        """Takes a part as it came.

        Args:
            part: The part, without a file's bytes.
        """
        if self._parts is None:
            return
        self._needed = self._needed or "thoughtSignature" in part or any(kind in part for kind in _SERVED)
        self._size += len(msgspec.json.encode(part))
        self._parts.append(part)
        if self._size > _LARGEST:
            self._parts = None

    def file(self, part: dict[str, Any]) -> None:
        """Takes a part with a file, which the answer has as a part of its own."""
        rest = {name: value for name, value in part.items() if name != "inlineData"}
        self.part({**rest, _FILE: self._files})
        self._files += 1

    def give_up(self) -> None:
        """Something has come that cannot go back as it was."""
        self._parts = None

    @property
    def raw(self) -> str | None:
        """The parts as JSON text; ``None`` where the plain form of the answer does as well, or must do."""
        if not self._parts or not self._needed:
            return None
        return msgspec.json.encode(self._parts).decode()


def restored(message: Message) -> list[dict[str, Any]] | None:
    """The parts of an answer as they came.

    Args:
        message: The answer.

    Returns:
        The parts; ``None`` where it has no replay, or one that does not go with the rest of it: its files, and its
        calls of tools.
    """
    replay = replay_of(message)
    if replay is None:
        return None
    try:
        parts: Any = msgspec.json.decode(replay.raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) and part for part in parts):
        return None
    calls = sum(CALL in part for part in parts)
    if calls != sum(isinstance(part, ToolCallPart) for part in message.parts):
        return None
    files = [part for part in message.parts if isinstance(part, MediaPart)]
    wanted = [part[_FILE] for part in parts if _FILE in part]
    if wanted != list(range(len(files))):
        return None
    return [_with_file(part, files) for part in parts]


def _with_file(part: dict[str, Any], files: Sequence[MediaPart]) -> dict[str, Any]:
    if _FILE not in part:
        return part
    file = files[part[_FILE]]
    rest = {name: value for name, value in part.items() if name != _FILE}
    return {**rest, "inlineData": {"mimeType": file.media_type, "data": file.base64}}


def own_media(messages: Sequence[Message], *, signed: bool) -> tuple[Message, ...]:
    """Messages whose answers have no files but those that may go out as the model's own: those of an answer that goes
    out as it came, and images where no signature is asked for. Others go with the user's next message.

    Args:
        messages: The messages.
        signed: Whether the model wants its own images back with their signatures.
    """
    messages = [_checked(one) for one in messages]
    kept = [replay_of(one) is not None or (not signed and _only_images(one)) for one in messages]
    # What stays has nothing in it for once that could be handed over.
    bare = [_without_files(one) if stays else one for one, stays in zip(messages, kept, strict=True)]
    given = handed_over(bare)
    return tuple(
        one if stays and one.role == "assistant" else other
        for one, other, stays in zip(messages, given, kept, strict=True)
    )


def _checked(message: Message) -> Message:
    """A message without a replay that cannot be used."""
    return message if replay_of(message) is None or restored(message) else without_replay(message)


def _only_images(message: Message) -> bool:
    return all(isinstance(part, ImagePart) for part in message.parts if isinstance(part, MediaPart))


def _without_files(message: Message) -> Message:
    if message.role != "assistant" or not any(isinstance(part, MediaPart) for part in message.parts):
        return message
    parts = tuple(part for part in message.parts if not isinstance(part, MediaPart))
    return msgspec.structs.replace(message, content=parts)


def void(provider: str, model: str) -> ReplayPart:
    """What takes the place of a replay that has turned out not to be the whole answer: it matches nothing."""
    return ReplayPart(provider, model, "", "")


def inline(part: MediaPart) -> dict[str, Any]:
    """A file in a message, as it goes out."""
    kind = _GOOGLES.get(part.media_type, part.media_type)
    return {"inline_data": {"mime_type": kind, "data": part.base64}}
