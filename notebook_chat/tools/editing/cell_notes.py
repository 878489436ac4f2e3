"""What the tools have told of cells, and where they have put new ones; for as long as the notebook's kernel lives."""

from __future__ import annotations

from collections import OrderedDict

from ...secrets import redact
from .cell_names import NamedCell, name_of
from .desk import ScreenCell

_MOST = 1000
_LONGEST_TOLD = 20_000  # characters of one cell


class CellNotes:
    """The texts of cells that models have been told of, by the names that were told with them; and the new cells."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._ids: set[str] = set()
        self._last: OrderedDict[tuple[object, str], list[str]] = OrderedDict()

    def told(self, cell: ScreenCell, most: int = _LONGEST_TOLD) -> tuple[str, str, bool]:
        """What a model is told of a cell.

        Args:
            cell: The cell.
            most: How many characters of its text.

        Returns:
            Its name, its text, and whether that is whole. Only a cell whose whole text is told has a name by which it
            can be changed.
        """
        if cell.source is None:
            return cell.id, "(too long to be read here)", False
        safe = redact(cell.source)
        if safe != cell.source:
            return (
                cell.id,
                f"{safe[:most]}\n(what is secret in it is left out: it cannot be changed here)",
                False,
            )
        if len(safe) > most:
            left = len(safe) - most
            return cell.id, f"{safe[:most]}\n… ({left:,} more characters: name it to read it whole)", False
        return self.note(cell.id, cell.kind, cell.source), safe, True

    def note(self, id: str, kind: str, source: str) -> str:
        """Notes that a model knows a text of a cell; the name by which it does."""
        name = name_of(id, source)
        self._ids.add(id)
        self._texts[name] = (kind, source)
        self._texts.move_to_end(name)
        if len(self._texts) > _MOST:
            self._texts.popitem(last=False)
        return name

    def text_of(self, cell: NamedCell) -> tuple[str, str | None]:
        """What is known of a cell that a model has named: its kind (code unless it is known) and its text."""
        if cell.source is not None:
            return "code", cell.source
        return self._texts.get(cell.name, ("code", None))

    def knows(self, id: str) -> bool:
        """Whether a name with a text was told of a cell, so that its id alone does not say which text is meant."""
        return id in self._ids

    def behind(self, run: object, anchor: str) -> list[str]:
        """The cells that were put below another one in the same run of a cell, the last first.

        Args:
            run: Which run of which cell.
            anchor: What they were put below.
        """
        return list(reversed(self._last.get((run, anchor), ())))

    def put(self, run: object, anchor: str, id: str) -> None:
        """Notes that a cell was put below another one."""
        self._last.setdefault((run, anchor), []).append(id)
        if len(self._last) > _MOST:
            self._last.popitem(last=False)
