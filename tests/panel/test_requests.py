"""What goes out when a turn is asked again: all of it that is not to change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.composition import Composed, Ingredients, compose
from notebook_chat.conversation import PromptLayout, Turn
from notebook_chat.messages import FilePart, ImagePart, Message, TextPart
from notebook_chat.panel import requests
from notebook_chat.panel.protocol import Send
from notebook_chat.prompt import Extra

from .windows import GIF, PNG

VALUES = {"word": "good\n\nmorning", "rows": list(range(500))}

texts = st.text("ab{word}\n`$ ", max_size=20)
parts = st.lists(st.one_of(texts.map(TextPart), st.just(ImagePart(PNG, "image/png"))), max_size=3).map(tuple)
extras = st.lists(st.builds(Extra, st.sampled_from(["a.csv", "In[1]", "word"]), parts), max_size=3)
prompts = st.lists(
    st.sampled_from(["Say", "{word}", "{rows}", "\n\n", "{other}", "$`word`"]), min_size=1
).map(" ".join)
images = st.lists(st.just(GIF), max_size=2)


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "namespace", lambda: VALUES)


def composed(request: requests.Request) -> Composed:
    """What a chat makes of a request."""
    prompt, options = request.prompt, request.options
    if isinstance(prompt, str):
        prompt = Message("user", prompt)
    known = {"values", "extras", "images", "files", "context", "typed"}
    return compose(prompt, Ingredients(**{name: options[name] for name in known & options.keys()}))


def turn_of(made: Composed) -> Turn:
    return Turn(made.message, typed=made.typed, included=made.included, layout=made.layout)


@given(extras, prompts, images, st.booleans(), st.sampled_from(["", "Be brief."]))
def test_a_turn_asked_again_goes_out_as_it_did_where_no_value_has_changed(
    before: list[Extra], prompt: str, given: list[bytes], fills: bool, closing: str
) -> None:
    ingredients = Ingredients(values=VALUES if fills else None, extras=before, images=given, closing=closing)
    made = compose(Message("user", prompt), ingredients)
    turn = turn_of(made)
    for _ in range(2):
        again = composed(requests.once_more(turn))
        assert (again.message, again.included) == (made.message, made.included)
        turn = turn_of(again)


@given(extras, prompts, prompts, images)
def test_an_edited_turn_is_what_would_have_been_asked_at_first(
    before: list[Extra], prompt: str, other: str, given: list[bytes]
) -> None:
    def first(text: str) -> Composed:
        return compose(Message("user", text), Ingredients(values=VALUES, extras=before, images=given))

    made = composed(requests.edited(Send("1", other), [], turn_of(first(prompt))))
    assert (made.message, made.included) == (first(other).message, first(other).included)


@given(st.integers(), st.integers(), st.integers(), st.integers(), st.booleans(), prompts)
def test_a_layout_that_is_nonsense_raises_nothing(
    ahead: int, parts: int, characters: int, images: int, fills: bool, prompt: str
) -> None:
    layout = PromptLayout(ahead, parts, characters, images, fills)
    turn = Turn(Message("user", (TextPart(prompt), ImagePart(PNG, "image/png"))), layout=layout)
    assert composed(requests.edited(Send("1", "x"), [], turn)).message.text.endswith("x")
    composed(requests.once_more(turn))


def test_parts_that_are_no_text_stay_in_an_edited_prompt() -> None:
    document: Any = FilePart(b"%PDF-1.7", "application/pdf", "a.pdf")
    turn = Turn(Message("user", (TextPart("Read it."), document, ImagePart(PNG, "image/png"))))
    made = composed(requests.edited(Send("1", "Read {word}."), [GIF], turn))
    assert made.message.parts == (
        TextPart("Read {word}."),
        document,
        ImagePart(PNG, "image/png"),
        ImagePart(GIF, "image/gif"),
    )
