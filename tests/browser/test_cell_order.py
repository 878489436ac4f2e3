"""Cells that are moved, pasted, deleted and brought back in JupyterLab, and what is sent then."""

from __future__ import annotations

from playwright.sync_api import expect

from ..servers import VendorServer, echo
from .chats import Begin


def prompts(server: VendorServer, last: int) -> list[list[str]]:
    """What the user said in each of the last requests."""
    return [[turn.text for turn in request.turns][::2] for request in server.requests[-last:]]


def test_cells_that_are_cut_moved_and_deleted(begin: Begin) -> None:
    notebook, server = begin([f"%%chat\n{word}" for word in ("one", "two", "three")], echo())
    notebook.run_all()
    notebook.activate(1)
    notebook.execute("notebook:cut-cell")
    notebook.activate(1)
    notebook.execute("notebook:paste-cell-below")
    notebook.run_all()
    assert prompts(server, 3) == [["two"], ["two", "one"], ["two", "one", "three"]]

    notebook.activate(3)
    notebook.execute("notebook:move-cell-up")
    notebook.save()
    notebook.run(2)
    assert prompts(server, 1) == [["two", "three"]]
    expect(notebook.output(2)).to_contain_text("in the order of the notebook as it was saved")

    notebook.activate(1)
    notebook.execute("notebook:delete-cell")
    notebook.run(2)
    assert prompts(server, 1) == [["three", "one"]]
    expect(notebook.output(2)).to_contain_text("a turn has left: its cell was deleted")

    notebook.activate(1)
    notebook.execute("notebook:change-cell-to-markdown")
    notebook.save()
    notebook.run(2)
    assert prompts(server, 1) == [["one"]]


def test_a_deletion_that_is_undone(begin: Begin) -> None:
    notebook, server = begin([f"%%chat\n{word}" for word in ("one", "two", "three")], echo())
    notebook.run_all()
    notebook.activate(1)
    notebook.execute("notebook:delete-cell")
    notebook.execute("notebook:undo-cell-action")
    notebook.run(3)  # nobody can know yet
    assert prompts(server, 1) == [["two", "three"]]
    notebook.save()
    notebook.run(3)
    assert prompts(server, 1) == [["one", "two", "three"]]
    expect(notebook.output(3)).to_contain_text("a turn is back: its cell was not deleted")
    notebook.activate(1)
    notebook.execute("notebook:delete-cell")
    notebook.execute("notebook:undo-cell-action")
    notebook.save()
    notebook.run(3)
    assert prompts(server, 1) == [["one", "two", "three"]]
    expect(notebook.output(3)).to_contain_text(
        "still sent: a cell that was deleted and is in the saved notebook"
    )
