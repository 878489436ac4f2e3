"""Looking at conversations and taking them along: the subcommands in a real IPython shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat, load_ipython_extension, unload_ipython_extension

from .test_magics import notebook, provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures


@pytest.fixture
def talk(shell: Any, capsys: Any) -> Any:
    """What ``%chat`` says to a line, after two turns."""
    for prompt in ("about apples", "about pears"):
        run(shell, capsys, f"%%chat\n{prompt}")

    def say(line: str) -> str:
        out, fine = run(shell, capsys, f"%chat {line}")
        assert fine, out
        return out

    return say


def asked(provider: Any) -> list[str]:
    """The user's words in the last request."""
    return [message.text for message in provider.requests[-1] if message.role == "user"]


def test_history_shows_pins_and_show_shows_all(talk: Any) -> None:
    assert "stays in the context" in talk("pin 1")
    assert "about apples (pinned)" in talk("history")
    talk("pin 1")
    assert "about apples (pinned)" in talk("history")
    assert "not pinned any more" in talk("unpin 1")
    assert "pinned" not in talk("history")
    assert talk("show 2") == "> about pears\n\nYou said: about pears\n"


def test_search_and_list(talk: Any, shell: Any, capsys: Any) -> None:
    run(shell, capsys, '%%chat -c other\nit\'s "apples"')
    out = talk("search apples")
    assert "default" in out
    assert "other" in out
    assert "other" in talk("search it's \"")
    run(shell, capsys, "%%chat\nwith --yes and -c")
    assert "with --yes" in talk("search --yes and -c")
    assert talk("search bananas") == "Nothing found.\n"
    listed = talk("list")
    assert listed.index("default") < listed.index("other")
    assert "3 turns" in listed


def test_rename_and_delete(talk: Any, shell: Any, capsys: Any, monkeypatch: Any) -> None:
    talk("rename default fruit")
    assert list(notebook(shell).conversations) == ["fruit"]
    run(shell, capsys, "%%chat -c fruit\nmore")
    assert "3 turns" in talk("list")
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert talk("delete fruit") == "Nothing was deleted.\n"
    monkeypatch.setattr("builtins.input", lambda question: "y")
    id = talk("list").split("fruit")[0].split()[-1]
    assert "'fruit' is deleted" in talk("delete fruit")
    assert talk("list") == "There are no conversations yet.\n"
    out, fine = run(shell, capsys, f"%chat delete {id}")
    assert not fine
    assert "no conversation has the name or id" in out


def test_delete_asks_where_it_can(talk: Any, shell: Any, capsys: Any, monkeypatch: Any) -> None:
    def nobody(question: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    out, fine = run(shell, capsys, "%chat delete default")
    assert not fine
    assert "Add --yes" in out
    assert len(notebook(shell).conversation()) == 2
    assert "is deleted" in talk("delete default --yes")


def test_export_import_and_restore(talk: Any, shell: Any, capsys: Any, tmp_path: Path, provider: Any) -> None:
    for ending in ("md", "json", "html", "ipynb"):
        assert "2 turns written" in talk(f"export {tmp_path / 'x'}.{ending}")
    assert "%%chat -c default-2 goes on" in talk(f"import {tmp_path / 'x.json'}")
    run(shell, capsys, "%%chat -c default-2\nand on")
    assert asked(provider) == ["about apples", "about pears", "and on"]
    assert "%%chat -c default-2 goes on" in talk(f"import {tmp_path / 'x.json'}")
    assert len(notebook(shell).conversations) == 2
    talk("reset")
    assert "after 2 turns of 'default'" in talk(f"restore {tmp_path / 'x.ipynb'}")
    run(shell, capsys, "%%chat\nand on")
    assert asked(provider) == ["about apples", "about pears", "and on"]


def test_the_exported_notebook_runs(
    talk: Any, shell: Any, capsys: Any, tmp_path: Path, provider: Any
) -> None:
    import nbformat

    talk(f"export {tmp_path / 'x.ipynb'}")
    unload_ipython_extension(shell)
    for cell in nbformat.read(tmp_path / "x.ipynb", as_version=4).cells:
        out, fine = run(shell, capsys, cell.source)
        assert fine, out
    assert [turn.prompt.text for turn in notebook(shell).conversation().turns] == [
        "about apples",
        "about pears",
    ]
    assert len(provider.requests) == 4


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("show", "missing N: write %chat show N [NAME]"),
        ("show 3", "there is no turn 3: 'default' has 2 turns"),
        ("show x", "the number of a turn"),
        ("pin 0", "there is no turn 0"),
        ("search", "missing TEXT: write %chat search TEXT"),
        ("list x", "unexpected words: x"),
        ("rename default", "missing NEW: write %chat rename NAME NEW"),
        ("rename nope new", "no conversation is called 'nope'"),
        ("delete nope --yes", "no conversation has the name or id 'nope'"),
        ("export", "missing FILE: write %chat export FILE [NAME]"),
        ("export x.docx", "does not end in one of"),
        ("import nothing.json", "cannot be read: No such file"),
        ("restore", "does not tell which notebook"),
        ("restore nothing.ipynb", "cannot be read: No such file"),
        ("fork", "missing NAME: write %chat fork NAME [OF]"),
        ("delete default --sure", "unknown option --sure: write %chat delete"),
        ("fork default", "there is a conversation called 'default'"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(talk: Any, shell: Any, capsys: Any, line: str, words: str) -> None:
    out, fine = run(shell, capsys, f"%chat {line}")
    assert not fine
    assert words in out
    assert len(out.strip().splitlines()) == 1
    assert len(notebook(shell).conversation()) == 2


def test_chat_and_the_magics_share_a_conversation(talk: Any, shell: Any, capsys: Any, provider: Any) -> None:
    chat = Chat(conversation="default")
    chat.ask("from Python")
    assert chat.conversation is notebook(shell).conversation()
    assert "from Python" in talk("history")


def test_without_a_history(talk: Any, shell: Any, capsys: Any) -> None:
    run(shell, capsys, "%config ChatMagics.history = 'off'")
    run(shell, capsys, "%%chat\nsecret")
    for line in ("search apples", "list"):
        out, fine = run(shell, capsys, f"%chat {line}")
        assert not fine
        assert "the history is off" in out
    run(shell, capsys, "%config ChatMagics.history = 'on'")
    assert "3 turns" in talk("list")


def test_a_disk_that_fails_is_told_once(shell: Any, capsys: Any, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(tmp_path / "file"))
    unload_ipython_extension(shell)
    load_ipython_extension(shell)
    outs = [run(shell, capsys, f"%%chat\n{n}")[0] for n in range(3)]
    assert "".join(outs).count("The history cannot be written") == 1
    assert len(notebook(shell).conversation()) == 3
