"""Several models side by side in a real JupyterLab and Notebook 7."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from ..servers import Answer, Gate, Stall, VendorServer, serve
from .chats import EVERYTHING
from .lab import Lab, both_themes, every_front_end
from .notebook_page import NotebookPage
from .panel_page import opened

Compare = Callable[..., tuple[NotebookPage, list[VendorServer]]]
DIALECTS = ("openai_chat", "anthropic", "gemini")
MODELS = "-m openai:gpt-5 -m anthropic:claude-x -m gemini:gemini-x"
KEY = "sk-planted-0123456789abcdef"


@pytest.fixture
def compare(lab: Lab) -> Iterator[Compare]:
    """Opens a notebook whose first cell loads the extension, with as many vendors' servers as there are answers."""
    with ExitStack() as servers:

        def start(cells: list[str], *replies: Any, **options: Any) -> tuple[NotebookPage, list[VendorServer]]:
            started = [
                servers.enter_context(serve(dialect, reply))
                for dialect, reply in zip(DIALECTS, replies, strict=False)
            ]
            names = ("OPENAI", "ANTHROPIC", "GOOGLE_GEMINI")
            variables = {
                f"{name}_BASE_URL": server.base_url for name, server in zip(names, started, strict=False)
            }
            variables |= {f"{name}_API_KEY": KEY for name in ("OPENAI", "ANTHROPIC", "GEMINI")}
            first = f"import os; os.environ.update({variables!r})\n%load_ext notebook_chat"
            notebook = lab.open([first, *cells], **options)
            notebook.run(0)
            return notebook, started

        yield start


def columns(notebook: NotebookPage, cell: int) -> Locator:
    """The columns of an output."""
    return notebook.output(cell).locator("section[aria-label]")


@every_front_end
@pytest.mark.parametrize("count", [2, 3])
def test_all_stream_at_once_and_one_is_kept(compare: Compare, lab: Lab, count: int) -> None:
    gates = [Gate() for _ in range(count)]
    replies = [Answer(f"Begin {n}. ", gate, f"End {n}.") for n, gate in enumerate(gates)]
    models = " ".join(MODELS.split()[: 2 * count])
    cells = [f"%%chat {models}\nHello", "%chat keep claude-x"]
    notebook, _ = compare(cells, *replies, viewport=(1400, 700))
    notebook.run(1, wait=False)
    for place in range(count):
        expect(columns(notebook, 1).nth(place)).to_contain_text(f"Begin {place}.")
    expect(notebook.output(1)).not_to_contain_text("End")
    notebook.screenshot(f"side-by-side-{count}-streaming")
    gates[1].open()
    expect(columns(notebook, 1).nth(1)).to_contain_text("End 1.")
    expect(columns(notebook, 1).nth(1)).to_contain_text("tokens")
    expect(columns(notebook, 1).nth(0)).not_to_contain_text("End")
    for gate in gates:
        gate.open()
    notebook.wait_idle()
    boxes = [columns(notebook, 1).nth(place).bounding_box() for place in range(count)]
    tops, lefts = [{round(box[side]) for box in boxes if box} for side in ("y", "x")]
    assert (len(tops), len(lefts)) == (1, count)
    expect(columns(notebook, 1).nth(0)).to_contain_text("1 · openai:gpt-5 ✓")
    notebook.run(2)
    expect(columns(notebook, 1).nth(1)).to_contain_text("2 · anthropic:claude-x ✓")
    expect(columns(notebook, 1).nth(0)).not_to_contain_text("✓")
    notebook.screenshot(f"side-by-side-{count}-kept")
    [output] = notebook.save().cells[1].outputs
    assert output.metadata["notebook_chat"]["answer"] == "Begin 1. End 1."
    assert len(output.metadata["notebook_chat"]["alternatives"]) == count - 1
    assert KEY not in str(output)
    assert lab.canary.hits == ()


@every_front_end
def test_the_interrupt_button_stops_all(compare: Compare) -> None:
    replies = [Answer(f"so far {n} ", Stall()) for n in range(3)]
    notebook, servers = compare([f"%%chat {MODELS}\nHello", "print('next')"], *replies)
    notebook.run(1, wait=False)
    for place in range(3):
        expect(columns(notebook, 1).nth(place)).to_contain_text(f"so far {place}")
    notebook.interrupt()
    notebook.wait_idle()
    for place in range(3):
        expect(columns(notebook, 1).nth(place)).to_contain_text("stopped")
    expect(notebook.output(1)).not_to_contain_text("Traceback")
    assert all(server.exchange().disconnected.wait() for server in servers)
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("next")


@both_themes
def test_what_is_wide_stays_in_its_column(compare: Compare, theme: Any) -> None:
    wide = f"{EVERYTHING}\n\n```python\n{'x = 1 + ' * 60}1\n```\n\n" + "word" * 100
    replies = [Answer(wide), Answer(wide), Answer("short")]
    notebook, _ = compare([f"%%chat {MODELS}\nHello"], *replies, theme=theme, viewport=(1400, 1500))
    notebook.run(1)
    area = notebook.output(1).bounding_box()
    boxes = [columns(notebook, 1).nth(place).bounding_box() for place in range(3)]
    assert area is not None
    for box in boxes:
        assert box is not None
        assert box["x"] + box["width"] <= area["x"] + area["width"] + 2
    notebook.screenshot("side-by-side-wide")
    notebook.page.set_viewport_size({"width": 700, "height": 1500})
    notebook.page.wait_for_timeout(500)
    tops = {round(box["y"]) for place in range(3) if (box := columns(notebook, 1).nth(place).bounding_box())}
    assert len(tops) > 1
    notebook.screenshot("side-by-side-narrow")


def test_a_panel_shows_all_answers_and_keeps_one(compare: Compare, lab: Lab) -> None:
    first, second = "The **first**.", "The second: `x < y` <script>document.title = 'no'</script>"
    cells = ["%chat panel", "%%chat -m openai:gpt-5 -m anthropic:claude-x\nHello"]
    notebook, servers = compare(cells, Answer(first), Answer(second), viewport=(1200, 1000))
    panel = opened(notebook)
    notebook.run(2)
    panel.expect_turns(1)
    expect(panel.answer(1).first).to_contain_text("The first.")
    folded = panel.turn(1).locator(".nc-others > details")
    expect(folded.locator("> summary")).to_have_text("Answer of anthropic:claude-x")
    folded.locator("> summary").click()
    expect(folded).to_contain_text("The second: x < y")
    notebook.screenshot("side-by-side-panel")
    panel.turn(1).get_by_role("button", name="Keep").click()
    expect(panel.panel).to_contain_text("The answer of anthropic:claude-x is in the conversation now.")
    expect(panel.answer(1).first).to_contain_text("The second")
    expect(folded.locator("> summary")).to_have_text("Answer of openai:gpt-5")
    # The cell's output follows.
    expect(columns(notebook, 2).nth(1)).to_contain_text("✓")
    notebook.screenshot("side-by-side-panel-kept")
    panel.button("Undo").click()
    expect(panel.answer(1).first).to_contain_text("The first.")
    expect(columns(notebook, 2).nth(0)).to_contain_text("✓")
    assert len(servers[0].requests) == 1
    assert lab.canary.hits == ()
