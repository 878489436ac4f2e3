"""Answers in a real JupyterLab and Notebook 7: streaming, smooth, kept, and readable when not trusted."""

from __future__ import annotations

import statistics
from typing import Any

from playwright.sync_api import expect

from ..answers import answer
from ..servers import Answer, Pause, Reasoning, Stall, echo
from .chats import EVERYTHING, Begin, paced
from .lab import Lab, both_themes, every_front_end


@both_themes
def test_an_answer_with_everything_in_it(begin: Begin, lab: Lab, theme: Any) -> None:
    reply = Answer(Reasoning("Let me think about <b>this</b>."), EVERYTHING)
    notebook, _ = begin(["%%chat\nShow me everything."], reply, theme=theme, viewport=(1280, 1500))
    notebook.run(1)
    output = notebook.output(1)
    expect(output.locator("h1")).to_have_text("Everything in one answer")
    expect(output.locator("li input[type=checkbox]")).to_have_count(2)
    expect(output.locator("math").first).to_be_visible()
    expect(output.locator("table").first).to_contain_text("299 792 458")
    expect(output).to_contain_text("It costs $5 and not $10; List<int> stays as it is.")
    expect(output.locator("details summary")).to_contain_text("Reasoning")
    expect(output).to_contain_text("openai:gpt-5 · 11 + 7 tokens")
    notebook.screenshot("everything")
    assert lab.canary.hits == ()


def test_a_first_conversation(begin: Begin) -> None:
    """Its picture is the one in the README."""
    function = (
        "Slicing with a negative step does it:\n\n```python\ndef reverse(text: str) -> str:\n"
        '    return text[::-1]\n```\n\n`reverse("chat")` gives `"tahc"`.\n'
    )
    cells = ["%%chat\nHow do I reverse a string in Python?", "%%chat\nAnd is it fast for long strings?"]
    notebook, server = begin(
        ["%load_ext notebook_chat", *cells],
        Answer(function),
        Answer("Yes: the copy is made in C, in time $O(n)$.\n"),
        load=False,
        viewport=(1000, 600),
    )
    notebook.activate(0)
    notebook.execute("notebook:delete-cell")  # where the test says which server to ask
    notebook.execute("application:toggle-left-area")
    notebook.run_all()
    expect(notebook.output(2)).to_contain_text("the copy is made in C")
    assert len(server.requests[1].turns) == 3
    notebook.screenshot("quickstart")


@every_front_end
def test_the_answer_streams_and_the_interrupt_button_stops_it(begin: Begin) -> None:
    notebook, server = begin(["%%chat\nhello", "print('next')"], Answer("so far ", Stall()))
    notebook.run(1, wait=False)
    expect(notebook.output(1)).to_contain_text("so far")
    notebook.interrupt()
    notebook.wait_idle()
    expect(notebook.output(1)).to_contain_text("stopped")
    expect(notebook.output(1)).not_to_contain_text("Traceback")
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("next")
    assert server.exchange().disconnected.wait()


@every_front_end
def test_running_a_cell_again_replaces_its_turn(begin: Begin) -> None:
    notebook, server = begin([f"%%chat\n{word}" for word in ("one", "two", "three")], echo())
    notebook.run_all()
    first = [[turn.text for turn in request.turns] for request in server.requests]
    notebook.run_all()
    again = [[turn.text for turn in request.turns] for request in server.requests][3:]
    # Run All loads the extension again, which changes nothing.
    assert again == first


@every_front_end
def test_one_valid_output_is_saved_and_is_readable_untrusted(begin: Begin, lab: Lab) -> None:
    notebook, _ = begin(["%%chat\nShow me everything."], Answer(EVERYTHING))
    notebook.run(1)
    node = notebook.save()
    [output] = node.cells[1].outputs
    assert output.data["text/plain"] == EVERYTHING
    assert output.metadata["notebook_chat"]["answer"] == EVERYTHING
    again = lab.reopen_untrusted(notebook)
    shown = again.output(1)
    expect(shown).to_contain_text("Everything in one answer")
    expect(shown).to_contain_text("return text[::-1]")
    expect(shown).to_contain_text("Euler: e^(iπ)+1=0, and displayed:")
    expect(shown).to_contain_text("∫_0^∞e^(−x^2)dx=(√π)/2")
    expect(shown.locator("table").first).to_contain_text("299 792 458")
    again.screenshot("everything-untrusted")
    assert lab.canary.hits == ()


def test_an_answer_in_many_pieces_ends_on_screen(begin: Begin) -> None:
    """A short one; `tests/benchmarks/on_screen.py` streams long ones, and takes the time."""
    notebook, _ = begin(["%%chat\nlong"], paced(answer(5_000), 800))
    with notebook.measure() as measured:
        notebook.run(1)
    expect(notebook.output(1)).to_contain_text("THE END")
    assert measured().received_bytes < 1e6


def test_reading_what_is_finished_is_not_disturbed(begin: Begin) -> None:
    """Scrolled to the middle of an answer that still grows, the reader stays there."""
    text = answer(6_000)
    notebook, _ = begin(["%%chat\nlong"], paced(text, 400))
    notebook.run(1, wait=False)
    target = notebook.output(1).locator("h2").nth(2)
    expect(target).to_be_visible(timeout=20_000)
    # In one go: each update replaces the heading.
    notebook.output(1).evaluate("output => output.querySelectorAll('h2')[2].scrollIntoView()")
    jumps = []
    with notebook.measure(anchor=".jp-Notebook h2:nth-of-type(3)") as measured:
        notebook.wait_idle(60)
    jumps.append(measured().largest_jump)
    print(f"\nlargest jump while the answer grew: {statistics.fmean(jumps):.0f} px")
    assert max(jumps) < 40


def test_the_waiting_is_shown_and_leaves_no_trace(begin: Begin) -> None:
    notebook, _ = begin(["%%chat\nhello"], Answer(Pause(1.0), "at last"))
    notebook.run(1, wait=False)
    expect(notebook.output(1)).to_contain_text("waiting for the answer")
    notebook.wait_idle()
    expect(notebook.output(1)).to_contain_text("at last")
    expect(notebook.output(1)).not_to_contain_text("waiting")
