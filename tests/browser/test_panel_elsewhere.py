"""The chat panel in front ends that are not Jupyter's: in marimo, inside a shadow root, and in Voilà."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from ..kernel.kernelspecs import INSTALLED, kernel_name, write_kernelspec
from ..servers import Answer, Failure, VendorServer, echo, serve
from .apps import AppPage, AppServer
from .canary import Canary
from .chromium import Chromium
from .panel_page import PanelPage

MARIMO = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo

    from notebook_chat import ChatPanel

    return ChatPanel, mo


@app.cell
def _(ChatPanel, mo):
    mo.ui.anywidget(ChatPanel(height=500))
    return
"""
CODE = "Like this:\n\n```python\nprint('hello')\n```\n\nThat is **all**.\n\n> Quoted.\n"

Show = Callable[..., tuple[PanelPage, VendorServer]]
"""The fixtures ``marimo`` and ``voila``: show a panel in a page of its own, with a server for its chats."""


def write_marimo(folder: Path) -> Sequence[str]:
    """An app for marimo; gives what serves it, to be edited."""
    (folder / "app.py").write_text(MARIMO, encoding="utf-8")
    # Else the reader is to run each cell by hand.
    (folder / "pyproject.toml").write_text(
        '[tool.marimo.runtime]\nauto_instantiate = true\n[tool.marimo.display]\ntheme = "system"\n',
        encoding="utf-8",
    )
    options = ("--headless", "--host=127.0.0.1", "--port={port}", "--no-token", "--skip-update-check")
    return ("marimo", "--log-level=warn", "edit", "app.py", *options)


def write_voila(folder: Path) -> Sequence[str]:
    """A notebook for Voilà; gives what serves it."""
    sources = ["from notebook_chat import ChatPanel", "ChatPanel(height=500)"]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])  # type: ignore[no-untyped-call]
    name = write_kernelspec(folder / "jupyter" / "data" / "kernels", INSTALLED, None)
    assert name == kernel_name(INSTALLED)
    notebook.metadata["kernelspec"] = {"name": name, "display_name": "", "language": "python"}
    nbformat.write(notebook, folder / "app.ipynb")  # type: ignore[no-untyped-call]
    return ("voila", "app.ipynb", "--no-browser", "--port={port}")


def shown_by(write: Callable[[Path], Sequence[str]], label: str) -> Any:
    """A fixture that shows a panel in another front end."""

    @pytest.fixture
    def show(chromium: Chromium, session_canary: Canary, tmp_path: Path) -> Iterator[Show]:
        with ExitStack() as ended:
            ended.enter_context(chromium.in_use())

            def start(*replies: Any, color_scheme: Any = "light") -> tuple[PanelPage, VendorServer]:
                vendor = ended.enter_context(serve("openai_chat", *replies))
                variables = {
                    "OPENAI_BASE_URL": vendor.base_url,
                    "NOTEBOOK_CHAT_MODEL": "openai:gpt-5",
                    "NOTEBOOK_CHAT_HOME": str(tmp_path / "history"),
                }
                server = AppServer(tmp_path, write(tmp_path), variables)
                ended.callback(server.stop)
                context = chromium.browser.new_context(
                    proxy=session_canary.proxy(server.url),
                    permissions=["clipboard-read", "clipboard-write"],
                    color_scheme=color_scheme,
                )
                ended.callback(context.close)
                page = context.new_page()
                page.goto(server.url)
                page.get_by_role("region", name="Chat", exact=True).wait_for(timeout=60_000)
                return PanelPage(AppPage(page, f"{label}-{color_scheme}")), vendor

            yield start

    return show


marimo = shown_by(write_marimo, "marimo")
voila = shown_by(write_voila, "voila")


@pytest.fixture(params=["marimo", "voila"])
def elsewhere(request: pytest.FixtureRequest) -> Show:
    """Each of them in turn."""
    show: Show = request.getfixturevalue(request.param)
    return show


def test_a_conversation_is_written_and_answered(elsewhere: Show) -> None:
    panel, server = elsewhere(Answer(CODE), echo())
    keyboard = panel.notebook.page.keyboard
    panel.box.click()
    keyboard.type("one")
    keyboard.press("Shift+Enter")
    keyboard.type("two dd")
    keyboard.press("Enter")
    panel.expect_turns(1)
    expect(panel.answer(1).locator("strong")).to_have_text("all")
    expect(panel.box).to_have_value("")
    expect(panel.box).to_be_focused()
    assert server.requests[0].turns[-1].text == "one\ntwo dd"
    keyboard.press("ArrowUp")
    expect(panel.box).to_have_value("one\ntwo dd")
    panel.box.fill("and now?")
    panel.button("Send").click()
    panel.expect_turns(2)
    expect(panel.answer(2)).to_contain_text("and now?")
    expect(panel.box).to_be_focused()
    panel.screenshot("elsewhere")


def test_its_style_applies(elsewhere: Show) -> None:
    panel, _ = elsewhere(Answer(CODE), color_scheme="dark")
    panel.ask("how?")
    panel.expect_turns(1)
    assert panel.panel.evaluate("panel => panel.getBoundingClientRect().height") == 500
    expect(panel.turn(1).locator(".nc-prompt")).to_have_css("border-radius", "8px")
    expect(panel.answer(1).locator("blockquote")).to_have_css("border-left-width", "4px")
    panel.screenshot("elsewhere-style")


def test_the_focus_and_the_clipboard_are_the_panels(elsewhere: Show) -> None:
    panel, server = elsewhere(Answer(CODE), Failure("authentication"))
    keyboard = panel.notebook.page.keyboard
    panel.ask("how?")
    panel.expect_turns(1)
    code = panel.answer(1).get_by_role("group", name="Code")
    code.get_by_role("button", name="Copy").click()
    expect(panel.panel).to_contain_text("Copied.")
    assert panel.notebook.page.evaluate("() => navigator.clipboard.readText()") == "print('hello')"
    code.get_by_role("button", name="Insert").click()
    expect(panel.panel).to_contain_text("paste it into one")
    panel.button("Delete", 1).focus()
    keyboard.press("Enter")
    expect(panel.log.get_by_role("article")).to_have_count(0)
    expect(panel.log).to_be_focused()
    panel.button("Undo").focus()
    keyboard.press("Enter")
    panel.expect_turns(1)
    expect(panel.box).to_be_focused()
    panel.ask("an important question")
    expect(panel.panel.locator(".nc-error")).to_contain_text("openai")
    expect(panel.box).to_have_value("an important question")
    assert len(server.requests) == 2
