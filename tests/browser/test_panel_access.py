"""The panel for everyone: assistive technology, the keyboard alone, colors, motion, scripts from the right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from ..servers import Answer, Failure, Reasoning, Stall, echo
from . import axe
from .chats import EVERYTHING, Begin
from .lab import both_themes, every_front_end
from .panel_page import opened

ARABIC = "# مرحبا\n\nهذا **نص** من اليمين إلى اليسار.\n\n1. أولا\n2. ثانيا\n\n| عمود | قيمة |\n|---|---|\n| أ | ب |\n"


@pytest.fixture
def axe_script(kept: Path) -> str:
    return axe.script(kept)


@both_themes
def test_axe_finds_nothing_serious(begin: Begin, theme: Any, axe_script: str) -> None:
    replies = (
        Answer(Reasoning("Let me think."), EVERYTHING),
        Failure("authentication"),
        Answer("so far ", Stall()),
    )
    notebook, _ = begin(["%chat panel"], *replies, theme=theme)
    panel = opened(notebook)
    found = axe.findings(panel.panel, axe_script)
    panel.ask("Show me everything.")
    panel.expect_turns(1)
    panel.turn(1).get_by_text("Reasoning", exact=True).click()
    found += axe.findings(panel.panel, axe_script)
    panel.ask("and now?")  # which fails
    expect(panel.panel.locator(".nc-error")).to_be_visible()
    panel.button("Edit", 1).click()
    found += axe.findings(panel.panel, axe_script)
    notebook.page.keyboard.press("Enter")  # the turn becomes an open one
    expect(panel.answer(1)).to_contain_text("so far")
    found += axe.findings(panel.panel, axe_script)
    panel.button("Stop").click()
    for one in found:
        print(f"\n{one['impact']}: {one['id']}: {one['help']}", *one["nodes"][:3], sep="\n  ")
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_axe_would_find_something(begin: Begin, axe_script: str) -> None:
    notebook, _ = begin(["%chat panel"], echo())
    panel = opened(notebook)
    panel.box.evaluate("box => box.removeAttribute('aria-label') || box.removeAttribute('placeholder')")
    assert "label" in {one["id"] for one in axe.findings(panel.panel, axe_script)}


def test_roles_and_names(begin: Begin) -> None:
    notebook, _ = begin(["%chat panel"], Answer("```python\n1\n```\n"), Answer("so far ", Stall()))
    panel = opened(notebook)
    panel.ask("one")
    panel.expect_turns(1)
    expect(panel.log).to_have_attribute("aria-live", "polite")
    for name in ("Edit", "Delete", "Copy", "Regenerate", "Insert"):
        expect(panel.turn(1).get_by_role("button", name=name, exact=True).first).to_be_attached()
    for name in ("Send", "Clear"):
        expect(panel.button(name)).to_be_visible()
    panel.ask("two")
    expect(panel.button("Stop")).to_be_visible()
    expect(panel.turn(2)).to_have_attribute("aria-busy", "true")
    expect(panel.panel.get_by_role("status").filter(has_text="answering")).to_be_visible()
    panel.button("Stop").click()
    expect(panel.turn(2)).not_to_have_attribute("aria-busy", "true")


@every_front_end
def test_everything_by_the_keyboard_alone(begin: Begin) -> None:
    notebook, _ = begin(["%chat panel"], Answer("Code:\n\n```python\n1 + 1\n```\n"))
    panel = opened(notebook)
    panel.ask("one")
    panel.expect_turns(1)
    keyboard = notebook.page.keyboard
    reached = []
    panel.picker.focus()
    for _ in range(18):
        focused = notebook.page.evaluate(
            "() => document.activeElement.textContent.slice(0, 12) + '|' + document.activeElement.tagName"
        )
        reached.append(focused)
        outline = notebook.page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline not in ("none", ""), f"no visible focus on {focused}"
        if focused.startswith("Send"):
            break
        keyboard.press("Tab")
    names = [one.partition("|")[0] for one in reached]
    for name in ("Fix", "Clear", "Edit", "Sent", "Delete", "Copy", "Insert", "Regenerate", "Attach", "Send"):
        assert name in names, f"{name} is not reached by Tab: {reached}"
    panel.button("Delete", 1).focus()
    keyboard.press("Space")
    expect(panel.log.get_by_role("article")).to_have_count(0)
    panel.button("Undo").focus()
    keyboard.press("Enter")
    panel.expect_turns(1)


def test_right_to_left_text(begin: Begin) -> None:
    notebook, _ = begin(["%chat panel"], Answer(ARABIC))
    panel = opened(notebook)
    panel.ask("ما هذا؟")
    panel.expect_turns(1)
    for part in (panel.turn(1).locator(".nc-prompt-text"), panel.answer(1).locator("p").first):
        assert part.evaluate("part => getComputedStyle(part).direction") == "rtl"
    panel.box.fill("مرحبا")
    assert panel.box.evaluate("box => getComputedStyle(box).direction") == "rtl"
    panel.screenshot("right-to-left")


def test_reduced_motion_is_honored(begin: Begin) -> None:
    notebook, _ = begin(["%chat panel"], echo())
    panel = opened(notebook)

    def seconds() -> str:
        return str(panel.button("Clear").evaluate("button => getComputedStyle(button).transitionDuration"))

    assert seconds() != "0s"
    notebook.page.emulate_media(reduced_motion="reduce")
    assert seconds() == "0s"
