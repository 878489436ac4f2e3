"""Documents, effort and web search on the line of ``%%chat``, and what is known of models, in a real shell."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.errors import InvalidOptionError
from notebook_chat.magics.arguments import cell_parser, parse_cell_line
from notebook_chat.magics.command_table import complete
from notebook_chat.magics.model_rows import table, tokens
from notebook_chat.panel.asking import Asker
from notebook_chat.panel.protocol import Regenerate, Send
from notebook_chat.parts import FilePart
from notebook_chat.providers import OpenAI, model_list
from notebook_chat.providers.ending_models import ending_news
from notebook_chat.providers.file_types import PDF
from notebook_chat.providers.model_facts import ModelFacts, _listed, known_facts
from notebook_chat.providers.options import EFFORTS
from notebook_chat.store import read_notebook
from notebook_chat.store.notebook_file import LARGEST_FILE

from .fakes import parrot
from .prompt.test_documents import REPORT, TALK
from .servers import Answer
from .servers.fixtures import ServerFactory
from .test_magics import notebook, provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]

KEY = "sk-planted-0123456789abcdef"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(tmp_path / "home"))
    Path("report.pdf").write_bytes(REPORT)
    Path("talk.wav").write_bytes(TALK)
    _listed.clear()
    model_list._seen.clear()
    return tmp_path


@pytest.fixture
def able(provider: Any) -> Any:
    provider.takes_files = frozenset({PDF})
    provider.options = provider.options | {"effort", "web", "schema"}
    return provider


# --- documents


def test_a_document_goes_along_from_a_cell(shell: Any, able: Any, capsys: Any) -> None:
    out, fine = run(shell, capsys, "%%chat -a report.pdf\nWhat is this?")
    assert fine
    assert "with report.pdf (PDF, 2 pages, " in out
    assert able.requests[0][-1].parts[1] == FilePart(REPORT, PDF, "report.pdf")
    run(shell, capsys, "%%chat\nand on")
    assert able.requests[1][0].parts[1] == FilePart(REPORT, PDF, "report.pdf")
    out, fine = run(shell, capsys, "%%chat -a report.pdf --dry-run\nWhat is this?")
    assert fine
    assert f"[report.pdf application/pdf, {len(REPORT):,} bytes]" in out
    out, _ = run(shell, capsys, "%chat sent")
    assert f"[report.pdf application/pdf, {len(REPORT):,} bytes]" in out


def test_a_recording_is_refused_in_one_line(shell: Any, able: Any, capsys: Any) -> None:
    out, fine = run(shell, capsys, "%%chat -a talk.wav\nWhat is said?")
    assert not fine
    assert "talk.wav is not sent: parrot:grey takes no sound. Ask a model of gemini" in out
    assert len(out.strip().splitlines()) == 1
    assert able.requests == []


def test_a_large_document_is_restored_from_what_is_known(shell: Any, able: Any, capsys: Any) -> None:
    large = REPORT[:-6] + bytes(LARGEST_FILE) + REPORT[-6:]
    Path("large.pdf").write_bytes(large)
    run(shell, capsys, "%%chat -a large.pdf\nWhat is this?")
    run(shell, capsys, "%chat export talk.ipynb")
    assert Path("talk.ipynb").stat().st_size < 100_000
    [held] = read_notebook(Path("talk.ipynb")).stored
    assert "large.pdf" in held.turn.prompt.text
    conversation = notebook(shell).conversation()
    run(shell, capsys, "%chat restore talk.ipynb")
    assert [len(conversation), len(notebook(shell).conversations)] == [1, 1]
    assert conversation.turns[0].prompt.parts[1] == FilePart(large, PDF, "large.pdf")


# --- effort and web


def test_effort_and_web_go_out_and_are_remembered(shell: Any, able: Any, capsys: Any) -> None:
    assert run(shell, capsys, "%%chat -e high --web\nThink")[1]
    assert (able.options_seen[0]["effort"], able.options_seen[0]["web"]) == ("high", True)
    assert run(shell, capsys, "%%chat --effort 4096\nThink")[1]
    assert able.options_seen[1]["effort"] == 4096
    assert "web" not in able.options_seen[1] or able.options_seen[1]["web"] is None
    turns = notebook(shell).conversation().turns
    assert [turn.options for turn in turns] == [{"effort": "high", "web": True}, {"effort": 4096}]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-e hard", "-e/--effort: must be one of none, minimal, low, medium, high, xhigh, max, or a number"),
        ("-e -1", "must be one of none"),
        ("-e", "-e/--effort: expected one argument"),
        ("-e 1.5", "must be one of none"),
        ("-e 12345678901234567890", "must be one of none"),
        ("--param reasoning_effort=low", "reasoning_effort cannot be given here: write -e EFFORT"),
    ],
)
def test_what_is_no_effort_gets_one_line(shell: Any, able: Any, capsys: Any, line: str, words: str) -> None:
    out, fine = run(shell, capsys, f"%%chat {line}\nhi")
    assert not fine
    assert words in out
    assert len(out.strip().splitlines()) == 1


def test_efforts_are_completed_and_explained(shell: Any) -> None:
    assert parse_cell_line("-e HIGH").effort == "high"
    assert parse_cell_line("").effort is None
    assert f"how hard to think: {', '.join(EFFORTS)}" in " ".join(cell_parser().format_help().split())
    assert list(EFFORTS) == complete("%%chat -e ", notebook(shell))


def test_a_provider_without_it_refuses_by_name(shell: Any, provider: Any, capsys: Any) -> None:
    out, fine = run(shell, capsys, "%%chat -e high\nhi")
    assert not fine
    assert "parrot cannot be told how hard to think" in out
    out, fine = run(shell, capsys, "%%chat --web\nhi")
    assert not fine
    assert "parrot does not search the web" in out


def test_a_model_that_cannot_is_refused_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(OpenAI, "options", OpenAI.options | {"effort", "web", "schema"})
    for model, options, words in (
        ("openai:gpt-4o", {"effort": "high"}, "openai:gpt-4o cannot be told how hard to think"),
        ("openai:gpt-3.5-turbo", {"web": True}, "openai:gpt-3.5-turbo does not search the web"),
    ):
        with pytest.raises(InvalidOptionError, match=words):
            Chat(model, **options)  # type: ignore[arg-type]
        with pytest.raises(InvalidOptionError, match=words):
            Chat(model).preview("x", **options)  # type: ignore[arg-type]
    chat = Chat("openai:gpt-4o", effort="none")
    assert b"effort" not in chat.preview("x").body
    body = chat.preview(
        "x", extra_body={"reasoning_effort": "high"}
    ).body  # whatever is asked for so goes out
    assert json.loads(body)["reasoning_effort"] == "high"
    Chat("openai:gpt-4", base_url="http://localhost:1/v1", effort="high")  # its name may be anybody's there


async def test_a_panel_asks_again_with_the_same(able: Any) -> None:
    chat = Chat(provider=able, conversation=Conversation("talk"))
    await chat.ask_async("Think", effort="low", web=True)
    [turn] = chat.conversation.turns
    asker = Asker(chat, system=None, asked=lambda _: None, tell=lambda _: None)
    await asker.ask(Regenerate("1", turn.id), [])
    assert (able.options_seen[1]["effort"], able.options_seen[1]["web"]) == ("low", True)
    plain = parrot(["fine"])
    other = Chat(
        provider=plain, conversation=chat.conversation
    )  # has no place for it, and answers all the same
    [turn] = chat.conversation.turns
    await Asker(other, system=None, asked=lambda _: None, tell=lambda _: None).ask(
        Regenerate("2", turn.id), []
    )
    assert "effort" not in plain.options_seen[0]


# --- models that end


def test_the_end_of_a_model_is_told_once() -> None:
    told: set[str] = set()
    old = known_facts("gpt-5-mini")
    assert ending_news("openai:gpt-5-mini", old, told, date(2026, 8, 1)) == []
    assert ending_news("openai:gpt-5-mini", old, told, date(2026, 11, 30)) == [
        "gpt-5-mini ends on 2026-12-11; gpt-6-luna takes its place"
    ]
    assert ending_news("openai:gpt-5-mini", old, told, date(2026, 11, 30)) == []
    assert ending_news("openai:gpt-5-mini", old, set(), date(2027, 1, 1)) == [
        "gpt-5-mini was to end on 2026-12-11; gpt-6-luna takes its place"
    ]
    listed = ModelFacts(ends=date(2026, 12, 1))
    assert ending_news("x:of-the-list:1", listed, told, date(2026, 11, 30)) == [
        "of-the-list:1 ends on 2026-12-01"
    ]
    assert ending_news("openai:gpt-6-luna", known_facts("gpt-6-luna"), told) == []


def test_the_line_under_an_answer_tells_of_it(
    shell: Any, provider: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = ModelFacts(ends=date(2020, 1, 1))
    monkeypatch.setattr("notebook_chat.addressee.facts_of", lambda *_: facts)
    out, _ = run(shell, capsys, "%%chat parrot:told-once\nhi")
    assert "told-once was to end on 2020-01-01" in out
    out, _ = run(shell, capsys, "%%chat parrot:told-once\nhi")
    assert "was to end" not in out


async def test_a_panel_tells_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    facts = ModelFacts(ends=date(2020, 1, 1))
    monkeypatch.setattr("notebook_chat.addressee.facts_of", lambda *_: facts)
    asker = Asker(Chat(provider=parrot(["fine"])), system=None, asked=lambda _: None, tell=told.append)
    await asker.ask(Send("1", "hi"), [])
    await asker.ask(Send("2", "hi"), [])
    assert told == ["grey was to end on 2020-01-01"]


# --- %chat models


def test_models_are_listed_with_what_is_known(
    shell: Any, capsys: Any, vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = vendor_server("anthropic", Answer("x"), models=["claude-haiku-x", "claude-opus-x", "other"])
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    out, fine = run(shell, capsys, "%chat models anthropic CLAUDE haiku")
    assert fine
    head, row = out.splitlines()
    assert head.split()[:5] == ["model", "context", "answer", "images", "files"]
    assert row.split()[:5] == ["anthropic:claude-haiku-x", "1M", "128k", "yes", "PDF"]
    assert "opus" not in out
    out, _ = run(shell, capsys, "%chat models anthropic nothing-like-it")
    assert out == "anthropic:… none with that in its name\n"


def test_a_table_has_only_columns_with_something_in_them() -> None:
    facts = {
        "a": ModelFacts(context=8192, images=False),
        "b": ModelFacts(context=1_048_576, efforts=("low", "high")),
    }
    assert table(facts) == (
        ["model", "context", "thinking"],
        [["a", "8,192", ""], ["b", "1.05M", "low to high"]],
    )
    assert table({"a": ModelFacts(web=False)}) == ([], [["a"]])
    all_of_them = ModelFacts(context=1, output=1, images=True, files=frozenset({PDF, "audio/wav"}), efforts=("none",),
                             schema=True, tools=True, web=True, gives=frozenset({"image"}), input_price=0.1,
                             output_price=0.5, ends=date(2027, 1, 2))  # fmt: skip
    head, [row] = table({"m": all_of_them})
    assert dict(zip(head, row, strict=True)) == {
        "model": "m", "context": "1", "answer": "1", "images": "yes", "files": "PDF, sound", "thinking": "none",
        "schema": "yes", "tools": "yes", "web": "yes", "makes": "image", "$ per M tokens": "0.1 / 0.5",
        "ends": "2027-01-02",
    }  # fmt: skip
    assert [tokens(n) for n in (None, 9_999, 10_000, 272_000, 999_499, 999_500, 2_000_000)] == [
        "", "9,999", "10k", "272k", "999k", "1M", "2M",
    ]  # fmt: skip
