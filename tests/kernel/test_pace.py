"""Cells that wait for their turn at a service, in a real kernel: it is shown, and an interrupt ends it at once."""

from __future__ import annotations

from typing import Any

from ..servers import Answer, Failure, Pause
from ..servers.replies import retry_after
from .test_magics import Begin, answer_of, begin

__all__ = ["begin"]  # a fixture

PACE = "%config ChatMagics.pace = {'openai': '1 requests / minute'}"


def waits(run: Any) -> bool:
    return "waiting for openai" in str(run.displays)


def test_a_cell_that_waits_says_so_and_an_interrupt_ends_it_at_once(begin: Begin) -> None:
    kernel, server = begin(Answer("fine"))
    assert kernel.run(PACE).status == "ok"
    assert answer_of(kernel.run("%%chat\none")) == "fine"
    seconds = []
    for _ in range(3):
        run = kernel.submit("%%chat\ntwo", cell_id="two").wait_for(waits)
        assert "1 request a minute, about" in str(run.displays)
        interrupted_at = kernel.interrupt()
        assert run.wait().status == "error"
        seconds.append((run.finished_at or 0.0) - interrupted_at)
    print(f"\ninterrupt to idle, ms: {[round(1000 * value, 1) for value in sorted(seconds)]}")
    assert min(seconds) < 1
    assert len(server.requests) == 1
    kernel.run("%config ChatMagics.pace = ''")
    assert answer_of(kernel.run("%%chat\nthree")) == "fine"
    assert len(server.requests) == 2


def test_the_pace_goes_on_when_the_extension_is_loaded_anew(begin: Begin) -> None:
    kernel, server = begin(Answer("fine"))
    kernel.run(PACE)
    kernel.run("%%chat\none")
    kernel.run("%reload_ext notebook_chat\n%config ChatMagics.model = 'openai:test'")
    kernel.run(PACE)
    run = kernel.submit("%%chat\ntwo").wait_for(waits)
    kernel.interrupt()
    run.wait()
    assert len(server.requests) == 1


def test_a_pause_that_one_cell_was_asked_for_holds_the_next_one_back(begin: Begin) -> None:
    kernel, server = begin(Failure("rate_limit", headers=retry_after(31)), Answer("fine"))
    assert "asks to wait" in str(kernel.run("%%chat\none").outputs)  # longer than it is asked again for
    run = kernel.submit("%%chat\ntwo").wait_for(waits)
    assert "it has asked for a pause, about" in str(run.displays)
    kernel.interrupt()
    assert run.wait().status == "error"
    assert len(server.requests) == 1


def test_a_cell_goes_before_what_goes_on_in_the_background(begin: Begin) -> None:
    kernel, server = begin(Answer("a", Pause(0.3), "b"))
    kernel.run("%config ChatMagics.pace = '1 at once'")
    kernel.run(
        "import asyncio\nfrom notebook_chat import Chat\n"
        "tasks = [asyncio.create_task(Chat('openai:test').ask_async(f'background {n}')) for n in range(6)]\n"
        "await asyncio.sleep(0.1)"
    )
    assert answer_of(kernel.run("%%chat\nof a cell")) == "ab"
    order = [request.turns[-1].text for request in server.requests]
    assert order[0] == "background 0"
    assert "of a cell" in order[1:4]


def test_a_wrong_pace_is_refused_in_words(begin: Begin) -> None:
    kernel, _ = begin(Answer("fine"))
    run = kernel.run("%config ChatMagics.pace = {'openai': 'fast'}")
    assert "does not begin with a number" in str(run.outputs) + run.text
    assert answer_of(kernel.run("%%chat\none")) == "fine"
