"""Prompts of the panel that know the notebook: values, files, an error; and what was sent."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from ..servers import Answer, echo
from . import axe
from .chats import Begin
from .lab import Lab, both_themes, every_front_end
from .panel_page import opened
from .test_panel_access import axe_script
from .test_panel_writing import give

__all__ = ["axe_script"]  # a fixture

DATA = "data = {'Rome': 2748109, 'Oslo': 709037}\ndates = ['2026-01-01', '2026-01-02']\nword = 'rising'"
CSV = b"city,people\nRome,2748109\nOslo,709037\n"
FAILING = "total = 0\nfor city in ['Rome', 'Olso']:\n    total += data[city]"
FIXED = FAILING.replace("Olso", "Oslo")


@both_themes
def test_a_value_is_completed_and_sent(begin: Begin, theme: Any, lab: Lab, axe_script: str) -> None:
    notebook, server = begin([DATA, "%chat panel"], echo(), theme=theme, viewport=(1100, 900))
    notebook.run(1)
    panel = opened(notebook, 2)
    keyboard = notebook.page.keyboard
    names = panel.panel.get_by_role("listbox", name="Values")
    panel.box.click()
    keyboard.type("Is {da")
    expect(names.get_by_role("option")).to_have_text(["data", "dates"])
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    expect(names.get_by_role("option", selected=True)).to_have_text("dates")
    panel.screenshot("names")
    found = axe.findings(panel.panel, axe_script)
    keyboard.press("ArrowUp")
    keyboard.press("Tab")
    expect(panel.box).to_have_value("Is {data}")
    expect(panel.box).to_be_focused()
    expect(names).to_be_hidden()
    keyboard.type(" {wor")
    expect(names.get_by_role("option")).to_have_text(["word"])
    keyboard.press("Escape")
    expect(names).to_be_hidden()
    keyboard.type("d}?")
    keyboard.press("Enter")
    panel.expect_turns(1)
    sent = server.requests[0].turns[-1].text
    assert sent == "Is {'Rome': 2748109, 'Oslo': 709037} rising?"
    expect(panel.turn(1)).to_contain_text("Is {data} {word}?")
    expect(panel.turn(1).locator(".nc-along")).to_contain_text("with data (")
    expect(panel.turn(1).locator(".nc-along")).to_contain_text("word (6 characters)")
    panel.button("Sent", 1).click()
    out = panel.turn(1).locator(".nc-sent pre")
    expect(out).to_contain_text(sent)
    expect(out).to_contain_text(f"[body, {len(server.requests[0].body):,} bytes]")
    expect(out).to_contain_text(server.requests[0].body.decode()[:200])
    panel.screenshot("sent")
    found += axe.findings(panel.panel, axe_script)
    for one in found:
        print(f"\n{one['impact']}: {one['id']}: {one['help']}", *one["nodes"][:3], sep="\n  ")
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert lab.canary.hits == ()


@both_themes
def test_files_go_along(begin: Begin, theme: Any) -> None:
    """By the button, pasted and dropped; they stay when the prompt is edited."""
    notebook, server = begin(["%chat panel"], echo(), theme=theme)
    panel = opened(notebook)
    with notebook.page.expect_file_chooser() as chosen:
        panel.button("Attach files").click()
    chosen.value.set_files([{"name": "cities.csv", "mimeType": "text/csv", "buffer": CSV}])
    expect(panel.button("Remove cities.csv")).to_be_visible()
    expect(panel.box).to_be_focused()
    give(panel.log, "drop", b"x = 1", "text/x-python", "one.py")
    give(panel.box, "paste")
    expect(panel.button("Remove dot.png")).to_be_visible()
    panel.screenshot("files")
    panel.ask("Which is larger?")
    panel.expect_turns(1)
    text, image = server.requests[0].json["messages"][-1]["content"]
    assert text["text"].startswith("File cities.csv (2 × 2):\n")
    assert "Rome,2748109" in text["text"]
    assert "File one.py" in text["text"]
    assert image["type"] == "image_url"
    expect(panel.turn(1).locator(".nc-along")).to_contain_text("with cities.csv (2 × 2), one.py")
    panel.button("Edit", 1).click()
    notebook.page.keyboard.type(" And why?")
    notebook.page.keyboard.press("Enter")
    expect(panel.turn(1)).to_contain_text("And why?")
    panel.expect_turns(1)
    expect(panel.turn(1).locator(".nc-along")).to_contain_text("with cities.csv (2 × 2), one.py")
    again = server.requests[1].json["messages"][-1]["content"]
    assert again[0]["text"] == f"{text['text']} And why?"
    assert again[1] == image
    give(panel.box, "paste", b"%PDF-1.7\n%%EOF", "application/pdf", "paper.pdf")
    panel.ask("Read it.")
    panel.expect_turns(2)
    expect(panel.turn(2).locator(".nc-along")).to_contain_text("with paper.pdf (PDF, 14 bytes)")
    assert server.requests[2].json["messages"][-1]["content"][1]["file"]["filename"] == "paper.pdf"
    give(panel.box, "paste", b"PK\x03\x04\0\0", "application/zip", "papers.zip")
    panel.ask("Read them.")
    expect(panel.panel.locator(".nc-error")).to_contain_text("papers.zip is an archive")
    expect(panel.box).to_have_value("Read them.")
    expect(panel.button("Remove papers.zip")).to_be_visible()


@every_front_end
def test_an_error_is_fixed_from_the_panel(begin: Begin) -> None:
    answer = f"`Oslo` is misspelled.\n\n```python\n{FIXED}\n```\n"
    notebook, server = begin([DATA, "%chat panel", FAILING], Answer(answer))
    notebook.run(1)
    panel = opened(notebook, 2)
    panel.button("Fix").click()
    expect(panel.panel).to_contain_text("There is no error to fix")
    notebook.run(3)
    panel.button("Fix").click()
    panel.expect_turns(1)
    sent = server.requests[0].turns[-1].text
    assert "KeyError: 'Olso'" in sent
    assert FAILING in sent
    expect(panel.turn(1)).to_contain_text("Fix the error of In[")
    expect(panel.turn(1).locator(".nc-along")).to_contain_text("KeyError")
    panel.screenshot("fix")
    panel.answer(1).get_by_role("button", name="Insert").click()
    expect(panel.panel).to_contain_text("Inserted as a new cell.")
    cells = [cell.source for cell in notebook.save().cells]
    assert cells[3] == FIXED
    notebook.run(3)
    assert notebook.cells[3].count is not None


def test_values_go_along_while_a_cell_computes(begin: Begin) -> None:
    notebook, server = begin(
        [DATA, "%chat panel", "import time\nwhile word != 'stop': time.sleep(0.05)"], echo()
    )
    notebook.run(1)
    panel = opened(notebook, 2)
    notebook.run(3, wait=False)
    panel.box.click()
    notebook.page.keyboard.type("Is it {wo")
    names = panel.panel.get_by_role("listbox", name="Values")
    expect(names.get_by_role("option")).to_have_text(["word"])
    notebook.page.keyboard.press("Tab")
    notebook.page.keyboard.press("Enter")
    panel.expect_turns(1)
    assert server.requests[0].turns[-1].text == "Is it rising"
    panel.button("Sent", 1).click()
    expect(panel.turn(1).locator(".nc-sent pre")).to_contain_text("Is it rising")
    assert notebook.cells[3].state == "running"
    notebook.interrupt()
