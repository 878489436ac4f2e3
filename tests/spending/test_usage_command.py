"""``%chat usage``: the figures of all kernels, by scope, by group, as a file, as a table, as a figure."""

from __future__ import annotations

import argparse
import contextlib
import csv
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from notebook_chat import Chat
from notebook_chat.errors import ChatError, InvalidOptionError, MissingDependencyError
from notebook_chat.ledger.ledger import default_path
from notebook_chat.magics import usage_command_line
from notebook_chat.session import session_of
from notebook_chat.spending.sums import Scope, exchanges, grouped, sums

from ..test_magics import shared_shell
from .meters import AnthropicMeter, ChatMeter, Meter, Move

__all__ = ["shared_shell"]  # a fixture

FIRST = {"input_tokens": 1000, "output_tokens": 100, "cached_tokens": 600}
PRICES = {"anthropic:*": {"input": 4, "output": 20, "cached": 0.2}}


@pytest.fixture
def shell(shared_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    shared_shell.run_line_magic("load_ext", "notebook_chat")
    yield shared_shell
    shared_shell.run_line_magic("unload_ext", "notebook_chat")


def magics(shell: Any) -> Any:
    return shell.magics_manager.registry["ChatMagics"]


def said(shell: Any, line: str, capsys: Any) -> str:
    capsys.readouterr()
    shell.run_line_magic("chat", line)
    return str(capsys.readouterr().out)


def asked(meter: Meter, *moves: Move, conversation: str = "default") -> Chat:
    """Asks as often as there are moves, in the notebook's own conversation."""
    meter.moves.extend(moves)
    chat = Chat(meter.model, transport=meter, base_url=meter.url, api_key="", conversation=conversation)
    for _ in moves:
        with contextlib.suppress(ChatError):
            chat.ask("Hi", retries=0)
    return chat


def row(told: str, name: str) -> list[str]:
    """The cells of a row of a table, which stand at least two blanks apart."""
    [line] = [line for line in told.splitlines() if line.startswith(name)]
    return [cell.strip() for cell in line.removeprefix(name).split("  ") if cell.strip()]


def test_what_was_used_is_shown(shell: Any, capsys: Any) -> None:
    magics(shell).prices = PRICES
    asked(AnthropicMeter(), Move(FIRST), Move({"input_tokens": 10, "output_tokens": 5}))
    told = said(shell, "usage", capsys)
    cost = (400 * 4 + 600 * 0.2 + 100 * 20) / 1e6
    assert row(told, "the last answer") == ["1", "1", "10", "5", "$0.00014"]
    total = ["2", "2", "1,010", "600", "105", "$0.0039"]
    assert cost + 0.00014 == pytest.approx(0.00386)
    for name in ("this conversation (default)", "today", "this month"):
        assert row(told, name) == total
    assert "this notebook" not in told  # nobody knows which it is
    assert "The last answer took" in told


def test_a_notebook_that_nobody_names_is_the_conversations_of_its_kernel(shell: Any, capsys: Any) -> None:
    asked(ChatMeter(), Move(FIRST))
    asked(ChatMeter(), Move(FIRST), conversation="aside")
    asked(ChatMeter(), Move(FIRST))
    session_of(shell).ledger.flush()  # type: ignore[union-attr]
    assert row(said(shell, "usage notebook", capsys), "here")[:2] == ["3", "3"]


def test_what_is_not_known_is_said(shell: Any, capsys: Any) -> None:
    magics(shell).prices = PRICES
    asked(ChatMeter(), Move(FIRST), Move(None), Move(status=401))
    told = said(shell, "usage month", capsys)
    cells = row(told, "this month")
    assert cells[0] == "3"
    assert cells[-1] == "unknown of 2 answers"  # the third was refused, and cost nothing
    assert cells[2].startswith("~1,0")  # the second one's are estimated
    asked(AnthropicMeter(), Move({"input_tokens": 1_000_000, "output_tokens": 0}))
    assert (
        row(said(shell, "usage month", capsys), "this month")[-1] == "~$4.00 and 2 answers of unknown price"
    )


def test_groups(shell: Any, capsys: Any) -> None:
    magics(shell).prices = PRICES
    asked(AnthropicMeter(), Move(FIRST))
    asked(ChatMeter(), Move(FIRST), Move(FIRST))
    told = said(shell, "usage --by model", capsys)
    assert told.index("anthropic:claude-test") < told.index("openai:gpt-test")  # the dearest first
    assert row(told, "openai:gpt-test")[:2] == ["2", "2"]
    assert row(said(shell, "usage today --by day", capsys), time.strftime("%Y-%m-%d"))[0] == "3"
    assert row(said(shell, "usage all --by notebook", capsys), "no notebook")[0] == "3"
    assert "Nothing was asked since then" in said(shell, "usage --since 2999-01-01 --by model", capsys)


def test_other_kernels_count(shell: Any, capsys: Any) -> None:
    asked(ChatMeter(), Move(FIRST))
    session_of(shell).ledger.flush()  # type: ignore[union-attr]
    with sqlite3.connect(default_path()) as connection:
        names = [name for _, name, *_ in connection.execute("PRAGMA table_info(exchanges)")]
        values = dict(zip(names, connection.execute("SELECT * FROM exchanges").fetchone(), strict=True))
        values |= {"id": "another", "conversation": "c", "cost": 0.5, "notebook": "/elsewhere/x.ipynb"}
        marks = ", ".join("?" * len(values))
        connection.execute(
            f"INSERT INTO exchanges ({', '.join(values)}) VALUES ({marks})", [*values.values()]
        )
    connection.close()
    told = said(shell, "usage", capsys)
    assert row(told, "today")[0] == "2"
    assert row(told, "this conversation (default)")[0] == "1"
    assert "/elsewhere/x.ipynb" in said(shell, "usage --by notebook", capsys)


def test_a_file_and_a_table(shell: Any, capsys: Any, tmp_path: Path) -> None:
    magics(shell).prices = PRICES
    asked(AnthropicMeter(), Move(FIRST), Move(None))
    file = tmp_path / "used.csv"
    assert "2 rows written" in said(shell, f"usage --csv {file}", capsys)
    first, second = csv.DictReader(file.read_text().splitlines())
    assert first["input_tokens"] == "1000"
    assert (first["estimated"], first["cost_from"]) == ("0", "own")
    assert second["estimated"] == "1"
    assert datetime.fromisoformat(first["at"]).utcoffset() is not None
    assert "used has 1 row" in said(shell, "usage --by model -o used", capsys)
    table = shell.user_ns.pop("used")
    assert list(table["model"]) == ["anthropic:claude-test"]
    assert list(table["answers"]) == [2]
    shell.run_line_magic("chat", "usage today -o used")
    times = shell.user_ns.pop("used")["at"]
    assert abs(times.iloc[0].timestamp() - time.time()) < 600
    with pytest.raises(InvalidOptionError, match="not a variable's name"):
        shell.run_line_magic("chat", "usage -o 1x")


def test_a_figure_needs_matplotlib_and_a_notebook(
    shell: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing was asked this month" in said(shell, "usage --plot", capsys)
    asked(ChatMeter(), Move(FIRST))
    with pytest.raises(MissingDependencyError, match="a terminal shows no figures"):
        shell.run_line_magic("chat", "usage --plot")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependencyError, match="no matplotlib"):
        shell.run_line_magic("chat", "usage --plot")


def test_a_figure(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    asked(ChatMeter(), Move(FIRST))
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    shell.run_line_magic("chat", "usage --plot")
    assert shown[0].data.startswith(b"\x89PNG")


def test_without_a_ledger_this_kernel_tells(shell: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    magics(shell).prices = PRICES
    asked(AnthropicMeter(), Move(FIRST))

    def broken(work: Any) -> Any:
        raise OSError("the disk is gone")

    monkeypatch.setattr(session_of(shell).ledger, "read", broken)  # type: ignore[union-attr]
    capsys.readouterr()
    shell.run_line_magic("chat", "usage")
    told = capsys.readouterr()
    assert "the ledger cannot be read: the disk is gone" in told.err
    assert told.out == "Since the extension was loaded: 1 request, 1,000 + 100 tokens, $0.0037.\n"


def test_prices_are_checked(shell: Any, capsys: Any) -> None:
    with pytest.raises(InvalidOptionError, match="'x' is not usable"):
        magics(shell).prices = {"x": {"inptu": 1}}
    (default_path().parent / "prices.toml").write_text("[x]\ninput = 'much'\n")
    capsys.readouterr()
    shell.run_line_magic("chat", "usage")
    assert "prices.toml cannot be used" in capsys.readouterr().err


def test_answers_from_before_are_named(shell: Any, capsys: Any) -> None:
    import msgspec

    asked(ChatMeter(), Move(FIRST))
    conversation = session_of(shell).conversation("default")  # type: ignore[union-attr]
    turns = [msgspec.structs.replace(turn, replayed=True) for turn in conversation.turns]
    conversation.replace(turns)
    assert "1 answer is from before, for which nobody was asked" in said(shell, "usage", capsys)


# --- sums, out of any database


def ledger_of(*rows: dict[str, Any]) -> sqlite3.Connection:
    from notebook_chat.ledger.schema import LEDGER

    connection = sqlite3.connect(":memory:")
    for step in LEDGER.steps:
        connection.executescript(step)
    usual = {"request": "", "provider": "p", "base_url": "", "answered_by": "", "notebook": "", "batch": ""}
    usual |= {
        "conversation": "",
        "turn": "",
        "owner": "",
        "cost_from": "",
        "status": "complete",
        "model": "p:m",
    }
    for number, one in enumerate(rows):
        values = {
            **usual,
            "id": str(number),
            "at": 0.0,
            "touched": 0,
            "estimated": 0,
            "requests": 1,
            "size": 0,
        }
        values |= one
        marks = ", ".join("?" * len(values))
        connection.execute(
            f"INSERT INTO exchanges ({', '.join(values)}) VALUES ({marks})", [*values.values()]
        )
    return connection


def test_those_that_are_coming_do_not_count_and_lost_ones_are_unknown() -> None:
    told = {"input_tokens": 1, "output_tokens": 2, "cost": 0.25}
    connection = ledger_of(told, {**told, "status": "open"}, {"status": "lost"}, {"status": "failed"})
    found = sums(connection, Scope("all"))
    assert (found.answers, found.input_tokens, found.output_tokens) == (3, 1, 2)
    assert (found.cost, found.unpriced) == (0.25, 1)
    assert len(exchanges(connection, Scope("all"))) == 3
    connection.close()


def test_a_day_is_one_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        now = datetime(2026, 3, 1, 8, 30)
        before = datetime(2026, 2, 28, 23, 59, 59).timestamp()
        connection = ledger_of({"at": before}, {"at": datetime(2026, 3, 1, 0, 0, 1).timestamp()})
        assert sums(connection, Scope.today(now)).answers == 1
        assert sums(connection, Scope.month(now)).answers == 1
        assert [one.name for one in grouped(connection, Scope("all"), "day")] == ["2026-02-28", "2026-03-01"]
        connection.close()
    finally:
        monkeypatch.undo()
        time.tzset()


def test_what_somebody_has_put_there_breaks_nothing() -> None:
    odd = {"input_tokens": "many", "cost": "dear", "seconds": float("inf"), "model": "=HYPERLINK(1)\n"}
    connection = ledger_of(odd, {"cost": float("inf")})
    assert sums(connection, Scope("all")).answers == 2
    assert grouped(connection, Scope("all"), "model")
    connection.close()


# --- on the command line


def on_command_line(*words: str) -> int:
    parser = argparse.ArgumentParser()
    usage_command_line.declare(parser)
    return usage_command_line.run(parser.parse_args(words))


def test_the_command_line_has_the_same_figures(shell: Any, capsys: Any, tmp_path: Path) -> None:
    capsys.readouterr()
    assert on_command_line() == 0
    assert capsys.readouterr().out == "Nothing was asked yet.\n"
    assert not default_path().exists()
    magics(shell).prices = PRICES
    asked(AnthropicMeter(), Move(FIRST), Move(None))
    session_of(shell).ledger.flush()  # type: ignore[union-attr]
    capsys.readouterr()
    assert on_command_line() == 0
    told = capsys.readouterr().out
    assert row(told, "today") == row(told, "this month") == row(told, "all")
    assert row(told, "today")[0] == "2"
    assert on_command_line("--by", "model", "--since", "2h") == 0
    assert row(capsys.readouterr().out, "anthropic:claude-test")[0] == "2"
    assert on_command_line("month", "--notebook", "elsewhere.ipynb", "--by", "day") == 0
    assert capsys.readouterr().out == "Nothing was asked this month.\n"
    file = tmp_path / "used.csv"
    assert on_command_line("all", "--csv", str(file)) == 0
    assert len(file.read_text().splitlines()) == 3


def test_a_ledger_that_cannot_be_read_is_one_line(capsys: Any) -> None:
    default_path().mkdir(parents=True)
    assert on_command_line() == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("the ledger cannot be read")
    assert told.err.count("\n") == 1
