"""The chat panel in a real JupyterLab and Notebook 7: what is on screen, and all that its user does."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from ..servers import Answer, Gate, Reasoning, Stall, echo
from .chats import EVERYTHING, Begin
from .lab import Lab, both_themes
from .panel_page import opened

CODE = "Like this:\n\n```python\nprint('hello')\n```\n\nThat is all.\n"


@both_themes
def test_a_conversation_is_on_screen(begin: Begin, lab: Lab, theme: Any) -> None:
    reply = Answer(Reasoning("Let me think about <b>this</b>."), EVERYTHING)
    cells = ["%chat panel", "%%chat\nShow me everything."]
    notebook, _ = begin(cells, reply, theme=theme, viewport=(1200, 1000))
    panel = opened(notebook)
    notebook.run(2)
    panel.expect_turns(1)
    answer = panel.answer(1)
    expect(panel.turn(1)).to_contain_text("Show me everything.")
    expect(answer.locator("h1")).to_have_text("Everything in one answer")
    expect(answer.locator("math").first).to_be_visible()
    expect(answer.locator("table").first).to_contain_text("299 792 458")
    expect(answer.locator("pre b").first).to_have_text("def")
    expect(answer).to_contain_text("It costs $5 and not $10; List<int> stays as it is.")
    thoughts = panel.turn(1).get_by_text("Let me think about <b>this</b>.")
    expect(thoughts).not_to_be_visible()
    panel.turn(1).get_by_text("Reasoning", exact=True).click()
    expect(thoughts).to_be_visible()
    expect(panel.turn(1)).to_contain_text("openai:gpt-5 · 11 + 7 tokens")
    expect(panel.model).to_have_value("openai:gpt-5")
    panel.log.evaluate("log => log.scrollTop = 0")
    panel.screenshot("everything")
    assert lab.canary.hits == ()


@both_themes
def test_regenerate_edit_delete_undo_and_clear(begin: Begin, theme: Any) -> None:
    notebook, server = begin(["%chat panel"], echo(), theme=theme)
    panel = opened(notebook)
    for number, word in enumerate(("one", "two", "three"), start=1):
        panel.ask(word)
        panel.expect_turns(number)
    panel.button("Regenerate", 2).click()
    notebook.page.wait_for_timeout(300)
    panel.expect_turns(3)
    assert [turn.text for turn in server.requests[3].turns if turn.role == "user"] == ["one", "two"]
    expect(panel.turn(3)).to_contain_text("stale")
    expect(panel.turn(1)).not_to_contain_text("stale")
    panel.screenshot("regenerated")

    panel.box.fill("half written")
    panel.button("Edit", 1).click()
    expect(panel.box).to_have_value("one")
    expect(panel.box).to_be_focused()
    expect(panel.panel).to_contain_text("Editing an earlier prompt")
    notebook.page.keyboard.press("Escape")
    expect(panel.box).to_have_value("half written")
    panel.button("Edit", 1).click()
    notebook.page.keyboard.type(" again")
    panel.screenshot("editing")
    notebook.page.keyboard.press("Enter")
    expect(panel.turn(1)).to_contain_text("one again")
    panel.expect_turns(3)
    expect(panel.turn(2)).to_contain_text("stale")
    assert [turn.text for turn in server.requests[4].turns] == ["one again"]
    expect(panel.box).to_have_value("half written")

    panel.button("Delete", 2).click()
    panel.expect_turns(2)
    expect(panel.turn(2)).to_contain_text("three")
    panel.screenshot("deleted")
    panel.button("Undo").click()
    panel.expect_turns(3)
    expect(panel.turn(2)).to_contain_text("two")

    panel.button("Clear").click()
    expect(panel.log.get_by_role("article")).to_have_count(0)
    expect(panel.log).to_contain_text("Ask something below")
    panel.screenshot("cleared")
    panel.button("Undo").click()
    panel.expect_turns(3)


@both_themes
def test_copy_and_insert(begin: Begin, theme: Any) -> None:
    notebook, _ = begin(["%chat panel", "'the last cell'"], Answer(CODE), theme=theme)
    panel = opened(notebook)
    panel.ask("how?")
    panel.expect_turns(1)

    def clipboard() -> str:
        return str(notebook.page.evaluate("() => navigator.clipboard.readText()"))

    panel.button("Copy", 1).click()
    expect(panel.panel).to_contain_text("Copied.")
    assert clipboard() == CODE
    code = panel.answer(1).get_by_role("group", name="Code")
    code.get_by_role("button", name="Copy").click()
    notebook.page.wait_for_timeout(100)
    assert clipboard() == "print('hello')"
    code.get_by_role("button", name="Insert").click()
    expect(panel.panel).to_contain_text("Inserted as a new cell.")
    code.get_by_role("button", name="Insert").click()
    expect(notebook.page.locator(".jp-Notebook .jp-Cell")).to_have_count(5)
    sources = [cell["source"] for cell in notebook.save()["cells"]]
    panel.screenshot("inserted")
    assert sources[1:] == ["%chat panel", "print('hello')", "print('hello')", "'the last cell'"]
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("hello")


def test_where_cells_cannot_be_inserted_the_code_is_copied(begin: Begin) -> None:
    notebook, _ = begin(["%chat panel"], Answer(CODE))
    panel = opened(notebook)
    panel.ask("how?")
    panel.expect_turns(1)
    # As in VS Code, whose widget manager knows no notebook.
    notebook.page.evaluate(
        """() => {
          const shared = window.__instruments.panel().context.model.sharedModel;
          Object.defineProperty(shared, "insertCell", { value: undefined });
        }"""
    )
    panel.answer(1).get_by_role("button", name="Insert").click()
    expect(panel.panel).to_contain_text("paste it into one")
    assert notebook.page.evaluate("() => navigator.clipboard.readText()") == "print('hello')"


@both_themes
def test_pickers_of_model_and_conversation(begin: Begin, theme: Any) -> None:
    cells = ["%chat panel", "%%chat -c side\nfrom a cell", "%chat use openai:gpt-4.1"]
    notebook, server = begin(cells, echo(), theme=theme)
    panel = opened(notebook)
    panel.ask("one")
    panel.expect_turns(1)
    panel.model.fill("openai:gpt-5-mini")
    panel.model.press("Enter")
    panel.ask("two")
    panel.expect_turns(2)
    [_, second] = [request for request in server.requests if request.method == "POST"]
    assert second.json["model"] == "gpt-5-mini"
    panel.model.fill("nobody:x")
    panel.model.press("Tab")
    expect(panel.panel).to_contain_text("no provider is called")
    panel.screenshot("unknown-model")
    expect(panel.model).to_have_value("openai:gpt-5-mini")
    notebook.run(3)
    expect(panel.model).to_have_value("openai:gpt-4.1")

    notebook.run(2)
    panel.picker.select_option("side")
    expect(panel.turn(1)).to_contain_text("from a cell")
    panel.expect_turns(1)
    panel.picker.select_option("New conversation")
    expect(panel.log.get_by_role("article")).to_have_count(0)
    panel.ask("fresh")
    panel.expect_turns(1)
    assert len(server.requests[-1].turns) == 1
    expect(panel.picker).to_have_value("chat-2")
    panel.picker.select_option("default")
    panel.expect_turns(2)


def test_cells_and_panel_go_on_from_each_other(begin: Begin) -> None:
    cells = ["%chat panel", "%%chat\nfrom a cell", "%chat undo"]
    notebook, server = begin(cells, echo())
    panel = opened(notebook)
    panel.ask("from the panel")
    panel.expect_turns(1)
    notebook.run(2)
    panel.expect_turns(2)
    asked = [turn.text for turn in server.requests[1].turns if turn.role == "user"]
    assert asked == ["from the panel", "from a cell"]
    panel.ask("once more")
    panel.expect_turns(3)
    assert len(server.requests[2].turns) == 5
    notebook.run(2)  # in its place
    panel.expect_turns(3)
    expect(panel.turn(2)).to_contain_text("from a cell")
    expect(panel.turn(3)).to_contain_text("stale")
    notebook.run(3)
    expect(panel.turn(3)).not_to_contain_text("stale")


def test_a_chat_cell_waits_for_the_answer_in_the_panel(begin: Begin) -> None:
    gate = Gate()
    notebook, server = begin(["%chat panel", "%%chat\nfrom a cell"], Answer("first ", gate, "whole"), echo())
    panel = opened(notebook)
    panel.ask("from the panel")
    expect(panel.answer(1)).to_contain_text("first")
    notebook.run(2, wait=False)
    expect(notebook.output(2)).to_contain_text("waiting for another answer in this conversation")
    gate.open()
    notebook.wait_idle()
    panel.expect_turns(2)
    assert [turn.text for turn in server.requests[1].turns] == [
        "from the panel",
        "first whole",
        "from a cell",
    ]


def test_the_panel_stops_the_answer_of_a_cell(begin: Begin) -> None:
    notebook, server = begin(["%chat panel", "%%chat\nhello", "'next'"], Answer("so far ", Stall()))
    panel = opened(notebook)
    notebook.run(2, wait=False)
    expect(panel.answer(1)).to_contain_text("so far")
    panel.button("Stop").click()
    notebook.wait_idle()
    expect(notebook.output(2)).to_contain_text("stopped")
    expect(panel.turn(1)).to_contain_text("stopped")
    assert server.exchange().disconnected.wait()


def test_a_first_look_at_the_panel(begin: Begin) -> None:
    """Its picture is the one in the README."""
    reverse = (
        "Slicing with a negative step does it:\n\n```python\ndef reverse(text: str) -> str:\n"
        '    return text[::-1]\n```\n\n`reverse("chat")` gives `"tahc"`.\n'
    )
    fast = "Yes: the copy is made in C, in time $O(n)$.\n"
    notebook, _ = begin(["%chat panel"], Answer(reverse), Answer(fast), viewport=(1000, 900))
    notebook.execute("application:toggle-left-area")
    panel = opened(notebook)
    panel.ask("How do I reverse a string in Python?")
    panel.expect_turns(1)
    panel.ask("And is it fast for long strings?")
    panel.expect_turns(2)
    panel.box.evaluate("box => box.blur()")
    panel.answer(1).locator("pre").hover()
    panel.screenshot("first-look")
