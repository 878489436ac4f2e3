"""An error in a real JupyterLab and Notebook 7: corrected, shown as a difference, inserted once, run by the user."""

from __future__ import annotations

from playwright.sync_api import expect

from ..servers import Answer
from .chats import Begin
from .lab import every_front_end

FAILING = """\
rates = {'usd': 1.08, 'gbp': 0.86}
amount = 250
for name in ['usd', 'gpb']:
    print(name, amount * rates[name])"""
FIXED = FAILING.replace("'gpb'", "'gbp'")
ANSWER = (
    "`rates` has no key `gpb`: the code for the pound is `gbp`, and the list has its letters swapped.\n\n"
    f"```python\n{FIXED}\n```\n"
)


@every_front_end
def test_an_error_is_fixed_in_two_steps(begin: Begin) -> None:
    notebook, server = begin([FAILING, "%chat fix", "%chat insert"], Answer(ANSWER), viewport=(1200, 1000))
    notebook.run(1)
    notebook.run(2)
    output = notebook.output(2)
    expect(output).to_contain_text("corrected:")
    expect(output.locator(".d")).to_have_text("- for name in ['usd', 'gpb']:")
    expect(output.locator(".a")).to_have_text("+ for name in ['usd', 'gbp']:")
    notebook.screenshot("fix")
    notebook.run(3)
    notebook.run(3)
    cells = [cell.source for cell in notebook.save().cells]
    assert len(cells) == 5
    assert cells[4].endswith(f"\n{FIXED}")
    assert notebook.cells[4].count is None  # it has not run
    notebook.run(4)
    expect(notebook.output(4)).to_contain_text("gbp 215.0")
    notebook.screenshot("fixed")
    assert "'gpb'" in server.requests[0].turns[-1].text
