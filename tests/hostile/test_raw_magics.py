"""Whatever fails beneath ``%%chat`` and ``%chat`` is one line; whatever a conversation is to be called is taken or
refused in words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.errors import ChatError, ConfigurationError, InvalidOptionError, UnexpectedError
from notebook_chat.magics.command_table import SUBCOMMANDS
from notebook_chat.session import NotebookSession
from notebook_chat.session.named_conversations import LONGEST_NAME, usable_name

from .. import test_magics
from ..session.notebook import Notebook
from ..test_magics import notebook as session_in
from ..test_magics import run


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """A notebook that a kernel was started for."""
    return Notebook(tmp_path / "mine.ipynb")


shared_shell = test_magics.shared_shell
provider = test_magics.provider
shell = test_magics.shell


def raising(*_: Any, **__: Any) -> Any:
    raise KeyError("nobody foresaw\nthis")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def one_line(out: str) -> str:
    [line] = out.strip().splitlines()
    assert "Traceback" not in line
    return line


@pytest.mark.parametrize("mode", ["Context", "Verbose", "Plain", "Minimal"])
def test_a_bug_of_ours_beneath_a_magic_is_one_line_that_asks_to_be_reported(
    shell: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    shell.run_line_magic("xmode", mode)
    monkeypatch.setattr(NotebookSession, "conversation", raising)
    monkeypatch.setattr(NotebookSession, "named", raising)
    for cell in ("%%chat\nhello", "%chat history", "%chat undo", "%chat panel"):
        out, fine = run(shell, capsys, cell)
        assert not fine
        line = one_line(out)
        assert line.startswith("UnexpectedError: KeyError: 'nobody foresaw\\nthis'")
        assert "report it" in line or "provider's own" in line
    shell.run_line_magic("xmode", "Context")


def test_a_fault_around_a_cell_leaves_the_cell_alone(
    shell: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotebookSession, "before_cell", raising)
    monkeypatch.setattr(NotebookSession, "after_cell", raising)
    out, fine = run(shell, capsys, "print(6 * 7)")
    assert fine
    assert "42" in out
    assert out.count("notebook_chat: KeyError") == 2
    assert "Traceback" not in out


@contextlib.contextmanager
def foreseen() -> Iterator[None]:
    try:
        yield
    except ChatError as error:
        assert not isinstance(error, UnexpectedError), str(error)


ODD = (
    "\ud800",
    "a\x00b",
    "9" * 5_000,
    "²",
    "{" * 10_000,
    "'",
    "’",
    "http://[::g]",
    '""',
    "--",
    "-1",
    "--yes",
    "/",
    ".",
    "..",
    "a" * 100_000,
    "\x1b]0;x\x07",
    "x={" + "[" * 5_000,
    "local:\x00.gguf",
    "openai:\ud800",
    "%",
    "~nobody/x",
)
ASKING = ("models", "doctor", "key", "panel")  # which go further than the line


@pytest.mark.parametrize("name", [name for name in SUBCOMMANDS if name not in ASKING])
def test_odd_words_on_the_line_of_any_subcommand(shell: Any, capsys: Any, name: str) -> None:
    for word in ODD:
        for words in (word, f"{word} {word}", f"1 {word}", f"default {word}"):
            capsys.readouterr()
            with foreseen():
                shell.run_line_magic("chat", f"{name} {words}")


@pytest.mark.parametrize("name", ["doctor", "models", "use"])
def test_odd_names_of_models(shell: Any, capsys: Any, name: str) -> None:
    for word in ODD[:4]:
        with foreseen():
            shell.run_line_magic("chat", f"{name} {word}")


def test_odd_words_on_the_line_of_a_cell(shell: Any, capsys: Any) -> None:
    for word in ODD:
        for flag in ("", "-m ", "-s ", "-t ", "--max-tokens ", "--timeout ", "-c ", "--param x=", "-o "):
            with foreseen():
                shell.run_cell_magic("chat", f"{flag}{word}", "hello")
    for cell in ODD:
        with foreseen():
            shell.run_cell_magic("chat", "", cell)
    assert session_in(shell).conversations
    out, fine = run(shell, capsys, "%chat status")
    assert fine, out


# --- names ----------------------------------------------------------------------------------------------

NAMES = (
    "\ud800",
    "a\ud83d",
    "a\x00b",
    "a\nb",
    "a\u2028b",
    "\x1b[2J",
    "",
    "  ",
    "a" * 1_000_000,
    "\x7f",
    "\x9b",
)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_that_no_conversation_can_have(name: str, notebook: Notebook) -> None:
    session = notebook.session
    session.conversation("first")
    for call in (
        lambda: session.conversation(name),
        lambda: session.shared(name),
        lambda: session.rename("first", name),
        lambda: session.fork(name, session.conversation("first")),
    ):
        with pytest.raises(InvalidOptionError, match=r"name|called") as caught:
            call()
        assert len(str(caught.value)) < 500
        assert str(caught.value).isprintable()
    assert list(session.conversations) == ["first"]


@pytest.mark.parametrize("name", [5, None, b"a", ["a"], object()], ids=range(5))
def test_a_name_that_is_no_text(name: Any, notebook: Notebook) -> None:
    session = notebook.session
    if name is not None:
        with pytest.raises((InvalidOptionError, TypeError)):
            session.conversation(name)
        with pytest.raises(ConfigurationError):
            Chat("openai:m", api_key="k", conversation=name)


@pytest.mark.parametrize(
    "name", ["/", "../../x", "é", "你好", "👩‍👩‍👧", "a b", "default", "a" * LONGEST_NAME, "-n", "%"]
)
def test_a_name_that_is_one(name: str, notebook: Notebook) -> None:
    assert notebook.session.conversation(name).name == name


@given(name=st.text() | st.sampled_from(NAMES))
def test_a_usable_name_stays_one(name: str) -> None:
    made = usable_name(name)
    assert usable_name(made) == made
    assert made.encode()
    assert made.strip()
    assert len(made) <= LONGEST_NAME


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_conversation_from_elsewhere_gets_a_usable_name(name: str, notebook: Notebook) -> None:
    taken = notebook.session.take_in(Conversation(name))
    assert taken.name == usable_name(name)
