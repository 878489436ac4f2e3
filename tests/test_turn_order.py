"""The order of turns by their cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.conversation import Conversation, Turn, base_of, is_lasting, number_of, numbered
from notebook_chat.conversation.order import behind, by_cells, continued, in_order, rebased
from notebook_chat.messages import Message

from .store.turns import prompts, say


def turn(cell: str | None, position: int = 0) -> Turn:
    return Turn(Message("user", cell or "-"), cell=cell, position=position)


cells = st.one_of(st.none(), st.sampled_from([*"abcdef", "a#2", "vscode-notebook-cell:/x#W0", "b#3"]))
turns = st.lists(cells, max_size=12).map(lambda names: in_order([turn(name) for name in names]))
orders = st.lists(st.sampled_from("abcdef"), unique=True).map(
    lambda names: {name: place for place, name in enumerate(names)}
)


@given(turns, orders)
def test_turns_follow_their_cells_and_none_is_lost(before: tuple[Turn, ...], order: dict[str, int]) -> None:
    after = by_cells(before, order)
    assert sorted(one.id for one in after) == sorted(one.id for one in before)
    assert [one.position for one in after] == [one.position for one in before]
    places = [order[base_of(one.cell)] for one in after if one.cell and base_of(one.cell) in order]
    assert places == sorted(places)
    assert by_cells(after, order) == after


@given(turns, orders)
def test_a_new_turn_is_put_where_its_cell_stands(before: tuple[Turn, ...], order: dict[str, int]) -> None:
    conversation = Conversation(turns=[one for one in before if one.cell != "c"])
    conversation.follow_cells(order)
    new = say(conversation, "new", cell="c")
    positions = [one.position for one in conversation.turns]
    assert positions == sorted(set(positions))
    assert by_cells(conversation.turns, order) == conversation.turns
    draft = conversation.begin(Message("user", "again"), cell="c")
    assert [one.id for one in draft.context] == [
        one.id for one in conversation.turns[: conversation.turns.index(new)]
    ]


@given(turns, st.sampled_from("abc"), st.sampled_from("abc"))
def test_a_cell_behind_another(before: tuple[Turn, ...], cell: str, other: str) -> None:
    after = behind(before, cell, other)
    assert sorted(one.id for one in after) == sorted(one.id for one in before)
    assert [one.position for one in after] == [one.position for one in before]


@given(turns, turns)
def test_what_is_continued(earlier: tuple[Turn, ...], later: tuple[Turn, ...]) -> None:
    both = continued(earlier, later)
    assert in_order(both) == both
    asked = [one.cell for one in later if one.cell is not None]
    if len(asked) == len(set(asked)):
        kept = [one.id for one in earlier if one.cell not in asked]
        assert {one.id for one in both} >= {*kept, *(one.id for one in later)}


@given(turns, turns, st.integers(-1, 12))
def test_a_branch_with_another_beginning(own: tuple[Turn, ...], said: tuple[Turn, ...], began: int) -> None:
    anew = Conversation(turns=said).branch("anew").turns
    after = rebased(own, began, anew)
    assert after == in_order(after)
    assert after[: len(anew)] == anew
    assert [one.id for one in after[len(anew) :]] == [one.id for one in own if one.position > began]


def test_names_of_cells() -> None:
    assert [base_of(name) for name in ("a", "a#2", "x:/p#W0", "x:/p#W0#12", "#", "a#")] == [
        "a",
        "a",
        "x:/p#W0",
        "x:/p#W0",
        "#",
        "a#",
    ]
    assert number_of(numbered("x:/p#W0", 3)) == 3
    assert number_of(numbered("a", 1)) == 1
    assert is_lasting("0f3a-1")
    assert not is_lasting("vscode-notebook-cell:/here/x.ipynb#W0sZmlsZQ==")


def test_a_replaced_turn_keeps_its_place_whatever_the_order() -> None:
    conversation = Conversation()
    for cell in "abc":
        say(conversation, cell, cell=cell)
    conversation.follow_cells({"c": 0, "a": 1})
    assert prompts(conversation) == ["c", "a", "b"]
    say(conversation, "A", cell="a")
    assert prompts(conversation) == ["c", "A", "b"]
    conversation.undo()
    assert prompts(conversation) == ["c", "a", "b"]
