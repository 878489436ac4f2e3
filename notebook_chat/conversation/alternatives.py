"""Other answers to a turn's prompt, of models that were asked side by side with the one whose answer is in force."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from ..events import Usage
from ..messages import Message, Part, ReasoningPart, TextPart, ToolResultPart
from ..text import fenced

Status = Literal["complete", "stopped", "failed"]

MOST_ANSWERS = 8
"""How many models may be asked side by side."""


class Alternative(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Another answer to a turn's prompt. It is kept and shown, and not sent, unless it is put in force.

    Attributes:
        exchange, status, model, finish_reason, usage, seconds, options: As in ``Turn``.
        id: A name of its own.
        request, replayed, first_text, cost: As in ``Turn``.
    """

    exchange: tuple[Message, ...] = ()
    status: Status = "complete"
    model: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    seconds: float = 0.0
    options: dict[str, Any] = {}
    id: str = msgspec.field(default_factory=lambda: uuid.uuid4().hex)
    request: str = ""
    replayed: bool = False
    first_text: float | None = None
    cost: float | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """All that followed the prompt, in order."""
        return tuple(part for message in self.exchange for part in message.parts)

    @property
    def answer(self) -> str:
        """The model's text, as it wrote it."""
        return "".join(message.text for message in self.exchange if message.role == "assistant")

    @property
    def shown(self) -> tuple[Part, ...]:
        """As ``Turn.shown``."""
        return as_markdown(self.parts, self.options)

    @property
    def reasoning(self) -> str:
        """What the model thought, as far as the service told."""
        return "".join(part.text for part in self.parts if isinstance(part, ReasoningPart))


def as_markdown(parts: tuple[Part, ...], options: Mapping[str, Any]) -> tuple[Part, ...]:
    """The parts of an answer with its text as Markdown: in a fence where it was asked to be data.

    Args:
        parts: The parts.
        options: The options that it was asked with.
    """
    if "schema" not in options:
        return parts
    results = [place for place, part in enumerate(parts) if isinstance(part, ToolResultPart)]
    last = results[-1] + 1 if results else 0  # what stands before was said to the tools
    texts = [part.text for part in parts[last:] if isinstance(part, TextPart)]
    answer = "".join(texts)
    if not answer.strip() or answer.lstrip().startswith("```"):
        return parts
    first = next(place for place in range(last, len(parts)) if isinstance(parts[place], TextPart))
    block = TextPart(fenced(answer, "json"))
    others = [part for part in parts[first:] if not isinstance(part, TextPart)]
    return (*parts[:first], block, *others)


def matching(models: Sequence[str], wanted: str) -> list[int]:
    """The places of the models that somebody means: those of that name; else those whose names end so behind a colon or
    a slash; else those that have it in their names anywhere.

    Args:
        models: Their names, as ``provider:model``.
        wanted: What is meant, in upper or lower case; its number, counted from 1, where it is one and no name.
    """
    names, sought = [model.casefold() for model in models], wanted.strip().casefold()
    if found := [place for place, name in enumerate(names) if name == sought]:
        return found
    if found := [place for place, name in enumerate(names) if name.endswith((f":{sought}", f"/{sought}"))]:
        return found
    if sought.isascii() and sought.isdecimal() and len(sought) < 4:
        return [int(sought) - 1] if 1 <= int(sought) <= len(names) else []
    return [place for place, name in enumerate(names) if sought and sought in name]
