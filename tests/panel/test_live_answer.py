"""An answer on its way: what the views are told of it adds up to what the document gives, at each step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notebook_chat.conversation import Progress
from notebook_chat.events import Notice
from notebook_chat.markup import Document
from notebook_chat.panel.live_answer import WAITING, LiveAnswer, utf16_length
from notebook_chat.parts import ReasoningPart, TextPart
from notebook_chat.renderers.body import Body
from notebook_chat.text import replace_surrogates

from ..fakes import Coming
from ..markup.hostile import BAITED, HOSTILE
from ..markup.ordinary import ORDINARY
from ..markup.strategies import MARKDOWN, TEXTS, cut
from .replica import Turn, through_json

WHOLE_TEXTS = TEXTS.map(replace_surrogates)  # providers give no halves of surrogate pairs


class Told:
    """A growing answer, and a view that was told of it."""

    def __init__(self) -> None:
        self.growing = LiveAnswer("a")
        self.coming = Coming()
        self.turn = Turn("a")
        self.bytes = 0
        self.turn.grow(through_json(self.growing.whole()))

    def advance(self, text: str, reasoning: str = "", status: Notice | None = None) -> dict[str, Any]:
        """What was told; the view has it."""
        self.coming.text, self.coming.reasoning, self.coming.status = text, reasoning, status
        progress: Progress = self.coming
        news = self.growing.advance(progress)
        self.bytes += len(json.dumps(news, ensure_ascii=False).encode())
        if news:
            self.turn.grow(through_json(news))
        return news

    @property
    def shown(self) -> tuple[list[str], str]:
        """The finished blocks and the open one, as the view has them."""
        return self.turn.blocks.finished, self.turn.blocks.html

    def finish(self, answer: str) -> tuple[list[str], int]:
        """The blocks as the view has them in the end, and how many of them it had already."""
        blocks, kept, *_ = self.growing.finish([TextPart(answer)])
        item = {"version": 0, "prompt": "", "images": [], "along": "", "reasoning": "", "text": answer}
        self.turn.finish({**item, "foot": "", "blocks": blocks[kept:], "kept": kept})
        return self.turn.blocks.finished, kept


def document_of(text: str) -> Document:
    document = Document()
    document.feed(text)
    return document


def check(text: str, pieces: Sequence[str]) -> None:
    told, document, come = Told(), Document(), ""
    for piece in pieces:
        come += piece
        news = told.advance(come)
        document.feed(piece)
        assert told.shown == (list(document.blocks), document.open_block())
        assert not news.keys() & {"blocks", "reasoning"}  # which would be all of it once more
    had = told.shown[0].copy()
    blocks, kept = told.finish(text)
    assert "".join(blocks) == document.finish()
    assert blocks == list(document.blocks)
    changed = [number for number, (one, other) in enumerate(zip(had, blocks, strict=False)) if one != other]
    assert kept == (changed[0] if changed else len(had))


@settings(deadline=None)
@given(cut(WHOLE_TEXTS))
@example(("", [""]))
@example(("a\r\nb\r\rc", ["a\r", "\nb\r", "\rc"]))
@example(("a\r", ["a\r"]))
@example(("😀 a b", ["😀", " a", " b"]))
@example(("𝒳 ≤ *𝒴*, 𝒵", ["𝒳 ≤ *𝒴", "*, 𝒵"]))
@example(("[a][b]\n\nc\n\n[b]: https://e.org\n", ["[a][b]\n\nc\n\n", "[b]: https://e.org\n"]))
@example(("x[^1]\n\ny\n\n[^1]: z", ["x[^1]\n\ny\n\n", "[^1]: z"]))
@example(("```py\nx = 1\n```\n\nend", ["```p", "y\nx =", " 1\n``", "`\n\ne", "nd"]))
def test_any_text_cut_anywhere_is_shown_as_the_document_has_it(case: tuple[str, list[str]]) -> None:
    check(*case)


@pytest.mark.parametrize("answers", [ORDINARY, HOSTILE, BAITED], ids=["ordinary", "hostile", "baited"])
def test_every_answer_of_the_corpora_is_shown_as_the_document_has_it(answers: Sequence[Any]) -> None:
    for answer in answers:
        text = replace_surrogates(answer.text[:300])
        random = Random(text)
        places = sorted({0, len(text), *(random.randrange(len(text)) for _ in range(8))})
        check(text, [text[start:end] for start, end in pairwise(places)])


PROGRESS = st.tuples(MARKDOWN | st.just(""), st.sampled_from(["", "h", "hm", "hm, so", "no"]))


@settings(deadline=None)
@given(st.lists(PROGRESS, max_size=5))
def test_a_text_that_is_another_one_begins_anew(steps: list[tuple[str, str]]) -> None:
    told, body = Told(), Body()
    text = reasoning = ""
    for now, thought in steps:
        news = told.advance(now, thought)
        goes_on = now.startswith(text) and thought.startswith(reasoning)
        if not goes_on:
            body, text, reasoning = Body(), "", ""
        body.add([ReasoningPart(thought[len(reasoning) :]), TextPart(now[len(text) :])])
        text, reasoning = now, thought
        assert ("blocks" in news) is not goes_on
        assert told.shown == (list(body.blocks), body.open_block())
        assert told.turn.reasoning == body.thought
        assert told.turn.note == ("" if text or reasoning else WAITING)


@settings(deadline=None)
@given(MARKDOWN, MARKDOWN)
def test_an_answer_that_ends_as_another_one_is_that_one(text: str, answer: str) -> None:
    told = Told()
    told.advance(text)
    blocks, _ = told.finish(answer)
    document = document_of(answer)
    document.finish()
    assert blocks == list(document.blocks)


def test_nothing_new_is_nothing_told() -> None:
    told = Told()
    told.advance("A *word*.\n\nMore", "hm")
    assert told.advance("A *word*.\n\nMore", "hm") == {}


def test_only_what_is_new_is_told() -> None:
    told = Told()
    told.advance("One.\n\nTwo.\n\nThree and", "hm")
    news = told.advance("One.\n\nTwo.\n\nThree and four", "hm")
    assert "add" not in news
    assert news["keep"] == len("<p>Three and")
    assert news["open"] == " four</p>\n"


def test_what_is_kept_is_counted_as_javascript_counts() -> None:
    told = Told()
    told.advance("😀𝒳a")
    assert told.advance("😀𝒳a b")["keep"] == len("<p>") + 2 + 2 + 1
    assert [utf16_length(text) for text in ("", "aé中", "😀", "a\ud800")] == [0, 3, 2, 2]


def test_the_note_says_what_is_waited_for() -> None:
    told = Told()
    assert told.advance("") == {"note": WAITING}
    assert told.advance("") == {}
    told.advance("", status=Notice("asking again in 3 s"))
    assert told.turn.note == "asking again in 3 s"
    told.advance("", status=Notice("loading the model", 0.254))
    assert told.turn.note == "loading the model (25%)"
    told.advance("", "hm", Notice("loading the model", 1.0))
    assert told.turn.note == ""
    assert "note" not in told.advance("a", "hm", Notice("never shown"))


def test_reasoning_comes_in_pieces_and_before_the_text() -> None:
    told = Told()
    for reasoning in ("Let ", "Let me ", "Let me see 😀"):
        assert told.advance("", reasoning).keys() <= {"think", "note"}
        assert told.turn.reasoning == reasoning
    assert "think" not in told.advance("So:", "Let me see 😀")


def test_a_view_that_joins_in_the_middle_has_the_same() -> None:
    told = Told()
    late = Turn("a")
    told.advance("One.\n\n😀 *Two*", "hm")
    late.grow(through_json(told.growing.whole()))
    news = told.advance("One.\n\n😀 *Two*, three.\n\nFour", "hm, so")
    late.grow(through_json(news))
    assert late.shown() == told.turn.shown()


def test_halves_of_surrogate_pairs_are_told_as_what_they_are_shown_as() -> None:
    told = Told()
    told.advance("", "b\udfff")
    told.advance("", "b\udfff d\ud800")
    told.advance("a\ud800", "b\udfff d\ud800")
    told.advance("a\ud800 c\udc00", "b\udfff d\ud800")
    assert told.turn.reasoning == "b\ufffd d\ufffd"
    assert told.turn.blocks.html == "<p>a\ufffd c\ufffd</p>\n"
    assert told.finish("a\ud800 c\udc00")[0] == ["<p>a\ufffd c\ufffd</p>\n"]


@pytest.mark.parametrize(
    "line",
    ["x = compute(1, 'text') + 1  # ☃\n", "word *word* `code` and so on, ", "- an item\n"],
    ids=["code", "a paragraph", "a list"],
)
def test_what_is_told_of_a_long_block_grows_with_its_length_only(line: str) -> None:
    text = ("```python\n" if "=" in line else "") + line * (6_000 // len(line))
    told = Told()
    for end in range(5, len(text) + 5, 5):
        told.advance(text[:end])
    shown, html = told.shown
    assert shown == []
    assert utf16_length(html) > len(text)
    assert told.bytes < 6 * len(html.encode())
