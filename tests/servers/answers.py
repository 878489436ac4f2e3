"""What a test wants a model to answer: pieces in order, and what happens to the connection between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .background import Signal
from .wire import Wire

FailureKind = Literal[
    "authentication",
    "permission",
    "unknown_model",
    "rate_limit",
    "quota",
    "context_length",
    "content_refused",
    "bad_request",
    "overloaded",
    "server",
]
"""The failures that every vendor has, each in its own shape."""


# --- what the model says --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    """A piece of the answer's text. In an ``Answer``, a bare ``str`` is the same."""

    text: str


@dataclass(frozen=True)
class Reasoning:
    """A piece of the model's reasoning."""

    text: str


@dataclass(frozen=True)
class Refusal:
    """A piece of a refusal that is told apart from text (OpenAI's two dialects)."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool.

    Attributes:
        name: The tool's name.
        arguments: Its arguments, as JSON text of an object.
        id: The call's id, where the dialect has one.
        pieces: In how many pieces the arguments come, where the dialect cuts them.
    """

    name: str
    arguments: str = "{}"
    id: str = "call_7Qm2xVb0"
    pieces: int = 2

    def cut(self) -> Iterator[str]:
        """The arguments in ``pieces`` pieces of about the same length."""
        length = max(1, -(-len(self.arguments) // self.pieces))
        for start in range(0, len(self.arguments), length):
            yield self.arguments[start : start + length]


@dataclass(frozen=True, eq=False)
class Delta:
    """Whatever else a piece of an answer may hold (chat completions): its vendors have fields of their own.

    Attributes:
        fields: The fields of the piece.
        around: The fields of the event that it comes in.
    """

    fields: Mapping[str, Any]
    around: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Block:
    """A content block of Anthropic's API in its own words, such as what its tools were asked for and gave.

    Attributes:
        block: The block as it begins.
        deltas: What is added to it.
    """

    block: Mapping[str, Any]
    deltas: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Citation:
    """A page that the piece of text before it rests on.

    Attributes:
        url: Its address.
        title: Its title.
    """

    url: str
    title: str = ""


@dataclass(frozen=True)
class OutputItem:
    """An item of OpenAI's responses that is neither text nor reasoning nor a call of a function, whole.

    Attributes:
        value: The item, without its id and its state.
    """

    value: Mapping[str, Any]


@dataclass(frozen=True)
class Parts:
    """The parts of one chunk of Gemini's API in its own words, such as a file or code that was run.

    Attributes:
        parts: The parts.
        beside: What their candidate has besides, such as ``groundingMetadata``.
    """

    parts: tuple[Mapping[str, Any], ...] = ()
    beside: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Usage:
    """What the answer cost, in tokens: ``output`` includes ``reasoning``, ``input`` includes what was read from a cache
    (``cached``) and written into it (``written``)."""

    input: int = 11
    output: int = 7
    reasoning: int = 0
    cached: int = 0
    written: int = 0


# --- what happens on the way ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Pause:
    """Nothing is sent for so many seconds."""

    seconds: float


@dataclass(frozen=True, eq=False)
class Gate:
    """Nothing more is sent until the test calls ``open()``.

    Attributes:
        reached: Set when all before the gate has been sent.
    """

    reached: Signal = field(default_factory=Signal)
    opened: Signal = field(default_factory=Signal)

    def open(self) -> None:
        """Let the answer go on."""
        self.opened.set()


@dataclass(frozen=True)
class Heartbeat:
    """A sign of life between the events: a comment in SSE, an empty line in NDJSON, Anthropic's ``ping``."""

    comment: str = "OPENROUTER PROCESSING"


@dataclass(frozen=True)
class Raw:
    """Bytes put on the wire as they are."""

    data: bytes


@dataclass(frozen=True)
class Malformed:
    """An event whose JSON breaks off in its middle; in raw text, bytes that are no UTF-8."""


@dataclass(frozen=True)
class StreamFailure:
    """The vendor's error inside the stream, which then ends.

    Attributes:
        kind: The failure.
        message: The vendor's words; its usual ones when None.
        form: For dialects with several forms (OpenAI's responses), which one.
    """

    kind: FailureKind = "server"
    message: str | None = None
    form: Literal["event", "nested", "failed"] = "event"


@dataclass(frozen=True)
class Reset:
    """The connection is reset (RST)."""


@dataclass(frozen=True)
class Truncate:
    """The connection is closed (FIN) although the HTTP body is not at its end.

    Attributes:
        inside_chunk: Whether that happens in the middle of an HTTP chunk.
    """

    inside_chunk: bool = False


@dataclass(frozen=True)
class Stall:
    """Nothing is sent any more, and the connection stays open."""


@dataclass(frozen=True)
class End:
    """The HTTP body ends here, as HTTP wants it, whatever the dialect still has to say."""


Control = Pause | Gate | Raw | Reset | Truncate | Stall | End
"""What the server itself acts on."""

Content = Text | Reasoning | Refusal | ToolCall | Block | Citation | Delta | OutputItem | Parts
"""What a dialect puts into its own words."""

_USAGE, _WIRE = Usage(), Wire()

Piece = Content | Control | Heartbeat | Malformed | StreamFailure


@dataclass(frozen=True, init=False)
class Answer:
    """An answer that streams.

    Args:
        pieces: In the order in which they go out.
        usage: What it cost; None for servers that do not say.
        finish: Why it ends: ``stop``, ``length``, ``tool_calls``, ``content_filter``, or the vendor's own
            word; None for servers that do not say.
        model: The name of the model that answers; the one asked for when None.
        wire: How it looks on the wire.
        headers: More response headers.
        reasoning_field: Under which name chat completions carry reasoning.
    """

    pieces: tuple[Piece, ...]
    usage: Usage | None
    finish: str | None
    model: str | None
    wire: Wire
    headers: Mapping[str, str]
    reasoning_field: Literal["reasoning_content", "reasoning"]

    def __init__(
        self,
        *pieces: Piece | str,
        usage: Usage | None = _USAGE,
        finish: str | None = "stop",
        model: str | None = None,
        wire: Wire = _WIRE,
        headers: Mapping[str, str] | None = None,
        reasoning_field: Literal["reasoning_content", "reasoning"] = "reasoning_content",
    ) -> None:
        values: dict[str, Any] = {
            "pieces": tuple(Text(piece) if isinstance(piece, str) else piece for piece in pieces),
            "usage": usage,
            "finish": finish,
            "model": model,
            "wire": wire,
            "headers": dict(headers or {}),
            "reasoning_field": reasoning_field,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def text(self) -> str:
        """All its text."""
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Text))

    @property
    def reasoning(self) -> str:
        """All its reasoning."""
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Reasoning))


def in_pieces(text: str, size: int = 8) -> tuple[str, ...]:
    """``text`` cut every ``size`` characters: ``Answer(*in_pieces("…"))``."""
    return tuple(text[start : start + size] for start in range(0, len(text), size))
