"""Which cells of a saved notebook turns belong to, where the front end's names for cells do not tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from ..conversation import Turn, base_of, is_lasting, number_of, numbered
from ..errors import HistoryError
from ..store import NotebookFile, is_chat_cell, prompt_of, read_notebook


def recognize(turns: Sequence[Turn], file: NotebookFile | None) -> tuple[list[Turn], frozenset[str]]:
    """The turns of an earlier kernel, by the cells that they have in the saved notebook.

    A cell is known by its id; else by the turn in its outputs; else by what it asks. A name that VS Code gave
    in an earlier kernel means another cell now, so it never stays.

    Args:
        turns: The turns.
        file: The notebook; ``None`` where it cannot be read.

    Returns:
        The turns, and the ids of those whose cells were not found. Those of them that have no name for their
        cell belong to the one that asks the same.
    """
    ids = file.cell_ids if file is not None else frozenset()
    by_id, by_name = _places(file)
    places = [_place_by_file(turn, by_id, by_name) for turn in turns]
    strange = not any(turn.cell is not None and base_of(turn.cell) in ids for turn in turns)
    taken = {place for place in places if place is not None}
    found: list[Turn] = []
    lost: set[str] = set()
    for turn, place in zip(turns, places, strict=True):
        if turn.cell is None:
            found.append(turn)
            continue
        base = base_of(turn.cell)
        if place is None and file is not None and (strange or not ids or not is_lasting(base)):
            place = next(
                (at for at, cell in enumerate(file.cells) if at not in taken and asks(cell.prompt, turn)),
                None,
            )
            taken |= {place} if place is not None else set()
        if place is not None and file is not None:
            name = file.cells[place].id or (base if is_lasting(base) else f"cell-{turn.id}")
            found.append(msgspec.structs.replace(turn, cell=numbered(name, number_of(turn.cell))))
            continue
        if (ids and strange) or not is_lasting(base):
            lost.add(turn.id)
        found.append(turn if is_lasting(base) else msgspec.structs.replace(turn, cell=None))
    return found, frozenset(lost)


def taken_over(turns: Sequence[Turn], source: Path, own: Path | None) -> Sequence[Turn]:
    """Turns as they are here that were read from a notebook: those of cells that are not here belong to no cell.

    Args:
        turns: The turns.
        source: The notebook that they were read from.
        own: The notebook that takes them over; ``None`` where it is not known.
    """
    if own is None or source == own:
        return turns
    ids: Collection[str] = ()
    with suppress(HistoryError):
        ids = read_notebook(own).cell_ids
    return [
        turn if turn.cell is None or base_of(turn.cell) in ids else msgspec.structs.replace(turn, cell=None)
        for turn in turns
    ]


def _places(file: NotebookFile | None) -> tuple[dict[str, int], dict[str, int]]:
    """Where the cells first stand, by the ids of the turns in their outputs and by their names."""
    by_id: dict[str, int] = {}
    by_name: dict[str, int] = {}
    for place, cell in enumerate(file.cells if file is not None else ()):
        for id in cell.turns:
            by_id.setdefault(id, place)
        if cell.id is not None:
            by_name.setdefault(cell.id, place)
    return by_id, by_name


def _place_by_file(turn: Turn, by_id: Mapping[str, int], by_name: Mapping[str, int]) -> int | None:
    """Where the cell first stands that has a turn's id in its outputs, or the name that the turn has for it."""
    if turn.cell is None:
        return None
    found = (places.get(key) for places, key in ((by_id, turn.id), (by_name, base_of(turn.cell))))
    return min((place for place in found if place is not None), default=None)


def rename(turns: Sequence[Turn], file: NotebookFile) -> tuple[list[Turn], dict[str, str]]:
    """The turns, those of cells with passing names by the names that the cells have in the saved notebook,
    where its outputs show which they are. A turn that such a cell had before, by its name there, is replaced.

    Args:
        turns: The turns of a conversation.
        file: The notebook.

    Returns:
        The turns, and the names of the cells in the notebook by the passing ones.
    """
    shown = {id: cell.id for cell in file.cells if cell.id is not None for id in cell.turns}
    names: dict[str, str] = {}
    renamed: list[Turn] = []
    for turn in turns:
        name = shown.get(turn.id)
        if name is not None and turn.cell is not None and not is_lasting(turn.cell):
            names[base_of(turn.cell)] = name
            turn = msgspec.structs.replace(turn, cell=numbered(name, number_of(turn.cell)))
        renamed.append(turn)
    if not names:
        return renamed, names
    taken = {turn.cell for turn, before in zip(renamed, turns, strict=True) if turn is not before}
    kept = [
        turn
        for turn, before in zip(renamed, turns, strict=True)
        if turn is not before or turn.cell not in taken or turn.id in shown
    ]
    return kept, names


def claim(turns: Sequence[Turn], lost: Collection[str], name: str, source: str) -> tuple[list[Turn], str]:
    """The turns, the first one whose cell is not known and that asks what a cell asks by that cell's name.

    Args:
        turns: The turns of a conversation.
        lost: The ids of those whose cells are not known.
        name: The cell's name, as in ``Turn``.
        source: What the cell runs.

    Returns:
        The turns, and the id of that one; ``""`` where there is none.
    """
    chat = is_chat_cell(source)
    for place, turn in enumerate(turns):
        prompt = turn.asked.strip()
        same = prompt == prompt_of(source) if chat else prompt in source
        if turn.id in lost and turn.cell is None and prompt and same:
            found = msgspec.structs.replace(turn, cell=name)
            return [*turns[:place], found, *turns[place + 1 :]], turn.id
    return list(turns), ""


def asks(prompt: str, turn: Turn) -> bool:
    """Whether a cell's prompt is that of a turn."""
    return bool(prompt) and turn.asked.strip() == prompt


def names_of(file: NotebookFile, turns: Sequence[Turn], sources: Mapping[str, str]) -> list[str | None]:
    """The names that turns have for the cells of a notebook, in order; ``None`` for a cell that has no id and
    is none of those that asked.

    Args:
        file: The notebook.
        turns: The turns of all its conversations.
        sources: What the cells of this kernel last ran, by their names.
    """
    of_turns = {turn.id: base_of(turn.cell) for turn in turns if turn.cell is not None}
    names = [
        cell.id or next((of_turns[id] for id in cell.turns if id in of_turns), None) for cell in file.cells
    ]
    if None not in names:
        return names
    taken = {name for name in names if name is not None}
    for place, cell in enumerate(file.cells):
        if names[place] is None and cell.code:
            source, prompt = cell.source.strip(), cell.prompt
            ran = (name for name, last in sources.items() if last == source)
            asked = (base_of(turn.cell) for turn in turns if turn.cell is not None and asks(prompt, turn))
            name = next((name for name in (*ran, *asked) if name not in taken), None)
            if name is not None:
                names[place] = name
                taken.add(name)
    return names
