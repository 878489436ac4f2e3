"""What is asked, and who."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from .conversation import Draft, Included, PromptLayout
from .ledger import Books
from .messages import (
    FilePart,
    ImagePart,
    MediaPart,
    Message,
    TextPart,
    handed_over,
    named_media,
    results_apart,
    without_media,
)
from .parts import Part
from .providers.file_types import kind_of
from .providers.model_facts import UNKNOWN, ModelFacts
from .providers.registry import Provider
from .providers.structured import has_place, in_words
from .schemas import Shape
from .spending.tally import Tally
from .text import fenced, single_line
from .tools import ToolUse

_MOST_NAMED = 12  # of what went along with a prompt
_LONGEST_NAME = 160  # characters of a file's


class Prompt(msgspec.Struct, frozen=True):
    """What is asked, and where its turn belongs.

    Attributes:
        message: The user's message.
        cell: The notebook cell that asks, where there is one.
        system: The system prompt that holds from this turn on; empty for none, ``None`` for no change.
        fresh: Whether it starts over: the turns before it are not sent.
        replaces: The id of the turn that is asked anew, in its place.
        typed, included, layout: As in ``Turn``.
        figures: Whether all images in it are figures that went along with cells or values, without which it can be
            asked as well.
        told: What the reader is told of what was made of the prompt, such as secrets that were replaced.
    """

    message: Message
    cell: str | None = None
    system: str | None = None
    fresh: bool = False
    replaces: str | None = None
    typed: str | None = None
    included: tuple[Included, ...] = ()
    layout: PromptLayout | None = None
    figures: bool = False
    told: tuple[str, ...] = ()

    @property
    def place(self) -> dict[str, Any]:
        """It, as ``Conversation.begin`` takes it."""
        return {
            "prompt": self.message,
            "cell": self.cell,
            "system": self.system,
            "fresh": self.fresh,
            "replaces": self.replaces,
            "typed": self.typed,
            "included": self.included,
            "layout": self.layout,
        }

    def notes(self, sent: Draft | None) -> list[str]:
        """All that the reader should know of what is sent.

        Args:
            sent: The draft; ``None`` where there is none yet.
        """
        return [*self.along, *self.warnings(sent)]

    @property
    def along(self) -> list[str]:
        """What went along with it, in a line; nothing where there is none."""
        told = [one.told for one in self.included]
        more = f" and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
        return [f"with {', '.join(told[:_MOST_NAMED])}{more}"] if told else []

    def warnings(self, sent: Draft | None) -> list[str]:
        """What the reader should know of what is sent, beside what goes along: turns left out, turns that are stale.

        Args:
            sent: The draft; ``None`` where there is none yet.
        """
        notes = list(self.told)
        if sent is not None and sent.left_out:
            out = sent.left_out
            oldest = "oldest turn" if out == 1 else f"{out} oldest turns"
            notes.append(f"without the {oldest}: the model's context is full")
        if sent is not None and sent.stale:
            count = sent.stale
            stale = "a stale turn" if count == 1 else f"{count} stale turns"
            notes.append(f"after {stale}: an earlier cell ran again, theirs did not")
        return notes


class Target(msgspec.Struct, frozen=True):
    """Who is asked, and what it takes.

    Attributes:
        provider: The provider.
        model: The model's own name there; empty where the provider has only one.
        facts: What is known of the model.
    """

    provider: Provider
    model: str = ""
    facts: ModelFacts = UNKNOWN

    @property
    def name(self) -> str:
        """``provider:model``."""
        return f"{self.provider.name}:{self.model}" if self.model else self.provider.name

    def told(
        self, messages: Sequence[Message], options: Mapping[str, Any]
    ) -> tuple[tuple[Message, ...], dict[str, Any]]:
        """Messages and options as whoever is asked takes them: as in ``readable``, and with the schema of the answer
        in words where the provider has no place for one.

        Args:
            messages: The messages.
            options: The options of the request.
        """
        own, readable = dict(options), self.readable(messages)
        if own.get("schema") is None or has_place(self.provider):
            return readable, own
        return in_words(readable, own.pop("schema")), own

    def readable(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """Messages as whoever is asked takes them: without images where the provider takes none, and what the model
        made as the user's where it cannot be its own.

        Args:
            messages: The messages.
        """
        given = tuple(messages) if self.provider.takes_own_media else handed_over(messages)
        readable = without_media(given, self.takes, self._as_text)
        return readable if self.provider.takes_result_media else results_apart(readable)

    @property
    def images(self) -> bool:
        """Whether it takes images, as far as is known."""
        return self.provider.takes_images and self.facts.images is not False

    @property
    def files(self) -> frozenset[str]:
        """The media types of the files and recordings that it takes as they are: those that the dialect has a place
        for, but for those that the model is known not to take."""
        known = self.facts.files
        return self.provider.takes_files if known is None else self.provider.takes_files & known

    def takes(self, part: Part) -> bool:
        """Whether it takes a part of a message as it is.

        Args:
            part: The part.
        """
        if isinstance(part, ImagePart):
            return self.images
        return not isinstance(part, MediaPart) or part.media_type in self.files

    def reads(self, part: Part) -> bool:
        """Whether it can be told what is in a part of a message: a text in a file can be sent as a text.

        Args:
            part: The part.
        """
        return self.takes(part) or self._as_text(part) is not None

    def _as_text(self, part: Part) -> TextPart | None:
        if not isinstance(part, FilePart) or not part.media_type.startswith("text/"):
            return None
        text = part.data.decode("utf-8", "replace")
        return TextPart(f"\nFile {part.name or 'without a name'}:\n{fenced(text)}\n")

    def unread(self, messages: Iterable[Message]) -> list[str]:
        """What there is to tell of files and images in messages that it does not take, and gets words for; nothing
        where it takes all.

        Args:
            messages: The messages.
        """
        left: dict[str, dict[str, None]] = {}
        for message in messages:
            for part in message.content if not isinstance(message.content, str) else ():
                if isinstance(part, MediaPart) and not self.reads(part):
                    left.setdefault(kind_of(part.media_type), {})[
                        single_line(named_media(part))[:_LONGEST_NAME]
                    ] = None
        return [f"without {', '.join(names)} of earlier turns: {self.name} takes no {kind}"
                for kind, names in left.items()]  # fmt: skip


class Asked(msgspec.Struct, frozen=True):
    """One of those who are asked a prompt, and how.

    Attributes:
        target: Who.
        options: The options of the request, with secrets held as ``Secret``.
        limit: How many tokens may go out; ``None`` where that is not known.
        shape: The data that the answer is to be; ``None`` for any text.
        tools: The tools that may be used; ``None`` for none.
        books: What is done about it besides asking: answers from before, and the accounts; ``None`` for nothing.
        sample: Which of several answers to the same it is: the how many-th, counted from 0, where the same model is
            asked the same several times at once; ``"rerun"`` where a conversation is asked again.
        tally: What adds up what it uses; ``None`` for nobody.
    """

    target: Target
    options: Mapping[str, Any]
    limit: int | None = None
    shape: Shape | None = None
    tools: ToolUse | None = None
    books: Books | None = None
    tally: Tally | None = None
    sample: int | str = 0


def samples(asked: Sequence[Asked]) -> list[Asked]:
    """Those who are asked at once, each that is asked before already as another sample of its answers.

    Args:
        asked: Those who are asked, in order.
    """
    before: dict[str, int] = {}
    told = []
    for one in asked:
        number = before[one.target.name] = before.get(one.target.name, -1) + 1
        told.append(msgspec.structs.replace(one, sample=number) if number else one)
    return told
