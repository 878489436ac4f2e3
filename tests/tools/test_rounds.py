"""The loop of tools: ask, run, give back, ask again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import pytest

from notebook_chat import Chat, runner
from notebook_chat.events import Finish, TextDelta, ToolCall, Usage
from notebook_chat.messages import TextPart, ToolCallPart, ToolResultPart
from notebook_chat.tools import PendingCall, Tell, Verdict, arguments

from .scripted import Made, scripted

ADD = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
}


def called(*calls: tuple[str, str, str], text: str = "") -> list[Any]:
    events: list[Any] = [TextDelta(text)] if text else []
    events += [ToolCall(place, id_, name, arguments) for place, (id_, name, arguments) in enumerate(calls)]
    return [*events, Usage(10, 5), Finish("tool_calls")]


def said(text: str) -> list[Any]:
    return [TextDelta(text), Usage(20, 7), Finish("stop")]


def adder() -> Made:
    return Made("add", lambda values: values["a"] + values["b"], parameters=ADD)


def results(chat: Chat) -> list[ToolResultPart]:
    return [part for part in chat.conversation.turns[-1].parts if isinstance(part, ToolResultPart)]


def test_what_a_tool_gives_goes_back_and_the_answer_comes() -> None:
    provider = scripted(called(("c1", "add", '{"a": 2, "b": 3}'), text="Let me see."), said("It is 5."))
    chat = Chat(provider=provider, tools=[adder()])

    answer = chat.ask("2 + 3?")

    assert answer == "Let me see.\n\nIt is 5."
    assert answer.usage == Usage(30, 12)
    assert [spec.name for spec in provider.told[0]["tools"]] == ["add"]
    *_, asked, given = provider.sent[1]
    assert asked.parts == (TextPart("Let me see."), ToolCallPart("c1", "add", '{"a": 2, "b": 3}'))
    assert given.role == "tool"
    assert given.parts[0].parts == (TextPart("5"),)
    assert [message.role for message in chat.conversation.turns[0].exchange] == [
        "assistant",
        "tool",
        "assistant",
    ]


def test_the_next_question_goes_out_behind_all_rounds_without_the_gap() -> None:
    provider = scripted(
        called(("c1", "add", '{"a": 2, "b": 3}'), text="Let me see."), said("It is 5."), said("Yes.")
    )
    chat = Chat(provider=provider, tools=[adder()])
    chat.ask("2 + 3?")

    chat.ask("Sure?")

    assert [(one.role, one.text) for one in provider.sent[2]] == [
        ("user", "2 + 3?"),
        ("assistant", "Let me see."),
        ("tool", ""),
        ("assistant", "It is 5."),
        ("user", "Sure?"),
    ]


def test_a_stream_has_the_text_of_the_turn() -> None:
    provider = scripted(called(("c1", "add", '{"a": 2, "b": 3}'), text="Let me see."), said("It is 5."))
    chat = Chat(provider=provider, tools=[adder()])

    assert "".join(chat.stream("2 + 3?")) == chat.conversation.turns[0].answer


def test_calls_of_one_answer_run_side_by_side_and_are_given_back_in_order() -> None:
    async def slow(values: Any) -> str:
        await asyncio.sleep(0.3 if values.get("n") == 1 else 0.01)
        return f"n{values.get('n')}"

    provider = scripted(called(("x", "slow", '{"n": 1}'), ("y", "slow", '{"n": 2}')), said("done"))
    chat = Chat(provider=provider, tools=[Made("slow", slow)])

    chat.ask("go")

    assert [part.id for part in results(chat)] == ["x", "y"]
    assert [part.parts[0].text for message in provider.sent[1] for part in message.parts
            if isinstance(part, ToolResultPart)] == ["n1", "n2"]  # fmt: skip


def test_calls_are_decided_about_in_order_however_long_each_takes_to_be_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check = arguments.check

    def slow(values: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
        time.sleep(0.2 / values["a"])
        check(values, schema)

    monkeypatch.setattr(arguments, "check", slow)
    seen: list[Any] = []

    class Permit:
        async def decide(self, call: PendingCall, tell: Tell) -> Verdict:
            seen.append(call.arguments["a"])
            return Verdict(True)

    calls = [(f"c{number}", "add", f'{{"a": {number}, "b": 1}}') for number in (1, 20, 300)]
    chat = Chat(provider=scripted(called(*calls), said("done")), tools=[adder()], permit=Permit())

    chat.ask("go")

    assert seen == [1, 20, 300]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("add", '{"a": 2', "no JSON"),
        ("add", "[1, 2]", "must be a JSON object"),
        ("add", '{"a": 2}', "'b' is a required property"),
        ("add", '{"a": "x", "b": 1}', "a: 'x' is not of type 'integer'"),
        ("sub", "{}", "there is no tool 'sub': there are add"),
    ],
)
def test_wrong_calls_are_results_that_say_what_is_wrong(name: str, arguments: str, words: str) -> None:
    provider = scripted(called(("c", name, arguments)), said("sorry"))
    tool = adder()
    chat = Chat(provider=provider, tools=[tool])

    assert chat.ask("go") == "sorry"

    [result] = results(chat)
    assert result.is_error
    assert words in result.parts[0].text
    assert not tool.ran


def test_a_failing_tool_is_a_result_with_its_last_line() -> None:
    def fails(_: Any) -> None:
        raise KeyError("price")

    chat = Chat(provider=scripted(called(("c", "look", "{}")), said("no")), tools=[Made("look", fails)])

    chat.ask("go")

    [result] = results(chat)
    assert result.is_error
    assert result.parts[0].text == "KeyError: 'price'"


def test_what_nobody_has_allowed_is_not_run() -> None:
    tool = Made("wipe", lambda _: "gone", given=False)
    chat = Chat(provider=scripted(called(("c", "wipe", "{}")), said("fine")), tools=[tool])

    chat.ask("go")

    [result] = results(chat)
    assert result.is_error
    assert "not run" in result.parts[0].text
    assert not tool.ran


def test_the_time_of_a_tool_is_bounded() -> None:
    tool = Made("sleep", lambda _: asyncio.sleep(30), seconds=0.05)
    chat = Chat(provider=scripted(called(("c", "sleep", "{}")), said("fine")), tools=[tool])

    chat.ask("go")

    [result] = results(chat)
    assert result.is_error
    assert "longer than 0.05 s" in result.parts[0].text


def test_rounds_are_bounded_and_the_end_is_told() -> None:
    provider = scripted(called(("c", "add", '{"a": 1, "b": 1}')))
    chat = Chat(provider=provider, tools=[adder()], rounds=3)

    run = chat.reply("go")
    runner.run(drained(run))

    assert len(provider.sent) == 4
    assert any("its tools 3 times" in note for note in run.warnings)
    assert len({part.id for part in results(chat)}) == 4  # the service's id is the same each time
    assert results(chat)[-1].is_error


async def drained(run: Any) -> bool:
    async for _ in run.batches():
        pass
    return True


async def test_a_stop_while_a_tool_runs_gives_it_a_result_and_the_talk_goes_on() -> None:
    begun = asyncio.Event()

    async def sleep(values: Any) -> None:
        begun.set()
        await asyncio.sleep(600)

    provider = scripted(called(("c", "sleep", "{}")), said("Go on."))
    chat = Chat(provider=provider, tools=[Made("sleep", sleep)])
    run = chat.reply("go")
    task = asyncio.create_task(drained(run))
    await asyncio.wait_for(begun.wait(), 30)

    run.stop()
    await asyncio.wait_for(task, 30)

    assert chat.conversation.turns[0].status == "stopped"
    [result] = results(chat)
    assert result.is_error
    assert result.parts[0].text == "stopped by the user"
    assert await chat.ask_async("And now?") == "Go on."
    assert [message.role for message in provider.sent[1]] == ["user", "assistant", "tool", "user"]


@pytest.mark.parametrize(
    ("name", "arguments", "runs"),
    [
        ("quick", "{}", True),
        ("fails", "{}", True),
        ("denied", "{}", False),
        ("quick", "{", False),
        ("none", "{}", False),
    ],
)
def test_the_time_of_a_call_is_that_of_the_tool_alone(name: str, arguments: str, runs: bool) -> None:
    decided = 0.0

    class Thinks:
        async def decide(self, call: PendingCall, tell: Tell) -> Verdict:
            nonlocal decided
            await asyncio.sleep(0.3)
            decided = time.monotonic()
            return Verdict(call.tool.name != "denied")

    def fails(values: Any) -> None:
        raise LookupError("no such row")

    tools = [Made("quick", str), Made("fails", fails), Made("denied", str)]
    chat = Chat(provider=scripted(called(("a", name, arguments)), said("So.")), tools=tools, permit=Thinks())
    chat.ask("go")
    most = time.monotonic() - decided
    [result] = results(chat)
    if runs:
        assert 0 < result.seconds <= most + 0.001  # however quick it was
    else:
        assert result.seconds == 0
