"""The panel asks whether a tool may run: by buttons, while a cell computes, in each of its views, and as text."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, expect

from .canary import CALL, HOST
from .chats import Begin
from .lab import Lab, every_front_end
from .panel_page import PanelPage

SET_UP = """
import asyncio, json, pathlib
from notebook_chat import Chat, ChatPanel
from notebook_chat.events import Finish, TextDelta, ToolCall
from notebook_chat.providers import AsyncGeneratorProvider
from notebook_chat.renderers import DisplayRenderer, play
from notebook_chat.tool_spec import ToolSpec
from notebook_chat.tools import Confirmation, Tool, ToolOutput, Verdict

def from_file(name, default):
    path = pathlib.Path(name)
    return json.loads(path.read_text()) if path.exists() else default

ARGUMENTS = from_file("arguments.json", {"a": 2, "b": 3})
MORE = from_file("more.json", {"why": "", "proposal": ""})

class Scripted(AsyncGeneratorProvider):
    name, default_model, options = "scripted", "s", frozenset({"tools", "tool_choice"})
    asked = 0

    @classmethod
    async def stream(cls, model, messages, **options):
        cls.asked += 1
        if messages[-1].role == "tool":
            yield TextDelta("It **gave** something.")
            yield Finish("stop")
        else:
            yield TextDelta("Let me see.")
            for number in range(2 if "both" in messages[-1].text else 1):
                yield ToolCall(number, f"c{cls.asked}-{number}", "add", json.dumps(ARGUMENTS))
            yield Finish("tool_calls")

class Add(Tool):
    spec, kind, server, ran = ToolSpec("add", "Adds.", {"type": "object"}), "mcp", MORE.get("server", "sums"), []

    async def run(self, arguments, tell):
        self.ran.append(dict(arguments))
        for place in range(int(MORE.get("steps", 0))):
            tell(f"adding {place}", place / 10)
            await asyncio.sleep(0.3)
        return ToolOutput.text(MORE.get("result") or str(arguments))

class Asks:
    def __init__(self, confirmer=None):
        self.confirmer = confirmer

    def asking(self, confirmer):
        return Asks(confirmer)

    async def decide(self, call, tell):
        if self.confirmer is None:
            return Verdict(True)
        tell(f"waiting for your yes: {call.tool.name}", None)
        tool = call.tool
        asked = Confirmation(tool.name, tool.kind, call.arguments, tool.server, MORE["why"], MORE["proposal"],
                             model=call.model)
        reply = await self.confirmer.ask(asked)
        return Verdict(reply is not None and reply.yes, reply and reply.arguments, reply.words if reply else "")

chat = Chat(provider=Scripted, tools=[Add()], permit=Asks())
"""
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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_hostile_call_is_text(begin: Begin, lab: Lab, theme: str) -> None:
    more = {"why": WORDS, "proposal": "-a = 1\n+a = 2\n" + WORDS, "server": WORDS, "result": WORDS * 3}
    files = {"arguments.json": json.dumps({"a": WORDS, WORDS: [WORDS]}), "more.json": json.dumps(more)}
    notebook, _ = begin([SET_UP + PANEL], files=files)
    if theme == "dark":
        notebook.page.evaluate(DARK)
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
    notebook, _ = begin([SET_UP + PANEL])
    notebook.run(1)
    notebook.page.set_viewport_size({"width": 480, "height": 800})
    panel = PanelPage(notebook)
    panel.ask("2 + 3?")
    expect(question(panel)).to_be_visible()
    for name in ("Yes, once", "Yes, for this conversation", "Yes, for this notebook", "Yes, always", "No"):
        panel.button(name).scroll_into_view_if_needed()
        expect(panel.button(name)).to_be_in_viewport()
    panel.screenshot("question-narrow")
    panel.button("Yes, once").click()
    panel.expect_turns(1)


DARK = """() => {
  const app = window.jupyterapp ?? window.jupyterlab ?? window.__instruments.app();
  return app.commands.execute("apputils:change-theme", { theme: "JupyterLab Dark" });
}"""
