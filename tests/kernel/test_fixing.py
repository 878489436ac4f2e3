"""``%chat fix`` in a real kernel: what it shows, what goes over the wire, and the cell that it hands on."""

from __future__ import annotations

from typing import Any

import pytest

from ..servers import Answer, Stall, echo
from .conftest import StartKernel
from .kernelspecs import INSTALLED, OLDER_VERSIONS
from .test_inserted_cells import FrontEnd, handed_on
from .test_magics import Begin, begin

__all__ = ["begin"]

FAILING = "rate = {'usd': 2}\nprint(rate['uds'])"
FIXED = "rate = {'usd': 2}\nprint(rate['usd'])"
ANSWER = f"The key is `usd`.\n\n```python\n{FIXED}\n```\n"


def displays(execution: Any) -> list[Any]:
    """What an execution shows besides what it prints."""
    return [output for output in execution.outputs if output.output_type == "display_data"]


@pytest.mark.parametrize("version", [INSTALLED, *OLDER_VERSIONS[-1:]])
def test_an_error_is_fixed_in_two_steps(begin: Begin, start_kernel: StartKernel, version: str) -> None:
    kernel, server = begin(Answer(ANSWER), Answer(ANSWER), version=version)
    assert kernel.run("def show(rate):\n    print(rate['uds'])", cell_id="a").status == "ok"
    failing = kernel.run("rate = {'usd': 2}\nshow(rate)", cell_id="b")
    number = failing.reply["execution_count"]
    assert failing.status == "error"
    kernel.run("other = 1", cell_id="c")
    fix = kernel.run("%chat fix", cell_id="f")
    assert fix.status == "ok"
    answer, difference = displays(fix)
    assert f"the error of In[{number}] (KeyError)" in answer.data["text/html"]
    html = difference.data["text/html"]
    assert '<span class="d">' in html
    assert '<span class="a">' in html
    assert "<script" not in html
    assert difference.data["text/plain"].startswith("In[")
    sent = server.requests[0].turns[-1].text
    for words in (
        f"In[{number}], the cell that failed:\n```python\nrate = {{'usd': 2}}\nshow(rate)\n```",
        f"In[{number - 1}], a cell that it uses:",
        f"It failed in In[{number - 1}], line 2, in show:",
        "rate has no 'uds'; it has 'usd'",
    ):
        assert words in sent
    assert handed_on(fix) == []
    again = kernel.run("%chat fix", cell_id="f")
    assert again.status == "ok"
    assert [turn.role for turn in server.requests[1].turns] == ["user"]  # its turn is replaced
    inserted = kernel.run("%chat insert", cell_id="g")
    [text] = handed_on(inserted)
    assert text.endswith(f"\n{FIXED}")
    assert handed_on(kernel.run("%chat insert", cell_id="g")) == []
    assert handed_on(kernel.run("%chat insert", cell_id="h")) == []


def test_a_fix_that_runs_again_puts_it_into_the_same_cell(begin: Begin) -> None:
    numbers = iter(range(1, 9))
    kernel, _ = begin(echo(lambda turns: f"So.\n\n```python\nrate = {next(numbers)}\n```\n"))
    front = FrontEnd(kernel)
    front.run(FAILING, "b")
    front.run("%chat fix --insert", "f")
    front.run("%chat fix --insert", "f")
    assert len(front.cells) == 1
    assert next(iter(front.cells.values())).endswith("\nrate = 2")


def test_an_interrupt_ends_it_in_silence(begin: Begin) -> None:
    kernel, _ = begin(Answer("so far", Stall()), Answer(ANSWER))
    kernel.run(FAILING, cell_id="b")
    fix = kernel.submit("%chat fix", cell_id="f")
    fix.wait_for(lambda e: "so far" in str(e.displays))
    kernel.interrupt()
    fix.wait()
    assert fix.status == "error"
    assert fix.errors == ()
    assert "Traceback" not in str(fix.outputs)
    assert len(displays(fix)) == 1
    assert len(displays(kernel.run("%chat fix", cell_id="f"))) == 2


def test_a_syntax_error_and_a_cell_beneath_a_magic(begin: Begin) -> None:
    kernel, server = begin(echo(lambda turns: ANSWER))
    kernel.run("x = (1,\ny = 2", cell_id="b")
    kernel.run("%chat fix", cell_id="f")
    sent = server.requests[-1].turns[-1].text
    assert "SyntaxError" in sent
    assert "→    1 | x = (1," in sent
    kernel.run("%%time\nk = 5\nk.append(1)", cell_id="b")
    kernel.run("%chat fix", cell_id="g")
    sent = server.requests[-1].turns[-1].text
    assert "→    3 | k.append(1)" in sent
    assert "k: 5" in sent


def test_a_cell_that_was_corrected_in_place_is_over(begin: Begin) -> None:
    kernel, _ = begin(echo(lambda turns: ANSWER))
    number = kernel.run(FAILING, cell_id="b").reply["execution_count"]
    later = kernel.run(FIXED, cell_id="b").reply["execution_count"]
    assert f"In[{number}] ran again as In[{later}]" in kernel.run("%chat fix", cell_id="f").text
