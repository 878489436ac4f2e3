"""Chat cells among others in a real JupyterLab and Notebook 7: interrupts of Run All, widgets, answers as values."""

from __future__ import annotations

from playwright.sync_api import expect

from ..servers import Answer, Pause, Stall
from .chats import Begin
from .lab import every_front_end

ASK = "get_ipython().run_cell_magic('chat', '', 'hello')"
WIDGETS = f"""\
import ipywidgets as widgets
out, captured = widgets.Output(), widgets.Button(description="captured")
captured.on_click(out.capture()(lambda _: {ASK}))
display(captured, out)
"""


@every_front_end
def test_one_interrupt_ends_run_all(begin: Begin) -> None:
    cells = ["%%chat\none", "%%chat\ntwo", "print('three')"]
    notebook, server = begin(cells, Answer("so far ", Stall()))
    notebook.run_all(wait=False)
    expect(notebook.output(1)).to_contain_text("so far")
    notebook.interrupt()
    notebook.wait_idle()
    expect(notebook.output(1)).to_contain_text("stopped")
    expect(notebook.output(1)).not_to_contain_text("Interrupt")
    expect(notebook.output(1)).not_to_contain_text("Traceback")
    assert [cell.count for cell in notebook.cells[2:]] == [None, None]
    assert len(server.requests) == 1


@every_front_end
def test_the_whole_answer_is_in_an_output_widget(begin: Begin) -> None:
    slow = Answer("one ", Pause(0.5), "two ", Pause(0.5), "**three**")
    notebook, _ = begin([WIDGETS, f"with out:\n    {ASK}"], slow)
    notebook.run(1)
    notebook.run(2)
    expect(notebook.output(1).locator("strong")).to_have_text(["three"])
    expect(notebook.output(1)).to_contain_text("one two three")
    notebook.output(1).get_by_role("button", name="captured").click()
    expect(notebook.output(1).locator("strong")).to_have_text(["three", "three"])


@every_front_end
def test_an_answer_as_the_last_line_is_shown_as_one(begin: Begin) -> None:
    code = "from notebook_chat import Chat\nChat(get_ipython().magics_manager.registry['ChatMagics'].model).ask('hi')"
    notebook, _ = begin([code], Answer("**bold** <script>raw</script>"))
    notebook.run(1)
    expect(notebook.output(1).locator("strong")).to_have_text("bold")
    expect(notebook.output(1)).to_contain_text("<script>raw</script>")
