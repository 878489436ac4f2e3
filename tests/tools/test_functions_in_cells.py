"""Functions of the notebook, as a line of ``%%chat`` names them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.events import Finish, TextDelta, ToolCall
from notebook_chat.magics.asked_tools import tool_names
from notebook_chat.messages import ToolResultPart

from ..test_magics import notebook, provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]


@pytest.fixture
def caller(shell: Any, provider: Any, capsys: Any) -> Iterator[Any]:
    """A model that calls the tool that the prompt names, with the arguments behind its name."""

    def script(messages: Any) -> list[Any]:
        if messages[-1].role == "tool":
            return [TextDelta("done"), Finish("stop")]
        name, _, arguments = messages[-1].text.partition(" ")
        return [ToolCall(0, "c", name, arguments or "{}"), Finish("tool_calls")]

    provider.script = staticmethod(script)
    provider.options = provider.options | {"tools", "tool_choice"}
    before = dict(shell.user_ns)
    yield provider
    for name in shell.user_ns.keys() - before.keys():
        del shell.user_ns[name]


def called(shell: Any) -> list[str]:
    turn = notebook(shell).conversation("default").turns[-1]
    return [
        "".join(getattr(one, "text", "") for one in part.parts)
        for part in turn.parts
        if isinstance(part, ToolResultPart)
    ]


def told(provider: Any) -> list[str]:
    return [spec.name for spec in provider.options_seen[-1].get("tools") or ()]


DEFINE = '''
from __future__ import annotations
import dataclasses
from notebook_chat import tool

@dataclasses.dataclass
class Point:
    x: int

def look(point: Point, times: int = 1) -> list[Point]:
    """Looks.

    Args:
        point: Where.
    """
    print("looking")
    return [point] * times

@tool(name="find_it", thread="notebook")
def find(word: str) -> str:
    return word.upper()

class Shop:
    def __init__(self, name): self.name = name
    @tool
    def look(self) -> str: return self.name
    def hidden(self) -> str: return "x"

shop, other = Shop("here"), Shop("there")
double = lambda x: 2 * x
both = [look, find]
number = 3
'''


def test_functions_are_named_on_the_line(shell: Any, caller: Any, capsys: Any) -> None:
    assert run(shell, capsys, DEFINE)[1]
    out, fine = run(shell, capsys, '%%chat -T look\nlook {"point": {"x": 2}, "times": 2}')
    assert fine, out
    assert called(shell) == ['Printed:\nlooking\n\nGiven back:\n[{"x": 2}, {"x": 2}]']
    assert told(caller) == ["look"]
    assert caller.options_seen[0]["tools"][0].parameters["properties"]["point"]["description"] == "Where."
    run(shell, capsys, '%%chat -T find\nfind_it {"word": "a"}')
    assert called(shell) == ["A"]
    run(shell, capsys, '%%chat -T double\ndouble {"x": 4}')
    assert called(shell) == ["8"]
    run(shell, capsys, "%%chat -T shop.look\nlook")
    assert called(shell) == ["here"]
    run(shell, capsys, "%%chat -T shop.look -T other.look\nother_look")
    assert told(caller) == ["shop_look", "other_look"]
    assert called(shell) == ["there"]
    run(shell, capsys, "%%chat -T both -T look\nfind_it")
    assert told(caller) == ["look", "find_it"]


def test_a_function_that_was_defined_anew_is_the_one_that_counts(
    shell: Any, caller: Any, capsys: Any
) -> None:
    shell.run_line_magic("config", "ChatMagics.tools = ['look']")
    for number in (1, 2):
        run(shell, capsys, f"def look():\n    return {number}")
        run(shell, capsys, "%%chat\nlook")
        assert called(shell) == [str(number)]
    run(shell, capsys, "%%chat -T none\nhello")
    assert told(caller) == []


def test_names_in_python_follow_the_notebook(shell: Any, caller: Any, capsys: Any) -> None:
    run(shell, capsys, "def look():\n    return 1")
    chat = Chat(tools=["look"])
    run(shell, capsys, "def look():\n    return 2")
    chat.ask("look")
    [part] = [part for part in chat.conversation.turns[-1].parts if isinstance(part, ToolResultPart)]
    assert part.parts[0].text == "2"  # type: ignore[union-attr]
    chat.register_tool("look")
    chat.unregister_tool("look")


def test_a_tool_of_the_settings_that_is_not_there_is_told_with_their_name(
    shell: Any, caller: Any, capsys: Any
) -> None:
    run(shell, capsys, "%config ChatMagics.tools = ['quite_another']")
    out, fine = run(shell, capsys, "%%chat\nlook")
    run(shell, capsys, "%config ChatMagics.tools = []")
    assert not fine
    assert "there is no tool 'quite_another'. %config ChatMagics.tools names it." in out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lok", "there is no tool 'lok'. Did you mean look?"),
        ("LOOK", "there is no tool 'LOOK'. Did you mean look?"),
        ("look,notebook", "there is no tool 'look,notebook'. Name them one by one: -T look -T notebook."),
        ("notebok", "there is no tool 'notebok'. Did you mean notebook?"),
        ("shop.lok", "there is no tool 'shop.lok'. Did you mean shop.look?"),
        ("shop.a.b", "there is no tool 'shop.a.b'"),
        ("number", "number is of type int, and no function"),
        ("dataclasses", "dataclasses is a module, and no function"),
        ("quite_another", "Run the cell that defines it first."),
        ("Shop.look", "is a method of a class, without an object"),
        ("max", "there is no tool 'max'"),
        ("", "there is no tool ''"),
    ],
)
def test_what_is_no_function_is_told_in_a_line(
    shell: Any, caller: Any, capsys: Any, name: str, words: str
) -> None:
    run(shell, capsys, DEFINE)
    out, fine = run(shell, capsys, f'%%chat -T "{name}"\nlook')
    assert not fine
    assert words in out
    assert len(out.strip().splitlines()) == 1
    assert caller.requests == []


def test_the_tab_key_offers_what_the_user_has_defined(shell: Any, caller: Any, capsys: Any) -> None:
    run(shell, capsys, "from math import sqrt\nimport json\nfrom textwrap import dedent\n" + DEFINE)
    names = list(tool_names(notebook(shell)))
    assert {"notebook", "edit", "run", "none", "look", "find", "double", "shop.look", "other.look"} <= set(
        names
    )
    assert not {
        "sqrt",
        "dedent",
        "json",
        "Shop",
        "Point",
        "shop",
        "tool",
        "exit",
        "get_ipython",
        "shop.hidden",
    } & set(names)
