"""Marks of sources in a text: where they stand, and that they break nothing."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notebook_chat.markup import Citation, Document, render_body, safe_markdown, spliced
from notebook_chat.markup.citations import MOST
from notebook_chat.markup.links import destination

from .hostile import HOSTILE
from .markdown import html_of_markdown, markdown_faults
from .ordinary import ORDINARY
from .strategies import MARKDOWN, TEXTS, cut
from .vocabulary import faults

MARK = re.compile(r'<sup>(?:<a href="https://e\.org/\d*"[^>]*>\[\d+\]</a>)+</sup>')
LINE = re.compile(r"<p>(?:<sup>(?:<a [^>]*>\[\d+\]</a>)+</sup>)</p>\n")


def cited(text: str, *places: int, url: str = "https://e.org/") -> str:
    document = Document()
    document.feed(text)
    return document.finish([Citation(place, number, url) for number, place in enumerate(places, start=1)])


def unmarked(html: str) -> str:
    return MARK.sub("", LINE.sub("", html))


def before(text: str, place: int) -> str:
    """What stands before the mark at a place."""
    return cited(text, place).partition("<sup>")[0]


PLACES = st.lists(st.integers(-5, 250), max_size=6)


@settings(deadline=None)
@given(TEXTS | MARKDOWN, PLACES)
@example("**bold**", [4])
@example("a  \nb", [2])
@example("see https://e.org/x now", [6])
@example("[a](https://e.org/b)", [2])
@example("| a\\|b | c |\n|---|---|\n| d | e |", [8, 30])
@example("- [ ] task\n  more", [9, 14])
@example("x[^1]\n\n[^1]: note", [2, 14])
@example("[a][b]\n\n[b]: https://e.org/", [1, 9])
@example("$a+b$ \\(c\\) <sub>d</sub>", [2, 9, 18])
def test_a_text_with_marks_is_that_text(text: str, places: list[int]) -> None:
    html = cited(text, *places)
    assert faults(html) == []
    assert unmarked(html) == render_body(text)


@pytest.mark.parametrize("answers", [ORDINARY, HOSTILE], ids=["ordinary", "hostile"])
def test_no_answer_of_the_corpora_is_broken(answers: list[object]) -> None:
    for answer in answers:
        text = str(getattr(answer, "text"))[:1500]  # noqa: B009
        html = cited(text, *range(0, len(text), 17))
        assert unmarked(html) == render_body(text)
        assert faults(html) == []


@pytest.mark.parametrize(
    ("text", "place", "shown"),
    [
        ("One. Two.", 4, "<p>One."),
        ("One *two* three", 8, "<p>One <em>two"),
        ("One `two` three", 6, "<p>One <code>two</code>"),
        ("One $x^2$ three", 6, "</math>"),
        ("See https://e.com/a now", 10, "https://e.com/a</a>"),
        ("See [two](https://e.com) now", 6, "two</a>"),
        ("```\nx = 1\n```\n\nend", 7, "</code></pre>\n<p>"),
        ("a | b\n--|--\nc | d", 13, "<tr>\n<td>c"),
        ("# Title\n\ntext", 7, "<h1>Title"),
        ("One.\n\nTwo.", 6, "<p>One."),
        ("One.\n\nTwo.", 0, "<p>"),
        ("One.\r\n\r\nTwo.\u202e!", 12, "Two."),
        ("e\u0301a", 1, "<p>e\u0301"),
        ("👩\u200d🔬 x", 1, "<p>👩\u200d🔬"),
        ("🇩🇪🇫🇷", 1, "<p>🇩🇪"),
        ("One.", 10**30, "<p>One."),
        ("One.", -(10**30), "<p>"),
        ("\ud800One.", 4, "One"),
    ],
)
def test_a_mark_stands_where_it_is_said_or_behind_what_it_is_in(text: str, place: int, shown: str) -> None:
    assert before(text, place).endswith(shown)


def test_a_mark_waits_for_a_definition_that_comes_late() -> None:
    assert MARK.search(cited("[a][b]. Yes\n\nx\n\n[b]: https://e.com/", 7))


def test_ten_thousand_marks_are_harmless() -> None:
    text = "word " * 4_000
    html = cited(text, *range(0, 20_000, 2))
    assert len(MARK.findall(html)) <= MOST
    assert cited("word", *[2] * 10_000).count("<sup>") == 1


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://e.org/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "vbscript:x",
        "//e.org/",
        "/tree",
        "https:e.org",
        "https://e\n.org",
        "https://e.org\\@evil.org",
        "https://e.org/\u202egpj.exe",
        "https://e\u200b.org/",
        "blob:https://e.org/1",
        "https://" + "a" * 9000,
        "",
    ],
)
def test_a_mark_is_no_link_where_no_reader_may_be_led(url: str) -> None:
    assert destination(url) == ""
    html = cited("One.", 4, url=url)
    assert html == "<p>One.<sup>[1]</sup></p>\n"


def test_a_link_names_its_host_in_ascii() -> None:
    assert destination("https://еxample.com/ä") == "https://xn--xample-2of.com/%C3%A4"


@settings(deadline=None)
@given(TEXTS, PLACES)
def test_safe_markdown_has_the_numbers_and_stays_safe(text: str, places: list[int]) -> None:
    marks = [Citation(place, number) for number, place in enumerate(places, start=1)]
    assert markdown_faults(safe_markdown(text, marks)) == []


WITHOUT_RAW = [answer for answer in ORDINARY if "<" not in answer.text and "$" not in answer.text]


@pytest.mark.parametrize("answer", WITHOUT_RAW, ids=lambda answer: answer.name)
def test_numbers_in_an_answers_own_markdown_break_nothing(answer: object) -> None:
    text = str(getattr(answer, "text"))  # noqa: B009
    places = range(0, len(text), 23)
    written = spliced(text, [Citation(place, number) for number, place in enumerate(places, start=1)], [])
    assert re.sub(r"<sup>[\d, ]+</sup>", "", written) == text
    html = re.sub(r"<sup>[\d, ]+</sup>", "", render_body(written))
    assert html == re.sub(r"<sup>[\d, ]+</sup>", "", render_body(text))


def test_pieces_stand_between_the_blocks_of_an_answers_own_markdown() -> None:
    assert (
        spliced("One\ntwo\n\nThree", [], [(0, "A"), (5, "B"), (14, "C")])
        == "A\n\nOne\ntwo\n\nB\n\nThree\n\nC"
    )
    assert spliced("```\nx", [], [(3, "A")]) == "```\nx\n\nA"
    assert "<sup>" in html_of_markdown(spliced("One.", [Citation(4, 1)], []))


@settings(deadline=None)
@given(cut(MARKDOWN), st.lists(st.integers(0, 6), max_size=4))
def test_what_is_placed_stands_between_blocks_and_changes_none(
    case: tuple[str, list[str]], at: list[int]
) -> None:
    text, pieces = case
    document = Document()
    count = 0
    for number, piece in enumerate([*pieces, ""]):
        for _ in range(at.count(number)):
            document.place(f"<hr id={count}>")
            count += 1
        document.feed(piece)
        shown = document.html()
        assert [f"<hr id={number}>" in shown for number in range(count)] == [True] * count
    html = document.finish()
    assert [html.count(f"<hr id={number}>") for number in range(count)] == [1] * count
    order = [html.index(f"<hr id={number}>") for number in range(count)]
    assert all(one < other for one, other in pairwise(order))
    assert re.sub(r"<hr id=\d+>", "", html) == render_body(text)
