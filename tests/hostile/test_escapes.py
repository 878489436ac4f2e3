"""Escapes: what a server, a file or a model has written does nothing to a terminal, and passes for no line of ours."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from notebook_chat import Chat, errors, load_ipython_extension, unload_ipython_extension
from notebook_chat.answer import Answer
from notebook_chat.attempts import RetryPolicy
from notebook_chat.conversation import Conversation
from notebook_chat.events import Finish, ModelName, Notice, TextDelta, ToolCall
from notebook_chat.magics import output
from notebook_chat.panel.notices import NoticeBoard
from notebook_chat.providers import OpenAI
from notebook_chat.renderers import DisplayRenderer, TerminalRenderer, play
from notebook_chat.session import session_of
from notebook_chat.text import printable, single_line

from ..fakes import parrot
from ..test_magics import shared_shell  # noqa: F401  a fixture
from ..transports import Canned, InMemory

CONTROLS = {
    "OSC": "\x1b]0;owned\x07",
    "the clipboard": "\x1b]52;c;cm0gLXJm\x1b\\",
    "CSI": "\x1b[2J\x1b[31m",
    "C1": "\x9b2J\x9d0;owned\x9c\x90q\x9c",
    "DEL": "\x7f\x08\x08",
    "bells and shifts": "\x07\x0e\x0f\x00",
    "bidi": "\u202etxt\u2066\u2069\u200f\u061c",
    "a forged line": "x\nnotebook_chat: all is well",
    "an overwritten line": "x\rnotebook_chat: all is well",
    "other ends of lines": "x\x0bnotebook_chat: a\x0cnotebook_chat: b\x85notebook_chat: c\u2028notebook_chat: d",
}
"""What is written where a name or a message is expected."""

HARM = {
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
}
HARM |= set("\u200e\u200f\u061c\u2028\u2029")


def harmless(text: str, lines: int | None = None) -> bool:
    """Whether a text does nothing to a terminal, and has no more lines than it should."""
    return not HARM & set(text.replace("\n", "")) and (
        lines is None or len(text.rstrip("\n").split("\n")) <= lines
    )


@given(st.text(st.characters(codec=None)))
def test_the_two_gates(text: str) -> None:
    assert not (HARM - set("\n\t")) & set(printable(text))
    line = single_line(text)
    assert not HARM & set(line)
    assert single_line(line) == line
    assert not text.isprintable() or line == text or HARM & set(text)


@pytest.fixture(params=CONTROLS)
def hostile(request: pytest.FixtureRequest) -> str:
    """Each of the texts in turn."""
    return CONTROLS[request.param]


# --- errors, notes, logs --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 302, 400, 404, 429, 500])
async def test_what_a_server_says(
    hostile: str, status: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RetryPolicy, "delay", lambda self, attempt, error: 0.0 if attempt == 1 else None)
    caplog.set_level(logging.DEBUG, "notebook_chat")
    bodies = (
        json.dumps({"error": {"message": hostile, "code": hostile}}).encode(),
        f"<html><title>{hostile}</title>".encode(),
        f"data: {hostile}\n\n".encode(),
        f'data: {{"error": {json.dumps(hostile)}}}\n\n'.encode(),
        hostile.encode(),
    )
    for body in bodies:
        head = {"Location": f"https://{hostile}/", "Retry-After": "0", "x-request-id": hostile}
        transport = InMemory(Canned([body], status, head))
        result = OpenAI.create_async_generator(
            "m", "hi", api_key="key-key-key", transport=transport, retries=1
        )
        notes: list[str] = []
        with pytest.raises(errors.ChatError) as caught:
            async for event in result.events():
                notes.append(event.text if isinstance(event, Notice) else "")  # noqa: PERF401
        assert harmless(str(caught.value), 1)
        assert all(harmless(note, 1) for note in notes)
    assert all(harmless(record.getMessage(), 1) for record in caplog.records)


def test_an_error_of_ours(hostile: str) -> None:
    error = errors.ChatError(hostile, provider=hostile, hint=hostile)
    assert harmless(str(error), 1)
    error.message = error.hint = f"{hostile} again"
    assert harmless(f"{error} {error.message} {error.hint} {error.args}", 1)
    [line] = output.one_line(error)._render_traceback_()  # type: ignore[attr-defined]
    assert harmless(line, 1)


def test_a_panels_notice(hostile: str) -> None:
    board = NoticeBoard(lambda: None)
    board.tell(hostile)
    assert board.notice is not None
    assert harmless(board.notice.text, 1)


# --- what the magics print ------------------------------------------------------------------------------


def test_what_is_printed(hostile: str, capsys: pytest.CaptureFixture[str]) -> None:
    output.show_text(f"{hostile} answers")
    output.show_problem(hostile)
    output.show_table(None, ("a", "b"), [[hostile, hostile], ["x", hostile]])
    printed = capsys.readouterr()
    assert harmless(printed.out, 4)
    assert harmless(printed.err, 1)
    assert "\nnotebook_chat:" not in printed.out


@pytest.fixture
def shell(
    shared_shell: InteractiveShell,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[InteractiveShell]:
    """IPython in a terminal, with the extension."""
    monkeypatch.chdir(tmp_path)
    load_ipython_extension(shared_shell)
    yield shared_shell
    unload_ipython_extension(shared_shell)


def test_names_of_conversations_and_files(
    shell: Any, hostile: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = session_of(shell)
    assert session is not None
    name = f"n{hostile}"
    conversation = Conversation(name=name)
    chat = Chat(
        provider=parrot([hostile, ToolCall(0, "i", hostile, hostile), ModelName(hostile), Finish(hostile)])
    )
    chat.conversation = conversation
    chat.ask(hostile)
    session.take_in(conversation)
    (tmp_path / "broken.json").write_text(json.dumps({"name": hostile}))
    for line in ("status", "list", "history", "search x", f"use openai:{hostile}", "import broken.json", "nothing",
                 f"export {hostile}.txt", f"delete {hostile}", f"provider {hostile}", f"help {hostile}"):  # fmt: skip
        shell.run_cell(f"get_ipython().run_line_magic('chat', {line!r})")
        printed = capsys.readouterr()
        assert harmless(printed.out + printed.err), (line, printed)
        assert "\nnotebook_chat: a" not in printed.out + printed.err, line


# --- answers --------------------------------------------------------------------------------------------


def test_an_answer_in_a_terminal(hostile: str) -> None:
    out = io.StringIO()
    pieces = [TextDelta(one) for one in hostile]  # escapes that are cut are none
    script = [
        Notice(hostile),
        *pieces,
        ToolCall(0, "i", hostile, hostile),
        ModelName(hostile),
        Finish(hostile),
    ]
    play(Chat(provider=parrot(script)).reply("hi"), TerminalRenderer(out, notes=lambda: [hostile]))
    assert harmless(out.getvalue())
    said, _, rest = out.getvalue().rpartition("[asks for the tool")
    assert "\nnotebook_chat" not in rest
    assert said


def test_the_plain_text_of_a_cell_may_be_shown_in_a_terminal(hostile: str) -> None:
    sent: list[dict[str, Any]] = []

    def publish(data: dict[str, Any], metadata: Any, *, transient: Any, update: bool) -> None:
        sent.append(data)

    play(Chat(provider=parrot([hostile])).reply("hi"), DisplayRenderer(publish=publish))
    assert harmless(sent[-1]["text/plain"])
    assert harmless(printable(Answer(hostile)))
