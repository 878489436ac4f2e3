"""Somebody who works on a notebook in the browser while a model changes it: moves, types, deletes, splits."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from .notebook_page import NotebookPage

_INSTALL = """\
() => {
  const panel = window.__instruments.panel();
  const notebook = panel.content.model.sharedModel;
  const run = (id) => window.jupyterapp.commands.execute(id);
  const at = (place) => { panel.content.activeCellIndex = place; panel.content.deselectAll(); };
  let timer;
  window.__somebody = {
    typed: [],
    state: () => notebook.cells.map((cell) => [cell.id, cell.cell_type, cell.getSource()]),
    type(place, where, text) {
      const cell = notebook.cells[place];
      const position = Math.min(where, cell.getSource().length);
      cell.updateSource(position, position, text);
    },
    async command(place, id) { at(place); await run(id); },
    async split(place, line) {
      at(place);
      const editor = panel.content.activeCell.editor;
      if (!editor) return;
      editor.setCursorPosition({ line: Math.min(line, editor.lineCount - 1), column: 0 });
      await run("notebook:split-cell-at-cursor");
    },
    async paste(place, to) {
      at(place);
      await run("notebook:cut-cell");
      at(Math.min(to, notebook.cells.length - 1));
      await run("notebook:paste-cell-below");
    },
    move: (from, to) => notebook.moveCell(from, to),
    lock(place, locked) { notebook.cells[place].setMetadata("editable", !locked); },
    // Types without a pause, each time behind another cell, and notes what and where.
    hurry(spared) {
      let number = 0;
      this.typed = [];
      timer = setInterval(() => {
        const cells = notebook.cells.filter((cell) => !spared.includes(cell.id));
        const cell = cells[number % cells.length];
        const text = `\\n# token ${(number += 1)}.`;
        cell.updateSource(cell.getSource().length, cell.getSource().length, text);
        this.typed.push([cell.id, text]);
      }, 3);
    },
    rest() { clearInterval(timer); return this.typed; },
  };
}
"""


_NEAR = 0.4  # how often something is done with the cell that a model is about to change


class Cell(NamedTuple):
    """A cell, as the front end has it."""

    id: str
    kind: str
    source: str


class Somebody:
    """Whoever works on a notebook, as chance has it.

    Args:
        notebook: The notebook.
        random: What chance has.
        spared: The ids of the cells that are left alone, at the beginning of the notebook.
    """

    def __init__(self, notebook: NotebookPage, random: Random, spared: Sequence[str]) -> None:
        self._page = notebook.page
        self._random = random
        self._spared = tuple(spared)
        self.done: list[str] = []
        self._page.evaluate(_INSTALL)

    @property
    def cells(self) -> list[Cell]:
        """The cells as they are now, in order."""
        return [Cell(*one) for one in self._page.evaluate("() => window.__somebody.state()")]

    @property
    def places(self) -> list[int]:
        """Where the cells stand that are not spared."""
        return [place for place, cell in enumerate(self.cells) if cell.id not in self._spared]

    def work(self, near: str = "") -> None:
        """Does one thing.

        Args:
            near: The id of a cell with which it is done more often than with others.
        """
        cells, random = self.cells, self._random
        places = [place for place, cell in enumerate(cells) if cell.id not in self._spared]
        if len(places) < 4:
            return self._command("insert-cell-below", places[-1] if places else len(self._spared) - 1)
        place, other = random.choice(places), random.choice(places)
        if random.random() < _NEAR:
            place = next((place for place in places if cells[place].id == near), place)
        match random.choice(
            ("type", "type", "type", "move", "move", "delete", "split", "paste", "kind", "undo", "new")
        ):
            case "type":
                text = f"\n# mine {random.randrange(10**6)}\n"
                self._do("type", place, random.randrange(60), text)
            case "move":
                self._do("move", place, other)
            case "delete":
                self._command("delete-cell", place)
            case "split":
                self._do("split", place, random.randrange(1, 4))
            case "paste":
                self._do("paste", place, other)
            case "kind":
                self._command(random.choice(("change-cell-to-markdown", "change-cell-to-code")), place)
            case "undo":
                self._command("undo-cell-action", place)
            case "new":
                self._command("insert-cell-below", place)
        return None

    def hurry(self) -> None:
        """Begins to type without a pause."""
        self._page.evaluate("spared => window.__somebody.hurry(spared)", list(self._spared))

    def rest(self) -> list[tuple[str, str]]:
        """Ends that; what was typed, behind what each cell said."""
        return [(id, text) for id, text in self._page.evaluate("() => window.__somebody.rest()")]

    def _command(self, name: str, place: int) -> None:
        self._do("command", place, f"notebook:{name}")

    def _do(self, name: str, *arguments: Any) -> None:
        self.done.append(f"{name}{arguments}")
        self._page.evaluate(
            "async ([name, rest]) => { await window.__somebody[name](...rest); }", [name, list(arguments)]
        )
