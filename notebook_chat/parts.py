"""The kinds of parts that messages and answers are made of, as values."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import msgspec

HERE = -1
"""As a mark of a source among a provider's events: behind the text that has come so far."""

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")


class TextPart(msgspec.Struct, frozen=True, tag="text", gc=False):
    """A text among the parts of a message.

    Attributes:
        text: The text, as its author wrote it.
    """

    text: str


class ImagePart(msgspec.Struct, frozen=True, tag="image", gc=False):
    """An image among the parts of a message.

    Attributes:
        data: The bytes of the image's file.
        media_type: One of ``IMAGE_TYPES``, such as ``image/png``.
    """

    data: bytes
    media_type: str

    @property
    def base64(self) -> str:
        """The bytes in base64, as the wire formats want them."""
        return base64.b64encode(self.data).decode("ascii")

    @property
    def data_url(self) -> str:
        """The image as a ``data:`` URL."""
        return f"data:{self.media_type};base64,{self.base64}"

    def __repr__(self) -> str:
        return f"ImagePart({self.media_type}, {len(self.data):,} bytes)"


class FilePart(msgspec.Struct, frozen=True, tag="file", gc=False):
    """A file among the parts of a message, such as a PDF.

    Attributes:
        data: The file's bytes.
        media_type: What it is, such as ``application/pdf``.
        name: What the file is called, without a folder; ``""`` where it has no name.
    """

    data: bytes
    media_type: str
    name: str = ""

    @property
    def base64(self) -> str:
        """The bytes in base64, as the wire formats want them."""
        return base64.b64encode(self.data).decode("ascii")

    @property
    def data_url(self) -> str:
        """The file as a ``data:`` URL."""
        return f"data:{self.media_type};base64,{self.base64}"

    def __repr__(self) -> str:
        return f"FilePart({self.name or self.media_type}, {len(self.data):,} bytes)"


class AudioPart(msgspec.Struct, frozen=True, tag="audio", gc=False):
    """A recording among the parts of a message.

    Attributes:
        data: The bytes of the recording's file.
        media_type: What it is, such as ``audio/wav``.
    """

    data: bytes
    media_type: str

    @property
    def base64(self) -> str:
        """The bytes in base64, as the wire formats want them."""
        return base64.b64encode(self.data).decode("ascii")

    def __repr__(self) -> str:
        return f"AudioPart({self.media_type}, {len(self.data):,} bytes)"


class ReasoningPart(msgspec.Struct, frozen=True, tag="reasoning", gc=False):
    """What a model wrote while it thought, or a summary of it. It is shown, and never sent back.

    Attributes:
        text: The reasoning.
    """

    text: str


class ToolCallPart(msgspec.Struct, frozen=True, tag="tool_call", gc=False):
    """A model's wish to have a tool run.

    Attributes:
        id: What the result refers to; ``""`` where the service gave none.
        name: The tool's name.
        arguments: The arguments as JSON text, as the model wrote it: it may be broken.
    """

    id: str
    name: str
    arguments: str = ""


class SourcePart(msgspec.Struct, frozen=True, tag="source", gc=False):
    """Where something in an answer comes from, such as a page that the service has found.

    Attributes:
        url: The address; ``""`` for a document that was sent along. The model or a stranger chose it: it is hostile
            until made safe.
        title: What the source calls itself.
        quote: The words that the answer rests on.
        marks: Behind how many characters of the answer's text the source is referred to; none where the service does
            not say. Among a provider's events they count from the beginning of the block of text that comes, and
            ``HERE`` is the end of what has come; the fold makes places in the whole text of them.
    """

    url: str
    title: str = ""
    quote: str = ""
    marks: tuple[int, ...] = ()


class SearchPart(msgspec.Struct, frozen=True, tag="search", gc=False):
    """What the service has looked for by itself, such as on the web.

    Attributes:
        queries: What it searched for, or the addresses that it opened.
        action: What it did: ``search``, ``open`` or ``find``.
    """

    queries: tuple[str, ...]
    action: str = "search"


class CodePart(msgspec.Struct, frozen=True, tag="code", gc=False):
    """Code that the model wrote and the service ran on machines of its own.

    Attributes:
        code: The code.
        language: What it is written in.
    """

    code: str
    language: str = "python"


class CodeResultPart(msgspec.Struct, frozen=True, tag="code_result", gc=False):
    """What came of the code that the service ran last; images that it made are parts of their own.

    Attributes:
        text: What it printed, or how it failed.
        is_error: Whether it failed.
    """

    text: str
    is_error: bool = False


class UnknownPart(msgspec.Struct, frozen=True, tag="unknown", gc=False):
    """Something that a service sent and nobody here can show. That it came is told.

    Attributes:
        kind: What the service calls it.
        size: How large it was, in bytes of JSON.
    """

    kind: str
    size: int = 0


class ReplayPart(msgspec.Struct, frozen=True, tag="replay", gc=False):
    """An answer as its own vendor must get it back: signatures, encrypted reasoning. It is never shown.

    It may be sent only to the same model of the same provider, and only while everything that went before
    the answer is what it was: vendors refuse it, or drop it silently, in any other place.

    Attributes:
        provider: The provider whose answer it is, such as ``anthropic``.
        model: The model's name there.
        digest: A digest of the system prompt, the tools and the messages that the answer was given to.
        raw: The answer in the vendor's own form, as JSON text.
    """

    provider: str
    model: str
    digest: str
    raw: str

    def __repr__(self) -> str:
        return f"ReplayPart({self.provider}:{self.model}, {len(self.raw):,} characters)"


class ToolResultPart(msgspec.Struct, frozen=True, tag="tool_result", gc=False):
    """What came of a tool call.

    Attributes:
        id: The id of the call.
        name: The tool's name.
        parts: What the tool gave.
        is_error: Whether it failed; the parts then say how.
        seconds: How long it took, in seconds; 0 where that is not known.
    """

    id: str
    name: str
    parts: tuple[TextPart | ImagePart | FilePart | AudioPart, ...]
    is_error: bool = False
    seconds: float = 0.0


Part = (
    TextPart
    | ImagePart
    | FilePart
    | AudioPart
    | ReasoningPart
    | ToolCallPart
    | ToolResultPart
    | SourcePart
    | SearchPart
    | CodePart
    | CodeResultPart
    | UnknownPart
    | ReplayPart
)
"""What a message is made of. A provider may yield whole parts among its events; a kind that is to come
to the reader needs an entry in ``renderers.parts`` besides."""

MediaPart = ImagePart | FilePart | AudioPart
"""Parts that are bytes of a media type."""

ONLY_SHOWN = (ReasoningPart, SourcePart, SearchPart, CodePart, CodeResultPart, UnknownPart, ReplayPart)
"""Parts that no service is sent as a part of a message. What the service ran goes out in words, and a replay in the
place of the whole message, where it may."""


def sources_of(parts: Iterable[Part]) -> tuple[SourcePart, ...]:
    """The sources among parts, each once, with the marks of all that are the same: readers know them by their number in
    this order.

    Args:
        parts: The parts of an answer.
    """
    found: dict[str, SourcePart] = {}
    for part in parts:
        if isinstance(part, SourcePart):
            key = part.url or part.title
            before = found.get(key)
            found[key] = part if before is None else _joined(before, part)
    return tuple(found.values())


def _joined(before: SourcePart, part: SourcePart) -> SourcePart:
    marks = tuple(sorted({*before.marks, *part.marks}))
    return SourcePart(before.url, before.title or part.title, before.quote or part.quote, marks)
