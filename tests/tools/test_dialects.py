"""One contract of tools for every dialect: each against its vendor's server, which refuses what the vendor would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.messages import ImagePart, TextPart, ToolCallPart, ToolResultPart
from notebook_chat.tools import ToolOutput

from ..providers.test_contract import FRAMED, KEY, Case
from ..providers.wires import PNG
from ..servers import Answer, Reasoning, Wire, anywhere, every
from ..servers import ToolCall as Call
from ..servers.fixtures import ServerFactory
from .scripted import Made

every_dialect = pytest.mark.parametrize("case", FRAMED, ids=lambda case: case.provider)
IMAGE = ImagePart(PNG, "image/png")
SCHEMA = {
    "type": "object",
    "properties": {"at": {"type": "string"}, "n": {"type": "integer"}},
    "additionalProperties": False,
}


def calling(*arguments: dict[str, Any], text: str = "", number: int = 0, **more: Any) -> Answer:
    """An answer with a call of ``look`` for each arguments."""
    calls = [
        Call("look", json.dumps(one), id=f"toolu_{number}{place}", pieces=3)
        for place, one in enumerate(arguments)
    ]
    return Answer(*([text] if text else []), *calls, finish="tool_calls", **more)


def talk(case: Case, server: Any, tool: Made, **options: Any) -> Chat:
    return Chat(
        f"{case.provider}:model-a",
        base_url=server.base_url,
        api_key=KEY,
        retries=0,
        tools=[tool],
        **options,
    )


def looking(gives: Any = None) -> Made:
    return Made("look", lambda values: f"seen {values}" if gives is None else gives, parameters=SCHEMA)


def parts(chat: Chat, kind: type[Any]) -> list[Any]:
    return [part for turn in chat.conversation.turns for part in turn.parts if isinstance(part, kind)]


def refusals(server: Any) -> list[str]:
    checks = (server.dialect.check(request, request.json) for request in server.requests)
    return [words for words in checks if words]


@every_dialect
@pytest.mark.parametrize("count", [1, 2, 5])
def test_calls_are_run_and_given_back(case: Case, vendor_server: ServerFactory, count: int) -> None:
    asked = [{"at": "a", "n": place} for place in range(count)]
    server = vendor_server(case.dialect, calling(*asked, text="Let me look."), Answer("Seen"))
    tool = looking()
    chat = talk(case, server, tool)
    assert chat.ask("What is there?") == "Let me look.\n\nSeen"
    assert sorted(tool.ran, key=lambda one: one["n"]) == asked
    assert [json.loads(call.arguments) for call in parts(chat, ToolCallPart)] == asked
    assert len({part.id for part in parts(chat, ToolResultPart)}) == count
    assert refusals(server) == []
    assert b"seen" in (server.requests[1].body or b"")


@every_dialect
def test_round_after_round_and_turn_after_turn(case: Case, vendor_server: ServerFactory) -> None:
    rounds = [calling({"n": n}, {"n": n + 10}, number=n) for n in range(4)]
    replies = [*rounds, Answer("Seen"), Answer("Again"), calling({"n": 9}, number=9), Answer("And again")]
    server = vendor_server(case.dialect, *replies)
    chat = talk(case, server, looking())
    assert chat.ask("one").endswith("Seen")
    assert chat.ask("two").endswith("Again")
    assert chat.ask("three").endswith("And again")
    assert len(parts(chat, ToolResultPart)) == 9
    assert refusals(server) == []


@every_dialect
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), size=st.integers(1, 60))
def test_however_the_bytes_are_cut(case: Case, vendor_server: ServerFactory, seed: int, size: int) -> None:
    asked = [{"at": 'a"\\\n{é你', "n": 1}, {}, {"n": -5}]
    for cut in (anywhere(seed), every(size)):
        server = vendor_server(case.dialect, calling(*asked, wire=Wire(cut=cut)), Answer("Seen"))
        tool = looking()
        assert talk(case, server, tool).ask("What is there?").endswith("Seen")
        assert sorted(map(str, tool.ran)) == sorted(map(str, asked))


@every_dialect
@pytest.mark.parametrize(
    "output",
    [
        ToolOutput.text("broken", is_error=True),
        ToolOutput((TextPart("a figure:"), IMAGE)),
        ToolOutput((IMAGE, IMAGE)),
        ToolOutput((TextPart('{"rows": [1, 2]}'),)),
        ToolOutput((TextPart("<b>\x1b[31m‮ &amp; \ud800"),)),
        ToolOutput(()),
        ToolOutput.text("x" * 100_000),
    ],
    ids=["error", "figure", "images", "json", "markup", "nothing", "much"],
)
def test_results_of_every_kind(case: Case, vendor_server: ServerFactory, output: ToolOutput) -> None:
    server = vendor_server(case.dialect, calling({"n": 1}, {"n": 2}), Answer("Seen"), Answer("Yes"))
    chat = talk(case, server, looking(output))
    assert chat.ask("What is there?").endswith("Seen")
    assert chat.ask("Sure?") == "Yes"
    assert refusals(server) == []
    images = sum(isinstance(part, ImagePart) for part in output.parts)
    sent = server.requests[1].body or b""
    assert sent.count(IMAGE.base64.encode()) == 2 * images


@every_dialect
def test_reasoning_between_the_rounds_is_kept(case: Case, vendor_server: ServerFactory) -> None:
    first = Answer(Reasoning("Hm."), Call("look", "{}", id="toolu_1"), finish="tool_calls")
    server = vendor_server(case.dialect, first, Answer(Reasoning("Aha."), "Seen"))
    chat = talk(case, server, looking())
    assert chat.ask("What is there?").endswith("Seen")
    assert refusals(server) == []
    [turn] = chat.conversation.turns
    assert turn.reasoning in ("Hm.Aha.", "")


WRONG = ["", "{}", '{"n": 1', '{"n": "x"}', "[1]", "nonsense"]
OBJECTS = ("{}", '{"n": "x"}')
"""What arguments can be where they come as an object, and not as text."""


@pytest.mark.parametrize(
    ("case", "arguments"),
    [
        pytest.param(case, arguments, id=f"{case.provider} {arguments}")
        for case in FRAMED
        for arguments in (OBJECTS if case.dialect in ("gemini", "ollama") else WRONG)
    ],
)
def test_arguments_that_are_none_are_told_and_asked_again(
    case: Case, vendor_server: ServerFactory, arguments: str
) -> None:
    first = Answer(Call("look", arguments, id="toolu_1"), finish="tool_calls")
    server = vendor_server(case.dialect, first, Answer("Seen"))
    tool = looking()
    chat = talk(case, server, tool)
    assert chat.ask("What is there?").endswith("Seen")
    [result] = parts(chat, ToolResultPart)
    assert result.is_error is (arguments not in ("", "{}"))
    assert len(tool.ran) == (arguments in ("", "{}"))
    assert refusals(server) == []


@every_dialect
def test_a_history_with_tools_goes_to_every_other_dialect(case: Case, vendor_server: ServerFactory) -> None:
    server = vendor_server(case.dialect, calling({"n": 1}, {"n": 2}), Answer("Seen"))
    chat = talk(case, server, looking(ToolOutput((TextPart("a figure:"), IMAGE))))
    chat.ask("one")
    for other in FRAMED:
        second = vendor_server(other.dialect, calling({"n": 3}, number=7), Answer("Seen, too"))
        taken = talk(other, second, looking(), conversation=chat.conversation)
        assert taken.ask(f"for {other.provider}").endswith("Seen, too")
        assert refusals(second) == []
