"""``%chat fix`` on cells that fail in the ways in which cells do: what goes out, and where the corrected cell lands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..test_magics import notebook, provider, shared_shell, shell
from .failing_cells import CASES, Failing

__all__ = ["provider", "shared_shell", "shell"]  # fixtures


@pytest.fixture
def inserted(shell: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """What was put into new cells, as in a notebook; in a folder and a namespace of the test's own.

    What IPython itself shows of an error is nobody's concern here, and of a recursion half a minute of work.
    """
    cells: list[str] = []
    monkeypatch.setattr(shell, "set_next_input", lambda text, replace=False: cells.append(text))
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    monkeypatch.chdir(tmp_path)
    shell.reset()
    shell.run_line_magic("xmode", "Minimal")
    yield cells
    shell.run_line_magic("xmode", "Context")
    if (database := shell.user_ns.get("db")) is not None:
        database.close()


def cells(shell: Any, capsys: Any, *sources: str) -> str:
    """What the last of some cells printed, each run as a notebook does."""
    out = ""
    for source in sources:
        capsys.readouterr()
        shell.run_cell(source, store_history=True)
        captured = capsys.readouterr()
        out = captured.out + captured.err
    return out


@pytest.mark.filterwarnings("ignore:To exit")  # IPython's, of SystemExit
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_frame_the_values_and_the_cell_go_out_and_the_correction_lands_once(
    case: Failing, shell: Any, provider: Any, capsys: Any, inserted: list[str]
) -> None:
    fixed = f"{case.fixed}\nRAN = True"
    provider.script = lambda messages: [f"This is why.\n\n```python\n{fixed}\n```\n"]
    cells(shell, capsys, *case.before)
    number = shell.execution_count
    cells(shell, capsys, case.cell)
    out = cells(shell, capsys, "x_other = 1", "%chat fix")
    sent = provider.requests[-1][-1].text
    assert f"In[{number}], the cell that failed:\n```python\n{case.cell}\n```" in sent
    assert case.kind in sent
    _, _, error = sent.partition(f"The error of In[{number}]:")
    assert case.line in error
    for words in case.told:
        assert words in sent
    turn = notebook(shell).conversation().turns[-1]
    assert turn.typed == "%chat fix"
    assert (f"the error of In[{number}]", case.kind) in [(one.name, one.label) for one in turn.included]
    assert "+ RAN = True" in out
    assert inserted == []
    assert "handed on as the next cell" in cells(shell, capsys, "%chat insert")
    assert "in a cell already" in cells(shell, capsys, "%chat insert")
    assert inserted == [fixed]
    assert "RAN" not in shell.user_ns
