"""What goes out with a prompt, by its place among the turns."""

from __future__ import annotations

from collections.abc import Sequence

from ..messages import Message
from .order import stale
from .turns import Draft, Turn


def place_of(turns: Sequence[Turn], cell: str | None, replaces: str | None = None) -> int:
    """Where a turn is put: in the place of the one that it replaces, by its id or its cell; else at the end.

    A turn that ``replaces`` names and that is not there any more is no place.
    """
    for place, turn in enumerate(turns):
        if turn.id == replaces or (replaces is None and cell is not None and turn.cell == cell):
            return place
    return len(turns)


def build_draft(
    turns: Sequence[Turn],
    prompt: Message,
    *,
    default_system: str | None,
    cell: str | None = None,
    system: str | None = None,
    fresh: bool = False,
    replaces: str | None = None,
) -> Draft:
    """A turn with its place and its context: the turns since the last one that started over, and the system
    prompt in force.

    Args:
        turns: The conversation's.
        prompt, cell, system, fresh, replaces: As in ``Conversation.begin``.
        default_system: The system prompt until a turn says another.
    """
    place = place_of(turns, cell, replaces)
    replaced = turns[place] if place < len(turns) else None
    before = () if fresh else tuple(turns[:place])
    start = max((at for at, turn in enumerate(before) if turn.fresh), default=0)
    context = before[start:]
    said = [turn.system for turn in context if turn.system is not None]
    in_force = system if system is not None else said[-1] if said else default_system
    return Draft(
        prompt,
        context,
        (Message("system", in_force),) if in_force else (),
        replaced.cell if replaced is not None and cell is None else cell,
        system,
        fresh,
        replaces=replaced.id if replaced is not None else None,
        pinned=replaced is not None and replaced.pinned,
        position=replaced.position if replaced is not None else turns[-1].position + 1 if turns else 0,
        revision=max((turn.revision for turn in turns), default=0) + 1,
        stale=len(stale(context)),
    )
