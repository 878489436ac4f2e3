"""Turns that were answered from values which have changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..conversation import Turn
from ..prompt.paths.path import Path, resolve
from ..prompt.paths.unresolved import UnresolvedError
from ..prompt.values.digests.fingerprints import fingerprint, is_of_this_kernel

_MISSING = object()


def current(expression: str, namespace: Mapping[str, Any]) -> Any:
    """What a prompt's name stands for now; ``_MISSING`` where it stands for nothing any more."""
    path = Path.parse(expression)
    if path is None:
        return _MISSING
    try:
        return resolve(path, namespace)
    except UnresolvedError:
        return _MISSING


def older_names(turns: Iterable[Turn], namespace: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of the values that a turn was answered from and that have changed since, by the turn's id. Of turns of
    an earlier kernel, and of names that are gone, nothing is said.

    Args:
        turns: The turns.
        namespace: The notebook's variables.
    """
    now: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for turn in turns:
        for one in turn.included:
            if not is_of_this_kernel(one.digest):
                continue
            if one.name not in now:
                value = current(one.name, namespace)
                now[one.name] = "" if value is _MISSING else fingerprint(value)
            if now[one.name] and now[one.name] != one.digest and one.name not in found.get(turn.id, ()):
                found.setdefault(turn.id, []).append(one.name)
    return found


def older_news(
    turns: Sequence[Turn], cell: str | None, namespace: Mapping[str, Any], told: set[str]
) -> list[str]:
    """What the reader of the next answer should know of the turns that it goes on from: which were answered from values
    that have changed since. It is told of each turn and value once.

    Args:
        turns: The turns of the conversation.
        cell: The cell that asks; its answer goes on from the turns before its own.
        namespace: The notebook's variables.
        told: What has been told; it grows.
    """
    own = next((at for at, turn in enumerate(turns) if cell is not None and turn.cell == cell), len(turns))
    before = turns[:own]
    first = max((at for at, turn in enumerate(before) if turn.fresh), default=0)
    sent = [turn for turn in before[first:] if turn.included]
    numbers: dict[str, list[int]] = {}
    older = older_names(sent, namespace) if sent else {}
    for number, turn in enumerate(turns, start=1):
        for name in older.get(turn.id, ()):
            if (mark := f"older {name} in {turn.id}") not in told:
                told.add(mark)
                numbers.setdefault(name, []).append(number)
    return [f"{_turns(those)} answered from an older {name}" for name, those in numbers.items()]


def _turns(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"turn {numbers[0]} was"
    return f"turns {', '.join(map(str, numbers[:-1]))} and {numbers[-1]} were"
