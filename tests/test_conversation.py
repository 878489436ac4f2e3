"""Turns, re-runs, fresh starts, undo."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.conversation import Alternative, Conversation, Turn, answered
from notebook_chat.errors import ConversationBusyError, InvalidMessagesError
from notebook_chat.events import Usage
from notebook_chat.messages import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    ReasoningPart,
    ReplayPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

from .fakes import Coming


def say(
    conversation: Conversation,
    prompt: str,
    cell: str | None = None,
    *,
    answer: str | None = None,
    system: str | None = None,
    fresh: bool = False,
) -> list[str]:
    """A whole turn; gives what was sent for it."""
    message = Message("user", prompt)
    draft = conversation.begin(message, cell=cell, system=system, fresh=fresh)
    answer = f"re {prompt}" if answer is None else answer
    conversation.commit(draft, Turn(message, answered(answer), cell=cell, system=system, fresh=fresh))
    return [f"{message.role[0]}:{message.text}" for message in draft.messages]


def prompts(conversation: Conversation) -> list[str]:
    return [turn.prompt.text for turn in conversation.turns]


def test_turns_accumulate() -> None:
    conversation = Conversation(system="be brief")
    assert say(conversation, "a") == ["s:be brief", "u:a"]
    assert say(conversation, "b") == ["s:be brief", "u:a", "a:re a", "u:b"]


def test_a_cell_that_runs_again_replaces_its_turn_and_sees_only_what_is_before_it() -> None:
    conversation = Conversation()
    for cell in "abcde":
        say(conversation, cell, cell)
    assert say(conversation, "C", "c") == ["u:a", "a:re a", "u:b", "a:re b", "u:C"]
    assert prompts(conversation) == ["a", "b", "C", "d", "e"]


@given(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True))
def test_running_all_twice_is_running_it_once(cells: list[str]) -> None:
    conversation = Conversation()
    first = [say(conversation, cell, cell) for cell in cells]
    turns = prompts(conversation)
    assert [say(conversation, cell, cell) for cell in cells] == first
    assert prompts(conversation) == turns == cells


def test_without_cells_turns_append() -> None:
    conversation = Conversation()
    say(conversation, "a")
    say(conversation, "a")
    assert prompts(conversation) == ["a", "a"]


def test_a_fresh_turn_starts_over_and_stays_where_it_is() -> None:
    conversation = Conversation(system="old")
    say(conversation, "a", "1")
    assert say(conversation, "b", "2", fresh=True) == ["s:old", "u:b"]
    assert say(conversation, "c", "3") == ["s:old", "u:b", "a:re b", "u:c"]
    assert say(conversation, "A", "1") == ["s:old", "u:A"]
    assert prompts(conversation) == ["A", "b", "c"]


def test_a_system_prompt_holds_from_its_turn_on() -> None:
    conversation = Conversation()
    say(conversation, "a", "1")
    assert say(conversation, "b", "2", system="pirate")[0] == "s:pirate"
    assert say(conversation, "c", "3")[0] == "s:pirate"
    assert say(conversation, "A", "1") == ["u:A"]
    assert say(conversation, "d", "4", system="")[0] == "u:A"


def test_a_turn_without_an_answer_is_kept_and_not_sent() -> None:
    conversation = Conversation()
    say(conversation, "a", answer="")
    assert prompts(conversation) == ["a"]
    assert say(conversation, "b") == ["u:b"]


def test_undo_takes_back_whatever_came_last() -> None:
    conversation = Conversation()
    say(conversation, "a", "1")
    say(conversation, "b", "2")
    say(conversation, "A", "1")
    assert conversation.undo()
    assert prompts(conversation) == ["a", "b"]
    assert conversation.reset() == 2
    assert prompts(conversation) == []
    assert conversation.undo()
    assert conversation.undo()
    assert prompts(conversation) == ["a"]
    assert conversation.undo()
    assert not conversation.undo()


def test_a_second_answer_at_once_is_refused_politely() -> None:
    conversation = Conversation("mine")
    draft = conversation.begin(Message("user", "a"))
    assert conversation.busy
    for attempt in (lambda: conversation.begin(Message("user", "b")), conversation.reset, conversation.undo):
        with pytest.raises(ConversationBusyError, match="'mine'"):
            attempt()
    assert conversation.discard(draft)
    assert not conversation.discard(draft)
    say(conversation, "c")
    assert prompts(conversation) == ["c"]


def test_one_thread_of_many_gets_the_turn() -> None:
    conversation = Conversation()
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def attempt() -> None:
        barrier.wait()
        try:
            conversation.begin(Message("user", "x"))
            outcomes.append("open")
        except ConversationBusyError:
            outcomes.append("refused")

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["open"] + ["refused"] * 7


PARTS = st.one_of(
    st.builds(TextPart, st.text()),
    st.builds(ReasoningPart, st.text()),
    st.builds(ImagePart, st.binary(), st.just("image/png")),
    st.builds(FilePart, st.binary(), st.text(), st.text()),
    st.builds(AudioPart, st.binary(), st.text()),
    st.builds(ToolCallPart, st.text(), st.text(), st.text()),
    st.builds(ToolResultPart, st.text(), st.text(), st.tuples(st.builds(TextPart, st.text())), st.booleans()),
    st.builds(SourcePart, st.text(), st.text(), st.text()),
    st.builds(ReplayPart, st.text(), st.text(), st.text(), st.text()),
)
MESSAGES = st.builds(
    Message,
    role=st.sampled_from(["assistant", "tool"]),
    content=st.text() | st.lists(PARTS, max_size=4).map(tuple),
)
EXCHANGES = st.builds(answered, st.text(), st.text()) | st.lists(MESSAGES, max_size=3).map(tuple)
OTHERS = st.builds(
    Alternative,
    exchange=EXCHANGES.filter(bool),
    status=st.sampled_from(["complete", "stopped", "failed"]),
    model=st.text(),
    seconds=st.floats(0, 1e6),
)
TURNS = st.builds(
    Turn,
    prompt=st.builds(
        Message,
        role=st.just("user"),
        content=st.text()
        | st.tuples(st.builds(TextPart, st.text()), st.builds(ImagePart, st.binary(), st.just("image/png"))),
    ),
    exchange=EXCHANGES,
    status=st.sampled_from(["complete", "stopped", "failed"]),
    cell=st.none() | st.text(min_size=1),
    fresh=st.booleans(),
    system=st.none() | st.text(),
    usage=st.none() | st.builds(Usage, st.integers(0), st.integers(0)),
    seconds=st.floats(0, 1e6),
    alternatives=st.lists(OTHERS, max_size=2).map(tuple),
)


@given(TURNS)
def test_a_turn_goes_through_json_and_back(turn: Turn) -> None:
    assert Turn.from_dict(json.loads(json.dumps(turn.to_dict()))) == turn


@pytest.mark.parametrize(
    "values", [{}, {"prompt": 3}, {"prompt": {"role": "user"}, "answer": "x"}, {"answer": None}]
)
def test_what_is_no_turn_is_refused_in_one_line(values: dict[str, object]) -> None:
    with pytest.raises(InvalidMessagesError, match="not a turn"):
        Turn.from_dict(values)


def test_what_follows_a_turn_that_ran_again_is_stale_until_it_runs_itself() -> None:
    conversation = Conversation()
    for cell in "abc":
        say(conversation, cell, cell)
    assert not conversation.stale
    say(conversation, "A", "a")
    assert conversation.stale == {turn.id for turn in conversation.turns[1:]}
    assert conversation.begin(Message("user", "d")).stale == 2
    conversation = Conversation(turns=conversation.turns)
    say(conversation, "b", "b")
    assert conversation.stale == {conversation.turns[2].id}
    conversation.undo()
    assert len(conversation.stale) == 2
    say(conversation, "c", "c", fresh=True)
    assert conversation.stale == {conversation.turns[1].id}  # the last one starts over


@given(st.lists(st.sampled_from("abcdef"), max_size=30))
def test_a_turn_is_stale_just_when_its_context_is_not_what_it_was_asked_with(cells: list[str]) -> None:
    conversation = Conversation()
    asked: dict[str, list[str]] = {}
    for number, cell in enumerate(cells):
        asked[cell] = say(conversation, f"{cell}{number}", cell)
    stale = conversation.stale
    for place, turn in enumerate(conversation.turns):
        now = [f"{m.role[0]}:{m.text}" for t in conversation.turns[:place] for m in t.messages]
        before = asked[turn.cell or ""][:-1]
        if turn.id not in stale:
            assert before == now[: len(before)]
        else:
            assert before != now


def test_removed_cells_come_back_with_undo() -> None:
    conversation = Conversation()
    for cell in ("a", "b", "b#2", "c"):
        say(conversation, cell, cell)
    assert conversation.remove(["b", "x"]) == 2
    assert prompts(conversation) == ["a", "c"]
    assert conversation.undo()
    assert prompts(conversation) == ["a", "b", "b#2", "c"]
    assert conversation.remove([]) == 0


def test_a_branch_goes_its_own_way() -> None:
    conversation = Conversation(system="s")
    for cell in "abc":
        say(conversation, cell, cell)
    branch = conversation.branch("other", before=1)
    assert say(branch, "d", "a") == ["s:s", "u:a", "a:re a", "u:b", "a:re b", "u:d"]
    assert prompts(conversation) == ["a", "b", "c"]
    assert branch.origin is not None
    assert (branch.origin.id, branch.origin.position) == (conversation.id, 1)


def test_the_oldest_turns_are_left_out_and_the_pinned_stay() -> None:
    conversation = Conversation(system="system")
    for number in range(10):
        say(conversation, f"{number} " + "word " * 200)
    conversation.pin(2)
    draft = conversation.begin(Message("user", "next"))
    assert draft.within(draft.size) is draft
    short = draft.within(draft.size // 2)
    assert short.size <= draft.size // 2
    kept = [turn.prompt.text[0] for turn in short.context]
    assert kept == ["1", *(str(n) for n in range(10 - len(kept) + 1, 10))]
    assert short.left_out == 10 - len(kept)
    least = draft.within(1)
    assert [message.text for message in least.messages][0::3] == ["system", "next"]
    with pytest.raises(InvalidMessagesError, match="no turn 11"):
        Conversation(turns=conversation.turns).pin(11)


@given(st.lists(TURNS, max_size=4), st.none() | st.text())
def test_a_conversation_goes_through_json_and_back(turns: list[Turn], system: str | None) -> None:
    conversation = Conversation("x", system=system, turns=turns)
    read = Conversation.from_dict(json.loads(json.dumps(conversation.to_dict())))
    assert (read.turns, read.id, read.name, read.system) == (conversation.turns, conversation.id, "x", system)


@pytest.mark.parametrize(
    "values",
    [
        {"prompt": {"role": "root", "content": "x"}, "answer": ""},
        {"prompt": {"role": "user", "content": "x", "extra": {"role": "system"}}, "answer": ""},
        {
            "prompt": {"role": "user", "content": [{"type": "image", "data": "", "media_type": "text/html"}]},
            "answer": "",
        },
    ],
)
def test_what_nobody_could_send_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(InvalidMessagesError, match="not a turn"):
        Turn.from_dict(values)
    with pytest.raises(InvalidMessagesError):
        Conversation.from_dict({"name": "x", "turns": [values]})


# --- watching, stopping, replacing


def test_watchers_are_told_of_all_there_is_to_see() -> None:
    conversation = Conversation()
    seen: list[tuple[int, str | None]] = []

    def look() -> None:
        answering = conversation.answering
        seen.append((len(conversation), answering.progress.text if answering else None))

    end = conversation.subscribe(look)
    draft = conversation.begin(Message("user", "a"))
    coming = Coming()
    conversation.follow(draft, coming)
    coming.text = "so far"
    conversation.notify()
    conversation.commit(draft, draft.turn(answered("so far"), "complete"))
    conversation.undo()
    assert seen == [(0, ""), (0, "so far"), (1, None), (1, None), (0, None)]
    end()
    conversation.notify()
    assert len(seen) == 5


def test_anybody_may_stop_the_answer_on_its_way() -> None:
    conversation = Conversation()
    assert conversation.stop() is False
    draft = conversation.begin(Message("user", "a"))
    coming = Coming()
    conversation.follow(draft, coming)
    assert conversation.stop() is True
    assert coming.stopped


def test_a_turn_is_asked_anew_in_its_place_with_what_stood_before_it() -> None:
    conversation = Conversation()
    for word in "abc":
        say(conversation, word, cell=word)
    second = conversation.turns[1]
    draft = conversation.begin(Message("user", "B"), replaces=second.id)
    assert [message.text for message in draft.messages] == ["a", "re a", "B"]
    conversation.commit(draft, draft.turn(answered("re B"), "complete"))
    assert [turn.prompt.text for turn in conversation.turns] == ["a", "B", "c"]
    assert conversation.turns[1].cell == "b"  # its cell goes on with it
    assert conversation.stale == {conversation.turns[2].id}
    with pytest.raises(InvalidMessagesError, match="not in the conversation any more"):
        conversation.begin(Message("user", "x"), replaces=second.id)
    assert not conversation.busy


def test_one_turn_is_deleted_and_brought_back() -> None:
    conversation = Conversation()
    for word in "abc":
        say(conversation, word)
    conversation.delete(conversation.turns[1].id)
    assert [turn.prompt.text for turn in conversation.turns] == ["a", "c"]
    conversation.undo()
    assert [turn.prompt.text for turn in conversation.turns] == ["a", "b", "c"]
    with pytest.raises(InvalidMessagesError):
        conversation.delete("nobody")
