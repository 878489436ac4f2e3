"""What the front end and IPython do with a cell: its text, and which cell it is."""

from __future__ import annotations

import re
from typing import Any

_CHAT_CELL = re.compile(r"%%chat(?![\w?])")


def verbatim(lines: list[str]) -> list[str]:
    """An input transformation that hands a ``%%chat`` cell over as it was typed. IPython's own would take
    leading ``>>>`` and ``...``, and indentation, out of a prompt that holds some.

    It goes first in ``input_transformers_cleanup``.
    """
    start = next((place for place, line in enumerate(lines) if line.strip()), None)
    if start is None or not _CHAT_CELL.match(lines[start].lstrip()):
        return lines
    line = lines[start].strip().removeprefix("%%chat").strip()
    body = "".join(lines[start + 1 :])
    # IPython has an error of its own for a cell without a body, which says less than ours.
    return [f"get_ipython().run_cell_magic('chat', {line!r}, {body or chr(10)!r})\n"]


# IPython must not apply it when it only asks whether the input is complete: in a terminal, a blank line ends
# a cell magic, which IPython sees by its first line.
verbatim.has_side_effects = True  # type: ignore[attr-defined]


class CellIdentity:
    """Tells the cells apart that run a chat magic.

    A cell is known by what the front end sends: ``cellId`` (JupyterLab, Notebook, VS Code) or Colab's
    ``cell_id``. Where it sends none (nbclient, papermill, terminals) a turn has no cell. A cell that runs
    the magic several times, in a loop, has a turn for each.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._execution: object = None
        self._count = 0

    @property
    def current(self) -> str | None:
        """The cell that runs now."""
        return self._of(self._parent())

    @property
    def deleted(self) -> list[str]:
        """The cells that were deleted since the one before ran, where the front end tells."""
        told = (self._parent().get("metadata") or {}).get("deletedCells")
        cells = [cell for cell in told if isinstance(cell, str)] if isinstance(told, list) else []
        return [cell for cell in cells if cell != self.current]  # which may have been brought back

    def next(self) -> str | None:
        """The identity for one more turn of the cell that runs now."""
        parent = self._parent()
        cell = self._of(parent)
        if cell is None:
            return None
        execution = (parent.get("header") or {}).get("msg_id")
        self._count = self._count + 1 if execution == self._execution else 1
        self._execution = execution
        return cell if self._count == 1 else f"{cell}#{self._count}"

    def _of(self, parent: dict[str, Any]) -> str | None:
        metadata = parent.get("metadata") or {}
        colab = metadata.get("colab") or {}
        cell = metadata.get("cellId") or (colab.get("cell_id") if isinstance(colab, dict) else None)
        return cell if isinstance(cell, str) and cell else None

    def _parent(self) -> dict[str, Any]:
        get_parent = getattr(self._shell, "get_parent", None)
        if get_parent is None:
            return {}
        try:
            parent = get_parent()
        except Exception:  # a kernel that is not ipykernel may have its own idea of it
            return {}
        return parent if isinstance(parent, dict) else {}
