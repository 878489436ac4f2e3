"""A chat panel on screen, and what its user does with it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

from .notebook_page import NotebookPage


class Host(Protocol):
    """What a panel is shown in: a notebook, or an app."""

    page: Page

    def screenshot(self, name: str, locator: Locator | None = None) -> Path:
        """Keeps a picture of the page, or of one element."""


class PanelPage:
    """A panel, found by what assistive technology finds it by.

    Args:
        notebook: the notebook or the app that it is in.
        which: which of the panels on the page, from 0.

    Attributes:
        notebook: as given.
        panel, box, log: the panel, its text box, its turns.
    """

    def __init__(self, notebook: Host, which: int = 0) -> None:
        self.notebook = notebook
        self.panel = notebook.page.get_by_role("region", name="Chat", exact=True).nth(which)
        self.box = self.panel.get_by_role("textbox", name="Message")
        self.log = self.panel.get_by_role("log")
        self.model = self.panel.get_by_role("combobox", name="Model")
        self.picker = self.panel.get_by_role("combobox", name="Conversation")
        expect(self.box).to_be_visible()
        expect(self.model).not_to_have_value("")

    def turn(self, number: int) -> Locator:
        """A turn, counted from 1."""
        return self.log.get_by_role("article", name=f"Turn {number}", exact=True)

    def answer(self, number: int) -> Locator:
        """The answer of a turn."""
        return self.turn(number).locator(".notebook-chat")

    def button(self, name: str, turn: int | None = None) -> Locator:
        """A button by its name; of a turn (the first of several), or of the panel's own."""
        if turn is not None:
            return self.turn(turn).get_by_role("button", name=name, exact=True).last
        return self.panel.get_by_role("button", name=name, exact=True)

    def ask(self, prompt: str) -> None:
        """Writes a prompt into the box, and sends it by Enter."""
        self.box.click()
        self.notebook.page.keyboard.insert_text(prompt)
        self.notebook.page.keyboard.press("Enter")

    def expect_turns(self, count: int) -> None:
        """Waits until there are so many turns, all of them whole."""
        expect(self.log.get_by_role("article")).to_have_count(count)
        expect(self.log.locator("[aria-busy], .nc-absent")).to_have_count(0)

    def screenshot(self, name: str) -> None:
        """Keeps a picture of the panel."""
        self.notebook.screenshot(f"panel-{name}", self.panel)


def opened(notebook: NotebookPage, cell: int = 1) -> PanelPage:
    """Runs a cell that shows a panel, and gives the page's first one."""
    notebook.run(cell)
    return PanelPage(notebook)
