"""Whatever happens, in whatever way it arrives, all views show what there is."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from notebook_chat.conversation import Conversation, Draft, Turn, answered
from notebook_chat.events import Notice, Usage
from notebook_chat.messages import Message
from notebook_chat.panel.view_state import FIRST, Sent, ViewState
from notebook_chat.parts import ReasoningPart, TextPart
from notebook_chat.renderers.body import Body

from ..fakes import Coming
from .replica import Replica
from .truth import (
    GIF,
    HEAD,
    PNG,
    live_truth_of,
    prompt_of,
    say,
    settled,
    truth_of,
)

PIECES = [
    *("A word", " and *more*", ".\n\n", "\n", "\r", "\r\n", "# 😀 heading\n\n", "𝒳 <b>", "- item\n"),
    *("```py\nx = 1\n", "```\n", "| a |\n|---|\n| 1 |\n", "$x^2$ ", "[a][b]\n\n", "[b]: https://e.org\n\n"),
]
ANSWERS = st.lists(st.sampled_from([*PIECES, "\ud800"]), max_size=6).map("".join)
PROMPTS = st.builds(
    prompt_of, st.sampled_from(["a", "b 😀", "c\udfff"]), *2 * [st.sampled_from([PNG, GIF])]
) | st.builds(prompt_of, st.sampled_from(["a", "b\nc"]))
FATES = st.sampled_from(["arrives", "arrives", "arrives", "lost", "doubled", "late"])
CELLS = st.sampled_from([None, "1", "2"])
PLACES = st.integers(0, 30)


class Talk:
    """A conversation, and its open turn."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.draft: Draft | None = None
        self.coming = Coming()


class AnythingMayHappen(RuleBasedStateMachine):
    """Operations on conversations, and messages that are lost, doubled or overtaken. In the end, and whenever
    messages arrive for a moment, a view and one that has just come show what there is."""

    def __init__(self) -> None:
        super().__init__()
        self.talk = Talk(Conversation("default"))
        self.talks = [self.talk]
        self.feed = ViewState(self.talk.conversation)
        self.view = Replica()
        self.held: list[Sent] = []
        self.head = HEAD
        # The open answer as the feed saw it last.
        self.seen: tuple[str, str, str] = ("", "", "")
        self.body = Body()

    # --- what happens

    @initialize(count=st.sampled_from([0, 1, 3, FIRST + 3]))
    def turns_of_before(self, count: int) -> None:
        for number in range(count):
            say(self.talk.conversation, f"old {number}", cell=str(number) if number % 2 else None)

    @property
    def idle(self) -> bool:
        return self.talk.draft is None

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self.talk.conversation.turns

    @precondition(lambda self: self.idle)
    @rule(prompt=PROMPTS, cell=CELLS, fresh=st.booleans())
    def ask(self, prompt: Message, cell: str | None, fresh: bool) -> None:
        self._open(self.talk.conversation.begin(prompt, cell=cell, fresh=fresh))

    @precondition(lambda self: self.idle and self.turns)
    @rule(place=PLACES, prompt=PROMPTS)
    def ask_in_place(self, place: int, prompt: Message) -> None:
        replaced = self.turns[place % len(self.turns)].id
        self._open(self.talk.conversation.begin(prompt, replaces=replaced))

    def _open(self, draft: Draft) -> None:
        self.talk.draft, self.talk.coming = draft, Coming()
        self.talk.conversation.follow(draft, self.talk.coming)

    @precondition(lambda self: not self.idle)
    @rule(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
    def text_comes(self, pieces: list[str]) -> None:
        self.talk.coming.text += "".join(pieces)

    @precondition(lambda self: not self.idle)
    @rule(piece=st.sampled_from(["hm", ", so 😀"]))
    def reasoning_comes(self, piece: str) -> None:
        self.talk.coming.reasoning += piece

    @precondition(lambda self: not self.idle)
    @rule()
    def status_is_told(self) -> None:
        self.talk.coming.status = Notice("loading the model")

    @precondition(lambda self: not self.idle)
    @rule()
    def it_is_asked_once_more(self) -> None:
        self.talk.coming.text = self.talk.coming.reasoning = ""

    @precondition(lambda self: not self.idle)
    @rule(status=st.sampled_from(["complete", "stopped", "failed"]), more=st.sampled_from(["", *PIECES]))
    def answer_ends(self, status: Any, more: str) -> None:
        draft, coming = self.talk.draft, self.talk.coming
        assert draft is not None
        turn = draft.turn(
            answered(coming.text + more, coming.reasoning), status, model="parrot:grey", usage=Usage(3, 5)
        )
        assert self.talk.conversation.commit(draft, turn) is not None
        self.talk.draft = None

    @precondition(lambda self: not self.idle)
    @rule()
    def answer_fails(self) -> None:
        assert self.talk.draft is not None
        self.talk.conversation.discard(self.talk.draft)
        self.talk.draft = None

    @precondition(lambda self: self.idle and self.turns)
    @rule(place=PLACES)
    def delete(self, place: int) -> None:
        self.talk.conversation.delete(self.turns[place % len(self.turns)].id)

    @precondition(lambda self: self.idle and self.turns)
    @rule(place=PLACES, pinned=st.booleans())
    def pin(self, place: int, pinned: bool) -> None:
        self.talk.conversation.pin(place % len(self.turns) + 1, pinned)

    @precondition(lambda self: self.idle)
    @rule()
    def clear(self) -> None:
        self.talk.conversation.reset()

    @precondition(lambda self: self.idle)
    @rule()
    def undo(self) -> None:
        self.talk.conversation.undo()

    @precondition(lambda self: self.idle and self.turns)
    @rule(place=PLACES, answer=ANSWERS, reasoning=st.sampled_from(["", "hm\ud800"]))
    def change_by_hand(self, place: int, answer: str, reasoning: str) -> None:
        turns = list(self.turns)
        changed = turns[place % len(turns)]
        turns[place % len(turns)] = msgspec.structs.replace(changed, exchange=answered(answer, reasoning))
        self.talk.conversation.replace(turns)

    @precondition(lambda self: self.idle and len(self.turns) > 1)
    @rule(place=PLACES)
    def move_to_the_end(self, place: int) -> None:
        turns = list(self.turns)
        moved = turns.pop(place % len(turns))
        last = msgspec.structs.replace(moved, position=turns[-1].position + 1)
        self.talk.conversation.replace([*turns, last])

    @rule(place=PLACES)
    def open_another_conversation(self, place: int) -> None:
        if len(self.talks) < 2:
            self.talks.append(Talk(self.talk.conversation.branch("branch")))
        self.talk = self.talks[place % len(self.talks)]
        self.feed.conversation = self.talk.conversation

    @rule(notice=st.sampled_from([None, {"text": "Cleared."}]))
    def head_changes(self, notice: Any) -> None:
        self.head = {**HEAD, "notice": notice}

    # --- what is sent

    @rule(fate=FATES)
    def change(self, fate: str) -> None:
        self._follow()
        self._send(self.feed.change(self.head), fate)

    @precondition(lambda self: self.view.asking)
    @rule(fate=FATES)
    def state(self, fate: str) -> None:
        self._send(self.feed.state(), fate)

    @precondition(lambda self: self.view.needed)
    @rule(fate=FATES)
    def items(self, fate: str) -> None:
        self._send(self.feed.items(self.view.needed), fate)

    @precondition(lambda self: self.turns)
    @rule(fate=FATES, place=PLACES)
    def items_for_another_view(self, fate: str, place: int) -> None:
        self._send(self.feed.items([self.turns[place % len(self.turns)].id]), fate)

    def _send(self, sent: Sent | None, fate: str) -> None:
        if sent is None or fate == "lost":
            return
        if fate == "late":
            self.held.append(sent)
            return
        for _ in range(2 if fate == "doubled" else 1):
            self.view.take(*sent)
        self._let_go()

    def _let_go(self) -> None:
        for sent in self.held:
            self.view.take(*sent)
        self.held.clear()

    def _follow(self) -> None:
        draft, coming = self.talk.draft, self.talk.coming
        if draft is None:
            self.seen = ("", "", "")
            return
        id, text, reasoning = self.seen
        same = draft.id == id and coming.text.startswith(text) and coming.reasoning.startswith(reasoning)
        if not same:
            self.body, text, reasoning = Body(), "", ""
        new = (ReasoningPart(coming.reasoning[len(reasoning) :]), TextPart(coming.text[len(text) :]))
        self.body.add(new)
        # The open block is rendered by what has come since it was last looked at.
        assert self.body.html() is not None
        self.seen = draft.id, coming.text, coming.reasoning

    # --- what must hold

    @rule()
    def all_is_shown(self) -> None:
        self._let_go()
        self._follow()
        settled(self.feed, self.view, self.head)
        late = Replica()
        settled(self.feed, late, self.head)
        truth = self._truth()
        assert self.view.shown() == truth
        assert late.shown() == truth
        assert self.view.head == late.head == self.head

    def teardown(self) -> None:
        self.all_is_shown()

    def _truth(self) -> list[dict[str, Any]]:
        conversation, draft = self.talk.conversation, self.talk.draft
        rows = [truth_of(turn, turn.id in conversation.stale) for turn in conversation.turns]
        if draft is not None:
            live = live_truth_of(draft, self.talk.coming, self.body)
            place = next((at for at, row in enumerate(rows) if row["id"] == draft.replaces), len(rows))
            rows[place : place + 1] = [live]
        return rows


AnythingMayHappen.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
test_whatever_happens_all_views_show_what_there_is = AnythingMayHappen.TestCase


def test_items_that_are_newer_than_their_rows() -> None:
    machine = AnythingMayHappen()
    machine.turns_of_before(count=1)
    machine.change(fate="arrives")
    machine.change_by_hand(place=0, answer="", reasoning="")
    machine.state(fate="arrives")
    machine.undo()
    machine.teardown()
