"""What cells ask is recorded, and the subcommand about it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.ledger.ledger import Ledger, default_path

from ..test_magics import notebook, provider, run, shared_shell, shell
from .exchanges import exchange, rows

__all__ = ["provider", "shared_shell", "shell"]  # fixtures


@pytest.fixture
def kept(shell: Any) -> Ledger:
    return notebook(shell).ledger


def test_cells_panels_and_chats_of_the_notebook_are_recorded(shell: Any, capsys: Any, kept: Ledger) -> None:
    run(shell, capsys, "%%chat\nof a cell")
    Chat(conversation="default").ask("of Python")
    found = rows(kept, "status, model, conversation, turn, requests")
    conversation = notebook(shell).conversation()
    assert found == [("complete", "parrot:grey", conversation.id, turn.id, 1) for turn in conversation.turns]
    assert [kept.find(turn.request).result(10) is not None for turn in conversation.turns] == [True, True]


def test_each_of_several_models_is_an_exchange_of_the_turn(shell: Any, capsys: Any, kept: Ledger) -> None:
    run(shell, capsys, "%%chat -m parrot:grey -m parrot:green\nhello")
    [turn] = notebook(shell).conversation().turns
    assert sorted(rows(kept, "turn, model, status")) == [
        (turn.id, "parrot:green", "complete"),
        (turn.id, "parrot:grey", "complete"),
    ]


def test_an_answer_that_fails_is_one(shell: Any, provider: Any, capsys: Any, kept: Ledger) -> None:
    provider.script = staticmethod(lambda messages: ["some", ConnectionError("gone")])
    _, fine = run(shell, capsys, "%%chat\nhello")
    assert not fine
    assert rows(kept, "status, answer LIKE '%some%'") == [("failed", 1)]


def test_with_the_history_off_no_word_is_kept(shell: Any, capsys: Any, kept: Ledger) -> None:
    run(shell, capsys, "%config ChatMagics.history = 'off'")
    run(shell, capsys, "%%chat\nXylophonium")
    assert rows(kept, "status, key, answer, size") == [("complete", None, None, 0)]
    out, _ = run(shell, capsys, "%chat ledger")
    assert "accounts only" in out
    kept.close()
    assert all(b"Xylophonium" not in file.read_bytes() for file in default_path().parent.iterdir())
    run(shell, capsys, "%config ChatMagics.history = 'on'")


def test_plain_python_writes_nothing(provider: Any) -> None:
    Chat().ask("hello")
    assert not default_path().exists()


def test_a_ledger_that_cannot_be_written_is_told_once(shell: Any, capsys: Any) -> None:
    default_path().parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(default_path())) as connection:
        connection.execute("PRAGMA user_version = 99")
    outs = []
    for number in range(3):
        out, fine = run(shell, capsys, f"%%chat\nhello {number}")
        assert fine
        outs.append(out)
        notebook(shell).history.flush()
    assert sum(out.count("The ledger cannot be written") for out in outs) == 1


def test_what_it_holds(shell: Any, capsys: Any) -> None:
    out, fine = run(shell, capsys, "%chat ledger")
    assert fine
    assert "Nothing has been asked" in out
    run(shell, capsys, "%%chat\nhello")
    out, fine = run(shell, capsys, "%chat ledger")
    assert fine
    assert "1 (1 whole)" in out
    assert "ledger.sqlite3" in out


def test_export(shell: Any, capsys: Any, tmp_path: Path) -> None:
    run(shell, capsys, "%%chat\nhello sk-proj-abcdefghijklmnop1234567890 there")
    run(shell, capsys, "%config ChatMagics.secrets = 'send'")
    run(shell, capsys, "%%chat\nhello sk-proj-abcdefghijklmnop1234567890 there")
    run(shell, capsys, "%config ChatMagics.secrets = 'ask'")
    out, fine = run(shell, capsys, f"%chat ledger export {tmp_path / 'all.jsonl'}")
    assert fine
    assert "written to" in out
    text = (tmp_path / "all.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[-1]["status"] == "complete"
    assert lines[-1]["answer"][0]["content"].startswith("You said: hello")
    assert lines[-1]["sent"][0]["number"] == len(lines)
    assert "abcdefghijklmnop" not in text
    (tmp_path / "mine.jsonl").write_text("mine")
    out, _ = run(shell, capsys, f"%chat ledger export {tmp_path / 'mine.jsonl'}")
    assert (tmp_path / "mine.jsonl").read_text() == "mine"
    assert "stays as it is" in out


@pytest.mark.parametrize("by", ["--all", "-m parrot:*", "-m grey", "-c default", "--older 0"])
def test_forget(shell: Any, capsys: Any, kept: Ledger, by: str) -> None:
    run(shell, capsys, "%%chat\nhello")
    out, fine = run(shell, capsys, f"%chat ledger forget {by} --contents --yes")
    assert fine
    assert "Forgotten: what was asked and answered in 1 exchange." in out
    assert rows(kept, "size") == [(0,)]
    out, fine = run(shell, capsys, f"%chat ledger forget {by} --yes")
    assert fine
    assert "Forgotten: 1 exchange." in out
    assert rows(kept) == []
    run(shell, capsys, "%%chat\nstill there")
    assert len(rows(kept)) == 1


def test_forget_by_notebook(shell: Any, capsys: Any, kept: Ledger) -> None:
    exchange(kept)
    run(shell, capsys, "%%chat\nhello")
    out, fine = run(shell, capsys, "%chat ledger forget --notebook mine.ipynb --yes")
    assert fine, out
    assert len(rows(kept)) == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("forget", "say which exchanges"),
        ("forget --all -m x", "write it alone"),
        ("forget --older tomorrow", "no number of days"),
        ("forget --older -3", "days"),
        ("forget -m nobody", "has nothing of a model"),
        ("forget --notebook nowhere.ipynb", "has nothing of a notebook"),
        ("forget -c nowhere", "no conversation has the name or id"),
        ("forget everything", "is no option"),
        ("export", "missing FILE"),
        ("export x.csv", "must end in .jsonl"),
        ("burn", "burn"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(shell: Any, capsys: Any, line: str, told: str) -> None:
    run(shell, capsys, "%%chat\nhello")
    out, fine = run(shell, capsys, f"%chat ledger {line}")
    assert not fine
    assert told in out
    assert len(out.strip().splitlines()) <= 2


def test_a_conversation_that_is_deleted_leaves_its_account(shell: Any, capsys: Any, kept: Ledger) -> None:
    run(shell, capsys, "%%chat\nXylophonium")
    assert rows(kept, "size > 0") == [(1,)]
    run(shell, capsys, "%chat delete default --yes")
    assert rows(kept, "size, request, key, requests") == [(0, "", None, 1)]
    assert all(b"Xylophonium" not in file.read_bytes() for file in default_path().parent.iterdir())
