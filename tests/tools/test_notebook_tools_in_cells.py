"""``%%chat -T notebook`` in a shell: a provider from a script, and the embedded model, which really looks."""

from __future__ import annotations

import re
from typing import Any

import pytest

from notebook_chat import Chat, load_ipython_extension
from notebook_chat.errors import InvalidOptionError
from notebook_chat.messages import ToolResultPart

from ..benchmarks.embedded_looks import PREPARED, SOME_ROWS, rows_told
from ..test_context import clean
from ..test_magics import shared_shell
from .scripted import scripted
from .test_rounds import called, said

__all__ = ["clean", "shared_shell"]  # fixtures


@pytest.fixture
def shell(clean: Any) -> Any:
    load_ipython_extension(clean)
    clean.run_cell("%config ChatMagics.history = 'off'")
    return clean


def asked(shell: Any, name: str, arguments: str, *cells: str) -> str:
    """What a call of a model is given in a cell that follows others."""
    provider = scripted(called(("c", name, arguments)), said("Done."))
    for cell in cells:
        shell.run_cell(cell, store_history=True)
    assert str(Chat(provider=provider, tools=["notebook"]).ask("look")) == "Done."
    [result] = [part for one in provider.sent[1] for part in one.parts if isinstance(part, ToolResultPart)]
    return str(result.parts[0].text)


def test_the_variables_are_those_of_the_user(shell: Any, capsys: Any) -> None:
    text = asked(shell, "list_variables", "{}", "rides = [1, 2, 3]\n_own = 2", "import json")
    assert "rides: list, 3 items" in text
    assert "json" in text
    for name in ("get_ipython", "_own", "In", "Out", "exit", "_i1"):
        assert not re.search(rf"\b{name}\b", text)


def test_the_last_error_is_what_fix_sees(shell: Any, capsys: Any) -> None:
    text = asked(shell, "read_last_error", "{}", "rate = 0", "total = 10 / rate")
    assert "ZeroDivisionError: division by zero" in text
    assert "total = 10 / rate" in text
    assert "rate: 0" in text


def test_cells_are_those_that_ran(shell: Any, capsys: Any) -> None:
    text = asked(shell, "read_cells", '{"last": 1}', "x = 1", "x + 41")
    assert "x + 41" in text
    assert "42" in text
    assert "x = 1\n" not in text


def test_an_unknown_tool_is_refused(shell: Any) -> None:
    with pytest.raises(InvalidOptionError, match="there is no tool 'nothing'"):
        Chat(tools=["nothing"])


@pytest.mark.model
@pytest.mark.usefixtures("model_file", "fresh")
def test_the_embedded_model_looks_and_tells_how_many_rows_there_are(shell: Any, capsys: Any) -> None:
    shell.run_cell(PREPARED)
    assert [told for told in (rows_told(shell, rows) for rows in SOME_ROWS) if told] == []
