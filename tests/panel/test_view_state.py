"""What the views are sent: however it arrives, each comes to show exactly what the conversation holds."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from notebook_chat.conversation import Answering, Conversation, answered
from notebook_chat.events import Notice
from notebook_chat.panel.live_answer import WAITING
from notebook_chat.panel.view_state import FIRST, Sent, ViewState
from notebook_chat.parts import ImagePart

from ..fakes import Coming
from ..parts import png
from .replica import Replica, through_json
from .truth import (
    GIF,
    HEAD,
    PNG,
    begun,
    prompt_of,
    say,
    settled,
    truth_of,
    viewed,
)

# --- no more than is needed


def test_nothing_new_is_no_message() -> None:
    feed = ViewState(Conversation())
    assert feed.change(HEAD) is not None
    assert feed.change(dict(HEAD)) is None
    assert feed.number == 1
    begun(feed.conversation)
    assert feed.change(HEAD) is not None
    assert feed.change(HEAD) is None


def test_changes_are_numbered_without_a_gap() -> None:
    conversation = Conversation()
    feed = ViewState(conversation)
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
    feed = ViewState(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation)
    coming.text = "One.\n\nTwo.\n\nThree"
    settled(feed, view)
    conversation.commit(draft, draft.turn(answered("One.\n\nTwo.\n\nThree."), "complete"))
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
    feed = ViewState(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation)
    coming.text = "One.\n\n[a][b]\n\nThree.\n\nFour"
    settled(feed, view)
    assert view.last.blocks.finished[1] == "<p>[a][b]</p>\n"
    conversation.commit(draft, draft.turn(answered(coming.text + "\n\n[b]: https://e.org"), "complete"))
    change = feed.change(HEAD)
    assert change is not None
    assert change.content["items"][0]["kept"] == 1
    view.take(*change)
    assert 'href="https://e.org"' in view.last.blocks.finished[1]
    assert view.last.shown() == truth_of(conversation.turns[0], stale=False)


def test_a_view_that_lacks_what_it_should_have_kept_asks_for_the_turn() -> None:
    conversation = Conversation()
    feed = ViewState(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation)
    coming.text = "One.\n\nTwo.\n\nThree"
    feed.change(HEAD)  # lost
    conversation.commit(draft, draft.turn(answered(coming.text), "complete"))
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
    feed = ViewState(conversation)
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
    feed = ViewState(conversation)
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
    feed = ViewState(conversation)
    view = viewed(feed)
    conversation.replace([msgspec.structs.replace(turn, exchange=answered("new"))])
    settled(feed, view)
    assert view.last.version == 1
    assert view.last.text == "new"
    conversation.undo()
    settled(feed, view)
    assert view.last.text == "old"


def test_turns_of_nobody_are_no_items() -> None:
    feed = ViewState(Conversation())
    assert feed.items(["nobody", ""]).content == {"type": "items", "items": []}


def test_the_weight_is_that_of_the_open_block() -> None:
    conversation = Conversation()
    feed = ViewState(conversation)
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
    feed = ViewState(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation)
    coming.status = Notice("loading", "half")  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(ValueError, match="format"):
            feed.change(HEAD)
    coming.text = "One.\n\nTwo"
    settled(feed, view)
    assert view.last.blocks.finished == ["<p>One.</p>\n"]
    conversation.commit(draft, draft.turn(answered(coming.text), "complete"))
    settled(feed, view)
    assert view.shown() == [truth_of(conversation.turns[0], stale=False)]


# --- what is shown


def test_an_answer_is_shown_as_it_grows_and_with_its_prompt() -> None:
    conversation = Conversation()
    feed = ViewState(conversation)
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
    feed = ViewState(conversation)
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
    conversation.commit(draft, draft.turn(answered("re B"), "complete"))
    settled(feed, view)
    assert [turn["prompt"] for turn in view.shown()] == ["a", "B", "c"]
    assert [turn["stale"] for turn in view.shown()] == [False, False, True]
    assert [turn["pinned"] for turn in view.shown()] == [False, True, False]


def test_an_answer_that_follows_at_once_is_another_turn() -> None:
    conversation = Conversation()
    feed = ViewState(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation, "a")
    coming.text = "One.\n\nTwo"
    settled(feed, view)
    conversation.commit(draft, draft.turn(answered("One.\n\nTwo."), "complete"))
    _, coming = begun(conversation, "b")
    coming.text = "Three"
    settled(feed, view)
    assert view.shown()[0] == truth_of(conversation.turns[0], stale=False)
    assert (view.last.prompt, view.last.blocks.html) == ("b", "<p>Three</p>\n")


def test_images_go_as_bytes_beside_the_message() -> None:
    conversation = Conversation()
    for images in ([PNG], [], [GIF, PNG]):
        draft = conversation.begin(prompt_of("look", *images))
        conversation.commit(draft, draft.turn(answered("I see"), "complete"))
    draft = conversation.begin(prompt_of("and this?", GIF))
    conversation.follow(draft, Coming())
    feed = ViewState(conversation)
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
    feed = ViewState(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation, "a\ud800")
    for piece in ("b\ud800", "c\udc00", "\udfff"):
        coming.reasoning += piece
        settled(feed, view)
    for piece in ("b\ud800", "c\udc00", "\udfff"):
        coming.text += piece
        settled(feed, view)
    conversation.commit(draft, draft.turn(answered(coming.text, coming.reasoning), "complete"))
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
            self.commit(
                answering.draft, answering.draft.turn(answered(answering.progress.snapshot.text), "complete")
            )
        return answering


def test_an_answer_that_ends_while_it_is_looked_at_is_shown_once() -> None:
    conversation = EndsMeanwhile()
    say(conversation, "a")
    feed = ViewState(conversation)
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
    feed = ViewState(conversation)
    view = viewed(feed)
    for answer in answers:
        draft, coming = begun(conversation)
        settled(feed, view)
        coming.text = answer
        conversation.commit(draft, draft.turn(answered(answer), "stopped", model="parrot:grey", seconds=1.0))
        settled(feed, view)
    assert view.shown() == [truth_of(turn, stale=False) for turn in conversation.turns]
    assert view.last.foot == "parrot:grey · 1.0 s · stopped"


def test_the_state_is_that_of_the_changes_told_so_far() -> None:
    """What happens between a change and the state is told by the next change."""
    conversation = Conversation()
    feed = ViewState(conversation)
    draft, coming = begun(conversation)
    coming.text = "One.\n\nTwo"
    feed.change(HEAD)
    coming.text += ", three.\n\nFour"
    conversation.commit(draft, draft.turn(answered(coming.text), "complete"))
    say(conversation, "b")
    view = Replica()
    view.take(*feed.state())
    assert view.order == [draft.id]
    settled(feed, view)
    assert view.shown() == [truth_of(turn, stale=False) for turn in conversation.turns]


def test_images_of_an_answer_are_sent_once_and_come_with_the_item() -> None:
    conversation = Conversation()
    feed = ViewState(conversation)
    view = viewed(feed)
    draft, coming = begun(conversation)
    images = [("image/png", png()), ("image/png", png(4, 4))]
    sizes = []
    for kind, data in images:
        coming.text += "some text, "
        coming.snapshot  # noqa: B018 - which takes in the text
        coming._fold.add([ImagePart(data, kind)])
        change = feed.change(HEAD)
        assert change is not None
        view.take(*change)
        sizes.append(list(map(len, change.buffers)))
        assert view.last.media == images[: len(sizes)]
    assert sizes == [[len(data)] for _, data in images]
    late = viewed(feed)
    assert late.last.media == images
    exchange = coming.snapshot.messages
    conversation.commit(draft, draft.turn((*exchange[:-1], exchange[-1]), "complete"))
    change = feed.change(HEAD)
    assert change is not None
    assert change.buffers == []
    view.take(*change)
    assert view.last.media == images
    assert viewed(feed).shown() == view.shown()
