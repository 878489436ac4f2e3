"""Looking at what goes out, and being asked about secrets, in real kernels."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from ..prompt.planted_keys import FORMATS, Keys
from .conftest import StartKernel
from .harness import Kernel
from .test_conversations import Session, session

__all__ = ["session"]  # a fixture

TOKEN = FORMATS["GitHub"](Keys(5))


def last_html(session: Session, cell: str) -> str:
    return "".join(json.loads(json.dumps(session.cells[cell][1]))[-1]["data"]["text/html"])


def test_a_dry_run_in_a_cell_that_has_a_turn_shows_its_place_and_changes_nothing(session: Session) -> None:
    for cell in "abc":
        session.chat(cell, cell)
    asked = len(session.server.requests)
    session.run("b", "%%chat --dry-run\nB")
    html = last_html(session, "b")
    assert "nothing was sent" in html
    assert "re a" in html
    assert "re c" not in html
    assert "<summary>3 messages</summary>" in html
    assert len(session.server.requests) == asked
    assert "(stale)" not in session.run("look", "%chat history")
    assert session.chat("d", "d") == ["a", "re a", "b", "re b", "c", "re c", "d"]
    assert session.chat("b", "B") == ["a", "re a", "B"]
    session.run("e", "%%chat --dry-run -o seen\nnew")
    session.run("f", "print(seen.body.decode())")
    assert session.chat("e", "new")[-1] == "new"
    assert session.server.requests[-1].body.decode() in "".join(session.cells["f"][1][0]["text"])


def test_what_went_out_is_shown_in_a_notebook_and_gone_with_the_kernel(session: Session) -> None:
    session.chat("a", "first")
    session.chat("b", "second")
    session.run("look", "%chat sent 1")
    html = last_html(session, "look")
    assert "first" in html
    assert "second" not in html
    assert "answered with status 200" in html
    session.run("body", "%chat sent --body")
    assert session.server.requests[-1].body.decode() in "".join(session.cells["body"][1][0]["text"])
    session.save()
    session.open()
    assert "What went out with turn 1 is not known any more" in session.run("look", "%chat sent 1")


def test_a_chat_in_python_looks_from_the_cell_that_runs(session: Session) -> None:
    session.chat("a", "first")
    code = "from notebook_chat import Chat\nc = Chat('openai:test', conversation='default')\n"
    session.run("b", f"{code}p = c.preview('second'); c.ask('second'); q = c.preview('second')")
    session.run(
        "b", f"{code}p = c.preview('second'); c.ask('second'); print(len(p.messages), len(c.conversation))"
    )
    assert "3 2" in "".join(session.cells["b"][1][0]["text"])


def test_nobody_can_be_asked_by_nbclient(session: Session) -> None:
    asked = len(session.server.requests)
    run = session.kernel.run(f"%%chat\nuse {TOKEN}", cell_id="a")
    assert run.status == "error"
    assert "nothing was sent" in run.text
    assert "%config ChatMagics.secrets" in run.text
    assert TOKEN not in run.text
    assert len(session.server.requests) == asked
    session.run("set", "%config ChatMagics.secrets = 'redact'")
    assert session.chat("a", f"use {TOKEN}")[-1] == "use [redacted GitHub token]"
    assert "redacted: GitHub token (in the prompt)" in str(session.cells["a"][1])


@pytest.fixture
def answering(session: Session) -> Iterator[BlockingKernelClient]:
    """A front end beside the other one, which can be asked."""
    client = BlockingKernelClient()
    client.load_connection_info(session.kernel.process._manager.get_connection_info())
    client.start_channels(hb=False)
    yield client
    client.stop_channels()


def test_the_user_is_asked_by_the_front_end(session: Session, answering: Any) -> None:
    questions: list[str] = []

    def answer(message: Any) -> None:
        questions.append(message["content"]["prompt"])
        answering.input("y")

    reply = answering.execute_interactive(
        f"%%chat\nuse {TOKEN}",
        allow_stdin=True,
        stdin_hook=answer,
        output_hook=lambda message: None,
        timeout=30,
    )
    assert reply["content"]["status"] == "ok"
    assert questions == [
        "There is what looks like a secret: GitHub token (in the prompt). Send it? [y/N/r = redact] "
    ]
    assert session.sent[-1] == f"use {TOKEN}"


def test_the_history_on_the_disk_has_nothing_of_a_dry_run(start_kernel: StartKernel, tmp_path: Any) -> None:
    home = tmp_path / "home"
    kernel: Kernel = start_kernel(env={"NOTEBOOK_CHAT_HOME": str(home), "OPENAI_API_KEY": "none-at-all-1"})
    kernel.run("%load_ext notebook_chat", cell_id="load")
    run = kernel.run("%%chat -m openai:test --dry-run\nsomething to look at", cell_id="a")
    assert run.status == "ok"
    kernel.run("%unload_ext notebook_chat", cell_id="load")
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert b"something to look at" not in kept


def rows(session: Session, line: str = "") -> list[list[str]]:
    """The table of `%chat sent`, by its cells."""
    session.run("look", f"%chat sent {line}")
    tables = ["".join(one["data"].get("text/plain", "")) for one in session.cells["look"][1] if "data" in one]
    return [re.split(r"  +", row) for row in tables[0].splitlines()[1:]]


def test_the_requests_of_a_notebook_are_listed_by_their_cells_over_kernels(session: Session) -> None:
    session.chat("a", "what is first")
    session.chat("b", "what is second")
    session.chat("a", "what is first now")
    listed = rows(session, "--last 9")
    assert [(row[4], row[5], row[6]) for row in listed] == [
        ("openai:test", "In[4]", "200"),  # the cell ran again since, and has one number
        ("openai:test", "In[3]", "200"),
        ("openai:test", "In[4]", "200"),
    ]
    first = session.kernel
    session.save()
    session.open()
    session.chat("c", "in another kernel")
    assert [row[5] for row in rows(session, "--last 9")] == [
        "“what is first now”",
        "“what is second”",
        "“what is first now”",
        "In[2]",
    ]
    second, session.kernel = session.kernel, first  # which goes on beside it
    session.chat("d", "in the first one")
    session.kernel = second
    assert [row[0] for row in rows(session, "--last 9")] == ["1", "2", "3", "4", "5"]
    assert "The log is whole: 5 requests." in session.run("check", "%chat sent --check")


def test_a_statement_of_a_notebook_is_shown_as_one_and_knows_what_was_edited(session: Session) -> None:
    session.chat("a", "the first")
    session.chat("b", "the second")
    session.cells["b"] = ("%%chat\nthe second, edited", session.cells["b"][1])
    session.save()
    session.run("s", "%chat statement --prompts")
    html = last_html(session, "s")
    assert "<h1>Use of AI</h1>" in html
    assert "Of 1 prompt the cell holds another text now" in html
    assert html.count("its cell holds another prompt now") == 1
    assert "mine.ipynb" in html
    assert str(session.path.parent) not in html
