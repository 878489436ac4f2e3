"""What the order of turns says."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .turns import Turn


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
    two kernels gave the same, they keep the order they are in and get one."""
    ordered = sorted(turns, key=lambda turn: turn.position)
    placed: list[Turn] = []
    for turn in ordered:
        least = placed[-1].position + 1 if placed else 0
        placed.append(turn if turn.position >= least else msgspec.structs.replace(turn, position=least))
    return tuple(placed)


def difference(before: Sequence[Turn], after: Sequence[Turn]) -> tuple[list[Turn], list[str]]:
    """The turns that are new or changed, and the ids of those that are gone."""
    had = {turn.id: turn for turn in before}
    has = {turn.id for turn in after}
    return [turn for turn in after if had.get(turn.id) != turn], [gone for gone in had if gone not in has]
