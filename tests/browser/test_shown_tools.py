"""Calls of tools in cells of real front ends: a folded line each, while they run, afterwards, and after reopening."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from ..tools.in_kernels import SET_UP
from .canary import CALL, HOST
from .chats import Begin
from .lab import Lab, both_themes

ASK = "play(chat.reply('both'), DisplayRenderer())"
VALUE = "chat.ask('both')"
WAITS = json.dumps({"why": "", "proposal": "", "waits": True, "result": "5\n" * 40})
WORDS = (
    f"</pre></details><img src='http://{HOST}/x' onerror='{CALL}(0)'><script>{CALL}(0)</script> ![x](http://{HOST}/m) "
    f"$\\href{{javascript:{CALL}(0)}}{{x}}$ \u202egnp.exe\u200b\x1b[2J [a](http://{HOST}/link)"
)


@both_themes
def test_calls_are_seen_while_they_run_and_stay(begin: Begin, lab: Lab, theme: str) -> None:
    notebook, _ = begin([SET_UP + ASK, VALUE], files={"more.json": WAITS}, theme=theme)
    notebook.run(1, wait=False)
    output = notebook.output(1)
    lines = output.locator("summary")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("add(a=2, b=3) …")
    expect(output).to_contain_text("adding up …")
    notebook.screenshot(f"tools-running-{theme}")
    (notebook.path.parent / "given").touch()
    notebook.wait_idle()
    expect(output).to_contain_text("It gave something.")
    expect(lines.first).to_contain_text("add(a=2, b=3) · ")
    expect(output.locator("pre").first).to_be_hidden()
    lines.first.click()
    expect(output.locator("pre").first).to_be_visible()
    notebook.screenshot(f"tools-ended-{theme}")
    notebook.run(2)
    expect(notebook.output(2).locator("summary")).to_have_count(2)
    notebook.save()
    notebook.reload()
    for number in (1, 2):
        lines = notebook.output(number).locator("summary")
        expect(lines).to_have_count(2)
        expect(lines.first).to_contain_text("add(a=2, b=3)")
        lines.first.click()
        expect(notebook.output(number).locator("pre").nth(1)).to_contain_text("5")
    notebook.screenshot(f"tools-reopened-{theme}")


@both_themes
def test_a_hostile_call_is_text(begin: Begin, lab: Lab, theme: str) -> None:
    more = {"why": "", "proposal": "", "result": WORDS * 20}
    files = {"arguments.json": json.dumps({"a": WORDS, WORDS: [WORDS]}), "more.json": json.dumps(more)}
    markdown = "play(chat.reply('both'), DisplayRenderer(form='markdown'))"
    notebook, _ = begin([SET_UP + ASK, VALUE, markdown], files=files, theme=theme)
    for number in (1, 2, 3):
        notebook.run(number)
        output = notebook.output(number)
        expect(output.locator("summary")).to_have_count(2)
        output.evaluate(
            "element => { for (const one of element.querySelectorAll('details')) one.open = true; }"
        )
        notebook.settle(60)
        assert output.locator("img, script, a, iframe, math, mjx-container").count() == 0, number
        assert "\u202e" not in output.inner_text()
        notebook.screenshot(f"tools-hostile-{number}-{theme}", output)
    notebook.scroll_through()
    assert lab.canary.hits == ()
