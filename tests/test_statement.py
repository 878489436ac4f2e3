"""What a paper says of the use of AI: facts of what the notebook did, and what is not known."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.conversation import Conversation, Turn
from notebook_chat.events import Usage
from notebook_chat.ledger import chain
from notebook_chat.ledger.departures import Selection
from notebook_chat.ledger.ledger import default_path
from notebook_chat.markup import render
from notebook_chat.messages import Message, ToolCallPart
from notebook_chat.parts import SearchPart
from notebook_chat.statement import Statement, as_json, as_markdown, collect
from notebook_chat.statement.collection import Accounted, Asked, _without_folders, accounted
from notebook_chat.statement.facts import Log, ModelUse, Place, Prompt, Setting, SystemPrompt, Tool

from .prompt.planted_keys import FORMATS, Keys
from .servers import Answer
from .servers.fixtures import ServerFactory
from .test_magics import notebook, provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]

TOKEN = FORMATS["GitHub"](Keys(5))
SOFTWARE = {"notebook_chat": "9.9"}


def turn(text: str, **fields: Any) -> Turn:
    values = {
        "model": "openai:m",
        "at": 1_700_000_000.0,
        "exchange": (Message("assistant", "yes"),),
        **fields,
    }
    return Turn(Message("user", text), **values)


def conversation(*turns: Turn, **fields: Any) -> Conversation:
    made = Conversation(**fields)
    return Conversation.from_dict({**made.to_dict(), "turns": [one.to_dict() for one in turns]})


def told(*conversations: Conversation, known: Accounted | None = None, **more: Any) -> Statement:
    options: dict[str, Any] = {
        "notebook": Path("/home/somebody/paper.ipynb"),
        "software": SOFTWARE,
        "cells": None,
    }
    return collect(conversations, known, **options | more)


def section(text: str, name: str) -> str:
    return text.partition(f"## {name}\n")[2].partition("\n## ")[0]


@pytest.fixture
def server(vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    found = vendor_server("openai_chat", *[Answer(f"answer {n}") for n in range(9)], key="sk-mine-123456")
    monkeypatch.setenv("OPENAI_BASE_URL", found.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine-123456")
    return found


def test_it_tells_what_was_done(shell: Any, capsys: Any, server: Any) -> None:
    run(shell, capsys, '%%chat -m openai:m -t 0.25 -s "Be short."\nthe first question')
    run(shell, capsys, "%%chat -m openai:m\nthe second question")
    out, fine = run(shell, capsys, "%chat statement")
    assert fine
    assert out.startswith("# Use of AI\n\nRecorded by notebook_chat ")
    assert re.search(r"2 prompts were sent to `openai:m` on 20\d\d-\d\d-\d\d, of which 2 w", out)
    [row] = [line for line in out.splitlines() if line.startswith("| `openai:m` |")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[4:6] == ["2", "2 complete"]
    usage = notebook(shell).named(None).turns
    assert cells[6] == f"{sum(one.usage.input_tokens or 0 for one in usage if one.usage):,}"
    host = server.origin.partition("://")[2]
    size = sum(len(request.body) for request in server.requests)
    assert f"| this machine: `{host}` | 2 | {size:,} |" in out
    assert "| `temperature` | `0.25` | 1 |" in out
    assert "| none | what the service takes where nothing is said | 1 |" in out
    assert "For 2 turns:\n\n```text\nBe short.\n```" in out
    assert "The notebook's conversations have 2 turns." in out
    [head] = re.findall(r"%chat sent --check ([0-9a-f]{64})", out)
    assert "until there it is as it was then" in run(shell, capsys, f"%chat sent --check {head}")[0]
    assert "the first question" not in out
    assert "sk-mine" not in out


def test_the_services_own_name_of_the_model_is_told(
    shell: Any, capsys: Any, vendor_server: ServerFactory, monkeypatch: Any
) -> None:
    server = vendor_server("anthropic", Answer("yes"), key="sk-mine-123456")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.origin)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-mine-123456")
    run(shell, capsys, "%%chat -m anthropic:claude-sonnet-5\nhello")
    use = json.loads(run(shell, capsys, "%chat statement --json")[0])["models"][0]
    assert use["model"] == "anthropic:claude-sonnet-5"
    assert use["named"] == ["claude-sonnet-5"]
    assert not use["unnamed"]


def test_prompts_are_an_appendix(shell: Any, capsys: Any, server: Any) -> None:
    run(shell, capsys, "%%chat -m openai:m\nwhat ``` is\n## this?")
    out = run(shell, capsys, "%chat statement --prompts")[0]
    appendix = out.partition("## Appendix: prompts")[2]
    assert "````text\nwhat ``` is\n## this?\n````" in appendix


def test_into_a_file(shell: Any, capsys: Any, server: Any, tmp_path: Path) -> None:
    run(shell, capsys, "%%chat -m openai:m\nhello")
    path = tmp_path / "use.md"
    assert run(shell, capsys, f"%chat statement {path}")[0].startswith(f"The statement is written to {path}.")
    assert path.read_text().startswith("# Use of AI\n")
    run(shell, capsys, f"%chat statement {tmp_path / 'use.json'}")
    assert json.loads((tmp_path / "use.json").read_text())["models"][0]["prompts"] == 1
    path.write_text("mine")
    assert "stays as it is" in run(shell, capsys, f"%chat statement {path}")[0]
    assert path.read_text() == "mine"


def test_nothing_was_done(shell: Any, capsys: Any) -> None:
    out, fine = run(shell, capsys, "%chat statement")
    assert fine
    assert "No use of a model is on record here." in out
    assert "## Models" not in out


def test_without_a_ledger_it_says_what_the_conversations_tell(
    shell: Any, capsys: Any, server: Any, monkeypatch: Any
) -> None:
    run(shell, capsys, "%%chat -m openai:m\nhello")
    monkeypatch.setattr(notebook(shell).ledger, "read", lambda work: 1 / 0 if not work else _raise())
    out, fine = run(shell, capsys, "%chat statement")
    assert fine
    assert "the ledger cannot be read" in out
    assert "1 prompt was sent to `openai:m`" in out
    assert "- What the ledger has: it could not be read." in out
    assert "## Where data went" not in out


def _raise() -> Any:
    raise sqlite3.OperationalError("disk I/O error")


def test_a_log_that_was_changed_is_said(shell: Any, capsys: Any, server: Any) -> None:
    run(shell, capsys, "%%chat -m openai:m\nhello")
    run(shell, capsys, "%%chat -m openai:m\nhello again")
    notebook(shell).ledger.flush()
    connection = sqlite3.connect(default_path())
    connection.execute("UPDATE requests SET size = 1 WHERE number = 1")
    connection.commit()
    connection.close()
    assert "was NOT whole when this was written" in run(shell, capsys, "%chat statement")[0]


def test_without_the_history_settings_come_from_the_conversation(
    shell: Any, capsys: Any, server: Any
) -> None:
    run(shell, capsys, "%config ChatMagics.history = 'off'")
    run(shell, capsys, "%%chat -m openai:m -t 0.5\nhello")
    out = run(shell, capsys, "%chat statement")[0]
    assert "| `temperature` | `0.5` | 1 |" in out
    assert "the second" not in out


def test_what_was_never_sent_is_no_use(shell: Any, capsys: Any, server: Any, monkeypatch: Any) -> None:
    run(shell, capsys, "%%chat -m openai:m\nhello")
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert not run(shell, capsys, "%%chat -m openai:m -n\nwithout a key")[1]
    notebook(shell).ledger.flush()
    connection = sqlite3.connect(default_path())
    [count] = connection.execute("SELECT count(*) FROM exchanges").fetchone()
    connection.close()
    out = run(shell, capsys, "%chat statement")[0]
    assert "1 prompt was sent to `openai:m`" in out
    assert ("refused or stopped before anything was sent" in out) == (count > 1)


# --- what is collected


def test_answers_from_elsewhere_are_counted_and_said_to_be() -> None:
    mine = conversation(
        turn("a", usage=Usage(3, 4), options={"seed": 7}), turn("b", model="ollama:x", at=0.0)
    )
    statement = told(mine)
    assert [(use.model, use.prompts, use.input_tokens, use.untold) for use in statement.models] == [
        ("ollama:x", 1, None, 1),
        ("openai:m", 1, 3, 0),
    ]
    assert statement.elsewhere == 2
    text = as_markdown(statement)
    assert "Whatever the log would tell of 2 answers" in text
    assert (
        "| `ollama:x` | not known | not known | not known | 1 | 1 complete | not known | not known |" in text
    )
    assert "0 tokens" not in text


def test_an_answer_that_the_service_cut_off_is_not_called_whole() -> None:
    days = (1_700_000_000.0, 1_700_900_000.0)
    mine = conversation(
        turn("a", finish_reason="length", at=days[0]), turn("b", finish_reason="stop", at=days[1])
    )
    text = as_markdown(told(mine))
    assert "between 2023-11-1" in text
    assert "of which 1 was answered to the end" in text
    assert "1 cut off by the service, 1 complete" in text


def test_answers_from_records_are_not_prompts() -> None:
    mine = conversation(turn("a", replayed=True), turn("b", replayed=True))
    statement = told(mine)
    assert [(use.prompts, use.replayed) for use in statement.models] == [(0, 2)]
    text = as_markdown(statement)
    assert "No prompt was sent; what stands in the notebook was taken from records." in text
    assert "2 answers in them came from a record, and no model was asked again." in text


def test_what_was_edited_since_is_counted() -> None:
    mine = conversation(
        turn("as it was", cell="1"),
        turn("as it is", cell="2"),
        turn("again", cell="2#2"),
        turn("gone", cell="3"),
    )
    statement = told(mine, cells={"1": "another", "2": "as it is"})
    assert (statement.changed, statement.gone) == (2, 1)  # the second of a loop cannot be compared
    assert told(mine).checked_cells is False
    assert "Whether the cells still hold" in as_markdown(told(mine))


def test_tools_searches_and_system_prompts() -> None:
    parts = (ToolCallPart("c", "plot", "{}"), ToolCallPart("d", "plot", "{}"), SearchPart(("q",)))
    mine = conversation(
        turn("a", exchange=(Message("assistant", parts),)),
        turn("b", system="Be long."),
        turn("c"),
        turn("d", system=""),
        system="Be short.",
    )
    statement = told(mine)
    assert [(one.name, one.calls) for one in statement.tools] == [("plot", 2)]
    assert statement.searches == 1
    assert {(one.text, one.turns) for one in statement.system_prompts} == {("Be short.", 1), ("Be long.", 2)}


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("/home/somebody/models/a.gguf", "a.gguf"),
        ("C:\\Users\\somebody\\a.gguf", "a.gguf"),
        ("meta/llama-5", "meta/llama-5"),
        ("m:free", "m:free"),
        ("", ""),
    ],
)
def test_a_models_name_tells_no_folders(named: str, shown: str) -> None:
    assert _without_folders(named) == shown


def test_options_are_told_in_a_line_and_the_way_to_the_service_is_none() -> None:
    options = {
        "tools": [[{"name": "plot", "parameters": {}}], {"server": "git"}],
        "schema": {"title": "Row", "type": "object"},
        "extra_body": {"a": "x" * 500},
        "timeout": 3,
        "base_url": "https://me:pw@host",
        "web": True,
    }
    asked = Asked("m", "", None, "complete", (None, None), False, options)
    known = Accounted([asked], frozenset(), [], Log("", 0, True))
    settings = {one.name: one.value for one in told(known=known).settings}
    assert settings.keys() == {"tools", "schema", "extra_body", "web"}
    assert settings["tools"] == "plot, the tools of git"
    assert settings["schema"] == "a JSON schema, Row"
    assert len(settings["extra_body"]) <= 80
    assert settings["web"] == "true"


def test_whatever_stands_in_the_ledger_it_is_read(shell: Any, capsys: Any) -> None:
    from notebook_chat.ledger.schema import LEDGER

    connection = sqlite3.connect(":memory:", isolation_level=None)
    for step in LEDGER.steps:
        connection.executescript(step)
    columns = (
        "id, request, at, status, provider, base_url, model, answered_by, notebook, conversation, turn, batch"
    )
    for number, key in enumerate(
        (None, "", "{", "[1]", '{"options": 3}', '{"options": {"a": [[]]}}', "\x00")
    ):
        connection.execute(
            f"INSERT INTO exchanges ({columns}, owner, touched, estimated, cost_from, requests, size, key)"
            " VALUES (?, '', 'x', 'strange', '', '', 'm', '', 'n', 'c', 't', '', '', 0, 0, '', 1, 0, ?)",
            (str(number), key),
        )
    known = accounted(connection, Selection("n"))
    text = as_markdown(told(known=known))
    assert "7 prompts were sent to `m`" in text
    assert "7 of unknown end" in text


# --- how it is written


def test_the_embedded_model_stays_here_and_of_other_servers_it_is_not_known() -> None:
    places = [
        Place("", True, True, 3, 30),
        Place("localhost:11434", True, False, 2, 20),
        Place("", False, False, 1),
    ]
    text = as_markdown(Statement("", 1.0, places=places))
    assert "| this machine: the embedded model | 3 | 30 |" in text
    assert "| this machine: `localhost:11434` | 2 | 20 |" in text
    assert "| not known | 1 | not known |" in text
    assert "- Whether a server on this machine sent on what it was sent." in text
    assert "- Where requests went that a provider from elsewhere made by itself" in text
    assert "sent on" not in as_markdown(Statement("", 1.0, places=places[:1]))


def test_secrets_are_in_neither() -> None:
    statement = Statement(
        f"{TOKEN}.ipynb",
        1.0,
        system_prompts=[SystemPrompt(f"use {TOKEN}", 1)],
        settings=[Setting("extra_body", f'{{"token": "{TOKEN}"}}', 1)],
        prompts=[Prompt(f"my key is {TOKEN}", "m", 1.0, "default", "complete", included=[TOKEN])],
        log=Log("ab" * 32, 3, True),
    )
    for text in (as_markdown(statement), as_json(statement)):
        assert TOKEN not in text
        assert "ab" * 32 in text
    assert json.loads(as_json(statement))["log"]["number"] == 3


texts = st.text(max_size=20) | st.sampled_from(
    ["a|b", "`x`", "# x\n| y |", "</pre><script>", "\u202e", "```", "\x1b[2J"]
)


@given(texts, texts)
def test_nothing_hostile_breaks_its_form(one: str, other: str) -> None:
    statement = Statement(
        one,
        1.0,
        SOFTWARE,
        models=[ModelUse(one, [other], prompts=1, answers={other: 1})],
        places=[Place(other, False, False, 1, 1)],
        settings=[Setting(one, other, 1)],
        tools=[Tool(other, 1)],
        system_prompts=[SystemPrompt(other, 1)],
        prompts=[Prompt(other, one, None, other, other)],
        log=Log("0" * 64, 1, True),
    )
    text = as_markdown(statement)
    for name in ("Models", "Where data went", "Settings"):
        rows = [line for line in section(text, name).splitlines() if line.startswith("|")]
        assert len(rows) == 3
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert "\x1b" not in text
    assert "<script" not in render(text)
    json.loads(as_json(statement))


def test_the_cells_are_those_of_the_saved_file(
    shell: Any, capsys: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    from notebook_chat.magics.statement_commands import _cells

    path = tmp_path / "n.ipynb"
    made = nbformat.v4.new_notebook()
    made.cells.append(nbformat.v4.new_code_cell("%%chat -n\nhello", id="one"))
    nbformat.write(made, path)

    class Context:
        class session:
            notebook: Path | None = path

    assert _cells(Context) == {"one": "hello"}  # type: ignore[arg-type]
    Context.session.notebook = tmp_path / "none.ipynb"
    assert _cells(Context) is None  # type: ignore[arg-type]
    assert chain.FORGET != chain.FORGOTTEN
