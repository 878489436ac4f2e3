"""Providers from elsewhere here, and ours elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import (
    ConfigurationError,
    InvalidOptionError,
    ProviderError,
    RateLimitError,
    UnexpectedError,
)
from notebook_chat.events import Usage

from ..fakes import parrot

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what g4f's import warns of is not ours
    g4f_client = pytest.importorskip("g4f.client")
    from g4f import errors as g4f_errors
    from g4f.providers import base_provider as g4f_base
    from g4f.providers import response as g4f_response

KEY = "sk-planted-secret"


class Theirs(g4f_base.AsyncGeneratorProvider):  # type: ignore[misc, name-defined]
    """A provider in g4f's own terms."""

    url = "http://theirs"
    working = True
    default_model = "their-model"
    items: list[Any] = []
    seen: dict[str, Any] = {}

    @classmethod
    async def create_async_generator(
        cls, model: str, messages: Any, proxy: str | None = None, **kwargs: Any
    ) -> AsyncGenerator[Any]:
        Theirs.seen = {"model": model, "messages": messages, "proxy": proxy, **kwargs}
        for item in cls.items:
            if isinstance(item, Exception):
                raise item
            yield item


def test_a_class_of_g4f_is_a_provider_here() -> None:
    Theirs.items = [
        g4f_response.Reasoning("hm"),
        "Hel",
        g4f_response.TitleGeneration("a title"),
        "lo",
        g4f_response.Usage(prompt_tokens=3, completion_tokens=2),
        g4f_response.FinishReason("length"),
    ]
    chat = Chat(provider=Theirs, api_key=KEY, proxy="http://p:1", headers={"X": "y"})
    answer = chat.ask("hi", temperature=0.5)
    assert answer == "Hello"
    assert (answer.usage, answer.model) == (Usage(3, 2), "Theirs:their-model")
    assert chat.conversation.turns[0].reasoning == "hm"
    assert Theirs.seen == {
        "model": "their-model",
        "messages": [{"role": "user", "content": "hi"}],
        "api_key": KEY,
        "proxy": "http://p:1",
        "headers": {"X": "y"},
        "temperature": 0.5,
    }


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (g4f_errors.RateLimitError("slow down"), RateLimitError),
        (g4f_errors.ResponseError("bad"), ProviderError),
    ],
)
def test_their_failures_become_ours(theirs: Exception, ours: type[Exception]) -> None:
    Theirs.items = ["par", theirs]
    with pytest.raises(ours, match=str(theirs)) as caught:
        Chat(provider=Theirs, api_key=KEY).ask("hi")
    assert caught.value.partial == "par"  # type: ignore[attr-defined]


def ours() -> Any:
    provider = parrot(lambda messages: [f"re {messages[-1].text}", " and more"])
    provider.url = "http://parrot"
    provider.working = True
    return provider


def test_ours_in_their_client() -> None:
    client = g4f_client.Client(provider=ours())
    done = client.chat.completions.create(model="grey", messages=[{"role": "user", "content": "hi"}])
    assert done.choices[0].message.content == "re hi and more"
    stream = client.chat.completions.create(
        model="grey", messages=[{"role": "user", "content": "hi"}], stream=True, temperature=0.1, max_tokens=9
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "re hi and more"


async def test_ours_in_their_async_client() -> None:
    client = g4f_client.AsyncClient(provider=ours())
    done = await client.chat.completions.create(model="grey", messages=[{"role": "user", "content": "hi"}])
    assert done.choices[0].message.content == "re hi and more"
    stream = client.chat.completions.create(
        model="grey", messages=[{"role": "user", "content": "hi"}], stream=True
    )
    pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(pieces) == "re hi and more"


async def plain(messages: list[dict[str, Any]]) -> AsyncGenerator[str]:
    yield "re "
    yield messages[-1]["content"]


async def full(model: str, messages: list[dict[str, Any]], *, loud: bool = False) -> AsyncGenerator[str]:
    yield f"{model}: {messages[-1]['content']}{'!' if loud else ''}"


async def other_name(conversation: list[dict[str, Any]]) -> AsyncGenerator[str]:
    yield str(len(conversation))


def test_a_plain_function_is_a_provider_too() -> None:
    assert Chat(provider=plain).ask("hi") == "re hi"
    assert Chat("m1", provider=full, loud=True).ask("hi") == "m1: hi!"
    chat = Chat(provider=other_name)
    assert [chat.ask("a"), chat.ask("b")] == ["1", "3"]
    assert chat.model == "other_name"


def test_an_option_that_a_function_has_no_parameter_for_is_refused() -> None:
    with pytest.raises(InvalidOptionError, match="plain has no option 'temperature'"):
        Chat(provider=plain, temperature=0.5)


def test_a_bug_in_a_function_is_told_with_its_kind_and_place() -> None:
    async def broken(messages: Any) -> AsyncGenerator[str]:
        yield "a"
        raise ZeroDivisionError("mine")

    with pytest.raises(
        UnexpectedError, match=r"ZeroDivisionError: mine \(at .*test_adapters:\d+\)"
    ) as caught:
        Chat(provider=broken).ask("hi")
    assert caught.value.partial == "a"
    assert type(caught.value.__cause__) is ZeroDivisionError


@pytest.mark.parametrize("thing", [3, object()])
def test_what_is_no_provider_is_refused(thing: Any) -> None:
    with pytest.raises(ConfigurationError, match="is no provider"):
        Chat(provider=thing)
