"""The embedded model answers with data: its grammar holds even where the model is too small to know anything."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

import msgspec
import pytest

from notebook_chat import Chat
from notebook_chat.providers.local import engine

pytestmark = pytest.mark.model

Short = Annotated[str, msgspec.Meta(max_length=6)]

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 6},
        "age": {"type": "integer", "minimum": 0, "maximum": 120},
        "married": {"type": "boolean"},
    },
    "required": ["name", "age", "married"],
    "additionalProperties": False,
}


class Pet(msgspec.Struct):
    kind: Literal["cat", "dog"]
    name: Short


class Home(msgspec.Struct):
    rooms: Annotated[int, msgspec.Meta(ge=1, le=9)]
    pets: Annotated[list[Pet], msgspec.Meta(max_length=1)]
    garden: bool | None = None


SHAPES: list[tuple[Any, int]] = [
    (PERSON, 40),
    (Pet, 40),
    (Annotated[list[Home], msgspec.Meta(max_length=1)], 20),
]


@pytest.mark.usefixtures("model_file", "fresh")
async def test_a_hundred_of_a_hundred_answers_are_the_data() -> None:
    """They are asked for as many at a time as the engine takes, which computes less than one after the other."""
    valid = 0
    free = asyncio.Semaphore(engine.SLOTS)

    async def ask(shape: Any, seed: int) -> None:
        nonlocal valid
        async with free:
            chat = Chat("local:", context=2048)
            answer = await chat.ask_async(
                "Tell me about somebody.", schema=shape, seed=seed, temperature=0.8, max_tokens=120
            )
        assert isinstance(answer.data, (dict, Pet, list))  # or it says why not
        valid += 1

    await asyncio.gather(*(ask(shape, seed) for shape, count in SHAPES for seed in range(count)))
    assert valid == 100
