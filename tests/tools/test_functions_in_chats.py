"""Functions that are given to a chat."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from notebook_chat import Chat, tool
from notebook_chat.conversation import Conversation
from notebook_chat.errors import InvalidOptionError
from notebook_chat.messages import TextPart, ToolResultPart
from notebook_chat.tools.functions import sources

from .scripted import Made, scripted
from .test_rounds import called, said


def add(a: int, b: int = 1) -> int:
    """Adds two numbers."""
    return a + b


def results(chat: Chat) -> list[str]:
    parts = [part for part in chat.conversation.turns[-1].parts if isinstance(part, ToolResultPart)]
    return ["".join(one.text for one in part.parts if isinstance(one, TextPart)) for part in parts]


def names(provider: Any) -> list[str]:
    return [spec.name for spec in provider.told[-1].get("tools") or ()]


def test_a_function_is_called_and_nobody_is_asked() -> None:
    provider = scripted(called(("c", "add", '{"a": 2, "b": 3}')), said("5"))
    chat = Chat(provider=provider, tools=[add])
    assert chat.ask("2 + 3?") == "5"
    assert results(chat) == ["5"]
    assert provider.told[0]["tools"][0].description == "Adds two numbers."


def test_one_that_is_to_be_asked_about_is_not_run_where_nobody_can_be() -> None:
    ran: list[int] = []

    @tool(ask=True)
    def drop(table: str) -> None:
        ran.append(1)

    chat = Chat(provider=scripted(called(("c", "drop", '{"table": "t"}')), said("ok")), tools=[drop])
    chat.ask("go")
    assert results(chat) == [
        'not run: nobody can be asked here: to let it run, give Chat(permit="ask"), or a function that decides'
    ]
    assert ran == []


def test_where_a_chat_would_ask_and_cannot_the_words_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)

    @tool(ask=True)
    def drop() -> None: ...

    chat = Chat(provider=scripted(called(("c", "drop", "{}")), said("ok")), tools=[drop], permit="ask")
    chat.ask("go")
    assert "run it in a terminal or a cell, or give a function: permit=" in results(chat)[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ('{"a": "two"}', "a: 'two' is not of type 'integer'"),
        ('{"b": 2}', "'a' is a required property"),
        ('{"a": 2, "c": 1}', "'c' was unexpected"),
        ("{", "no JSON"),
    ],
)
def test_wrong_arguments_are_told_to_the_model(arguments: str, words: str) -> None:
    chat = Chat(provider=scripted(called(("c", "add", arguments)), said("sorry")), tools=[add])
    chat.ask("go")
    assert words in results(chat)[0]


def test_tools_can_be_registered_and_taken_off() -> None:
    provider = scripted(said("ok"))
    chat = Chat(provider=provider)

    @chat.register_tool
    def look(x: int) -> int:
        return x

    assert look(3) == 3
    assert chat.register_tool(add) is add
    chat.ask("go")
    assert names(provider) == ["look", "add"]
    chat.unregister_tool(look)
    chat.ask("go")
    assert names(provider) == ["add"]
    chat.unregister_tool("add")
    chat.ask("go")
    assert names(provider) == []
    with pytest.raises(InvalidOptionError, match="look is no tool of this chat"):
        chat.unregister_tool(look)


def test_a_cell_that_runs_twice_registers_once() -> None:
    provider = scripted(called(("c", "look", "{}")), said("ok"))
    chat = Chat(provider=provider, tools=[add])
    for number in (1, 2):

        @chat.register_tool
        def look(number: int = number) -> str:
            return f"version {number}"

    chat.register_tool(add)
    chat.ask("go")
    assert names(provider) == ["look", "add"]
    assert results(chat) == ["version 2"]


class Shop:
    def look(self) -> str:
        return "nothing"


def test_methods_and_tools_are_registered_and_taken_off() -> None:
    chat = Chat(provider=scripted(said("ok")))
    shop, made = Shop(), Made("made", lambda values: "x")
    chat.register_tool(shop.look)
    chat.register_tool(made)
    chat.unregister_tool(shop.look)
    chat.unregister_tool(made)
    with pytest.raises(InvalidOptionError, match="It has none"):
        chat.unregister_tool("look")
    for wrong in (3, None):
        with pytest.raises(InvalidOptionError):
            chat.register_tool(wrong)
    with pytest.raises(InvalidOptionError, match="belong to a notebook"):
        chat.register_tool("notebook")


def test_copies_keep_their_tools_and_have_their_own() -> None:
    provider = scripted(said("ok"))
    chat = Chat(provider=provider, tools=[add])
    branch, other = copy.deepcopy(chat), chat.in_conversation(Conversation())
    chat.unregister_tool(add)
    for one in (branch, other, copy.copy(branch)):
        one.ask("go")
        assert names(provider) == ["add"]
    chat.ask("go")
    assert names(provider) == []


def test_two_functions_of_one_name_are_refused() -> None:
    def made(number: int) -> Any:
        def look() -> int:
            return number

        return look

    chat = Chat(provider=scripted(said("ok")), tools=[made(1), made(2)])
    with pytest.raises(InvalidOptionError, match="two tools have the name look"):
        chat.ask("go")


def test_the_same_function_twice_counts_once() -> None:
    provider = scripted(said("ok"))
    shop = Shop()
    Chat(provider=provider, tools=[add, shop.look]).ask("go", tools=[add, shop.look])
    assert names(provider) == ["add", "look"]


def test_no_function_is_refused_at_once() -> None:
    with pytest.raises(InvalidOptionError, match="a lambda has no name"):
        Chat(provider=scripted(said("ok")), tools=[lambda x: x])
    with pytest.raises(InvalidOptionError, match="of type int is no tool"):
        Chat(provider=scripted(said("ok")), tools=[3])


def test_a_function_of_the_notebook_is_as_its_cell_has_it_now(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook: dict[str, Any] = {"__name__": "__main__"}
    monkeypatch.setattr(sources, "namespace", lambda: notebook)

    def cell(code: str) -> None:
        exec(code, notebook)

    cell("def look() -> str:\n    'The first.'\n    return 'first'")
    provider = scripted(called(("c", "look", "{}")), said("ok"), called(("c", "look", "{}")), said("ok"),
                        called(("c", "look", "{}")), said("ok"))  # fmt: skip
    chat = Chat(provider=provider, tools=[notebook["look"]])
    cell("def look() -> str:\n    'The second.'\n    return 'second'")
    chat.ask("go")
    assert provider.told[-1]["tools"][0].description == "The second."
    assert results(chat) == ["second"]
    notebook["look"] = print  # which nobody has given
    chat.ask("go")
    assert results(chat) == ["second"]
    del notebook["look"]
    chat.ask("go")
    assert results(chat) == ["second"]
