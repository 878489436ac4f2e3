"""What comes from a file into a conversation: the texts of user and assistant. All else takes the user's yes."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Any

import msgspec

from ..images import media_type, unshowable
from ..messages import MediaPart, Message, Part, ReasoningPart, SourcePart, TextPart
from ..parts import (
    CodePart,
    CodeResultPart,
    ImagePart,
    ReplayPart,
    SearchPart,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
)
from .turns import Turn

_SPOKEN = (
    TextPart | MediaPart | ReasoningPart | SourcePart | SearchPart | CodePart | CodeResultPart | UnknownPart
)
"""What the user and the model have said. Code that a service ran, and its result, are told to a model in words, as the
text of the assistant; what only is shown goes nowhere."""


ResultPart = TextPart | MediaPart


class Withheld(msgspec.Struct, frozen=True):
    """Something in a file that is not put into force before the user has seen it and said yes.

    Attributes:
        what: What it is, such as ``system prompt``.
        text: All of it.
    """

    what: str
    text: str


class Admission(msgspec.Struct, frozen=True):
    """What becomes of a conversation that was read from a file.

    Attributes:
        turns: The turns to go on with, numbered anew.
        withheld: What takes a yes; with the yes, what it was given for.
    """

    turns: tuple[Turn, ...]
    withheld: tuple[Withheld, ...] = ()


def admit(turns: Sequence[Turn], system: str | None, *, own: str | None, whole: bool) -> Admission:
    """Lets the turns of a file into a conversation.

    Nothing in the file can vouch for it, so it does not speak for the user: system prompts, roles other than user and
    assistant, tool calls and their results, and pins come along only with the user's yes. Each turn then carries its
    system prompt itself, so that it goes with the turns. What only a service may have written (an answer in its
    vendor's own form) and a message's further keys never come from a file.

    Args:
        turns: The turns, as the file has them.
        system: The file's system prompt, until a turn says another.
        own: The system prompt of the conversation that goes on, which is the user's own.
        whole: Whether the user has said yes.
    """
    withheld: dict[Withheld, None] = {}
    admitted: list[Turn] = []
    in_force, carried = system, False
    revisions = {number: rank for rank, number in enumerate(sorted({turn.revision for turn in turns}))}
    ids: set[str] = set()
    for place, turn in enumerate(turns):
        in_force = system if turn.fresh else in_force
        in_force = in_force if turn.system is None else turn.system
        if in_force is not None and in_force != (own or ""):
            withheld[Withheld("system prompt", in_force)] = None
            carried = whole
        withheld |= dict.fromkeys(_unspoken(turn, place + 1))
        keep = _SPOKEN | ToolCallPart | ToolResultPart if whole else _SPOKEN
        prompt = _kept(turn.prompt, keep)
        if _is_blank(prompt) or (not whole and prompt.role != "user"):
            continue
        admitted.append(
            msgspec.structs.replace(
                turn,
                prompt=prompt,
                exchange=_exchange(turn.exchange, keep),
                **_others(turn, keep),
                system=in_force if carried else None,
                pinned=whole and turn.pinned,
                options=turn.options if whole else _plain(turn.options),
                typed=None,  # else a file could show one prompt and have another one sent
                included=(),
                layout=None,
                position=place,
                revision=revisions[turn.revision],
                at=min(turn.at, time.time()) if math.isfinite(turn.at) else 0.0,
                id=turn.id
                if turn.id not in ids
                else uuid.uuid5(uuid.NAMESPACE_OID, f"{place} {turn.id}").hex,
            )
        )
        ids.add(turn.id)
    if system and system != own and not turns:
        withheld[Withheld("system prompt", system)] = None
    return Admission(tuple(admitted), tuple(withheld))


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a turn without those that are asked for again with it, and cost something."""
    return {name: value for name, value in options.items() if name not in ("effort", "schema", "web")}


def _is_blank(prompt: Message) -> bool:
    """Whether a prompt says nothing: every later request would be refused for it."""
    return not prompt.text.strip() and not any(isinstance(part, MediaPart) for part in prompt.parts)


def _unspoken(turn: Turn, number: int) -> Iterator[Withheld]:
    """What a turn holds beside the texts of user and assistant."""
    answers = (turn.exchange, *(other.exchange for other in turn.alternatives))
    answering = ((message, "assistant") for exchange in answers for message in exchange)
    for message, expected in ((turn.prompt, "user"), *answering):
        if message.role != expected:
            yield Withheld(f"message with the role {message.role}", message.text or _told(message.parts))
        for part in message.parts:
            if isinstance(part, (ToolCallPart, ToolResultPart)):
                what = "tool call" if isinstance(part, ToolCallPart) else "tool result"
                yield Withheld(what, _told((part,)))
    if turn.pinned:
        yield Withheld("pin", f"turn {number} stays in the context however long the conversation grows")


def _told(parts: Sequence[Part]) -> str:
    """Parts in words."""
    told = []
    for part in parts:
        if isinstance(part, ToolCallPart):
            told.append(f"{part.name} {part.arguments}")
        elif isinstance(part, ToolResultPart):
            told.append(f"{part.name}: {_told(part.parts)}")
        elif isinstance(part, (TextPart, ReasoningPart)):
            told.append(part.text)
        elif not isinstance(part, ReplayPart):
            told.append(repr(part))
    return "\n".join(told)


def _others(turn: Turn, keep: UnionType) -> dict[str, Any]:
    """The turn's alternatives, as they come along, each with a name of its own."""
    others = [
        msgspec.structs.replace(other, exchange=exchange, id=uuid.uuid4().hex)
        for other in turn.alternatives
        if (exchange := _exchange(other.exchange, keep))
    ]
    return {"alternatives": tuple(others), "kept": min(max(turn.kept, 0), len(others))}


def _exchange(exchange: tuple[Message, ...], keep: UnionType) -> tuple[Message, ...]:
    """The exchange without what does not come along. Where that leaves several messages of the assistant, they are
    one: roles alternate."""
    kept = [
        _checked(_kept(message, keep))
        for message in exchange
        if keep is not _SPOKEN or message.role != "tool"
    ]
    kept = [message for message in kept if message.content]
    if keep is not _SPOKEN or len(kept) < 2:
        return tuple(kept)
    return (Message("assistant", tuple(part for message in kept for part in message.parts)),)


def _checked(message: Message) -> Message:
    """A message of the assistant in which every image is one: the services that it is sent to refuse others, and what
    it pretends to be counts for nothing."""
    if isinstance(message.content, str):
        return message
    return Message(message.role, tuple(map(_image_or_word, message.content)))


def _image_or_word(part: Part) -> Part:
    if isinstance(part, ToolResultPart):
        return msgspec.structs.replace(part, parts=tuple(map(_given, part.parts)))
    if not isinstance(part, ImagePart):
        return part
    found = media_type(part.data)
    if found is None or unshowable(part.data):
        return UnknownPart(part.media_type, len(part.data))
    return ImagePart(part.data, found)


def _given(part: ResultPart) -> ResultPart:
    """A part of what a tool gave, in which an image is one."""
    checked = _image_or_word(part)
    if isinstance(checked, UnknownPart):
        return TextPart(f"({checked.kind[:100]}, {checked.size:,} bytes: no image)\n")
    return checked if isinstance(checked, ImagePart) else part


def _kept(message: Message, keep: UnionType) -> Message:
    """The message with the parts of some kinds, and nothing beside them."""
    if isinstance(message.content, str):
        return Message(message.role, message.content)
    return Message(message.role, tuple(part for part in message.content if isinstance(part, keep)))
