"""The panel asks whether a tool may run: by buttons, while a cell computes, in each of its views, and as text."""

from __future__ import annotations

import json

from playwright.sync_api import Locator, expect

from ..tools.in_kernels import SET_UP
from .canary import CALL, HOST
from .chats import Begin
from .lab import Lab, both_themes, every_front_end
from .panel_page import PanelPage

PANEL = "panel = ChatPanel(chat)\npanel"
COMPUTE = """
import time
print("computing", flush=True)
while not pathlib.Path("enough").exists():
    time.sleep(0.01)
print("computed", Add.ran)
"""


def question(panel: PanelPage) -> Locator:
    return panel.panel.get_by_role("region", name="A tool waits for your answer")


@every_front_end
def test_a_yes_arrives_while_a_cell_computes(begin: Begin, lab: Lab) -> None:
    notebook, _ = begin([SET_UP + PANEL, COMPUTE])
    notebook.run(1)
    panel = PanelPage(notebook)
    notebook.run(2, wait=False)
    expect(notebook.output(2)).to_contain_text("computing")
    panel.ask("2 + 3?")
    asked = question(panel)
    expect(asked).to_contain_text("scripted:s asks to run add (of the server sums)")
    expect(asked.locator("pre").first).to_contain_text('"a": 2')
    expect(panel.answer(1).locator("summary")).to_contain_text("add(a=2, b=3) …")
    expect(panel.turn(1)).to_contain_text("waiting for your yes: add …")
    panel.screenshot("question")
    panel.button("Yes, for this conversation").click()
    expect(panel.answer(1)).to_contain_text("It gave something.")
    expect(asked).to_be_hidden()
    panel.expect_turns(1)
    panel.ask("again")
    panel.button("No").click()
    expect(panel.answer(2)).to_contain_text("not run")
    panel.expect_turns(2)
    panel.ask("and once more")
    expect(asked).to_be_visible()
    panel.button("Stop").click()
    expect(panel.turn(3)).to_contain_text("stopped")
    expect(asked).to_be_hidden()
    panel.screenshot("answered")
    (notebook.path.parent / "enough").touch()
    notebook.wait_idle()
    expect(notebook.output(2)).to_contain_text("computed [{'a': 2, 'b': 3}]")


def test_it_is_answered_by_the_keyboard_and_arguments_are_changed(begin: Begin, lab: Lab) -> None:
    notebook, _ = begin([SET_UP + PANEL, "panel", "print(Add.ran)"])
    notebook.run(1)
    notebook.run(2)
    panel, other = PanelPage(notebook, 0), PanelPage(notebook, 1)
    panel.ask("2 + 3?")
    expect(question(other)).to_be_visible()  # another view of the same
    keyboard = notebook.page.keyboard
    keyboard.insert_text("still writing")
    expect(panel.box).to_have_value("still writing")  # the focus stays where the reader is
    expect(panel.button("Change arguments")).to_be_enabled()
    panel.button("Change arguments").focus()
    keyboard.press("Enter")
    box = question(panel).get_by_role("textbox", name="Arguments as JSON")
    expect(box).to_be_focused()
    box.fill('{"a": ')
    panel.button("Yes, once").click()
    expect(panel.panel).to_contain_text("the arguments are no JSON")
    box.fill('{"a": 40}')
    panel.screenshot("question-changed")
    panel.button("Yes, once").focus()
    keyboard.press("Enter")
    expect(panel.answer(1)).to_contain_text("It gave something.")
    expect(question(panel)).to_be_hidden()
    expect(question(other)).to_be_hidden()
    expect(panel.box).to_be_focused()
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("[{'a': 40}]")


WORDS = (
    f"</pre><img src='http://{HOST}/x' onerror='{CALL}(0)'><script>{CALL}(0)</script> ![x](http://{HOST}/m) "
    f"$\\href{{javascript:{CALL}(0)}}{{x}}$ \u202egnp.exe\u200b\x1b[2J [a](http://{HOST}/link)"
)


@both_themes
def test_a_hostile_call_is_text(begin: Begin, lab: Lab, theme: str) -> None:
    more = {"why": WORDS, "proposal": "-a = 1\n+a = 2\n" + WORDS, "server": WORDS, "result": WORDS * 3}
    files = {"arguments.json": json.dumps({"a": WORDS, WORDS: [WORDS]}), "more.json": json.dumps(more)}
    notebook, _ = begin([SET_UP + PANEL], files=files, theme=theme)
    notebook.run(1)
    panel = PanelPage(notebook)
    panel.ask("both")
    asked = question(panel)
    expect(asked).to_be_visible()
    assert asked.locator("img, script, a, iframe, math, mjx-container").count() == 0
    assert "\u202e" not in asked.inner_text()
    panel.screenshot(f"question-hostile-{theme}")
    panel.button("Yes, once").click()
    expect(panel.answer(1).locator("details")).to_have_count(1 + 1)
    panel.button("Yes, once").click()
    expect(panel.answer(1)).to_contain_text("It gave something.")
    panel.expect_turns(1)
    answer = panel.answer(1)
    answer.evaluate("element => { for (const one of element.querySelectorAll('details')) one.open = true; }")
    notebook.settle(60)
    assert answer.locator("img, script, a, iframe, math, mjx-container").count() == 0
    panel.screenshot(f"question-hostile-answered-{theme}")
    notebook.scroll_through()
    assert lab.canary.hits == ()


def test_it_is_there_in_a_narrow_panel(begin: Begin, lab: Lab) -> None:
    notebook, _ = begin([SET_UP + PANEL], viewport=(700, 800))
    notebook.run(1)
    panel = PanelPage(notebook)
    panel.ask("2 + 3?")
    expect(question(panel)).to_be_visible()
    for name in ("Yes, once", "Yes, for this conversation", "Yes, for this notebook", "Yes, always", "No"):
        panel.button(name).scroll_into_view_if_needed()
        expect(panel.button(name)).to_be_in_viewport()
    panel.screenshot("question-narrow")
    panel.button("Yes, once").click()
    panel.expect_turns(1)
