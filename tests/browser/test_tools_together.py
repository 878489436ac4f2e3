"""The notebook's own tools, the permissions and both of their questions, as a user meets them together."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from ..tools.kernel_script import SCRIPTED
from .lab import Lab, both_themes
from .notebook_page import NotebookPage
from .panel_page import PanelPage

SET_UP = f"""\
%load_ext notebook_chat
{SCRIPTED}
import sys, types
from notebook_chat.providers import registry


def name_of(text, results):
    "The name of the cell that says something, as the model has been told it."
    head = ""
    for line in told(results[-1]).splitlines():
        head = line if line.startswith("## ") else head
        if line.startswith(text):
            return head.split()[1]


rounds = []
made = types.ModuleType("made")
made.Provider = model(lambda results: [
    (name, arguments(results) if callable(arguments) else arguments) for name, arguments in rounds.pop(0)
])
sys.modules["made"] = made
registry.BUILT_IN = {{**registry.BUILT_IN, "scripted": "made:Provider"}}
%config ChatMagics.model = 'scripted:s'
"""
EDITS = """\
rounds += [
    [("cells_to_edit", {})],
    [("change_cell", lambda results: {
        "cell": name_of("prices =", results),
        "source": "prices = [3, 4, 5]\\nmean = sum(prices) / len(prices)\\nprint(mean)"})],
    [],
]"""
ASK = "%%chat -T notebook -T edit\nLet the mean be right for prices of any number."
CELL = "prices = [3, 4, 5]\nmean = sum(prices) / 3\nprint(mean)"
RUNS = """\
rounds += [
    [("run_code", {"code": "spread = max(prices) - min(prices)\\nprint('spread', spread)"})],
    [("run_code", {"code": "print('twice', 2 * spread)"})],
    [],
    [("run_code", {"code": "print('again', spread)"})],
    [],
]
%config ChatMagics.tools = ['run']
%chat panel"""
COMPUTE = """\
import pathlib, time
print("computing", flush=True)
while not pathlib.Path("enough").exists():
    time.sleep(0.01)
print("computed", "spread" in globals())"""


def input_box(notebook: NotebookPage, cell: int) -> Locator:
    """The front end's own box, in which a cell asks."""
    return notebook.output(cell).locator(".jp-Stdin-input")


def question(panel: PanelPage) -> Locator:
    return panel.panel.get_by_role("region", name="A tool waits for your answer")


def changes_the_cell_below(notebook: NotebookPage, theme: str) -> None:
    notebook.run(1)
    notebook.run(3)
    notebook.run(2, wait=False)
    output, box = notebook.output(2), input_box(notebook, 2)
    expect(box).to_be_visible()
    expect(output).to_contain_text("A call of change_cell (edit), asked for by scripted:s:")
    expect(output).to_contain_text("- mean = sum(prices) / 3")
    expect(output).to_contain_text("+ mean = sum(prices) / len(prices)")
    expect(output).to_contain_text("Run change_cell? [y = yes, n = no (and why)")
    expect(output.locator("summary").nth(1)).to_contain_text("change_cell(")
    expect(output).to_contain_text("waiting for your yes to change_cell …")  # no words of what was before
    notebook.screenshot(f"together-cell-asks-{theme}")
    assert notebook.save().cells[3].source == CELL
    box.fill("y")
    box.press("Enter")
    notebook.wait_idle()
    assert "len(prices)" in notebook.save().cells[3].source
    expect(output).to_contain_text("Done.")
    expect(output.locator("summary")).to_have_count(2)
    notebook.screenshot(f"together-cell-changed-{theme}")
    for line in output.locator("summary").all():
        line.click()
    notebook.settle()
    notebook.screenshot(f"together-cell-unfolded-{theme}")


def runs_once_the_cell_has_ended(notebook: NotebookPage, theme: str) -> None:
    notebook.run(4)
    panel = PanelPage(notebook)
    notebook.run(5, wait=False)
    expect(notebook.output(5)).to_contain_text("computing")
    panel.ask("How far are they apart?")
    asked = question(panel)
    expect(asked).to_contain_text("scripted:s asks to run run_code (runs code in this kernel)")
    expect(asked).to_contain_text("print('spread', spread)")
    expect(panel.button("Yes, for this conversation")).to_be_enabled()
    panel.screenshot(f"together-asks-{theme}")
    panel.button("Yes, for this conversation").click()
    expect(asked).to_be_hidden()
    expect(panel.log).to_contain_text("waiting until no cell runs")
    panel.screenshot(f"together-waits-{theme}")
    (notebook.path.parent / "enough").touch()
    notebook.wait_idle()
    expect(notebook.output(5)).to_contain_text("computed False")
    answer = panel.answer(2)
    expect(answer).to_contain_text("Done.")
    expect(answer.locator("summary")).to_have_count(2)  # the second one ran without a question
    panel.expect_turns(2)
    panel.ask("And again?")
    expect(panel.answer(3)).to_contain_text("Done.")  # so did that of the next prompt
    panel.expect_turns(3)
    for line in panel.log.locator(".notebook-chat summary").all():
        line.click()
    expect(panel.answer(2)).to_contain_text("spread 2")
    expect(panel.answer(2)).to_contain_text("twice 4")
    expect(panel.answer(3)).to_contain_text("again 2")
    notebook.settle()
    panel.screenshot(f"together-ran-{theme}")


@both_themes
def test_a_cell_asks_and_so_does_a_panel_while_another_cell_computes(lab: Lab, theme: str) -> None:
    cells = [SET_UP, EDITS, ASK, CELL, RUNS, COMPUTE, "%chat tools"]
    notebook = lab.open(cells, theme=theme, viewport=(1100, 1000))
    notebook.run(0)
    changes_the_cell_below(notebook, theme)
    runs_once_the_cell_has_ended(notebook, theme)
    notebook.run(6)
    output = notebook.output(6)
    expect(output).to_contain_text("run:run_code")
    expect(output).to_contain_text("in this conversation")
    output.scroll_into_view_if_needed()
    notebook.screenshot(f"together-rules-{theme}")
    assert lab.canary.hits == ()
