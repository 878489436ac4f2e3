"""Whose words describe a value: the user's, then the object's own, then ours."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from notebook_chat.errors import ConfigurationError
from notebook_chat.prompt import Description, describe, register
from notebook_chat.prompt.values.registry import unregister

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Network:
    """Some layers."""

    def __init__(self, layers: int = 3) -> None:
        self.layers = layers


class Deep(Network):
    pass


class SpeaksToModels:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def _ai_repr_(self, **options: Any) -> Any:
        return self.answer


class SpeaksLater:
    async def _ai_repr_(self, **options: Any) -> Any:
        return {"text/plain": "said later"}


class SpeaksLlm:
    def _repr_llm_(self) -> Any:
        return {"text/plain": "for people", "text/llm+plain": "for models"}


class SpeaksBoth(SpeaksLlm):
    def _ai_repr_(self) -> Any:
        raise ValueError("not today")


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    yield
    for kind in (
        Network,
        Deep,
        object,
        list,
        "collections.OrderedDict",
        f"{__name__}.Deep",
        "pandas.DataFrame",
    ):
        unregister(kind)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (SpeaksToModels("in a text"), "in a text"),
        (SpeaksToModels({"text/plain": "plain", "text/markdown": "# marked"}), "# marked"),
        (SpeaksToModels({"application/json": {"a": 1}}), '{"a": 1}'),
        (SpeaksToModels(({"text/plain": "with metadata"}, {})), "with metadata"),
        (SpeaksToModels(Description("whole")), "whole"),
        (SpeaksLater(), "said later"),
        (SpeaksLlm(), "for models"),
        (SpeaksBoth(), "for models"),
    ],
)
def test_an_object_speaks_for_itself(value: Any, text: str) -> None:
    assert describe(value).text == text


@pytest.mark.parametrize("data", [PNG, base64.b64encode(PNG).decode()])
def test_an_object_may_be_an_image(data: Any) -> None:
    description = describe(SpeaksToModels({"image/png": data}))
    assert [image.data for image in description.images] == [PNG]
    assert "SpeaksToModels" in description.text


def test_what_it_says_is_cut_where_it_is_long() -> None:
    text = describe(SpeaksToModels("word " * 10_000), tokens=50).text
    assert len(text) < 170
    assert text.endswith("…")


def test_an_instance_is_meant_and_not_the_class() -> None:
    assert describe(SpeaksLlm).text.startswith("The class")


def test_what_a_user_registers_comes_first() -> None:
    @register(SpeaksLlm)
    def described(value: SpeaksLlm, tokens: int) -> str:
        return f"mine, within {tokens}"

    try:
        assert describe(SpeaksLlm(), tokens=77).text == "mine, within 77"
        assert describe(SpeaksBoth(), tokens=77).text == "mine, within 77"
    finally:
        unregister(SpeaksLlm)
    assert describe(SpeaksLlm()).text == "for models"


def test_the_nearest_class_counts() -> None:
    register(Network, lambda value, tokens: f"{value.layers} layers")
    assert describe(Deep(5)).text == "5 layers"
    register(Deep, lambda value, tokens: Description(f"deep, {value.layers}", label="5 deep"))
    assert describe(Deep(5)).text == "deep, 5"
    assert describe(Deep(5)).label == "5 deep"
    assert describe(Network(4)).text == "4 layers"


def test_a_name_does_as_well_as_the_type() -> None:
    import collections

    register("collections.OrderedDict", lambda value, tokens: "in order")
    register(f"{__name__}.Deep", lambda value, tokens: "by name")
    assert describe(collections.OrderedDict(a=1)).text == "in order"
    assert describe(Deep()).text == "by name"


def test_a_table_may_be_registered_by_the_name_that_users_know() -> None:
    pandas = pytest.importorskip("pandas")
    register("pandas.DataFrame", lambda value, tokens: f"my {len(value)} rows")
    assert describe(pandas.DataFrame({"a": [1, 2]})).text == "my 2 rows"


def test_what_is_registered_for_object_is_for_what_nobody_knows() -> None:
    register(object, lambda value, tokens: "anything")
    assert describe(Network()).text == "anything"
    assert describe([1, 2]).text == "[1, 2]"
    assert describe(SpeaksLlm()).text == "for models"


def test_a_registered_function_that_fails_is_told_and_does_no_harm() -> None:
    def fails(value: Any, tokens: int) -> str:
        raise ValueError("a bug of mine")

    register(Network, fails)
    description = describe(Network())
    assert description.text.startswith("A tests.Network with 1 attribute")
    assert "what is registered for it fails: ValueError: a bug of mine" in description.label
    register(Network, lambda value, tokens: None)  # type: ignore[arg-type, return-value]
    assert "gives no text" in describe(Network()).label


@pytest.mark.parametrize("kind", [5, "", "Network", "a b.c", None, [Network]])
def test_what_is_no_type_is_refused(kind: Any) -> None:
    with pytest.raises(ConfigurationError, match="is no type"):
        register(kind, lambda value, tokens: "")


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must be a function"):
        register(Network, 5)  # type: ignore[call-overload]
