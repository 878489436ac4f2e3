"""Hostile answers, reasoning, prompts and names in the panel: nothing runs, nothing is fetched."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from ..markup.hostile import HOSTILE
from .canary import Canary
from .chats import Begin
from .lab import FrontEnd, Lab
from .notebook_page import NotebookPage
from .panel_page import PanelPage, opened

PREFIXES = 4

HOSTILE_PANEL = """
import asyncio, json, pathlib
from notebook_chat import Chat, ChatPanel
from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.events import ReasoningDelta, TextDelta
from notebook_chat.messages import Message
answers = json.loads(pathlib.Path("hostile.json").read_text(encoding="utf-8"))
async def hostile(messages):
    text = answers[int(messages[-1]["content"].split()[0])]
    step = max(1, len(text) // {prefixes})
    for start in range(0, len(text), step):
        yield TextDelta(text[start : start + step])
        yield ReasoningDelta(text[start : start + step])
        await asyncio.sleep(0.06)
panel = ChatPanel(Chat(provider=hostile))
panel
"""

ASK = """
from notebook_chat.errors import ChatError
for number, text in enumerate(answers):
    if number {which}:
        # The prompt is as hostile as the answer.
        panel.chat.ask(f"{{number}} {{text}}")
"""

OLD = """
turns = [Turn(Message("user", text), answered(text, text), model=text) for text in answers]
ChatPanel(Chat(provider=hostile, conversation=Conversation(answers[0], turns=turns)))
"""


in_halves = pytest.mark.parametrize(
    ("lab", "half"), [(FrontEnd.JUPYTERLAB, 0), (FrontEnd.NOTEBOOK, 1)], indirect=["lab"], ids=str
)
"""Runs a test once in each front end, each time for one half of the hostile answers."""


def scrolled_through(notebook: NotebookPage, panel: PanelPage, turns: int) -> None:
    """Has each turn on screen once, so that what waits for being seen is seen too."""
    for number in range(1, turns + 1):
        turn = panel.turn(number)
        turn.evaluate("turn => turn.scrollIntoView({ block: 'center' })")
        expect(turn).not_to_have_class(re.compile("nc-absent"))
    notebook.settle(120)
    panel.expect_turns(turns)


@in_halves
def test_hostile_answers_do_nothing_on_their_way_and_at_the_end(begin: Begin, lab: Lab, half: int) -> None:
    """Each comes in pieces, as an answer and as its reasoning, to a prompt that is as hostile; one half of them
    in each front end."""
    armed = [Canary.arm(one.text, number) for number, one in enumerate(HOSTILE)]
    files = {"hostile.json": json.dumps(armed)}
    cells = [HOSTILE_PANEL.format(prefixes=PREFIXES), ASK.format(which=f"% 2 == {half}")]
    notebook, _ = begin(cells, files=files)
    panel = opened(notebook)
    notebook.run(2, timeout=240)
    count = len(HOSTILE[half::2])
    expect(panel.log.get_by_role("article")).to_have_count(count)
    scrolled_through(notebook, panel, count)
    harm = {HOSTILE[tag].name if tag is not None else "?" for tag in lab.canary.hits_by_tag()}
    print(f"\n{count} hostile answers streamed into the panel: {len(harm)} did harm")
    assert harm == set()


@in_halves
def test_a_hostile_conversation_that_is_opened_does_nothing(begin: Begin, lab: Lab, half: int) -> None:
    """As when a notebook from elsewhere is restored: answers, reasoning, models and prompts are all hostile; one
    half of them in each front end."""
    armed = [Canary.arm(one.text, number) for number, one in enumerate(HOSTILE)][half::2]
    files = {"hostile.json": json.dumps(armed)}
    notebook, _ = begin([HOSTILE_PANEL.format(prefixes=PREFIXES), OLD], files=files)
    notebook.run(1)
    PanelPage(notebook)
    notebook.run(2)
    panel = PanelPage(notebook, 1)
    scrolled_through(notebook, panel, len(armed))
    harm = {HOSTILE[tag].name if tag is not None else "?" for tag in lab.canary.hits_by_tag()}
    print(f"\n{len(armed)} hostile turns opened in the panel: {len(harm)} did harm")
    assert harm == set()


def test_the_check_can_fail(begin: Begin, lab: Lab) -> None:
    """The same, past the safety layer: the blocks are what the model wrote."""
    armed = [Canary.arm(one.text, number) for number, one in enumerate(HOSTILE)]
    files = {"hostile.json": json.dumps(armed)}
    unsafe = (
        "from notebook_chat.panel.view_state import ViewState, _Rendered\n"
        "ViewState._shown = lambda self, turn: _Rendered((turn.answer,), '', ())\n"
    )
    notebook, _ = begin([HOSTILE_PANEL.format(prefixes=PREFIXES), unsafe + OLD], files=files)
    notebook.run(1)
    PanelPage(notebook)
    notebook.run(2)
    panel = PanelPage(notebook, 1)
    expect(panel.log.get_by_role("article")).to_have_count(len(HOSTILE))
    notebook.settle(60)
    assert len(lab.canary.hits_by_tag()) > 0


def test_nothing_of_a_key_reaches_the_browser(begin: Begin) -> None:
    key = "sk-planted-0123456789abcdef"
    cells = [
        f"from notebook_chat import Chat, ChatPanel\npanel = ChatPanel(Chat('openai:gpt-5', api_key={key!r}))\npanel",
        "import json; json.dumps([panel.get_state(), panel.get_manager_state()], default=str)",
    ]
    received: list[str] = []
    notebook, _ = begin(cells)
    notebook.page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda data: received.append(str(data)))
    )
    notebook.reload()
    panel = opened(notebook)
    panel.ask("hello")
    expect(panel.panel).to_contain_text("openai")
    notebook.run(2)
    assert len(received) > 5
    cell = notebook.saved().cells[1]["source"]
    # The cell itself holds it, and the front end sends that back: what the panel sends does not.
    shown = [
        frame for frame in received if key in frame and cell not in frame and "execute_input" not in frame
    ]
    assert shown == []
    assert key not in notebook.output(2).inner_text()
    assert key not in panel.panel.inner_html()
