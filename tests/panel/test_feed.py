"""What the views are sent: however it arrives, each comes to show exactly what the conversation holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from notebook_chat.conversation import Answering, Conversation, Draft, Turn
from notebook_chat.events import Status, Usage, well_formed
from notebook_chat.markup import Document
from notebook_chat.messages import ImagePart, Message, TextPart
from notebook_chat.panel.feed import FIRST, Feed, Sent
from notebook_chat.panel.growing import WAITING
from notebook_chat.renderers.footer import footer

from ..fakes import Coming
from .replica import Replica, through_json

HEAD: dict[str, Any] = {"model": "parrot:grey", "notice": None}
PNG = b"\x89PNG\r\n\x1a\nfirst"
GIF = b"GIF89asecond"


def prompt_of(text: str, *images: bytes) -> Message:
    kinds = {PNG: "image/png", GIF: "image/gif"}
    parts = tuple(ImagePart(image, kinds[image]) for image in images)
    return Message("user", (TextPart(text), *parts) if parts else text)


def say(conversation: Conversation, text: str, answer: str = "", cell: str | None = None) -> Turn:
    """A whole turn."""
    draft = conversation.begin(prompt_of(text), cell=cell)
    turn = conversation.commit(draft, draft.turn(answer or f"re {text}", "complete", model="parrot:grey"))
    assert turn is not None
    return turn


def begun(conversation: Conversation, text: str = "a", **options: Any) -> tuple[Draft, Coming]:
    """An open turn and its answer."""
    draft, coming = conversation.begin(prompt_of(text), **options), Coming()
    conversation.follow(draft, coming)
    return draft, coming


def rendered(answer: str) -> list[str]:
    document = Document()
    document.feed(well_formed(answer))
    document.finish()
    return list(document.blocks)


def truth_of(turn: Turn, stale: bool) -> dict[str, Any]:
    """What a view must show of a turn."""
    return {
        **_prompt(turn.id, turn.prompt, stale, turn.pinned),
        "blocks": rendered(turn.answer),
        "open": "",
        "reasoning": well_formed(turn.reasoning),
        "note": "",
        "text": well_formed(turn.answer),
        "status": turn.status,
        "foot": footer(turn),
    }


def live_truth_of(draft: Draft, coming: Coming, document: Document) -> dict[str, Any]:
    """What a view must show of an open turn whose answer so far is in the document."""
    return {
        **_prompt(draft.id, draft.prompt, False, draft.pinned),
        "blocks": list(document.blocks),
        "open": document.open_block(),
        "reasoning": coming.reasoning,
        "note": "" if coming.text or coming.reasoning else coming.status.text if coming.status else WAITING,
        "text": "",
        "status": "",
        "foot": "",
    }


def _prompt(id: str, prompt: Message, stale: bool, pinned: bool) -> dict[str, Any]:
    images = [(part.media_type, part.data) for part in prompt.parts if isinstance(part, ImagePart)]
    return {"id": id, "stale": stale, "pinned": pinned, "prompt": well_formed(prompt.text), "images": images}


def settled(feed: Feed, view: Replica, head: dict[str, Any] = HEAD) -> None:
    """Has a view say what it lacks until it lacks nothing, as a service does it. That takes a few rounds."""
    for _ in range(3):
        if (change := feed.change(head)) is not None:
            view.take(*change)
        view.take({"type": "check", "number": feed.number})
        if view.asking:
            view.take(*feed.state())
        elif view.needed:
            view.take(*feed.items(view.needed))
    assert not view.asking
    assert view.needed == []
    assert feed.change(head) is None


def viewed(feed: Feed) -> Replica:
    """A view that has just come."""
    view = Replica()
    settled(feed, view)
    return view


# --- whatever happens, in whatever way it arrives

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
        self.feed = Feed(self.talk.conversation)
        self.view = Replica()
        self.held: list[Sent] = []
        self.head = HEAD
        # The open answer as the feed saw it last.
        self.seen: tuple[str, str, str] = ("", "", "")
        self.document = Document()

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
        self.talk.coming.status = Status("loading the model")

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
            coming.text + more, status, model="parrot:grey", reasoning=coming.reasoning, usage=Usage(3, 5)
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
        turns[place % len(turns)] = msgspec.structs.replace(changed, answer=answer, reasoning=reasoning)
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
            self.document, text = Document(), ""
        self.document.feed(coming.text[len(text) :])
        # The open block is rendered by what has come since it was last looked at.
        assert self.document.html() is not None
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
            live = live_truth_of(draft, self.talk.coming, self.document)
            place = next((at for at, row in enumerate(rows) if row["id"] == draft.replaces), len(rows))
            rows[place : place + 1] = [live]
        return rows


AnythingMayHappen.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
test_whatever_happens_all_views_show_what_there_is = AnythingMayHappen.TestCase


# --- no more than is needed


def test_nothing_new_is_no_message() -> None:
    feed = Feed(Conversation())
    assert feed.change(HEAD) is not None
    assert feed.change(dict(HEAD)) is None
    assert feed.number == 1
    begun(feed.conversation)
    assert feed.change(HEAD) is not None
    assert feed.change(HEAD) is None


def test_changes_are_numbered_without_a_gap() -> None:
    conversation = Conversation()
    feed = Feed(conversation)
    numbers = []
    for word in "abc":
        say(conversation, word)
        change = feed.change(HEAD)
        assert change is not None
        numbers.append(change.content["number"])
    assert numbers == [1, 2, 3]
    assert feed.state().content["number"] == 3


def test_the_blocks_that_the_views_have_are_not_sent_again() -> None:
    conversation = Conversation()
    feed = Feed(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation)
    coming.text = "One.\n\nTwo.\n\nThree"
    settled(feed, view)
    conversation.commit(draft, draft.turn("One.\n\nTwo.\n\nThree.", "complete"))
    change = feed.change(HEAD)
    assert change is not None
    [item] = change.content["items"]
    assert item["kept"] == 2
    assert list(item["blocks"]) == ["<p>Three.</p>\n"]
    assert "live" not in change.content
    view.take(*change)
    assert view.last.shown() == truth_of(conversation.turns[0], stale=False)


def test_a_block_that_a_late_definition_changes_is_sent_again() -> None:
    conversation = Conversation()
    feed = Feed(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation)
    coming.text = "One.\n\n[a][b]\n\nThree.\n\nFour"
    settled(feed, view)
    assert view.last.blocks.finished[1] == "<p>[a][b]</p>\n"
    conversation.commit(draft, draft.turn(coming.text + "\n\n[b]: https://e.org", "complete"))
    change = feed.change(HEAD)
    assert change is not None
    assert change.content["items"][0]["kept"] == 1
    view.take(*change)
    assert 'href="https://e.org"' in view.last.blocks.finished[1]
    assert view.last.shown() == truth_of(conversation.turns[0], stale=False)


def test_a_view_that_lacks_what_it_should_have_kept_asks_for_the_turn() -> None:
    conversation = Conversation()
    feed = Feed(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation)
    coming.text = "One.\n\nTwo.\n\nThree"
    feed.change(HEAD)  # lost
    conversation.commit(draft, draft.turn(coming.text, "complete"))
    change = feed.change(HEAD)
    assert change is not None
    view.take(*change)
    assert view.asking
    settled(feed, view)
    assert view.last.shown() == truth_of(conversation.turns[0], stale=False)


def test_only_the_last_turns_are_sent_unasked() -> None:
    conversation = Conversation()
    for number in range(FIRST + 5):
        say(conversation, str(number))
    feed = Feed(conversation)
    change = feed.change(HEAD)
    assert change is not None
    ids = [turn.id for turn in conversation.turns]
    assert [row[0] for row in change.content["rows"]] == ids
    for sent in (change, feed.state()):
        assert [item["id"] for item in sent.content["items"]] == ids[-FIRST:]
    view = Replica()
    view.take(*feed.state())
    assert view.needed == ids[:-FIRST]
    view.take(*feed.items(view.needed[:2]))
    assert view.needed == ids[2:-FIRST]
    assert [turn.prompt for turn in map(view.turns.get, ids[:2]) if turn] == ["0", "1"]


def test_a_change_sends_the_items_that_are_new() -> None:
    conversation = Conversation()
    for word in "abc":
        say(conversation, word)
    feed = Feed(conversation)
    feed.change(HEAD)
    added = say(conversation, "d")
    change = feed.change(HEAD)
    assert change is not None
    assert [item["id"] for item in change.content["items"]] == [added.id]
    conversation.pin(1)
    change = feed.change(HEAD)
    assert change is not None
    assert "items" not in change.content  # a row tells that it is pinned
    conversation.delete(added.id)
    assert "items" not in (feed.change(HEAD) or Sent({"items": ()}, [])).content
    conversation.undo()
    change = feed.change(HEAD)
    assert change is not None
    assert [item["id"] for item in change.content["items"]] == [added.id]


def test_a_turn_that_was_changed_has_another_version() -> None:
    conversation = Conversation()
    turn = say(conversation, "a", "old")
    feed = Feed(conversation)
    view = viewed(feed)
    conversation.replace([msgspec.structs.replace(turn, answer="new")])
    settled(feed, view)
    assert view.last.version == 1
    assert view.last.text == "new"
    conversation.undo()
    settled(feed, view)
    assert view.last.text == "old"


def test_turns_of_nobody_are_no_items() -> None:
    feed = Feed(Conversation())
    assert feed.items(["nobody", ""]).content == {"type": "items", "items": []}


def test_the_weight_is_that_of_the_open_block() -> None:
    conversation = Conversation()
    feed = Feed(conversation)
    assert feed.weight == 0
    draft, coming = begun(conversation)
    coming.text = "One, which has ended.\n\nTwo"
    feed.change(HEAD)
    assert feed.weight == len("<p>Two</p>\n")
    conversation.discard(draft)
    feed.change(HEAD)
    assert feed.weight == 0


def test_a_change_that_fails_is_missed_as_a_lost_one_is() -> None:
    conversation = Conversation()
    feed = Feed(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation)
    coming.status = Status("loading", "half")  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(ValueError, match="format"):
            feed.change(HEAD)
    coming.text = "One.\n\nTwo"
    settled(feed, view)
    assert view.last.blocks.finished == ["<p>One.</p>\n"]
    conversation.commit(draft, draft.turn(coming.text, "complete"))
    settled(feed, view)
    assert view.shown() == [truth_of(conversation.turns[0], stale=False)]


# --- what is shown


def test_an_answer_is_shown_as_it_grows_and_with_its_prompt() -> None:
    conversation = Conversation()
    feed = Feed(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation, "why?")
    settled(feed, view)
    assert (view.last.prompt, view.last.note, view.last.version) == ("why?", WAITING, -1)
    coming.reasoning = "hm"
    settled(feed, view)
    assert (view.last.reasoning, view.last.note) == ("hm", "")
    coming.text = "Because *it"
    settled(feed, view)
    assert view.last.blocks.html == "<p>Because *it</p>\n"
    late = viewed(feed)
    assert late.shown() == view.shown()
    coming.text += "* is"
    settled(feed, view)
    conversation.discard(draft)
    settled(feed, view)
    assert view.shown() == []


def test_a_turn_that_is_asked_again_is_shown_in_its_place_and_the_later_ones_as_stale() -> None:
    conversation = Conversation()
    for word in "abc":
        say(conversation, word, cell=word)
    conversation.pin(2)
    feed = Feed(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation, "B", replaces=conversation.turns[1].id)
    coming.text = "re B"
    settled(feed, view)
    assert [turn["prompt"] for turn in view.shown()] == ["a", "B", "c"]
    assert [view.turns[id].pinned for id in view.order] == [False, True, False]
    conversation.discard(draft)
    settled(feed, view)
    assert [turn["prompt"] for turn in view.shown()] == ["a", "b", "c"]
    assert [turn["stale"] for turn in view.shown()] == [False, False, False]
    draft, coming = begun(conversation, "B", cell="b")
    settled(feed, view)
    assert [turn["prompt"] for turn in view.shown()] == ["a", "B", "c"]
    conversation.commit(draft, draft.turn("re B", "complete"))
    settled(feed, view)
    assert [turn["prompt"] for turn in view.shown()] == ["a", "B", "c"]
    assert [turn["stale"] for turn in view.shown()] == [False, False, True]
    assert [turn["pinned"] for turn in view.shown()] == [False, True, False]


def test_an_answer_that_follows_at_once_is_another_turn() -> None:
    conversation = Conversation()
    feed = Feed(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation, "a")
    coming.text = "One.\n\nTwo"
    settled(feed, view)
    conversation.commit(draft, draft.turn("One.\n\nTwo.", "complete"))
    _, coming = begun(conversation, "b")
    coming.text = "Three"
    settled(feed, view)
    assert view.shown()[0] == truth_of(conversation.turns[0], stale=False)
    assert (view.last.prompt, view.last.blocks.html) == ("b", "<p>Three</p>\n")


def test_images_go_as_bytes_beside_the_message() -> None:
    conversation = Conversation()
    for images in ([PNG], [], [GIF, PNG]):
        draft = conversation.begin(prompt_of("look", *images))
        conversation.commit(draft, draft.turn("I see", "complete"))
    draft = conversation.begin(prompt_of("and this?", GIF))
    conversation.follow(draft, Coming())
    feed = Feed(conversation)
    change = feed.change(HEAD)
    assert change is not None
    state = feed.state()
    for sent in (change, state):
        assert sorted(sent.buffers) == sorted([PNG, GIF, PNG, GIF])
        assert "first" not in str(through_json(sent.content))
    view = Replica()
    view.take(*state)
    assert [turn["images"] for turn in view.shown()] == [
        [("image/png", PNG)],
        [],
        [("image/gif", GIF), ("image/png", PNG)],
        [("image/gif", GIF)],
    ]
    coming = conversation.answering
    assert coming is not None
    coming.progress.text = "A dog"  # type: ignore[misc]
    change = feed.change(HEAD)
    assert change is not None
    assert change.buffers == []  # the views have them


def test_halves_of_surrogate_pairs_can_be_sent() -> None:
    conversation = Conversation()
    feed = Feed(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation, "a\ud800")
    for piece in ("b\ud800", "c\udc00", "\udfff"):
        coming.text += piece
        coming.reasoning += piece
        settled(feed, view)
    conversation.commit(draft, draft.turn(coming.text, "complete", reasoning=coming.reasoning))
    settled(feed, view)
    last = view.last
    assert (last.prompt, last.reasoning, last.text) == ("a\ufffd", *2 * ["b\ufffdc\ufffd\ufffd"])
    assert viewed(feed).shown() == view.shown()


class EndsMeanwhile(Conversation):
    """One whose answer ends while it is looked at."""

    @property
    def answering(self) -> Answering | None:
        answering = super().answering
        if answering is not None:
            self.commit(answering.draft, answering.draft.turn(answering.progress.text, "complete"))
        return answering


def test_an_answer_that_ends_while_it_is_looked_at_is_shown_once() -> None:
    conversation = EndsMeanwhile()
    say(conversation, "a")
    feed = Feed(conversation)
    view = viewed(feed)
    draft, coming = conversation.begin(prompt_of("b")), Coming("so far")
    conversation.follow(draft, coming)
    change = feed.change(HEAD)
    assert change is not None
    view.take(*change)
    assert view.shown() == [truth_of(turn, stale=False) for turn in conversation.turns]


@pytest.mark.parametrize("answers", [[""], ["", ""], ["a"]], ids=["nothing", "twice nothing", "a letter"])
def test_a_stopped_turn_without_an_answer_is_shown(answers: Sequence[str]) -> None:
    conversation = Conversation()
    feed = Feed(conversation)
    view = viewed(feed)
    for answer in answers:
        draft, coming = begun(conversation)
        settled(feed, view)
        coming.text = answer
        conversation.commit(draft, draft.turn(answer, "stopped", model="parrot:grey", seconds=1.0))
        settled(feed, view)
    assert view.shown() == [truth_of(turn, stale=False) for turn in conversation.turns]
    assert view.last.foot == "parrot:grey · 1.0 s · stopped"


def test_the_state_is_that_of_the_changes_told_so_far() -> None:
    """What happens between a change and the state is told by the next change."""
    conversation = Conversation()
    feed = Feed(conversation)
    draft, coming = begun(conversation)
    coming.text = "One.\n\nTwo"
    feed.change(HEAD)
    coming.text += ", three.\n\nFour"
    conversation.commit(draft, draft.turn(coming.text, "complete"))
    say(conversation, "b")
    view = Replica()
    view.take(*feed.state())
    assert view.order == [draft.id]
    settled(feed, view)
    assert view.shown() == [truth_of(turn, stale=False) for turn in conversation.turns]
