"""A notebook that nbclient has run carries its conversation, and goes on from its file without a history."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..servers import VendorServer, echo
from ..servers.fixtures import ServerFactory
from .test_tools import notebook, run

NEXT = "%%chat\nand the next?"


@pytest.fixture
def server(vendor_server: ServerFactory) -> VendorServer:
    return vendor_server("openai_chat", echo(lambda turns: f"re {turns[-1].text} ünï 👋 <b>"))


def execute(cells: list[str], path: Path, server: VendorServer) -> None:
    """Runs a notebook of these cells in nbclient, and saves it."""
    notebook(path, *cells)
    done = run(path.parent, server, "jupyter", "execute", path.name, "--inplace")
    assert done.returncode == 0, done.stderr


def test_the_same_messages_go_out_for_the_next_prompt(server: VendorServer, tmp_path: Path) -> None:
    chats = [
        "%config ChatMagics.system = 'be\\nkind'",
        "%%chat\none\n\n  two",
        "%%chat -s 'a pirate'\nthree",
        "%%chat -c other\nelsewhere",
        "%chat fork branch",
        "%%chat -n\nfresh",
        "%%chat -c branch\nin the branch",
        "for n in range(2):\n    get_ipython().run_cell_magic('chat', '', f'loop {n}')",
    ]
    path = tmp_path / "talk.ipynb"
    execute([*chats, NEXT, "%%chat -c branch\nand the next?"], path, server)
    expected = [exchange.body for exchange in server.requests[-2:]]
    execute(chats, path, server)
    [history] = tmp_path.rglob("conversations.sqlite3")
    history.unlink()
    execute(
        [f"%chat restore --yes {path}", NEXT, "%%chat -c branch\nand the next?"],
        tmp_path / "another.ipynb",
        server,
    )
    assert [exchange.body for exchange in server.requests[-2:]] == expected
    assert b"a pirate" in expected[1]


def test_runs_without_cell_ids_append_and_do_not_resume(server: VendorServer, tmp_path: Path) -> None:
    for _ in range(2):
        execute(["%%chat\none", "%%chat\none"], tmp_path / "x.ipynb", server)
        assert [turn.text for turn in server.requests[-1].turns][::2] == ["one", "one"]
