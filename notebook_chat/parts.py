"""The kinds of parts that messages and answers are made of, as values."""

from __future__ import annotations

import base64

import msgspec

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
        url: The address. The model or a stranger chose it: it is hostile until made safe.
        title: What the source calls itself.
        quote: The words that the answer rests on.
    """

    url: str
    title: str = ""
    quote: str = ""


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
    """

    id: str
    name: str
    parts: tuple[TextPart | ImagePart | FilePart | AudioPart, ...]
    is_error: bool = False


Part = (
    TextPart
    | ImagePart
    | FilePart
    | AudioPart
    | ReasoningPart
    | ToolCallPart
    | ToolResultPart
    | SourcePart
    | ReplayPart
)
"""What a message is made of. A provider may yield whole parts among its events; a kind that is to come
to the reader needs an entry in ``renderers.parts`` besides."""

MediaPart = ImagePart | FilePart | AudioPart
"""Parts that are bytes of a media type."""

ONLY_SHOWN = (ReasoningPart, SourcePart, ReplayPart)
"""Parts that no service is sent as a part of a message."""
