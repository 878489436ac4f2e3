"""Budgets in a notebook: the setting, ``%chat budget``, ``%%chat --over-budget``, the footer, the panel."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from notebook_chat import Chat
from notebook_chat.errors import BudgetError, ConfigurationError, HistoryError, InvalidOptionError
from notebook_chat.events import Usage
from notebook_chat.ledger.ledger import default_path
from notebook_chat.providers import registry
from notebook_chat.session import session_of
from notebook_chat.spending import kept_budget

from ..fakes import parrot
from ..panel.windows import Window
from ..test_magics import shared_shell

__all__ = ["shared_shell"]  # a fixture


@pytest.fixture
def shell(shared_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    shared_shell.run_line_magic("load_ext", "notebook_chat")
    yield shared_shell
    shared_shell.run_line_magic("unload_ext", "notebook_chat")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A provider each of whose answers uses 110 tokens."""
    found = parrot(["Hello", Usage(10, 100)])
    real = registry.get_provider
    monkeypatch.setitem(registry.BUILT_IN, "parrot", ".nowhere:Parrot")
    monkeypatch.setattr(registry, "get_provider", lambda name: found if name == "parrot" else real(name))
    monkeypatch.setenv("NOTEBOOK_CHAT_MODEL", "parrot:grey")
    return found


def magics(shell: Any) -> Any:
    return shell.magics_manager.registry["ChatMagics"]


def said(shell: Any, line: str, capsys: Any) -> str:
    capsys.readouterr()
    shell.run_line_magic("chat", line)
    return str(capsys.readouterr().out)


def ask(shell: Any, line: str = "--max-tokens 100") -> None:
    shell.run_cell_magic("chat", line, "Hi")


def cells(told: str, name: str) -> list[str]:
    [line] = [line for line in told.splitlines() if line.startswith(name)]
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_the_setting(shell: Any, provider: Any, capsys: Any) -> None:
    shell.run_line_magic("config", "ChatMagics.budget = '250 tokens / day'")
    ask(shell)
    with pytest.raises(BudgetError, match="%config ChatMagics"):
        ask(shell, "--max-tokens 1000")
    ask(shell, "--over-budget --max-tokens 1000")
    with pytest.raises(BudgetError):
        ask(shell)
    assert len(provider.requests) == 2
    with pytest.raises(BudgetError):  # also what Python asks there
        Chat(provider=provider).ask("Hi", max_tokens=100)
    shell.run_line_magic("config", "ChatMagics.budget = ''")
    ask(shell)


def test_what_a_budget_refused_is_no_answer(shell: Any, provider: Any, capsys: Any) -> None:
    shell.run_line_magic("config", "ChatMagics.budget = '250 tokens / day'")
    ask(shell)
    for _ in range(3):
        with pytest.raises(BudgetError):
            ask(shell, "--max-tokens 1000")
    told = said(shell, "usage", capsys)
    for name in ("the last answer", "today"):
        assert cells(told, name)[1] == "1"
    shell.run_line_magic("config", "ChatMagics.budget = ''")


def test_a_setting_that_is_none_is_refused_in_one_line(shell: Any) -> None:
    with pytest.raises(InvalidOptionError, match="'2 EUR' is no budget") as caught:
        magics(shell).budget = "2 EUR"
    assert len(caught.value._render_traceback_()) == 1
    assert magics(shell).budget == ""


def test_what_holds_is_shown(shell: Any, provider: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "There is no budget" in said(shell, "budget", capsys)
    ask(shell)  # which counts as well
    told = said(shell, "budget 250 tokens / day, 1 USD / month for parrot:*", capsys)
    assert magics(shell).budget == "250 tokens / day, 1 USD / month for parrot:*"
    row = cells(told, "250 tokens / day")
    assert row[:4] == ["250 tokens / day", "%config ChatMagics.budget", "110 tokens", "140 tokens"]
    assert row[4].endswith("00:00")
    assert cells(told, "1 USD / month for parrot:*")[2] == "$0"
    assert "nobody knows what they cost: 1 answer." in told
    said(shell, "budget '2M tokens' --always", capsys)
    monkeypatch.setenv("NOTEBOOK_CHAT_BUDGET", "300 tokens / hour for conversation")
    told = said(shell, "budget", capsys)
    assert cells(told, "2,000,000 tokens")[-1] == "never"
    assert cells(told, "300 tokens / hour for conversation")[2] == "110 tokens"
    assert cells(said(shell, "budget -c other", capsys), "300 tokens / hour for conv")[2] == "0 tokens"
    assert kept_budget.read() == "2M tokens"
    assert said(shell, "budget --always", capsys) == "2M tokens\n"
    said(shell, "budget off", capsys)
    assert magics(shell).budget == ""
    said(shell, "budget off --always", capsys)
    assert kept_budget.read() == ""
    for text in ("2 EUR / day", "two dollars", "2 USD / day for notbook"):
        with pytest.raises(InvalidOptionError, match="is no budget"):
            said(shell, f"budget {text}", capsys)


def test_what_is_on_its_way_is_shown(shell: Any, provider: Any, capsys: Any) -> None:
    ask(shell)
    session_of(shell).ledger.flush()  # type: ignore[union-attr]
    with closing(sqlite3.connect(default_path())) as connection:
        connection.execute(
            "UPDATE exchanges SET status = 'open', reserved_tokens = 70, owner = 'elsewhere:1:x', touched = ?,"
            " output_tokens = NULL, input_tokens = NULL",
            (time.time(),),
        )
        connection.commit()
    row = cells(said(shell, "budget 150 tokens", capsys), "150 tokens")
    assert row[2:5] == ["0 tokens", "70 tokens", "80 tokens"]
    with pytest.raises(BudgetError, match="70 tokens are on their way"):
        ask(shell)
    with closing(sqlite3.connect(default_path())) as connection:  # its kernel is gone
        connection.execute("UPDATE exchanges SET touched = 5 WHERE status = 'open'")
        connection.commit()
    ask(shell)


def test_broken_budgets_stop_everything_and_can_be_put_right(shell: Any, provider: Any, capsys: Any) -> None:
    kept_budget.place().write_text('{"budget": "much"}')
    kept_budget.place().chmod(0o600)
    with pytest.raises(ConfigurationError, match="nothing is asked until it is put right"):
        ask(shell, "--over-budget")
    assert provider.requests == []
    said(shell, "budget 1M tokens --always", capsys)
    ask(shell)


def test_a_ledger_that_cannot_be_read(shell: Any, capsys: Any) -> None:
    default_path().mkdir(parents=True)
    magics(shell).budget = "1 USD"
    with pytest.raises(HistoryError, match="the ledger cannot be read"):
        said(shell, "budget", capsys)
    shell.run_line_magic("unload_ext", "notebook_chat")  # while it is there
    default_path().rmdir()
    shell.run_line_magic("load_ext", "notebook_chat")


def test_the_footer_tells_once_that_it_is_nearly_used_up(shell: Any, provider: Any, capsys: Any) -> None:
    magics(shell).budget = "260 tokens / day"
    capsys.readouterr()
    ask(shell, "--max-tokens 10")
    ask(shell, "--max-tokens 10")
    out = capsys.readouterr().out
    assert out.count("85% of the budget 260 tokens / day is used") == 1
    ask(shell, "--over-budget")
    assert "of the budget" not in capsys.readouterr().out


def test_a_note_for_each_budget_and_cell_line_help() -> None:
    from notebook_chat.magics.arguments import cell_parser, parse_cell_line

    assert parse_cell_line("--over-budget").over_budget
    assert not parse_cell_line("").over_budget
    assert "--over-budget" in cell_parser().format_help()


def test_a_panel_shows_the_same_line(shell: Any, provider: Any) -> None:
    magics(shell).budget = "10 tokens"
    notice: Any
    with closing(Window(Chat(provider=provider))) as window:
        view = window.open()
        view.act("send", text="Hi")
        notice = view.until(lambda: view.notice).notice
    assert "it would pass the budget 10 tokens (%config ChatMagics.budget)" in notice["text"]
    assert "%%chat --over-budget" in notice["text"]
    assert provider.requests == []
