"""Writing in the panel: the keys, the focus, images, and that nothing written is lost."""

from __future__ import annotations

import base64
from typing import Any

from playwright.sync_api import Locator, expect

from ..servers import Answer, Failure, Gate, Stall, StreamFailure, echo
from .chats import Begin
from .lab import Lab, both_themes
from .panel_page import opened

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@both_themes
def test_writing(begin: Begin, theme: Any) -> None:
    """Enter sends, Shift+Enter breaks the line, Up recalls; the front end's keys stay what they are."""
    notebook, server = begin(
        ["%chat panel", "1 + 1"], Answer("first"), Answer("so far ", Stall()), theme=theme
    )
    panel = opened(notebook)
    keyboard = notebook.page.keyboard
    panel.box.click()
    keyboard.type("one")
    keyboard.press("Shift+Enter")
    keyboard.type("two dd xx aa bb")
    keyboard.press("Enter")
    panel.expect_turns(1)
    expect(panel.box).to_have_value("")
    expect(panel.box).to_be_focused()
    assert server.requests[0].turns[-1].text == "one\ntwo dd xx aa bb"
    keyboard.press("ArrowUp")
    expect(panel.box).to_have_value("one\ntwo dd xx aa bb")
    keyboard.press("ArrowDown")
    expect(panel.box).to_have_value("")
    keyboard.type("again")
    keyboard.press("Enter")
    expect(panel.answer(2)).to_contain_text("so far")
    expect(panel.button("Stop")).to_be_visible()
    panel.screenshot("answering")
    keyboard.press("Escape")
    expect(panel.turn(2)).to_contain_text("stopped")
    expect(panel.answer(2)).to_contain_text("so far")
    assert server.exchange(-1).disconnected.wait()
    assert [cell.count for cell in notebook.cells] == [1, 2, None]


@both_themes
def test_the_front_ends_shortcuts_work_and_its_command_keys_do_not(begin: Begin, theme: Any) -> None:
    notebook, _ = begin(["%chat panel", "1 + 1"], echo(), theme=theme)
    panel = opened(notebook)
    keyboard = notebook.page.keyboard
    panel.ask("hello")
    panel.expect_turns(1)
    notebook.page.evaluate("() => window.__instruments.save()")
    for focused in (panel.box, panel.button("Regenerate", 1), panel.log, panel.model):
        focused.focus()
        for key in ("d", "d", "x", "a", "b", "m", "0", "0"):
            keyboard.press(key)
        expect(focused).to_be_focused()
    assert [cell.type for cell in notebook.cells] == ["code", "code", "code"]
    expect(notebook.page.get_by_role("dialog")).to_have_count(0)
    for focused in (panel.box, panel.button("Clear")):
        focused.focus()
        saves = notebook.commands.count("docmanager:save")
        keyboard.press("Control+s")
        notebook.page.wait_for_function(
            "count => window.__instruments.commands().filter((id) => id === 'docmanager:save').length > count",
            arg=saves,
        )
    panel.button("Regenerate", 1).focus()
    keyboard.press("Enter")  # the button's, and not the notebook's edit mode
    expect(panel.box).to_have_value("ddxabm00")
    panel.expect_turns(1)


def test_the_focus_is_never_lost_to_the_notebook(begin: Begin) -> None:
    """What had it may be gone; the next key must not be a command of the notebook's."""
    notebook, _ = begin(["%chat panel"], Answer("one"), Answer("two"), Answer("so far ", Stall()))
    panel = opened(notebook)
    keyboard = notebook.page.keyboard
    for number, word in enumerate(("one", "two"), start=1):
        panel.ask(word)
        panel.expect_turns(number)
    panel.button("Delete", 2).focus()
    keyboard.press("Enter")
    panel.expect_turns(1)
    expect(panel.log).to_be_focused()
    panel.button("Undo").focus()
    keyboard.press("Enter")
    panel.expect_turns(2)
    expect(panel.box).to_be_focused()
    panel.button("Regenerate", 2).focus()
    keyboard.press("Enter")
    expect(panel.answer(2)).to_contain_text("so far")
    expect(panel.log).to_be_focused()
    panel.button("Stop").focus()
    keyboard.press("Enter")
    expect(panel.turn(2)).to_contain_text("stopped")
    expect(panel.box).to_be_focused()


def give(
    target: Locator, event: str, data: bytes = PIXEL, kind: str = "image/png", name: str = "dot.png"
) -> None:
    """Pastes or drops a file, as the browser would tell of it."""
    target.evaluate(
        """(element, [event, base64, type, name]) => {
          const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name, { type }));
          const options = { bubbles: true, cancelable: true };
          const told = event === "paste"
            ? new ClipboardEvent("paste", { ...options, clipboardData: data })
            : new DragEvent("drop", { ...options, dataTransfer: data });
          element.dispatchEvent(told);
        }""",
        [event, base64.b64encode(data).decode(), kind, name],
    )


@both_themes
def test_an_image_is_pasted_or_dropped(begin: Begin, theme: Any, lab: Lab) -> None:
    notebook, server = begin(["%chat panel"], echo(), theme=theme)
    panel = opened(notebook)
    give(panel.box, "paste")
    give(panel.log, "drop")
    chips = panel.panel.get_by_role("button", name="Remove dot.png")
    expect(chips).to_have_count(2)
    chips.first.click()
    expect(chips).to_have_count(1)
    panel.screenshot("image")
    panel.ask("what is this?")
    panel.expect_turns(1)
    expect(panel.turn(1).get_by_role("img", name="Image of the prompt")).to_be_visible()
    [_, image] = server.requests[0].json["messages"][-1]["content"]
    assert image["image_url"]["url"].endswith(base64.b64encode(PIXEL).decode())
    give(panel.box, "paste", bytes(8_000_001))
    expect(panel.panel).to_contain_text("too large")
    give(panel.box, "paste", b"no image at all")
    panel.ask("and this?")
    expect(panel.panel).to_contain_text("dot.png is not the image that its name says")
    expect(panel.box).to_have_value("and this?")  # nothing is lost
    expect(chips).to_have_count(1)
    assert lab.canary.hits == ()


def test_what_fails_is_told_in_one_line_and_nothing_written_is_lost(begin: Begin) -> None:
    notebook, _ = begin(["%chat panel"], Failure("authentication"), Answer("fine"))
    panel = opened(notebook)
    panel.ask("an important question")
    expect(panel.panel.locator(".nc-error")).to_contain_text("openai")
    expect(panel.box).to_have_value("an important question")
    expect(panel.log.get_by_role("article")).to_have_count(0)
    panel.screenshot("error")
    panel.box.press("Enter")
    panel.expect_turns(1)
    expect(panel.panel.locator(".nc-error")).to_have_count(0)


def test_a_prompt_that_failed_is_brought_back_by_up_when_something_else_was_written(begin: Begin) -> None:
    gate = Gate()
    notebook, _ = begin(["%chat panel"], Answer(gate, StreamFailure("bad_request")))
    panel = opened(notebook)
    panel.ask("an important question")
    notebook.page.keyboard.insert_text("something else")
    gate.open()
    expect(panel.panel.locator(".nc-error")).to_be_visible()
    expect(panel.box).to_have_value("something else")
    panel.box.fill("")
    panel.box.press("ArrowUp")
    expect(panel.box).to_have_value("an important question")
