"""What the order of turns says."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from .cell_names import base_of
from .journal import Origin
from .turns import Turn

MOST = 2**31
"""Beyond every position and revision that counting leads to. Two of them can be added and are still within what
JavaScript, JSON and SQLite hold."""


def stale(turns: Sequence[Turn]) -> frozenset[str]:
    """The ids of the turns that were asked before one of those they follow was asked again."""
    found = set()
    newest = 0
    for turn in turns:
        if turn.fresh:
            newest = 0
        if turn.revision < newest:
            found.add(turn.id)
        newest = max(newest, turn.revision)
    return frozenset(found)


def in_order(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns by their positions. Where they have none, which is where they were made by hand, or where
    two kernels gave the same, they keep the order they are in and get one.

    Files may say what they like: positions and revisions beyond all counting are counted anew, of several turns
    of one id all but the first get another, and of several of one cell all but the first belong to none.
    """
    placed: list[Turn] = []
    ids: set[str] = set()
    cells: set[str | None] = {None}
    within = True
    for turn in sorted(turns, key=lambda turn: turn.position):
        changes: dict[str, Any] = {}
        least = placed[-1].position + 1 if placed else 0
        if turn.position < least:
            changes["position"] = least
        if turn.id in ids:
            changes["id"] = uuid.uuid4().hex
        if turn.cell in cells and turn.cell is not None:
            changes["cell"] = None
        within = within and 0 <= turn.revision <= MOST
        ids.add(turn.id)
        cells.add(turn.cell)
        placed.append(msgspec.structs.replace(turn, **changes) if changes else turn)
    if within and (not placed or placed[-1].position <= MOST):
        return tuple(placed)
    return _renumbered(placed)


def _renumbered(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns, their positions and revisions counted from the first on, in the order that they had."""
    revisions = {revision: rank for rank, revision in enumerate(sorted({turn.revision for turn in turns}), 1)}
    return tuple(
        msgspec.structs.replace(turn, position=position, revision=revisions[turn.revision])
        for position, turn in enumerate(turns)
    )


def following(origin: Origin | None, turns: Sequence[Turn], placed: Sequence[Turn]) -> Origin | None:
    """Where a branch comes from, once its turns have the positions that ``in_order`` gave them.

    Args:
        origin: Where it comes from, as it was told.
        turns: The turns, as they were told.
        placed: The same turns in order.
    """
    if origin is None or all(
        -1 <= one <= MOST for one in (origin.position, *(turn.position for turn in turns))
    ):
        return origin
    taken = sum(turn.position <= origin.position for turn in turns)
    return Origin(origin.id, placed[taken - 1].position if taken else -1)


def by_cells(turns: Sequence[Turn], order: Mapping[str, int]) -> tuple[Turn, ...]:
    """The turns as their cells stand in the notebook. One whose cell has no place there, or that has no cell,
    stays behind the one that it follows.

    Args:
        turns: The turns, in order.
        order: Where the cells stand.
    """
    places: list[int] = []
    for turn in turns:
        behind = places[-1] if places else -1
        places.append(behind if turn.cell is None else order.get(base_of(turn.cell), behind))
    if places == sorted(places):
        return tuple(turns)
    moved = [turn for _, turn in sorted(zip(places, turns, strict=True), key=lambda item: item[0])]
    return tuple(
        msgspec.structs.replace(turn, position=there.position)
        for turn, there in zip(moved, turns, strict=True)
    )


def behind(turns: Sequence[Turn], cell: str, other: str) -> tuple[Turn, ...]:
    """The turns, with those of a cell behind those of another one; as they were where the other has none."""
    own = [turn for turn in turns if turn.cell is not None and base_of(turn.cell) == cell]
    rest = [turn for turn in turns if turn not in own]
    places = [at for at, turn in enumerate(rest) if turn.cell is not None and base_of(turn.cell) == other]
    if not places:
        return tuple(turns)
    after = places[-1] + 1
    moved = (*rest[:after], *own, *rest[after:])
    return tuple(
        msgspec.structs.replace(turn, position=there.position)
        for turn, there in zip(moved, turns, strict=True)
    )


def difference(before: Sequence[Turn], after: Sequence[Turn]) -> tuple[list[Turn], list[str]]:
    """The turns that are new or changed, and the ids of those that are gone."""
    had = {turn.id: turn for turn in before}
    has = {turn.id for turn in after}
    return [turn for turn in after if had.get(turn.id) != turn], [gone for gone in had if gone not in has]


def continued(earlier: Sequence[Turn], turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Earlier turns, and behind them later ones; those of a cell that has asked again since, in its place.

    Args:
        earlier: The earlier turns.
        turns: The later ones.
    """
    places = {turn.cell: place for place, turn in enumerate(earlier) if turn.cell is not None}
    all_turns = list(earlier)
    position = earlier[-1].position if earlier else -1
    revision = max((turn.revision for turn in earlier), default=0)
    for turn in turns:
        later = msgspec.structs.replace(turn, revision=revision + turn.revision)
        place = places.get(turn.cell) if turn.cell is not None else None
        if place is not None:
            all_turns[place] = msgspec.structs.replace(later, position=earlier[place].position)
        else:
            position += 1
            all_turns.append(msgspec.structs.replace(later, position=position))
    return tuple(all_turns)


def rebased(turns: Sequence[Turn], began: int, beginning: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns of a branch with another beginning.

    Args:
        turns: The branch's.
        began: The position of the last turn that it began with.
        beginning: What it begins with now.
    """
    own = [turn for turn in turns if turn.position > began]
    last = beginning[-1].position if beginning else -1
    shift = max(last + 1 - own[0].position, 0) if own else 0
    return (
        *beginning,
        *(msgspec.structs.replace(turn, position=turn.position + shift) for turn in own),
    )
