"""What becomes of turns when cells are moved, pasted, deleted, changed, and asked from elsewhere."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from ..servers.fixtures import ServerFactory
from .conftest import StartKernel
from .test_conversations import LOAD, Session, session

__all__ = ["session"]


@pytest.fixture
def abc(session: Session) -> Session:
    """A notebook with three cells that have asked."""
    for cell in "abc":
        session.chat(cell, cell)
    return session


def test_a_cell_that_was_cut_and_pasted_below_another_one(abc: Session) -> None:
    queued = [
        abc.kernel.submit(f"%%chat\n{cell}", cell_id=cell, deleted_cells=["a"]) for cell in ("b", "a", "c")
    ]
    for run in queued:
        run.wait()
    sent = [[turn.text for turn in request.turns] for request in abc.server.requests[-3:]]
    assert sent == [["b"], ["b", "re b", "a"], ["b", "re b", "a", "re a", "c"]]
    assert "a turn has left: its cell was deleted" in str(queued[0].outputs)
    assert "a turn is back: its cell was not deleted" in str(queued[1].outputs)
    assert abc.chat("d", "d") == ["b", "re b", "a", "re a", "c", "re c", "d"]


def test_moved_and_inserted_cells_are_where_the_saved_notebook_has_them(abc: Session) -> None:
    abc.cells = {"c": abc.cells["c"], "new": ("%%chat\nnew", []), "a": abc.cells["a"], "b": abc.cells["b"]}
    abc.save()
    assert abc.chat("new", "new") == ["c", "re c", "new"]
    assert "in the order of the notebook as it was saved" in str(abc.cells["new"][1])
    assert abc.chat("b", "b") == ["c", "re c", "new", "re new", "a", "re a", "b"]


def test_a_cell_that_computes_now_has_no_turn(abc: Session) -> None:
    abc.run("b", "x = 1")
    assert abc.chat("d", "d") == ["a", "re a", "c", "re c", "d"]
    assert "its cell runs something else now" in str(abc.cells["d"][1])
    abc.kernel.run("%%chat -m nope:nope\nc", cell_id="c")
    abc.kernel.run("import time\ntime.slep(1)", cell_id="a")
    assert abc.chat("d", "d") == ["c", "re c", "d"]


def test_cells_that_ask_by_code_keep_their_turns(session: Session) -> None:
    session.run("chat", "from notebook_chat import Chat\nchat = Chat('openai:test', conversation='default')")
    session.run("a", "get_ipython().run_cell('y = 1')\n_ = chat.ask('a')")
    session.run("b", "_ = await chat.ask_async('b')")
    session.run("c", "for number in range(3):\n    chat.ask(str(number))")
    session.run("c", "for number in range(2):\n    chat.ask(str(number))")
    assert session.chat("d", "d")[::2] == ["a", "b", "0", "1", "d"]
    session.run("b", "_ = await chat.ask_async('B')")
    assert session.sent[::2] == ["a", "B"]


def test_a_console_that_asks_first(abc: Session) -> None:
    abc.save()
    kernel = abc._start({"JPY_SESSION_NAME": str(abc.path)})
    kernel.run(LOAD)  # in a console
    assert "Nothing has been said yet" in kernel.run("%chat history").text
    kernel.run("%%chat\nconsole")
    assert abc.sent == ["console"]
    abc.kernel = kernel
    assert "goes on after 3 turns" in abc.run("x", "x = 1")
    assert abc.chat("d", "d")[::2] == ["a", "b", "c", "console", "d"]
    kernel.run("%reload_ext notebook_chat\n%config ChatMagics.model = 'openai:test'")
    assert "console" in kernel.run("%chat history").text
    abc.open()
    assert abc.chat("e", "e")[::2] == ["a", "b", "c", "console", "d", "e"]


def test_a_new_notebook_of_vs_code_under_an_old_path(
    start_kernel: StartKernel, vendor_server: ServerFactory, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "code.ipynb"
    first, second = (f"vscode-notebook-cell:{path}#W{number}sZmlsZQ==" for number in range(2))
    tell = f"__vsc_ipynb_file__ = {str(path)!r}"

    def open_notebook() -> None:
        session.open(tmp_path / "elsewhere")
        session.kernel.run(tell)

    open_notebook()
    session.chat(first, "my salary is 100")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")]), path)
    open_notebook()
    run = session.kernel.run("%%chat\nhello", cell_id=first)
    assert session.sent == ["hello"]
    command = next(line for line in run.text.splitlines() if "%chat restore" in line)
    assert "1 turn of 'default'" in command
    id = command.partition("%chat restore ")[2].split()[0]
    assert "%%chat -c default-2" in session.run(second, f"%chat restore {id}")
    assert session.chat(second, "and now?", "-c default-2")[::2] == ["my salary is 100", "and now?"]
