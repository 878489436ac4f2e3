"""600 damaged notebooks: every one is read, or refused in words, and no turn that can be read is lost for another."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notebook_chat.conversation import Conversation, Turn
from notebook_chat.errors import HistoryError
from notebook_chat.messages import Message
from notebook_chat.store import read_notebook, stored_with

from ..store.turns import say

TURNS = 8


def notebook() -> dict[str, Any]:
    """A notebook of two conversations, and outputs that are none of ours."""
    cells = []
    talks = (Conversation("default"), Conversation("other", system="be kind"))
    for number in range(TURNS):
        conversation = talks[number % 2]
        turn = say(conversation, f"prompt{number:02}", f"answer{number:02}", cell=f"cell-{number}")
        output = {
            "output_type": "display_data",
            "data": {"text/plain": "…"},
            "metadata": stored_with(conversation, turn),
        }
        other = {"output_type": "stream", "name": "stdout", "text": ['a [bracket] and a " quote\n']}
        cells.append(
            {
                "id": f"cell-{number}",
                "cell_type": "code",
                "metadata": {},
                "source": "x",
                "outputs": [other, output],
            }
        )
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        2**53,
        2**53 - 1,
        2**63,
        10**400,
        1.5,
        1e18,
        -1e308,
        float("nan"),
        float("inf"),
        "9" * 50,
    ),
    *("", "x", "\ud83d", "\0", [], {}, [[]], {"": {}}, "default", "cell-3", "cell-3#2"),
)


def field(values: dict[str, Any], choose: random.Random) -> set[int]:
    """A value of another kind beside a turn's texts."""
    number = choose.randrange(TURNS)
    stored = values["cells"][number]["outputs"][1]["metadata"]["notebook_chat"]
    name = choose.choice(
        (
            *(
                "position",
                "revision",
                "at",
                "seconds",
                "status",
                "model",
                "cell",
                "system",
                "fresh",
                "pinned",
                "id",
            ),
            *("usage", "options", "finish_reason", "conversation", "conversation_id", "conversation_system"),
            *("conversation_origin", "reasoning_effort"),
        )
    )
    stored[name] = choose.choice(ODD)
    return set()


def numbers(values: dict[str, Any], choose: random.Random) -> set[int]:
    """Positions, revisions, times, ids and cells of several turns, all of them odd."""
    for cell in values["cells"]:
        stored = cell["outputs"][1]["metadata"]["notebook_chat"]
        for name in choose.sample(("position", "revision", "at", "id", "cell"), 2):
            stored[name] = choose.choice(ODD)
    return set()


def texts(values: dict[str, Any], choose: random.Random) -> set[int]:
    """A turn whose own texts are none."""
    number = choose.randrange(TURNS)
    stored = values["cells"][number]["outputs"][1]["metadata"]["notebook_chat"]
    stored[choose.choice(("prompt", "answer"))] = choose.choice(
        [odd for odd in ODD if not isinstance(odd, str)]
    )
    return {number}


def shape(values: dict[str, Any], choose: random.Random) -> set[int]:
    """A cell of another shape."""
    number = choose.randrange(TURNS)
    cell = values["cells"][number]
    place, key = choose.choice(
        ((values["cells"], number), (cell, "outputs"), (cell["outputs"], 1), (cell["outputs"][1], "metadata"))
    )
    place[key] = choose.choice(ODD)
    return {number}


def beside(values: dict[str, Any], choose: random.Random) -> set[int]:
    """Odd things that are none of ours: they cost nothing."""
    cell = choose.choice(values["cells"])
    place, key = choose.choice(
        (
            *((values, "metadata"), (cell, "metadata"), (cell, "source"), (cell, "execution_count")),
            *((cell["outputs"], 0), (cell["outputs"][0], "text"), (cell["outputs"][1], "data")),
        )
    )
    place[key] = choose.choice(ODD)
    return set()


DEEP = '"@deep@"'


def deep(values: dict[str, Any], choose: random.Random) -> set[int]:
    """Something nested beyond all measure, in a turn or beside it."""
    number = choose.randrange(TURNS)
    cell = values["cells"][number]
    stored = cell["outputs"][1]["metadata"]["notebook_chat"]
    place, key, costs = choose.choice(
        (
            (values, "metadata", False),
            (cell, "metadata", False),
            (cell["outputs"][0], "text", False),
            (cell["outputs"][1], "data", False),
            (stored, "options", True),
            (stored, "answer", True),
        )
    )
    place[key] = "@deep@"
    return {number} if costs else set()


DAMAGES: tuple[Callable[[dict[str, Any], random.Random], set[int]], ...] = (
    *(field, field, numbers, texts, shape, beside, deep),
)


def broken_text(text: str, choose: random.Random) -> bytes:
    """JSON that is none any more."""
    content = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(choose.choice((1, 1, 3))):
        place = choose.randrange(len(content))
        if choose.random() < 0.3:
            del content[place : place + choose.choice((1, 50, 10**6))]
        else:
            content[place] = choose.choice((0, 0xFF, *b'{}[]",:\\x'))
    return bytes(content)


def read(path: Path) -> list[Turn]:
    """The turns of a notebook, in conversations that go on: what is asked next is the last one, and can be sent."""
    turns: list[Turn] = []
    for conversation in read_notebook(path).conversations():
        assert len({turn.id for turn in conversation.turns}) == len(conversation.turns)
        assert all(turn.checked() for turn in conversation.turns)
        turns += conversation.turns
        for _ in range(2):
            draft = conversation.begin(Message("user", "next"))
            asked = conversation.commit(draft, draft.turn((Message("assistant", "yes"),), "complete"))
            assert asked is conversation.turns[-1]
        assert all(0 <= turn.position < 2**32 and 0 <= turn.revision < 2**32 for turn in conversation.turns)
        json.dumps(conversation.to_dict(), allow_nan=True)
    return turns


@pytest.mark.parametrize("group", range(10))
def test_odd_values_cost_the_turn_that_they_are_in_and_no_other(tmp_path: Path, group: int) -> None:
    path = tmp_path / "x.ipynb"
    for number in range(40):
        seed = 40 * group + number
        choose = random.Random(seed)
        values = notebook()
        costs = DAMAGES[seed % len(DAMAGES)](values, choose)
        text = json.dumps(values).replace(DEEP, "[" * 5000 + "]" * 5000)
        path.write_text(text, encoding="utf-8")
        said = [turn.prompt.text for turn in read(path)]
        for place in set(range(TURNS)) - costs:
            assert said.count(f"prompt{place:02}") == 1, seed


@pytest.mark.parametrize("group", range(5))
def test_a_broken_text_is_read_as_far_as_it_can_be_or_refused_in_words(tmp_path: Path, group: int) -> None:
    path = tmp_path / "x.ipynb"
    text = json.dumps(notebook(), indent=1)
    found = refused = 0
    for number in range(40):
        path.write_bytes(broken_text(text, random.Random(40 * group + number)))
        try:
            file = read_notebook(path)
        except HistoryError as error:
            refused += 1
            assert "\n" not in str(error)
            assert "prompt0" not in str(error)
            continue
        found += len(read(path))
        assert all(1 <= cell <= len(file.cells) for cell in file.damaged)
    assert refused <= 4
    assert found >= 0.6 * 40 * TURNS


def test_what_cannot_be_read_is_named_by_its_cell(tmp_path: Path) -> None:
    values = notebook()
    values["cells"][4]["outputs"][1]["metadata"]["notebook_chat"]["prompt"] = 3
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(values), encoding="utf-8")
    file = read_notebook(path)
    assert (file.broken, file.damaged, len(file.stored)) == (1, (5,), TURNS - 1)


def test_many_turns_in_many_conversations_are_read_in_a_time_that_follows_their_number(
    tmp_path: Path,
) -> None:
    cells = []
    for number in range(6000):
        conversation = Conversation(f"talk-{number % 3000}")
        turn = say(conversation, f"prompt{number}", cell=f"cell-{number}")
        output = {"output_type": "display_data", "data": {}, "metadata": stored_with(conversation, turn)}
        cells.append({"id": f"cell-{number}", "cell_type": "code", "source": "", "outputs": [output]})
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    file = read_notebook(path)
    assert sum(len(conversation) for conversation in file.conversations()) == 6000
