"""The panel while a cell computes: answers go on, and so does what its user does, in every line of ipykernel."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from ..kernel.kernelspecs import INSTALLED, OLDER_VERSIONS
from ..servers import Answer, Pause, Stall, echo
from .chats import Begin
from .lab import FrontEnd
from .notebook_page import NotebookPage
from .panel_page import opened

COMPUTE = """
import pathlib
print("computing", flush=True)
while not pathlib.Path("enough").exists():
    sum(range(1000))
print("computed")
"""
ENDLESS = Answer(*(piece for number in range(20) for piece in (f"word{number} ", Pause(0.05))), Stall())


def computing(notebook: NotebookPage) -> None:
    """Runs the cell that computes until `enough`."""
    notebook.run(2, wait=False)
    expect(notebook.output(2)).to_contain_text("computing")


def enough(notebook: NotebookPage) -> None:
    """Lets the cell that computes come to its end."""
    assert notebook.cells[2].state == "running"
    (notebook.path.parent / "enough").touch()


every_kernel = pytest.mark.parametrize("ipykernel", [INSTALLED, *OLDER_VERSIONS], indirect=True)


@pytest.mark.parametrize(
    ("ipykernel", "lab"),
    [
        *((version, FrontEnd.JUPYTERLAB) for version in (INSTALLED, *OLDER_VERSIONS)),
        (INSTALLED, FrontEnd.NOTEBOOK),
    ],
    indirect=True,
    ids=str,
)
def test_an_answer_streams_and_is_stopped_while_a_cell_computes(begin: Begin, ipykernel: str) -> None:
    notebook, server = begin(["%chat panel", COMPUTE], ENDLESS, echo(), kernel=ipykernel)
    panel = opened(notebook)
    computing(notebook)
    panel.ask("while it computes")
    expect(panel.answer(1)).to_contain_text("word10 ")
    panel.button("Stop").click()
    expect(panel.turn(1)).to_contain_text("stopped")
    assert server.exchange(0).disconnected.wait()
    panel.ask("and once more")
    expect(panel.turn(2)).to_contain_text("once more")
    panel.expect_turns(2)
    expect(panel.panel).not_to_contain_text("busy")
    enough(notebook)
    notebook.wait_idle()
    expect(notebook.output(2)).to_contain_text("computed")
    expect(notebook.output(2)).not_to_contain_text("word")


@every_kernel
def test_cells_run_while_an_answer_comes(begin: Begin, ipykernel: str) -> None:
    notebook, _ = begin(["%chat panel", "print('in between')"], ENDLESS, kernel=ipykernel)
    panel = opened(notebook)
    panel.ask("go")
    expect(panel.answer(1)).to_contain_text("word1 ")
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("in between")
    expect(panel.turn(1)).to_have_attribute("aria-busy", "true")
    panel.box.click()
    notebook.page.keyboard.press("Escape")
    expect(panel.turn(1)).to_contain_text("stopped")


@pytest.mark.parametrize("ipykernel", [OLDER_VERSIONS[0]], indirect=True)
def test_where_a_kernel_cannot_listen_the_panel_says_so_at_once(begin: Begin, ipykernel: str) -> None:
    """A front end without a control channel, with a kernel that reads the other one after the cell."""
    notebook, _ = begin(["%chat panel", COMPUTE], echo(), kernel=ipykernel)
    hide: Any = notebook.page.evaluate
    hide(
        """() => {
          const kernel = window.__instruments.panel().sessionContext.session.kernel;
          kernel.sendControlMessage = undefined;
        }"""
    )
    panel = opened(notebook)
    computing(notebook)
    panel.ask("while it computes")
    expect(panel.panel).to_contain_text("The kernel is busy; this will happen when its cell has ended.")
    expect(panel.panel.locator(".nc-waiting")).to_have_text("while it computes")
    panel.screenshot("busy")
    enough(notebook)
    panel.expect_turns(1)
    expect(panel.panel.locator(".nc-waiting")).to_be_hidden()
    expect(panel.panel).not_to_contain_text("The kernel is busy")


def test_after_a_restart_the_panel_says_what_to_do_and_loses_nothing(begin: Begin) -> None:
    notebook, _ = begin(["%load_ext notebook_chat\n%chat panel"], echo())
    panel = opened(notebook)
    panel.ask("before")
    panel.expect_turns(1)
    notebook.restart_kernel()
    panel.ask("after")
    expect(panel.panel).to_contain_text("The kernel was restarted: run this panel's cell again.")
    expect(panel.panel.locator(".nc-waiting")).to_have_text("after")
    expect(panel.turn(1)).to_contain_text("before")
    notebook.run(0)
    panel = opened(notebook)
    panel.expect_turns(1)  # the conversation goes on
    panel.ask("after")
    panel.expect_turns(2)
