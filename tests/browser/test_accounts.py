"""What is told of an answer's cost, of budgets, of waiting and of answers from before, in cells and in the panel."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, expect

from ..servers import Answer
from .chats import Begin
from .lab import both_themes
from .notebook_page import NotebookPage
from .panel_page import opened

ANSWER = Answer("A **short** answer.")
PRICES = "%config ChatMagics.prices = {'openai:*': {'input': 200.0, 'output': 800.0}}"
ASKS = "%%chat -n\nHow far is the moon?"
BUDGET = "%config ChatMagics.replay = 'off'\n%config ChatMagics.budget = '300 tokens / day for conversation'"
LONG = "%%chat --max-tokens 5000\nTell me all of it."
PACE = "%config ChatMagics.budget = ''\n%config ChatMagics.pace = {'openai': '1 request / hour'}"
COST = re.compile(r" tokens( \(.*\))? · \$0\.\d+ · ")


def expect_to_fit(inner: Locator, outer: Locator) -> None:
    """A line, and all that is in it, is as wide as there is room."""
    one, other = inner.bounding_box(), outer.bounding_box()
    assert one is not None
    assert other is not None
    assert one["x"] >= other["x"] - 1
    assert one["x"] + one["width"] <= other["x"] + other["width"] + 1
    assert inner.evaluate("(line) => line.scrollWidth <= line.clientWidth + 1")


def narrow(notebook: NotebookPage) -> None:
    """A window that leaves little room for a line."""
    notebook.page.set_viewport_size({"width": 620, "height": 1400})
    notebook.settle()


@both_themes
def test_cost_and_answers_from_before_are_told(begin: Begin, theme: Any) -> None:
    cells = ["%chat panel", PRICES, ASKS, "%config ChatMagics.replay = 'auto'", ASKS]
    notebook, server = begin(cells, ANSWER, ANSWER, theme=theme, viewport=(1280, 1400))
    panel = opened(notebook)
    for cell in (2, 3, 4, 5):
        notebook.run(cell)
    expect(notebook.output(3)).to_contain_text(COST)
    expect(notebook.output(5)).to_contain_text("replayed")
    expect(notebook.output(5)).not_to_contain_text("$")
    panel.expect_turns(2)
    expect(panel.turn(1)).to_contain_text(COST)
    expect(panel.turn(2)).to_contain_text("replayed")
    expect(panel.turn(2)).not_to_contain_text("$")
    notebook.screenshot("accounts-replayed")
    panel.button("Regenerate", 2).click()  # which asks
    expect(panel.turn(2)).to_contain_text(COST)
    assert len(server.requests) == 2
    narrow(notebook)
    for turn in (1, 2):
        expect_to_fit(panel.turn(turn).locator(".nc-foot"), panel.panel)
    notebook.screenshot("accounts-replayed-narrow")


@both_themes
def test_a_budget_refuses_in_a_line(begin: Begin, theme: Any) -> None:
    cells = [
        "%chat panel",
        BUDGET,
        "%%chat\nHello",
        LONG,
        "%chat usage",
        "%chat budget",
        "%%chat --over-budget\nHello",
    ]
    notebook, server = begin(cells, ANSWER, ANSWER, ANSWER, theme=theme, viewport=(1280, 1400))
    panel = opened(notebook)
    for cell in (2, 3, 4, 5, 6):
        notebook.run(cell)
    expect(notebook.output(4)).to_contain_text("300 tokens")
    expect(notebook.output(4)).not_to_contain_text("Traceback")
    last = notebook.output(5).get_by_role("row").filter(has_text="the last answer").get_by_role("cell")
    expect(last.nth(1)).to_have_text("1")  # what was refused is none
    panel.ask("And of this, too: " + "word " * 300)
    expect(panel.panel).to_contain_text("300 tokens")
    assert len(server.requests) == 1
    notebook.screenshot("accounts-refused")
    panel.screenshot("refused")
    notebook.run(7)
    expect(notebook.output(7)).to_contain_text("short")
    assert len(server.requests) == 2


@both_themes
def test_waiting_is_told_and_ends(begin: Begin, theme: Any) -> None:
    cells = ["%chat panel", PACE, "%%chat\nHello", "%%chat -c other\nHello"]
    notebook, server = begin(cells, ANSWER, ANSWER, theme=theme, viewport=(1280, 1400))
    panel = opened(notebook)
    notebook.run(2)
    notebook.run(3)
    notebook.run(4, wait=False)
    expect(notebook.output(4)).to_contain_text("waiting for openai: 1 request an hour")
    panel.ask("Me too")
    expect(panel.turn(2)).to_contain_text("waiting for openai")
    notebook.screenshot("accounts-waiting")
    panel.screenshot("waiting")
    panel.button("Stop").click()
    expect(panel.panel).not_to_contain_text("waiting for openai")
    notebook.interrupt()
    notebook.wait_idle()
    notebook.screenshot("accounts-waited")
    expect(notebook.output(4)).not_to_contain_text("waiting for openai")
    assert len(server.requests) == 1
