"""Before the cell's thread turns to something else, such as a question, the cell shows what has come until then."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest

from notebook_chat import Chat, runner
from notebook_chat.renderers import (
    ColumnsRenderer,
    DisplayRenderer,
    SectionsRenderer,
    SilentRenderer,
    TerminalRenderer,
    TextRenderer,
    play,
)
from notebook_chat.tools import PendingCall, Tell, Verdict

from ..test_shown_parts import Published
from .scripted import Made, scripted
from .test_rounds import called, said

WORDS = "waiting for your yes to add"


class Asks:
    """Has the thread of the cell ask, which looks at what the cell shows meanwhile."""

    def __init__(self) -> None:
        self.look: Callable[[], str] = str
        self.seen: list[str] = []

    async def decide(self, call: PendingCall, tell: Tell) -> Verdict:
        tell(WORDS, None)
        await asyncio.to_thread(str)  # the question is made
        return Verdict(await runner.in_caller(lambda: self.seen.append(self.look()) is None))


def asked(*models: str) -> tuple[Any, Asks]:
    """An answer that asks, of one model or several, and who is asked."""
    asks = Asks()
    add = Made("add", lambda values: "5", given=False)
    calls = called(
        ("c1", "add", '{"a": 2}'), text="Let me see. " * 2000
    )  # after which the next update is far
    chat = Chat(provider=scripted(calls, said("5.")), tools=[add], permit=asks)
    return chat.comparison("hi", models) if models else chat.reply("hi"), asks


@pytest.mark.parametrize("kind", [DisplayRenderer, TextRenderer, SilentRenderer])
@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_cell_shows_the_call_that_it_asks_about(kind: type[DisplayRenderer], form: Any) -> None:
    published = Published()
    reply, asks = asked()
    asks.look = lambda: str(published.last)
    play(reply, kind(publish=published, form=form))
    [seen] = asks.seen
    assert WORDS in seen
    assert ("add(a=2)" in seen) == (kind is not SilentRenderer)


def test_nothing_is_sent_while_a_cell_takes_no_updates() -> None:
    published = Published()
    reply, asks = asked()
    asks.look = lambda: str(published.last)
    play(reply, DisplayRenderer(publish=published, live=False))
    assert asks.seen == ["[]"]


def test_columns_show_all_calls_before_the_first_question() -> None:
    published = Published()
    reply, asks = asked("one", "two")
    asks.look = lambda: str(published.last)
    play(
        reply,
        ColumnsRenderer(
            reply.columns, lambda one, send, notes: DisplayRenderer(publish=send), publish=published
        ),
    )
    assert asks.seen
    assert all(WORDS in seen and "add(a=2)" in seen for seen in asks.seen)


@pytest.mark.parametrize("several", [False, True])
def test_a_terminal_has_the_lines_above_the_question(several: bool) -> None:
    out = io.StringIO()
    reply, asks = asked(*["one"] * several)
    asks.look = out.getvalue
    renderer: Any = TerminalRenderer(out)
    if several:
        renderer = SectionsRenderer(reply.columns, lambda column, notes: TerminalRenderer(out), out=out)
    play(reply, renderer)
    assert WORDS in asks.seen[0]


def test_a_tool_in_the_cells_own_thread_is_shown_while_it_runs() -> None:
    published = Published()
    seen: list[str] = []
    add = Made("add", lambda values: runner.in_caller(lambda: seen.append(str(published.last))))
    calls = called(("c1", "add", '{"a": 2}'), text="Let me see.")
    chat = Chat(provider=scripted(calls, said("5.")), tools=[add])
    play(chat.reply("hi"), DisplayRenderer(publish=published))
    assert "add(a=2)" in seen[0]
    assert "running add" in seen[0]
