"""A notebook that a test runs in the shell of this process, cell by cell, and saves as a front end does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat

from notebook_chat import load_ipython_extension, unload_ipython_extension
from notebook_chat.conversation import Turn
from notebook_chat.session import NotebookSession, session_of
from notebook_chat.store import stored_with


@dataclasses.dataclass(frozen=True)
class SavedCell:
    """A cell, with the turns that its outputs hold."""

    source: str
    outputs: tuple[dict[str, Any], ...] = ()


def record(shell: Any, sources: Sequence[str]) -> list[SavedCell]:
    """Runs cells in a new session; what they have been answered stands in their outputs.

    Args:
        shell: The shell.
        sources: What stands in the cells.
    """
    cells = []
    session = begin(shell)
    seen: set[str] = set()
    for source in sources:
        result = shell.run_cell(source)
        assert result.success, result.error_in_exec or result.error_before_exec
        outputs = []
        for conversation in session.conversations.values():
            new = [turn for turn in conversation.turns if turn.id not in seen and _is_own(turn, source)]
            seen.update(turn.id for turn in new)
            outputs += [stored_with(conversation, turn) for turn in new]
        cells.append(SavedCell(source, tuple(outputs)))
    session.ledger.flush()
    return cells


def _is_own(turn: Turn, source: str) -> bool:
    return turn.asked.strip() in source  # a branch has turns of other cells


def save(path: Path, cells: Sequence[SavedCell]) -> Path:
    """Writes a notebook.

    Args:
        path: Its file.
        cells: Its cells.
    """
    made = [
        nbformat.v4.new_code_cell(
            cell.source,
            outputs=[nbformat.v4.new_output("display_data", metadata=one) for one in cell.outputs],
        )
        for cell in cells
    ]
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=made)), encoding="utf-8")
    return path


def first_failure(shell: Any, sources: Sequence[str], asked: Callable[[], bool]) -> int | None:
    """Runs cells in a new session until one fails, or asks; its number, counted from 1, or ``None``.

    Args:
        shell: The shell.
        sources: What stands in the cells.
        asked: Whether somebody was asked.
    """
    begin(shell)
    for number, source in enumerate(sources, start=1):
        if not shell.run_cell(source).success or asked():
            return number
    return None


def begin(shell: Any) -> NotebookSession:
    """Has the extension be as in a new kernel."""
    unload_ipython_extension(shell)
    shell.config.pop("ChatMagics", None)
    load_ipython_extension(shell)
    session = session_of(shell)
    assert session is not None
    return session
