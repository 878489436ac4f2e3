"""What a provider yields: the typed events of one answer.

They are small frozen values, made once for each chunk, so they are ``msgspec`` structs: creating one
costs a quarter of a frozen dataclass. They hold no cycles, so the garbage collector need not track them.
"""

from __future__ import annotations

import msgspec

from .parts import Part

_MOST = 1 << 53  # what every reader of JSON has as a number


class TextDelta(msgspec.Struct, frozen=True, gc=False):
    """The next piece of the answer's text."""

    text: str


class ReasoningDelta(msgspec.Struct, frozen=True, gc=False):
    """The next piece of the model's reasoning, which is never a part of the answer's text."""

    text: str


class ToolCall(msgspec.Struct, frozen=True, gc=False):
    """A tool call, or a piece of one: pieces of the same ``index`` belong together and their
    ``arguments`` (JSON text) are to be joined."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


class Usage(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, repr_omit_defaults=True):
    """What the whole request used. ``None``: the service did not say.

    Attributes:
        input_tokens: Tokens of the prompt, those from a cache and those written into it included.
        output_tokens: Tokens of the answer, the reasoning included.
        reasoning_tokens: How many of the output were reasoning.
        cached_tokens: How many of the input came from the service's cache.
        cache_write_tokens: How many of the input were written into that cache.
        cost: What the service says it charges, in its own currency or credits: US dollars at OpenRouter.
        cache_write_1h_tokens: How many of those that were written into the cache are kept there for an hour.
        audio_input_tokens: How many of the input were sound.
        audio_output_tokens: How many of the output were sound.
        image_input_tokens: How many of the input were images.
        image_output_tokens: How many of the output were images.
        tool_input_tokens: How many of the input the service's own tools have brought, such as pages that it read.
        searches: How often the service searched the web, which services charge for by the search.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    cost: float | None = None
    cache_write_1h_tokens: int | None = None
    audio_input_tokens: int | None = None
    audio_output_tokens: int | None = None
    image_input_tokens: int | None = None
    image_output_tokens: int | None = None
    tool_input_tokens: int | None = None
    searches: int | None = None

    @property
    def total_tokens(self) -> int | None:
        """Input and output together, where at least one of them is known."""
        if self.input_tokens is None and self.output_tokens is None:
            return None
        return (self.input_tokens or 0) + (self.output_tokens or 0)

    def plausible(self) -> Usage:
        """The figures that can be: a count that is no whole number, is below zero or beyond all counting is none, and
        could not be read again where it is kept."""
        known = {name: value for name, value in msgspec.structs.asdict(self).items() if _can_be(name, value)}
        return Usage(**known)

    def merged(self, later: Usage) -> Usage:
        """These figures, replaced by the ones that ``later`` knows."""
        return Usage(
            *(
                new if new is not None else old
                for old, new in zip(
                    msgspec.structs.astuple(self), msgspec.structs.astuple(later), strict=True
                )
            )
        )

    def added(self, other: Usage | None) -> Usage:
        """What this and another request used together; what one of them does not tell counts as nothing."""
        if other is None:
            return self
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return Usage(
            *(None if one is None and two is None else (one or 0) + (two or 0) for one, two in pairs)
        )

    def to_dict(self) -> dict[str, int | float]:
        """The figures that are known, by name."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}


def _can_be(name: str, value: object) -> bool:
    if name == "cost":
        return not isinstance(value, bool) and isinstance(value, (int, float)) and 0 <= value < _MOST
    return type(value) is int and 0 <= value < _MOST


class TextIsReasoning(msgspec.Struct, frozen=True, gc=False):
    """What has come as text so far was reasoning: the model has closed a thought that it never opened."""


class TextBlock(msgspec.Struct, frozen=True, gc=False):
    """The text that follows is a block of its own: the marks of its sources count from its beginning."""


class Finish(msgspec.Struct, frozen=True, gc=False):
    """The answer is whole. ``reason`` is ``stop``, ``length``, ``tool_calls``, ``content_filter``, or the
    service's own word where it is none of these; ``None`` when the service did not say."""

    reason: str | None = None


TOO_LARGE = "max_characters"
"""Why an answer ends that has become larger than what is taken: the name of the option that says how much that is."""


class ModelName(msgspec.Struct, frozen=True, gc=False):
    """The model that answers, as the service names it."""

    name: str


class Notice(msgspec.Struct, frozen=True, gc=False):
    """What is going on while there is no text: a retry that waits, a model that loads.

    ``fraction`` is how much of it is done, from 0 to 1, where that is known. ``waited`` is how many seconds, since the
    last one, were waiting for a turn at the service, and none of the service's time.
    """

    text: str
    fraction: float | None = None
    waited: float = 0.0


class AnotherRequest(Notice, frozen=True, gc=False):
    """That the service is asked once more for the same answer, and why: what was used until now stays used, and the
    figures that follow are those of another request."""


class Remark(msgspec.Struct, frozen=True, gc=False):
    """What the reader should know of how the answer was asked for, such as that a model refuses an option: it stays
    under the answer, where a ``Notice`` passes.

    Attributes:
        text: What is told, in a line.
        option: The option that it is about; it is told once in a conversation then.
    """

    text: str
    option: str = ""


Event = (
    TextDelta
    | ReasoningDelta
    | ToolCall
    | Usage
    | Finish
    | ModelName
    | Notice
    | Remark
    | TextBlock
    | TextIsReasoning
    | Part
)
"""What a provider yields. A part is an event, too: one that comes whole, such as a source or an image."""

Status = Notice
"""The name of ``Notice`` in version 0.1."""

__all__ = [
    "AnotherRequest",
    "Event",
    "Finish",
    "ModelName",
    "Notice",
    "ReasoningDelta",
    "Remark",
    "Status",
    "TextBlock",
    "TextDelta",
    "TextIsReasoning",
    "ToolCall",
    "Usage",
]
