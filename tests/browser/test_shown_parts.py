"""Every part of an answer in a real front end: seen in cells and in the panel, kept in the notebook, and harmless."""

from __future__ import annotations

import base64
import json

import pytest
from playwright.sync_api import Locator, expect

from notebook_chat.conversation import Turn
from notebook_chat.messages import Message
from notebook_chat.parts import ImagePart, Part

from ..hostile.hostile_parts import hostile_parts
from ..parts import PARTS, png
from .canary import CALL, HOST
from .chats import Begin
from .lab import Lab, every_front_end
from .panel_page import PanelPage

SET_UP = """
import asyncio, json, pathlib
from notebook_chat import Chat, ChatPanel
from notebook_chat.conversation import Turn
from notebook_chat.renderers import DisplayRenderer, play
parts = Turn.from_dict(json.loads(pathlib.Path("parts.json").read_text())).parts
async def model(messages):
    for part in parts:
        yield part
        await asyncio.sleep(0.01)
chat = Chat(provider=model)
"""
CELL = "play(chat.reply('go'), DisplayRenderer())"
PANEL = "ChatPanel(Chat(provider=model))"
VALUE = "chat.ask('go')"

SHOWN = """element => Promise.all([...element.querySelectorAll("img, audio")].map(one => one.tagName === "IMG"
  ? one.decode().then(() => `${one.naturalWidth}x${one.naturalHeight}`, () => "broken")
  : new Promise(told => {
      const tell = () => told(one.error ? "silent" : `${one.duration.toFixed(1)} s`);
      if (one.readyState > 0 || one.error) tell(); else { one.onloadedmetadata = one.onerror = tell; one.load(); }
    })))"""


def media(element: Locator) -> list[str]:
    """What the images and recordings within an element are to the browser."""
    found: list[str] = element.evaluate(SHOWN)
    return found


def files(parts: tuple[Part, ...]) -> dict[str, str]:
    turn = Turn(Message("user", "go"), (Message("assistant", parts),))
    return {"parts.json": json.dumps(turn.to_dict())}


LARGE = ImagePart(png(20, 15, noise=bytes(200_000)), "image/png")


@every_front_end
def test_all_parts_are_seen_in_a_cell_and_stay(begin: Begin, lab: Lab) -> None:
    notebook, _ = begin([SET_UP + CELL, VALUE], files=files((*PARTS, LARGE)))
    notebook.run(1)
    output = notebook.output(1)
    expect(output).to_contain_text("Water boils at 100 °C.[1] At home.[1][2]")
    expect(output.get_by_role("link", name="A title", exact=True)).to_have_attribute(
        "href", "https://e.org/a"
    )
    for words in (
        "boiling point",
        "The service ran Python code",
        "table.csv",
        "hologram (12 bytes)",
        "A document",
    ):
        expect(output).to_contain_text(words)
    assert media(output) == ["3x2", "0.1 s", "20x15"]
    notebook.screenshot("shown-parts-cell")
    notebook.run(2)
    assert media(notebook.output(2)) == ["3x2", "0.1 s", "20x15"]
    saved = notebook.save()
    text, image, sound, large = saved.cells[1]["outputs"]
    assert "image/png" in image["data"]
    assert "audio" in sound["data"]["text/html"]
    assert base64.b64decode(large["data"]["image/png"]) == LARGE.data
    assert len(json.dumps(text)) < 30_000
    notebook.run(1)  # which takes the place of all of them
    assert len(notebook.save().cells[1]["outputs"]) == 4
    notebook.reload()
    assert media(notebook.output(1)) == ["3x2", "0.1 s", "20x15"]
    assert lab.canary.hits == ()


@every_front_end
def test_all_parts_are_seen_in_the_panel_and_sent_once(begin: Begin, lab: Lab) -> None:
    notebook, _ = begin([SET_UP + PANEL], files=files((*PARTS, LARGE)))
    received: list[int] = []
    notebook.page.on(
        "websocket", lambda one: one.on("framereceived", lambda data: received.append(len(data)))
    )
    notebook.reload()
    notebook.run(1)
    panel = PanelPage(notebook)
    panel.ask("go")
    panel.expect_turns(1)
    turn = panel.turn(1)
    expect(panel.answer(1)).to_contain_text("Water boils at 100 °C.[1] At home.[1][2]")
    for words in (
        "boiling point",
        "The service ran Python code",
        "table.csv",
        "hologram (12 bytes)",
        "A document",
    ):
        expect(panel.answer(1)).to_contain_text(words)
    assert media(turn) == ["3x2", "0.1 s", "20x15"]
    assert len(LARGE.data) > 190_000
    assert sum(size > 150_000 for size in received) == 1
    panel.screenshot("shown-parts")
    assert lab.canary.hits == ()


@pytest.mark.parametrize("where", ["cell", "panel"])
def test_hostile_parts_do_nothing(begin: Begin, lab: Lab, where: str) -> None:
    parts = hostile_parts(f"{CALL}(0)", f"http://{HOST}")
    notebook, _ = begin([SET_UP + (CELL if where == "cell" else PANEL)], files=files(parts))
    notebook.run(1, timeout=120)
    if where == "panel":
        panel = PanelPage(notebook)
        panel.ask("go")
        panel.expect_turns(1)
        seen = panel.turn(1)
    else:
        seen = notebook.output(1)
    seen.evaluate("element => { for (const one of element.querySelectorAll('details')) one.open = true; }")
    notebook.settle(60)
    notebook.scroll_through()
    assert media(seen).count("3x2") >= 10
    notebook.screenshot(f"hostile-parts-{where}")
    assert lab.canary.hits == ()
