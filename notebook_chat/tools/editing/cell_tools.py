"""The tools that read the cells on the screen, change one, and put a new one between them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from ...secrets import redact
from ...session import KnownCells
from ..tool import ArgumentsError, Given, Tell, Tool, ToolOutput
from .cell_names import NamedCell, named_cell, version_of
from .cell_notes import CellNotes
from .cell_specs import ADD, CHANGE, READ
from .desk import Desk, Screen, ScreenCell, Side
from .new_source import NewSource, new_source

_MOST_OF_ALL = 40_000  # characters of all cells together
_SHORT = 3_000  # of each, where they are not named

_NO_SCREEN = "the cells on the screen cannot be read in this front end"
_NOT_KNOWN = "the front end did not say what came of it: read the cells again before anything else is done"
_COPY = (
    "Not done: this front end lets no kernel change its cells. The user is shown the text, and may copy it. Do not "
    "take it for done."
)


class CellTools:
    """What the three tools have in common.

    Args:
        desk: The notebook.
        notes: What models have been told of its cells.
    """

    def __init__(self, desk: Desk, notes: CellNotes) -> None:
        self.desk = desk
        self.notes = notes
        self._earlier: KnownCells = desk.known
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    @property
    def one_at_a_time(self) -> asyncio.Lock:
        """What is held while something is changed, so that cells are put in place in the order of the calls."""
        return self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())

    def named(self, name: str) -> NamedCell:
        """The cell that a model names.

        Raises:
            ArgumentsError: It means none.
        """
        return named_cell(name, self.desk.known, self._earlier)

    def find(self, cell: NamedCell, screen: Screen, asking: str | None) -> ScreenCell:
        """A cell on the screen, whatever it says now.

        Args:
            cell: The cell, as it was named.
            screen: The notebook.
            asking: The id of the cell that asks.

        Raises:
            ArgumentsError: It is not there, or cannot be told from others.
        """
        if cell.id is not None:
            there = [one for one in screen.cells if one.id == cell.id]
            why = "is not in the notebook any more, or was never there: cells_to_edit tells those that are"
        else:
            there = [one for one in screen.cells if one.source == cell.source and one.id != asking]
            why = "cannot be told from others by its text alone: name it as cells_to_edit does"
        if len(there) != 1:
            raise ArgumentsError(f"{cell.shown} {why}")
        return there[0]

    def changeable(self, cell: NamedCell, screen: Screen, asking: str | None) -> ScreenCell:
        """A cell on the screen that may be changed: it says what whoever named it has read.

        Raises:
            ArgumentsError: It may not; it says why, and what it says now.
        """
        there = self.find(cell, screen, asking)
        if there.id == asking:
            raise ArgumentsError(f"{cell.shown} is the cell that asks you: it stays as it is")
        if there.locked:
            raise ArgumentsError(f"{cell.shown} is locked, or its notebook is: it stays as it is")
        if there.source is None:
            raise ArgumentsError(f"{cell.shown} is too long to be changed here")
        if redact(there.source) != there.source:
            raise ArgumentsError(
                f"{cell.shown} holds a secret that you are not told: it cannot be changed here"
            )
        alone = cell.name == cell.id and self.notes.knows(there.id)
        if alone or not cell.version or version_of(there.source) != cell.version:
            raise ArgumentsError(self._changed(cell, there, read=bool(cell.version) and not alone))
        return there

    def _changed(self, cell: NamedCell, there: ScreenCell, *, read: bool) -> str:
        """What is told of a cell that does not say what whoever named it has read, or may not have read."""
        name, text, whole = self.notes.told(there)
        why = (
            "has been changed since you read it"
            if read
            else "is to be named with the text that you have read"
        )
        how = f"Its name is now {name}" if whole else "It cannot be changed here"
        return f"not changed: {cell.shown} {why}. {how}, and it says:\n{text}"


class _CellTool(Tool):
    kind = "edit"
    home = "notebook"
    seconds = 60.0

    def __init__(self, tools: CellTools) -> None:
        self._tools = tools
        self._desk = tools.desk


class ReadCells(_CellTool):
    """Tells the cells as they stand on the screen, saved or not, with the names by which they can be changed."""

    spec = READ
    reads_only = True

    async def run(self, arguments: Mapping[str, Any], tell: Tell) -> ToolOutput:
        """The cells, or those that are named."""
        asking = (await self._desk.asking()).cell
        async with self._desk.screen(asking) as screen:
            if screen is None:
                return ToolOutput.text(
                    f"{_NO_SCREEN}. Name a cell by the number of its run: In[3].", is_error=True
                )
            cells = list(screen.cells)
            names = arguments.get("cells") or []
            if names:
                cells = [self._tools.find(self._tools.named(name), screen, asking) for name in names]
        return ToolOutput.text(self._told(cells, asking, whole=bool(names)))

    def _told(self, cells: Sequence[ScreenCell], asking: str | None, *, whole: bool) -> str:
        told, room = [], _MOST_OF_ALL
        for place, cell in enumerate(cells):
            most = max(min(room, _MOST_OF_ALL if whole else _SHORT), 200)
            name, text, _ = self._tools.notes.told(cell, most)
            marks = [f"In[{cell.count}]"] if cell.count else ["not run"] if cell.kind == "code" else []
            marks += ["asks you now"] * (cell.id == asking) + ["locked"] * cell.locked
            told.append(f"## {name} ({', '.join([cell.kind, *marks])})\n{text}")
            room -= len(told[-1])
            if room <= 0 and place < len(cells) - 1:
                told.append(f"… ({len(cells) - place - 1} more cells: name those that you want)")
                break
        return "\n".join(told) or "(the notebook has no cells)"


class AddCell(_CellTool):
    """Puts a new cell into the notebook. It is not run."""

    spec = ADD

    def proposal(self, arguments: Mapping[str, Any]) -> str:
        """The new cell, with where it would stand."""
        made = self._made(arguments)
        kind, where = _kind(arguments), arguments.get("where", "below")
        beside = arguments.get("cell")
        named = self._tools.named(beside).shown if beside else "the cell that asks"
        place = "at the end of the notebook" if where == "end" else f"{where} {named}"
        return f"A new {'text' if kind == 'markdown' else 'code'} cell {place}:\n\n{made.text}"

    async def run(self, arguments: Mapping[str, Any], tell: Tell) -> ToolOutput:
        """Puts the cell there, and gives its name."""
        made = self._made(arguments)
        beside = arguments.get("cell")
        anchor = self._tools.named(beside) if beside else None
        where = arguments.get("where", "below")
        if where == "above" and anchor is None:
            raise ArgumentsError("above which cell? Give cell")
        asking = await self._desk.asking()
        async with self._tools.one_at_a_time, self._desk.screen(asking.cell) as screen:
            if screen is None:
                return await self._without_screen(made, arguments)
            first = asking.cell
            if anchor is not None:
                first = self._tools.find(anchor, screen, asking.cell).id
            side: Side = "end" if where == "end" else where if first else "here"
            run = (asking.run, self._tools)
            return await self._insert(made, _kind(arguments), side, first or "", run, screen)

    async def _insert(
        self, made: NewSource, kind: str, side: Side, first: str, run: object, screen: Screen
    ) -> ToolOutput:
        notes = self._tools.notes
        # Those that are put below the same cell one after the other stand in this order.
        beside = [] if side == "end" else [first] if first else []
        if side in ("below", "here"):
            beside = [*notes.behind(run, first), *beside]
        try:
            id = await screen.insert(made.text, kind, side, beside)
        except TimeoutError:
            return ToolOutput.text(_NOT_KNOWN, is_error=True)
        if id is None:
            raise ArgumentsError("not done: the cell that it was to stand beside has just been deleted")
        if side in ("below", "here"):
            notes.put(run, first, id)
        name = notes.note(id, kind, made.text)
        not_run = " It has not been run." if kind == "code" else ""
        return ToolOutput.text(f"Done: the new cell is {name}.{not_run}{_of_revealed(made)}")

    async def _without_screen(self, made: NewSource, arguments: Mapping[str, Any]) -> ToolOutput:
        told = await self._desk.hand_on(made.text) if _kind(arguments) == "code" else ""
        if told:
            where = (
                " It is below the cell that asks, whatever was wanted." if _wants_elsewhere(arguments) else ""
            )
            return ToolOutput.text(f"{told}{where} It has not been run.{_of_revealed(made)}")
        await self._desk.show("A new cell, to be copied:", "", made.text)
        return ToolOutput.text(_COPY, is_error=True)

    @staticmethod
    def _made(arguments: Mapping[str, Any]) -> NewSource:
        made = new_source(arguments["source"], _kind(arguments))
        if not made.text.strip():
            raise ArgumentsError("the new cell has nothing in it")
        return made


class ChangeCell(_CellTool):
    """Gives a cell another text, while it says what whoever named it has read. It is not run."""

    spec = CHANGE

    def proposal(self, arguments: Mapping[str, Any]) -> str:
        """What changes in the cell, line by line."""
        cell = self._tools.named(arguments["cell"])
        kind, before = self._tools.notes.text_of(cell)
        made = new_source(arguments["source"], kind, before or "")
        if before is None:
            return f"{cell.shown}, whose text is to be:\n\n{made.text}"
        return f"{cell.shown}, changed:\n\n{self._desk.difference(before, made.text)}"

    async def run(self, arguments: Mapping[str, Any], tell: Tell) -> ToolOutput:
        """Changes the cell, and gives its new name; or says what it says now."""
        cell = self._tools.named(arguments["cell"])
        asking = (await self._desk.asking()).cell
        async with self._tools.one_at_a_time, self._desk.screen(asking) as screen:
            if screen is None:
                return await self._without_screen(cell, arguments["source"])
            there = self._tools.changeable(cell, screen, asking)
            made = new_source(arguments["source"], there.kind, there.source or "")
            self._see_that_it_was_shown(cell, arguments["source"], made)
            if made.text == there.source:
                return ToolOutput.text(f"Nothing to do: {cell.shown} says that already.")
            try:
                id = await screen.change(there, made.text)
            except TimeoutError:
                return ToolOutput.text(_NOT_KNOWN, is_error=True)
        if id is None:
            raise ArgumentsError(
                f"not changed: {cell.shown} has been changed or deleted at this very moment: read it again"
            )
        name = self._tools.notes.note(there.id, there.kind, made.text)
        ran = " It was about to run with its earlier text." if there.waits else ""
        not_run = " It has not been run since." if there.kind == "code" else ""
        return ToolOutput.text(f"Done: {cell.shown} is now {name}.{ran or not_run}{_of_revealed(made)}")

    def _see_that_it_was_shown(self, cell: NamedCell, source: str, made: NewSource) -> None:
        """Refuses what ``proposal`` has shown otherwise, since it did not know what the cell says."""
        kind, before = self._tools.notes.text_of(cell)
        if before is None and new_source(source, kind).text != made.text:
            raise ArgumentsError(f"not changed: {cell.shown} is to be read first: cells_to_edit tells it")

    async def _without_screen(self, cell: NamedCell, source: str) -> ToolOutput:
        kind, before = self._tools.notes.text_of(cell)
        made = new_source(source, kind, before or "")
        await self._desk.show(f"{cell.shown}, as it should be, to be copied:", before or "", made.text)
        return ToolOutput.text(_COPY, is_error=True)


def edit_tools(desk: Desk, notes: CellNotes) -> Given:
    """The tools that ``-T edit`` gives.

    Args:
        desk: The notebook.
        notes: What models have been told of its cells.
    """
    tools = CellTools(desk, notes)
    return Given((ReadCells(tools), AddCell(tools), ChangeCell(tools)))


def _kind(arguments: Mapping[str, Any]) -> str:
    return str(arguments.get("kind", "code"))


def _wants_elsewhere(arguments: Mapping[str, Any]) -> bool:
    return arguments.get("where", "below") != "below" or bool(arguments.get("cell"))


def _of_revealed(made: NewSource) -> str:
    if not made.revealed:
        return ""
    many = (
        "An invisible character was" if made.revealed == 1 else f"{made.revealed} invisible characters were"
    )
    return f" {many} written as a number, such as ‹U+202E›."
