"""Answers that are data, in the panel: asked again they are data again."""

from __future__ import annotations

from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.conversation import Turn
from notebook_chat.conversation.turns import answered
from notebook_chat.errors import DataError, InvalidOptionError
from notebook_chat.messages import Message
from notebook_chat.panel import requests
from notebook_chat.panel.asking import Asker
from notebook_chat.panel.live_answer import LiveAnswer
from notebook_chat.panel.protocol import Regenerate, Send
from notebook_chat.panel.view_state import ViewState

from ..fakes import Coming, parrot

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def asked(*answers: str) -> tuple[Any, Chat]:
    """A chat whose provider gives these answers in turn, the last one for ever, and the provider."""
    left = list(answers)
    provider = parrot(lambda messages: [left.pop(0) if len(left) > 1 else left[0]])
    return provider, Chat(provider=provider)


async def test_a_turn_asked_again_is_asked_for_the_same_data() -> None:
    provider, chat = asked('{"name": "Ann"}', "nope", '{"name": "Bob"}')
    await chat.ask_async("Who?", schema=SCHEMA)
    [turn] = chat.conversation.turns
    asker = Asker(chat, system=None, asked=lambda model: None, tell=lambda text: None)
    await asker.ask(Regenerate(act="1", turn=turn.id), [])
    [again] = chat.conversation.turns
    assert (again.answer, again.options) == ('{"name": "Bob"}', {"schema": SCHEMA})
    assert len(provider.requests) == 3
    await asker.ask(Send(act="2", text="And who else?", edits=again.id), [])
    assert chat.conversation.turns[0].options == {"schema": SCHEMA}


async def test_what_is_no_data_is_told() -> None:
    _, chat = asked('{"name": "Ann"}', "nope")
    await chat.ask_async("Who?", schema=SCHEMA)
    asker = Asker(chat, system=None, asked=lambda model: None, tell=lambda text: None)
    with pytest.raises(DataError, match="no JSON"):
        await asker.ask(Regenerate(act="1", turn=chat.conversation.turns[0].id), [])
    assert chat.conversation.turns[0].answer == "nope"


@pytest.mark.parametrize(
    "schema",
    [{"type": "nonsense"}, {"$ref": "https://x/y"}, {"type": "string", "pattern": "(a+)+$"}],
    ids=str,
)
def test_a_schema_out_of_a_file_is_looked_at(schema: Any) -> None:
    turn = Turn(Message("user", "Who?"), answered("x"), options={"schema": schema})
    with pytest.raises(InvalidOptionError):
        requests.once_more(turn)
    odd = Turn(Message("user", "Who?"), answered("x"), options={"schema": "text"})
    assert "schema" not in requests.once_more(odd).options


async def test_the_text_stands_in_a_fence() -> None:
    _, chat = asked('{"name": "*Ann*"}')
    await chat.ask_async("Who?", schema=SCHEMA)
    state = ViewState(chat.conversation)
    [turn] = chat.conversation.turns
    assert "<pre" in "".join(state._shown(turn).blocks)
    growing = LiveAnswer("1", opening="```json\n")
    coming = Coming('{"name": "*A')
    growing.advance(coming)
    assert "<pre" in growing.whole()["open"]
    coming.text += 'nn*"}'
    growing.advance(coming)
    assert growing.finish(turn.shown).blocks == state._shown(turn).blocks
