"""Answers from before to questions that are not known as a whole before the notebook runs."""

from __future__ import annotations

from collections.abc import Sequence

from ...conversation import Turn
from ...ledger import RequestKey
from ...prompt.braces.places import find_places
from ...providers.options import REMEMBERED
from ...question import Asked
from ...replay.kept import kept_answer
from .questions import Question
from .records import Found, Records

_COMMANDS = {"fix": "Explain in a few sentences w", "explain": "Explain what "}
"""What stands in each prompt that a line of ``%chat`` makes of a cell; what it says besides follows it."""

_NOT_HELD = "MB, which the notebook does not hold)"
"""What a notebook has in the place of a large file, of which the message is not known then."""


def assumed(question: Question, past: Turn | None, records: Records, *, blind: bool) -> list[Found | None]:
    """The answers that a question would be given if all that is not known of it is what it was; ``None`` for a model
    whose answer is not there.

    Args:
        question: The question.
        past: What its cell has asked before; ``None`` for nothing.
        records: The answers from before.
        blind: Whether it is not known what was said before.
    """
    told = [_by_key(question, key, records, blind) for key in question.keys]
    if all(told) or past is None or past.asked != question.typed:
        return told
    if not (blind or "tools" in question.open.fields or _NOT_HELD in past.prompt.text):
        return told  # all else has been taken from the turn, and is another request all the same
    if not blind and records.changed(past, question.draft.context):
        return told
    own = [kept_answer(past, place) for place in range(len(past.answers))]
    if len(own) != len(question.asked) or any(one.status != "complete" for one in own):
        return told
    if not all(
        one.model == asked.target.name and _same_options(answer, asked)
        for one, answer, asked in zip(own, past.answers, question.asked, strict=True)
    ):
        return told
    return [Found(one, "output") for one in own]


def _by_key(question: Question, key: RequestKey, records: Records, blind: bool) -> Found | None:
    """The answer to a request of which all is the same that is known of this one."""
    fields = question.open.fields
    for other, found in records.keyed(key):
        if "model" not in fields and _who(other) != _who(key):
            continue
        if _options(other, fields) != _options(key, fields):
            continue
        if not blind and other.messages[:-1] != key.messages[:-1]:
            continue
        if other.messages[-1:] == key.messages[-1:] or ("message" in fields and _may_be(question, other)):
            return found
    return None


def _who(key: RequestKey) -> tuple[str, str, str]:
    return key.provider, key.base_url, key.model


def _options(key: RequestKey, fields: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in key.options.items() if name not in fields}


def _may_be(question: Question, other: RequestKey) -> bool:
    """Whether a message may be what a prompt becomes whose values are filled in, or a line that asks about a cell: what
    is known of it is in it."""
    text, place = other.prompt, 0
    command = question.typed.removeprefix("%chat ") if question.prompt.message.text == question.typed else ""
    for piece in _pieces_of_command(command) or _pieces(question.typed):
        if (found := text.find(piece, place)) < 0:
            return False
        place = found + len(piece)
    return True


def _pieces(typed: str) -> Sequence[str]:
    """What stands in a prompt between the values that it names."""
    pieces, end = [], 0
    for place in find_places(typed):
        pieces.append(typed[end : place.start])
        end = place.end
    return [piece.strip() for piece in (*pieces, typed[end:]) if piece.strip()]


def _pieces_of_command(command: str) -> Sequence[str]:
    """What stands in the prompt that a line about a cell makes; nothing where it is none."""
    name, *words = command.split()
    if name not in _COMMANDS:
        return ()
    hint = words[1:] if words and words[0].isdecimal() else words
    return (_COMMANDS[name], " ".join(hint)) if hint else (_COMMANDS[name],)


def _same_options(answer: object, asked: Asked) -> bool:
    """Whether an answer was shaped by the options that a question has, as far as a turn remembers them."""
    had = getattr(answer, "options", {})
    return all(had.get(name) == asked.options.get(name) for name in REMEMBERED if name != "schema")
