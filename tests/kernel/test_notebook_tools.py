"""A cell of a real kernel whose model looks at the notebook by itself."""

from __future__ import annotations

import textwrap

from .conftest import StartKernel

SETUP = """
import sqlite3, sys, types
from typing import ClassVar
from notebook_chat.events import Finish, TextDelta, ToolCall
from notebook_chat.messages import ToolResultPart
from notebook_chat.providers import AsyncGeneratorProvider, registry

class Looker(AsyncGeneratorProvider):
    default_model = "l"
    options: ClassVar[frozenset[str]] = frozenset({"tools", "tool_choice"})
    calls: ClassVar[list] = []

    @classmethod
    async def stream(cls, model, messages, **options):
        given = [part for one in messages for part in one.parts if isinstance(part, ToolResultPart)]
        if given or not options.get("tools"):
            yield TextDelta("I have seen: " + " | ".join(part.parts[0].text for part in given))
            yield Finish("stop")
            return
        for place, (name, arguments) in enumerate(cls.calls):
            yield ToolCall(place, "", name, arguments)
        yield Finish("tool_calls")

_hidden = types.ModuleType("looker_for_tests")
_hidden.Looker = Looker
sys.modules["looker_for_tests"] = _hidden
registry.BUILT_IN["looker"] = "looker_for_tests:Looker"
"""


def test_a_cell_looks_at_the_notebook(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    assert kernel.run("%load_ext notebook_chat").status == "ok"
    assert kernel.run(SETUP).status == "ok"
    kernel.run("rides = [1, 2, 3]\npassword = 'correct horse'\ndb = sqlite3.connect(':memory:')")
    kernel.run("db.execute('create table trips (id integer)')\nprint('some words')")
    kernel.run("1 / len([])")
    kernel.run(
        textwrap.dedent(
            """
            Looker.calls[:] = [
                ("list_variables", "{}"),
                ("show_rows", '{"variable": "rides", "stop": 2}'),
                ("look_at_variable", '{"variable": "db"}'),
                ("look_at_variable", '{"variable": "password"}'),
                ("read_last_error", "{}"),
                ("search_notebook", '{"text": "some words"}'),
                ("look_at_variable", '{"variable": "nothing"}'),
                ("show_help", '{"name": "Looker.stream"}'),
            ]
            """
        )
    )

    run = kernel.run("%%chat -m looker:l -T notebook -o seen\nwhat is here?")

    assert run.status == "ok", run.text
    seen = kernel.run("print(seen)").text
    for words in (
        "rides: list, 3 items",
        "0: 1\n1: 2",
        "trips",
        "password: str, not sent",
        "ZeroDivisionError: division by zero",
        "line 2: print('some words')",
        "there is no variable nothing",
        "async def stream(cls, model, messages, **options)",
    ):
        assert words in seen
    assert "correct horse" not in seen
    assert "get_ipython" not in seen
    assert kernel.run("rides").text == "[1, 2, 3]"
