"""An answer's code as a cell in a real JupyterLab and Notebook 7: inserted, replaced, kept if edited."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from ..servers import Answer, echo
from .chats import Begin
from .lab import every_front_end
from .notebook_page import NotebookPage

ASK = "%%chat -f code\nhello"
EDIT = """\
([index, text]) => {
  const panel = window.jupyterapp.shell.currentWidget;
  const cells = panel.content.model.sharedModel.cells;
  cells.at(index).setSource(cells.at(index).getSource() + text);
}
"""
MOVE = """\
([from, to]) => window.jupyterapp.shell.currentWidget.content.model.sharedModel.moveCell(from, to)
"""


def counting() -> Any:
    """An answer that has other code each time."""
    numbers = iter(range(1, 100))
    return echo(
        lambda turns: f"Like this:\n\n```python\nx = {next(numbers)}\nprint('x is', x)\n```\n\nThat is all."
    )


def sources(notebook: NotebookPage) -> list[str]:
    """What the cells say, but for the first, which loads the extension, and without their marks."""
    return [
        source.partition("\n")[2] if source.startswith("# From the answer above (") else source
        for source in (cell.source for cell in notebook.save().cells[1:])
    ]


def code(number: int) -> str:
    return f"x = {number}\nprint('x is', x)"


@every_front_end
def test_the_code_is_inserted_once_below_and_a_run_again_replaces_it(begin: Begin) -> None:
    notebook, _ = begin([ASK, "print('after')"], counting(), viewport=(1200, 900))
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("The code is in the new cell below.")
    assert sources(notebook) == [ASK, code(1), "print('after')"]
    assert notebook.cells[2].count is None  # it has not run
    notebook.run(2)
    expect(notebook.output(2)).to_have_text("x is 1")
    notebook.screenshot("inserted-code")

    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("The code is in the cell that was inserted before.")
    assert sources(notebook) == [ASK, code(2), "print('after')"]
    expect(notebook.cell(2)).to_contain_text("x = 2")
    notebook.run(2)
    expect(notebook.output(2)).to_have_text("x is 2")
    notebook.screenshot("replaced-code")
    assert "widgets" not in notebook.saved().metadata


@every_front_end
def test_run_all_twice_leaves_one_cell(begin: Begin) -> None:
    notebook, _ = begin([ASK, "print('after')"], counting())
    for number in (1, 2):
        notebook.run_all()
        expect(notebook.output(-1)).to_have_text("after")
        assert sources(notebook) == [ASK, code(number), "print('after')"]
    expect(notebook.output(1)).to_contain_text("It was about to run its earlier code: run it again.")
    notebook.run(2)
    expect(notebook.output(2)).to_have_text("x is 2")


@every_front_end
def test_what_was_edited_stays_and_what_was_deleted_comes_again(begin: Begin) -> None:
    notebook, _ = begin([ASK], counting(), viewport=(1200, 900))
    notebook.run(1)
    notebook.page.evaluate(EDIT, [2, "\nmine = True"])
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("has been edited, and stays as it is")
    mine = f"{code(1)}\nmine = True"
    assert sources(notebook)[:3] == [ASK, code(2), mine]
    notebook.screenshot("edited-code")
    notebook.run(1)
    assert sources(notebook)[:3] == [ASK, code(3), mine]
    notebook.activate(2)
    notebook.execute("notebook:delete-cell")
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("The code is in the new cell below.")
    assert sources(notebook)[:3] == [ASK, code(4), mine]


@every_front_end
def test_after_a_restart_and_far_off_the_screen_it_is_found(begin: Begin) -> None:
    """A long notebook has only those cells in the page that are near the screen."""
    notebook, _ = begin([ASK, *["pass"] * 80], counting())
    notebook.run(1)
    notebook.page.evaluate(MOVE, [2, 42])
    notebook.save()
    notebook.restart_kernel()
    notebook.run(0)
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("The code is in the cell that was inserted before.")
    there = sources(notebook)
    assert [there[0], there.index(code(2)), len(there)] == [ASK, 41, 82]


@every_front_end
def test_the_formats_are_what_they_say(begin: Begin) -> None:
    cells = [f"%%chat -f {form}\nhello" for form in ("text", "markdown", "silent")]
    notebook, _ = begin(
        cells, Answer("# Title\n\n**bold** <b>x</b>\n\n```python\nx = 1\n```\n"), viewport=(1200, 900)
    )
    for place in (1, 2, 3):
        notebook.run(place)
    expect(notebook.output(1).locator("pre").first).to_contain_text("**bold** <b>x</b>")
    expect(notebook.output(2).locator("strong")).to_have_text("bold")
    expect(notebook.output(3)).to_contain_text("openai:gpt-5 · 11 + 7 tokens")
    expect(notebook.output(3)).not_to_contain_text("bold")
    notebook.screenshot("formats")
