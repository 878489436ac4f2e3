"""A conversation with tools that goes from one dialect to another, in the middle of what it is about, and back."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.messages import ImagePart, TextPart
from notebook_chat.tools import ToolOutput

from ..servers import Answer, Reasoning, Request, VendorServer, serve
from ..servers import ToolCall as Call
from ..tools.scripted import Made
from . import test_tools_anthropic, test_tools_gemini, test_tools_ollama
from .wires import KEY, PNG

MODELS = {
    "anthropic": "anthropic:claude-sonnet-5-5",
    "gemini": "gemini:gemini-3-a",
    "ollama": "ollama:qwen3",
}
LOOKING = {
    "anthropic": test_tools_anthropic.looking,
    "gemini": test_tools_gemini.looking,
    "ollama": test_tools_ollama.looking,
}


def look() -> Made:
    return Made("look", lambda _: ToolOutput((TextPart("here:"), ImagePart(PNG, "image/png"))))


def ask(talk: Chat, servers: dict[str, VendorServer], name: str, prompt: str, **more: Any) -> str:
    return str(talk.ask(prompt, model=MODELS[name], base_url=servers[name].base_url, **more))


def refused(server: VendorServer) -> list[str]:
    checks = (server.dialect.check(request, request.json) for request in server.requests)
    return [words for words in checks if words]


@pytest.mark.parametrize("order", [*itertools.permutations(MODELS)], ids=" ".join)
def test_from_one_to_the_other_and_back(order: tuple[str, ...]) -> None:
    with (
        serve("anthropic", LOOKING["anthropic"]) as one,
        serve("gemini", LOOKING["gemini"]) as two,
        serve("ollama", LOOKING["ollama"]) as three,
    ):
        servers = {"anthropic": one, "gemini": two, "ollama": three}
        talk = Chat(MODELS[order[0]], api_key=KEY, retries=0, tools=[look()])
        for name in (*order, *order):
            assert ask(talk, servers, name, f"for {name}").endswith("Seen")
        assert not [words for server in servers.values() for words in refused(server)]
        assert all(len(server.requests) == 6 for server in servers.values())


@pytest.mark.parametrize("later", MODELS)
@pytest.mark.parametrize("first", MODELS)
def test_calls_that_were_stopped_are_answered_elsewhere(first: str, later: str) -> None:
    """A turn that ended with results and no answer to them, as one that the user has stopped."""
    forever = Answer(
        Reasoning("hm"), "Look.", Call("look", id="x1"), Call("look", id="x2"), finish="tool_calls"
    )
    with serve(first, forever) as one, serve(later, Answer("Go on.")) as two:
        talk = Chat(MODELS[first], base_url=one.base_url, api_key=KEY, retries=0, tools=[look()], rounds=1)
        talk.ask("a")
        other = Chat(
            MODELS[later], base_url=two.base_url, api_key=KEY, retries=0, conversation=talk.conversation
        )
        assert other.ask("b") == "Go on."
        assert len(two.requests) == 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from([*MODELS]),
        st.sampled_from(["ask", "rerun", "delete", "fresh", "system", "alone", "undo"]),
        st.integers(0, 3),
    ),
    min_size=2,
    max_size=7,
)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_no_edit_makes_a_request_that_is_refused(steps: list[tuple[str, str, int]]) -> None:
    with (
        serve("anthropic", LOOKING["anthropic"]) as one,
        serve("gemini", LOOKING["gemini"]) as two,
        serve("ollama", LOOKING["ollama"]) as three,
    ):
        servers = {"anthropic": one, "gemini": two, "ollama": three}
        talk = Chat(MODELS["gemini"], api_key=KEY, retries=0, tools=[Made("look", lambda _: "a wall")])
        for number, (name, action, choice) in enumerate(steps):
            act(talk, servers, name, action, choice, number)
        assert not [words for server in servers.values() for words in refused(server)]


def act(
    talk: Chat, servers: dict[str, VendorServer], name: str, action: str, choice: int, number: int
) -> None:
    """Does one thing to a conversation that a notebook can do."""
    turns = talk.conversation.turns
    turn = turns[choice % len(turns)] if turns else None
    match action:
        case "rerun" if turn is not None:
            ask(talk, servers, name, f"again {number}", cell=turn.cell or "")
        case "delete" if turn is not None:
            talk.conversation.delete(turn.id)
        case "undo":
            talk.conversation.undo()
        case "fresh":
            ask(talk, servers, name, "anew", cell=f"c{number}", fresh=True)
        case "system":
            ask(talk, servers, name, "as told", cell=f"c{number}", system=f"be {choice}")
        case "alone":
            ask(talk, servers, name, "by yourself", cell=f"c{number}", tools=[])
        case _:
            ask(talk, servers, name, f"question {number}", cell=f"c{number}")


def test_what_each_is_asked_in_one_conversation_is_the_same_each_time() -> None:
    """Else the service's cache would never have the beginning of it."""

    def bodies(request: Request) -> Any:
        return request.json.get("messages") or request.json["contents"]

    with serve("anthropic", LOOKING["anthropic"]) as one, serve("gemini", LOOKING["gemini"]) as two:
        servers = {"anthropic": one, "gemini": two}
        talk = Chat(MODELS["gemini"], api_key=KEY, retries=0, tools=[look()])
        for name in ("gemini", "anthropic", "gemini", "anthropic"):
            ask(talk, servers, name, "go on")
        for server in servers.values():
            for before, after in itertools.pairwise(map(bodies, server.requests)):
                assert after[: len(before)] == before
