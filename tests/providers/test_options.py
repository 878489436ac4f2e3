"""Options: one list of names, one place of checks; an ask that travels; keys that are in no frame."""

from __future__ import annotations

import copy
import pickle
import traceback
from typing import Any

import pytest

from notebook_chat.errors import InvalidOptionError
from notebook_chat.messages import ImagePart, Message, TextPart
from notebook_chat.providers import OpenAI
from notebook_chat.providers.call import Ask
from notebook_chat.providers.options import (
    ABILITIES,
    COMMON,
    CONNECTION,
    GENERATION,
    ConnectionOptions,
    GenerationOptions,
    ProviderOptions,
    RequestOptions,
)
from notebook_chat.secrets import Secret, hides_secrets

from ..transports import InMemory, completion

KEY = "sk-planted-secret-0123456789"


def test_the_types_and_the_checks_name_the_same_options() -> None:
    assert set(GENERATION) == set(GenerationOptions.__annotations__)
    assert set(ConnectionOptions.__annotations__) | {"proxy"} == CONNECTION
    assert set(RequestOptions.__annotations__) == COMMON | set(GENERATION) | set(ABILITIES)
    assert set(ProviderOptions.__annotations__) == set(RequestOptions.__annotations__) - {"proxy"}


# --- an ask -----------------------------------------------------------------------------------------------


def ask() -> Ask:
    picture = Message("user", (TextPart("look"), ImagePart(b"\x89PNG", "image/png")))
    options = {
        "system": "Be brief.",
        "temperature": 0.5,
        "stop": "END",
        "extra_body": {"top_k": 3},
        "api_key": KEY,
        "headers": {"X": "own"},
        "base_url": "http://host/v1",
        "ssl": False,
        "seed": None,
    }
    return Ask.checked("m", [picture], options)


def test_an_ask_travels_and_has_no_key() -> None:
    written = pickle.dumps(ask())
    assert pickle.loads(written) == ask() == copy.deepcopy(ask())
    assert KEY.encode() not in written
    assert ask().options == {"temperature": 0.5, "stop": ("END",), "extra_body": {"top_k": 3}}
    assert [message.role for message in ask().messages] == ["system", "user"]


async def test_an_ask_is_asked_where_its_key_is(monkeypatch: pytest.MonkeyPatch) -> None:
    there = pickle.loads(pickle.dumps(ask()))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    transport = InMemory(completion("Hi"))
    result = OpenAI.create_async_generator(there.model, there.messages, transport=transport, **there.options)
    assert await result.read() == "Hi"
    [request] = transport.requests
    assert b'"top_k":3' in (request.body or b"")
    assert request.headers["Authorization"] == Secret(f"Bearer {KEY}")


@pytest.mark.parametrize("name", sorted(CONNECTION))
def test_an_ask_takes_nothing_of_the_way(name: str) -> None:
    with pytest.raises(InvalidOptionError, match=name):
        Ask("m", (Message("user", "hi"),), {name: "x"})


# --- keys in frames ---------------------------------------------------------------------------------------


def shown(error: BaseException) -> str:
    """The traceback, with the variables of every frame but the test's own."""
    assert error.__traceback__ is not None
    own = error.with_traceback(error.__traceback__.tb_next)
    return "".join(traceback.TracebackException.from_exception(own, capture_locals=True).format())


@hides_secrets
def fails(first: str, **options: Any) -> None:
    raise ValueError(first)


@hides_secrets
async def fails_later(first: str, **options: Any) -> None:
    raise ValueError(first)


async def test_no_frame_has_a_key() -> None:
    secrets = {"api_key": KEY, "proxy": f"http://u:{KEY}@p", "headers": {"X": KEY}}
    with pytest.raises(ValueError, match="one") as caught:
        fails("one", temperature=0.25, **secrets)
    assert KEY not in shown(caught.value)
    assert "0.25" in shown(caught.value)
    with pytest.raises(ValueError, match="two") as caught:
        await fails_later("two", temperature=0.25, **secrets)
    assert KEY not in shown(caught.value)
    assert "0.25" in shown(caught.value)


def test_the_callers_own_options_stay() -> None:
    headers = {"X": KEY}
    options = {"headers": headers, "api_key": KEY}
    with pytest.raises(ValueError, match="x"):
        fails("x", **options)
    assert options == {"headers": {"X": KEY}, "api_key": KEY}
