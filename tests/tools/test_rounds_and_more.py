"""The loop of tools together with what else an ask may be: data, failures, bounds, several models, previews."""

from __future__ import annotations

from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.answer import AnswerFold
from notebook_chat.errors import (
    ChatError,
    ContextLengthError,
    DataError,
    InvalidOptionError,
    ServerError,
)
from notebook_chat.events import Finish, ReasoningDelta, TextDelta, ToolCall, Usage
from notebook_chat.messages import ToolResultPart

from .scripted import Made, scripted
from .test_rounds import called, results, said


def looker() -> Made:
    return Made("look", lambda _: "7 rows")


CALLED = called(("c", "look", "{}"), text="Let me look.")


def test_data_are_read_from_the_last_answer() -> None:
    provider = scripted(CALLED, said('{"rows": 7}'))
    answer = Chat(provider=provider, tools=[looker()]).ask("how many?", schema="rows int")
    assert answer.data == {"rows": 7}


def test_data_that_are_none_are_asked_for_once_more_behind_the_results() -> None:
    provider = scripted(CALLED, said("seven"), said('{"rows": 7}'))
    chat = Chat(provider=provider, tools=[looker()])
    answer = chat.ask("how many?", schema="rows int")
    assert answer.data == {"rows": 7}
    assert [message.role for message in provider.sent[2]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert len(results(chat)) == 1
    assert answer.usage == Usage(10 + 20 + 20, 5 + 7 + 7)


def test_data_that_never_come_leave_the_results_in_the_turn() -> None:
    chat = Chat(provider=scripted(CALLED, said("seven")), tools=[looker()])
    answer = chat.ask("how many?", schema="rows int")
    with pytest.raises(DataError):
        _ = answer.data
    assert len(results(chat)) == 1


class Failing:
    """Raises where it is among the events of a script."""


def failing(error: Exception) -> Any:
    """A provider that calls a tool, and fails once it is given the result."""

    class Fails(scripted(CALLED)):  # type: ignore[misc]
        @classmethod
        async def stream(cls, model: str, messages: Any, **options: Any) -> Any:
            cls.sent.append(messages)
            if len(cls.sent) > 1:
                yield TextDelta("It is")
                raise error
            for event in CALLED:
                yield event

    Fails.sent = []
    return Fails


def test_a_failure_behind_a_result_keeps_what_came() -> None:
    chat = Chat(provider=failing(ServerError("broken")), tools=[looker()])
    with pytest.raises(ServerError) as failure:
        chat.ask("how many?")
    assert failure.value.partial == "Let me look.\n\nIt is"
    [turn] = chat.conversation.turns
    assert turn.status == "failed"
    assert turn.answer == "Let me look.\n\nIt is"
    assert len(results(chat)) == 1


def test_too_much_for_the_model_behind_a_result_leaves_turns_out() -> None:
    sent: list[Any] = []

    class Small(scripted(CALLED)):  # type: ignore[misc]
        @classmethod
        async def stream(cls, model: str, messages: Any, **options: Any) -> Any:
            sent.append(messages)
            if messages[-1].role == "tool" and len(messages) > 5:
                raise ContextLengthError("too long")
            for event in said("ok") if messages[-1].role == "tool" or len(sent) < 5 else CALLED:
                yield event

    chat = Chat(provider=Small, tools=[looker()])
    for number in range(4):
        chat.ask(f"question {number} " + "word " * 200)
    assert chat.ask("how many?") == "Let me look.\n\nok"
    assert len(sent[-1]) < len(sent[-2])
    assert len(results(chat)) == 1


def test_several_models_have_the_tools_each() -> None:
    tool = looker()
    chat = Chat(provider=scripted(CALLED, CALLED, said("Seven."), said("Seven!")), tools=[tool])
    answers = chat.compare("how many?", ["scripted:a", "scripted:b"])
    assert [str(one) for one in answers] == ["Let me look.\n\nSeven.", "Let me look.\n\nSeven!"]
    assert len(tool.ran) == 2


def test_who_cannot_call_tools_is_told_before_anything_is_sent() -> None:
    class Mute(scripted(said("x"))):  # type: ignore[misc]
        options = frozenset({"max_tokens"})

    chat = Chat(provider=Mute, tools=[looker()])
    with pytest.raises(InvalidOptionError, match="cannot call tools"):
        chat.ask("go")
    assert Mute.sent == []
    assert chat.ask("go", tools=[]) == "x"


def test_a_turn_may_have_tools_of_its_own_or_none() -> None:
    provider = scripted(said("x"))
    chat = Chat(provider=provider, tools=[looker()])
    chat.ask("a", tools=[Made("more", lambda _: 1)])
    chat.ask("b", tools=[])
    chat.ask("c")
    told = [[spec.name for spec in options.get("tools", ())] for options in provider.told]
    assert told == [["look", "more"], [], ["look"]]


@pytest.mark.parametrize("given", ["look", 5, [5], [None], {"a": 1}])
def test_what_is_no_tool_is_refused(given: Any) -> None:
    with pytest.raises(ChatError):
        Chat(provider=scripted(said("x")), tools=given)


def test_a_preview_has_the_tools_and_runs_none() -> None:
    tool = looker()
    chat = Chat("openai:gpt-4o", api_key="sk-0123456789", tools=[tool], base_url="http://127.0.0.1:9/v1")
    assert b'"look"' in (chat.preview("how many?").body or b"")
    assert "it may call look" in chat.preview("how many?").notes
    assert not tool.ran


def test_the_fold_goes_on_from_round_to_round() -> None:
    fold = AnswerFold("m")
    fold.add(
        [
            ReasoningDelta("hm"),
            TextDelta("One"),
            ToolCall(0, "", "look", "{}"),
            Usage(5, 1),
            Finish("tool_calls"),
        ]
    )
    first = fold.snapshot()
    [call] = fold.calls()
    fold.add([ToolResultPart(call.id, "look", ())])
    fold.begin()
    assert fold.snapshot().finish_reason is None
    fold.add([TextDelta("Two"), ToolCall(0, "", "look", "{}"), Usage(7, 2), Finish("tool_calls")])
    second = fold.snapshot()

    assert second.continues(first)
    assert second.text == "One\n\nTwo"
    assert second.usage == Usage(12, 3)
    assert [message.role for message in second.messages] == ["assistant", "tool", "assistant"]
    assert len({one.id for one in (*fold.calls(), call)}) == 2

    again = AnswerFold.behind(first)
    again.add([TextDelta("Three"), Usage(1, 1)])
    assert again.snapshot().text == "One\n\nThree"
    assert again.snapshot().usage == Usage(6, 2)


def test_a_tool_that_must_be_called_is_called_once() -> None:
    provider = scripted(CALLED, said("Seven."))
    Chat(provider=provider, tools=[looker()]).ask("how many?", tool_choice="required")
    assert [options.get("tool_choice") for options in provider.told] == ["required", None]
