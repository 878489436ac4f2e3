"""An answer that stays what it is."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..conversation import Alternative, Draft, Turn
from ..ledger import Record


class Kept(Record, frozen=True, omit_defaults=True, kw_only=True):
    """The answer that a cell shows, as a record: its turn stays what it is.

    Attributes:
        turn: The turn that it is of.
        stored: What the notebook's file has of the turn and its conversation, to be written as it was read; ``None``
            where it was not read from there.
        place: Which of the turn's ``answers`` it is, counted from 0.
    """

    turn: Turn
    stored: dict[str, Any] | None = None
    place: int = 0

    def in_place_of(self, draft: Draft) -> Turn:
        """The turn in the place of a draft that asks for it: with the draft's prompt, which is the same.

        Args:
            draft: The draft.
        """
        newest = max((turn.revision for turn in draft.context), default=0)
        last = max((turn.position for turn in draft.context), default=-1)
        turn = self.turn
        return replace(
            turn,
            prompt=draft.prompt,
            typed=draft.typed,
            included=draft.included,
            layout=draft.layout,
            system=draft.system,
            fresh=draft.fresh,
            cell=draft.cell if draft.cell is not None else turn.cell,
            pinned=draft.pinned,
            position=turn.position if draft.replaces is None and turn.position > last else draft.position,
            revision=turn.revision if turn.revision >= newest else draft.revision,
        )


def record_of_answer(answer: Turn | Alternative, at: float) -> Record:
    """An answer of a turn as a record.

    Args:
        answer: The answer.
        at: When it was asked for.
    """
    return Record(
        answer.request,
        answer.exchange,
        answer.status,
        answer.model,
        "",
        answer.finish_reason,
        answer.usage,
        answer.seconds,
        answer.first_text,
        at,
    )


def kept_answer(turn: Turn, place: int | None = None, stored: dict[str, Any] | None = None) -> Kept:
    """One of a turn's answers as what stays.

    Args:
        turn: The turn.
        place: Which of its answers, counted from 0; ``None`` for the one in force.
        stored: As in ``Kept``.
    """
    place = turn.kept if place is None else place
    answer = turn if place == turn.kept else turn.answers[place]
    record = record_of_answer(answer, turn.at)
    fields = {name: getattr(record, name) for name in Record.__struct_fields__}
    return Kept(**fields, turn=turn, stored=stored, place=place)
