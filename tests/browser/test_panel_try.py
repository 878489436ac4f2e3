from __future__ import annotations
from playwright.sync_api import expect
from .test_chat import begin, EVERYTHING, Begin
from ..servers import Answer, Pause, Reasoning, Stall, echo, in_pieces

__all__=["begin"]

def test_try(begin: Begin, lab) -> None:
    notebook, server = begin(["%chat panel", "%%chat\nfrom a cell"], Answer(Reasoning("hm **so**"), *[p for piece in in_pieces(EVERYTHING, 40) for p in (piece, Pause(0.02))]), echo(), viewport=(1100, 1000))
    page = notebook.page
    page.on("console", lambda m: print("console:", m.type, m.text[:300]))
    notebook.run(1)
    box = page.get_by_role("textbox", name="Message")
    expect(box).to_be_visible()
    box.click()
    page.keyboard.type("Show me everything.\nplease")
    page.wait_for_timeout(700)
    notebook.screenshot("try-1")
    page.wait_for_timeout(3000)
    notebook.screenshot("try-2")
    notebook.run(2)
    page.wait_for_timeout(1500)
    notebook.screenshot("try-3")
    print(notebook.page_errors)
