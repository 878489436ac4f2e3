"""Tools in Ollama's API: what is asked, what comes, what goes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat, errors, runner
from notebook_chat.answer import AnswerFold
from notebook_chat.events import Event, Finish, Remark
from notebook_chat.messages import ImagePart, TextPart, ToolCallPart
from notebook_chat.providers import model_facts
from notebook_chat.providers.ollama import Ollama
from notebook_chat.tool_spec import ToolSpec
from notebook_chat.tools import ToolOutput

from ..servers import Answer, Request, VendorServer, serve
from ..servers import ToolCall as Call
from ..tools.scripted import Made
from .test_tools_anthropic import EDITS, FOREIGN, SCHEMAS, fails
from .wires import PNG, built, cuts, ndjson, read

MODEL = "qwen3"
WEATHER = ToolSpec(
    "weather",
    "Tells the weather.",
    {"type": "object", "properties": {"city": {"type": "string", "maxLength": 9}}, "required": ["city"]},
)


def body_of(messages: Any = "hi", **options: Any) -> Any:
    return built(Ollama, messages, MODEL, **options)[1]


def asked(server: VendorServer, model: str = MODEL, messages: Any = "hi", **options: Any) -> list[Event]:
    result = Ollama.create_async_generator(model, messages, base_url=server.base_url, retries=0, **options)

    async def all_of() -> list[Event]:
        return [event async for batch in result.batches() for event in batch]

    return runner.run(all_of())


# --- what is asked --------------------------------------------------------------------------------------


def test_tools_as_the_api_has_them() -> None:
    body = body_of(tools=[WEATHER])
    city = {"type": "string", "description": "(maxLength: 9)"}  # which would not come to the model otherwise
    schema = {"type": "object", "properties": {"city": city}, "required": ["city"]}
    function = {"name": "weather", "description": "Tells the weather.", "parameters": schema}
    assert body["tools"] == [{"type": "function", "function": function}]
    assert "tool_choice" not in body
    assert "tools" not in body_of()


@pytest.mark.parametrize(("choice", "told"), [("auto", 0), ("none", 0), ("required", 1), ("weather", 1)])
def test_a_choice_that_it_has_no_place_for_is_told(choice: str, told: int) -> None:
    with serve("ollama", Answer("Yes")) as server:
        events = asked(server, tools=[WEATHER], tool_choice=choice)
        assert ("tools" in server.requests[0].json) == (choice != "none")
    assert len([event for event in events if isinstance(event, Remark)]) == told


@pytest.mark.parametrize("schema", SCHEMAS, ids=range(len(SCHEMAS)))
def test_every_schema_becomes_one_that_the_service_takes(schema: dict[str, Any]) -> None:
    with serve("ollama", Answer("Yes")) as server:
        asked(server, tools=[ToolSpec("look", "", schema)])
        assert len(server.requests) == 1


def test_a_model_that_cannot_call_tools_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_facts, "_listed", {})
    with serve("ollama", Answer("Yes")) as server:
        talk = Chat("ollama:gemma2", base_url=server.base_url, retries=0, tools=[look()])
        with pytest.raises(errors.BadRequestError, match="does not support tools") as failure:
            talk.ask("a")
        assert "Leave them out" in failure.value.hint
        with pytest.raises(errors.InvalidOptionError, match="ollama:gemma2 cannot call tools"):
            Chat("ollama:gemma2", base_url=server.base_url, retries=0, tools=[look()]).ask("a")
        assert len(server.requests) == 1
        assert talk.ask("a", tools=[]) == "Yes"


# --- what comes -----------------------------------------------------------------------------------------


def line(*calls: Any, **more: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": "", "tool_calls": list(calls)}, "done": False, **more}


def fn(name: Any = "look", **more: Any) -> dict[str, Any]:
    return {"function": {"name": name, **more}}


END = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
FORMS: dict[str, tuple[list[Any], list[ToolCallPart]]] = {
    "an object": ([line(fn(arguments={"a": 1})), END], [ToolCallPart("call_1", "look", '{"a": 1}')]),
    "a text": ([line(fn(arguments='{"a":1}')), END], [ToolCallPart("call_1", "look", '{"a":1}')]),
    "an empty text": ([line(fn(arguments="")), END], [ToolCallPart("call_1", "look", "{}")]),
    "null": ([line(fn(arguments=None)), END], [ToolCallPart("call_1", "look", "{}")]),
    "none": ([line(fn()), END], [ToolCallPart("call_1", "look", "{}")]),
    "with ids": ([line({"id": "x", **fn(index=0)}), END], [ToolCallPart("x", "look", "{}")]),
    "a number as id": ([line({"id": 7, **fn()}), END], [ToolCallPart("call_1", "look", "{}")]),
    "no function": ([line({"function": None}), END], [ToolCallPart("call_1", "", "{}")]),
    "several in a line": (
        [line(fn("a"), fn("b")), END],
        [ToolCallPart("call_1", "a", "{}"), ToolCallPart("call_2", "b", "{}")],
    ),
    "several lines": (
        [line(fn("a", index=0)), line(fn("a", index=0)), END],
        [ToolCallPart("call_1", "a", "{}"), ToolCallPart("call_2", "a", "{}")],
    ),
    "in the last line": ([line(fn(), done=True, done_reason="stop")], [ToolCallPart("call_1", "look", "{}")]),
}


@pytest.mark.parametrize("form", FORMS)
@given(places=cuts)
def test_calls_in_every_form_wherever_cut(form: str, places: list[int]) -> None:
    lines, expected = FORMS[form]
    events = read(Ollama, ndjson(*lines), places)
    fold = AnswerFold()
    fold.add(events)
    assert list(fold.calls()) == expected
    assert Finish("tool_calls") in events


@given(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4), cuts)
def test_any_arguments(arguments: dict[str, Any], places: list[int]) -> None:
    fold = AnswerFold()
    fold.add(read(Ollama, ndjson(line(fn(arguments=arguments)), END), places))
    [call] = fold.calls()
    assert json.loads(call.arguments) == arguments


# --- the whole loop -------------------------------------------------------------------------------------


def chat(server: VendorServer, **options: Any) -> Chat:
    return Chat(f"ollama:{MODEL}", base_url=server.base_url, retries=0, **options)


def look(does: Callable[[Any], Any] = lambda _: "a wall") -> Made:
    return Made("look", does)


def looking(request: Request) -> Answer:
    """A model that looks twice before it answers."""
    messages = request.json["messages"]
    roles = [message["role"] for message in messages]
    typed = [message["content"].replace("From the tool look:\n", "") for message in messages]
    asked_at = max(place for place, role in enumerate(roles) if role == "user" and typed[place])
    if roles[asked_at:].count("tool") >= 4:
        return Answer("Seen")
    return Answer("Let me look.", Call("look", '{"at": "a"}'), Call("look"), finish="tool_calls")


def test_rounds() -> None:
    with serve("ollama", looking) as server:
        talk = chat(server, tools=[look()])
        assert talk.ask("What is there?").endswith("Seen")
        assert talk.ask("And now?").endswith("Seen")
        sent = server.requests[1].json["messages"]
        assert len(server.requests) == 6
    assert sent[1:] == [
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [
                {"function": {"name": "look", "arguments": {"at": "a"}}},
                {"function": {"name": "look", "arguments": {}}},
            ],
        },
        {"role": "tool", "tool_name": "look", "content": "a wall"},
        {"role": "tool", "tool_name": "look", "content": "a wall"},
    ]


def test_errors_are_told_in_words_and_images_by_the_user() -> None:
    with serve("ollama", looking) as server:
        chat(server, tools=[look(fails)]).ask("a")
        assert server.requests[1].json["messages"][2]["content"] == "Error: KeyError: 'price'"
    image = ToolOutput((TextPart("here:"), ImagePart(PNG, "image/png")))
    with serve("ollama", looking) as server:
        assert chat(server, tools=[look(lambda _: image)]).ask("a").endswith("Seen")
        messages = server.requests[1].json["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "tool", "user"]
    assert "which follows" in messages[2]["content"]
    assert len(messages[4]["images"]) == 2


@pytest.mark.parametrize("edit", EDITS)
def test_edited_histories_are_taken(edit: Callable[[Chat], None]) -> None:
    with serve("ollama", looking) as server:
        talk = chat(server, tools=[look()])
        talk.ask("a", cell="c0")
        talk.ask("b", cell="c1")
        edit(talk)
        assert talk.ask("c", cell="c2").endswith("Seen")


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_histories_are_taken(kind: str) -> None:
    with serve("ollama", Answer("Yes")) as server:
        asked(server, messages=FOREIGN[kind])
        messages = server.requests[0].json["messages"]
        assert len(server.requests) == 1
    waiting = 0
    for message in messages:  # each call is answered right behind it, and nothing else is
        if message["role"] == "tool":
            waiting -= 1
            assert message["tool_name"]
        else:
            assert waiting == 0
            waiting = len(message.get("tool_calls", ()))
    assert waiting == 0
