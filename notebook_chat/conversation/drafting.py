"""What goes out with a prompt, by its place among the turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ..messages import Message
from .cell_names import base_of
from .included import Included, PromptLayout
from .order import stale
from .turns import Draft, Turn


def replaced_at(turns: Sequence[Turn], cell: str | None, replaces: str | None = None) -> int | None:
    """Where the turn stands that a new one replaces: the one of its id or its cell; ``None`` for none.

    A turn that ``replaces`` names and that is not there any more is none.
    """
    for place, turn in enumerate(turns):
        if turn.id == replaces or (replaces is None and cell is not None and turn.cell == cell):
            return place
    return None


def place_of(turns: Sequence[Turn], cell: str | None, order: Mapping[str, int]) -> int:
    """Where the first turn of a cell is put: behind an earlier one of the same cell, or where the cell stands
    in the notebook; at the end where that is not known.

    Args:
        turns: The conversation's.
        cell: The cell's name; ``None`` where there is none.
        order: Where the cells stand in the notebook.
    """
    if cell is None:
        return len(turns)
    base = base_of(cell)
    own = [place for place, turn in enumerate(turns) if turn.cell is not None and base_of(turn.cell) == base]
    if own:
        return own[-1] + 1
    below = order.get(base, len(order))
    for place, turn in enumerate(turns):
        if turn.cell is not None and order.get(base_of(turn.cell), -1) > below:
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
    typed: str | None = None,
    included: tuple[Included, ...] = (),
    layout: PromptLayout | None = None,
    order: Mapping[str, int] = MappingProxyType({}),
) -> Draft:
    """A turn with its place and its context: the turns since the last one that started over, and the system
    prompt in force.

    Args:
        turns: The conversation's.
        prompt, cell, system, fresh, replaces, typed, included, layout: As in ``Conversation.begin``.
        default_system: The system prompt until a turn says another.
        order: Where the cells stand in the notebook, as far as that is known.
    """
    at = replaced_at(turns, cell, replaces)
    replaced = turns[at] if at is not None else None
    place = at if at is not None else place_of(turns, cell if replaces is None else None, order)
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
        position=turns[place].position if place < len(turns) else turns[-1].position + 1 if turns else 0,
        revision=max((turn.revision for turn in turns), default=0) + 1,
        stale=len(stale(context)),
        typed=typed,
        included=included,
        layout=layout,
    )
