"""A growing answer: what is finished, what is open, and what the end may still change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from notebook_chat.markup import Document, render_body
from notebook_chat.markup import document as document_module
from notebook_chat.markup.characters import visible
from notebook_chat.markup.code import Highlighter

from .ordinary import ORDINARY, Ordinary
from .vocabulary import faults, select, visible_text


def fed(*pieces: str) -> Document:
    document = Document()
    for piece in pieces:
        document.feed(piece)
    return document


def opened(text: str) -> str:
    """What is shown of a text that is still growing."""
    return visible_text(fed(text).html()).strip()


def test_nothing_fed_is_nothing() -> None:
    document = Document()
    document.feed("")
    assert (document.source, list(document.blocks), document.open_block(), document.html()) == (
        "",
        [],
        "",
        "",
    )
    assert document.finish() == "" == render_body(" \n\n ")


def test_a_block_is_finished_when_the_next_has_begun() -> None:
    document = fed("One.\n\n")
    assert (list(document.blocks), document.open_block()) == ([], "<p>One.</p>\n")
    document.feed("Two.")
    assert (list(document.blocks), document.open_block()) == (["<p>One.</p>\n"], "<p>Two.</p>\n")
    assert document.finish() == "<p>One.</p>\n<p>Two.</p>\n"
    assert (len(document.blocks), document.open_block()) == (2, "")


def test_half_a_line_ends_nothing() -> None:
    document = fed("- a\n\n", "2")
    assert list(document.blocks) == []
    document.feed("\n")
    assert len(document.blocks) == 1


def test_the_end_comes_once() -> None:
    document = fed("a")
    assert document.finish() == document.finish() == document.html()
    with pytest.raises(ValueError, match="finished"):
        document.feed("b")
    assert document.source == "a"


def test_the_first_letter_is_seen_at_once() -> None:
    assert fed("H").html() == "<p>H</p>\n"


def test_a_line_end_cut_in_two_is_one() -> None:
    assert fed("a  \r", "\nb").finish() == fed("a  \n", "b").finish() == "<p>a<br>\nb</p>\n"
    assert fed("a\r").finish() == "<p>a</p>\n"


@pytest.mark.parametrize("answer", ORDINARY, ids=lambda answer: answer.name)
def test_an_ordinary_answer_grows_to_what_it_is(answer: Ordinary) -> None:
    text = answer.text
    document = Document()
    for start in range(0, len(text), 7):
        document.feed(text[start : start + 7])
        assert faults(document.html()) == []
    assert document.finish() == render_body(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Text\n-", "Text"),  # a heading for a moment otherwise
        ("Text\n\n``", "Text"),
        ("Text\n\n```py", "Text"),
        ("Text\n\n1.", "Text"),
        ("Text\n\n##", "Text"),
        ("Some **bold", "Some bold"),
        ("Some **bold*", "Some bold"),
        ("Some `code", "Some code"),
        ("Some ``co`de", "Some co`de"),
        ("Some `", "Some"),
        ("A [link](https://example.or", "A link"),
        ("An ![image](https://exa", "An image"),
        ("[Not yet", "[Not yet"),
        ("It costs $5 and", "It costs $5 and"),
    ],
)
def test_the_end_looks_like_what_it_is_about_to_be(text: str, shown: str) -> None:
    assert opened(text) == shown
    assert not select(fed(text).html(), "h2")


def test_an_open_fence_looks_like_code() -> None:
    html = fed("```python\nx = 1\nif x:\n    pri").html()
    assert visible_text(html) == "x = 1\nif x:\n    pri\n"
    assert len(select(html, "pre")) == 1
    assert visible_text(fed("```python\nx = 1\n``").html()) == "x = 1\n\n"


@pytest.mark.parametrize(
    "text",
    ["| a |", "| a | b", "| a | b |\n", "| a | b |\n|-", "| a | b |\n|---|--", "| a | b |\n|---|---|\n| 1"],
)
def test_an_open_table_looks_like_a_table(text: str) -> None:
    html = fed(f"Text\n\n{text}").html()
    assert len(select(html, "table")) == 1
    assert "|" not in visible_text(html)


def test_pipes_that_make_no_table_in_the_end_are_text() -> None:
    document = fed("| a | b |\n")
    assert select(document.html(), "table")
    document.feed("c\n")
    assert visible_text(document.html()) == visible_text(document.finish()) == "| a | b |\nc\n"


@pytest.mark.parametrize("opener", ["$$\n", "\\[\n", "\\begin{align}\n", "So \\(", "So \\["])
def test_an_open_formula_is_shown_as_its_source(opener: str) -> None:
    html = fed(f"{opener}x_1 * y_2 * z").html()
    assert len(select(html, "code")) == 1
    assert not select(html, "em")
    assert "x_1 * y_2 * z" in visible_text(html)


def test_a_formula_that_never_ends_was_none() -> None:
    document = fed("Text\n$$\nx = 1\n")
    assert list(document.blocks) == []
    document.feed("\nMore\n")
    assert document.finish() == "<p>Text\n$$\nx = 1</p>\n<p>More</p>\n"


class TestDefinitions:
    def test_an_earlier_one_is_known(self) -> None:
        document = fed("[1]: https://e.org\n\nSee [docs][1].\n\nEnd\n")
        assert len(select(document.html(), "a")) == 1

    def test_a_later_one_counts_in_the_end(self) -> None:
        document = fed("See [docs][1].\n\nMore\n\n")
        before = list(document.blocks)
        assert visible_text(before[0]) == "See [docs][1].\n"
        document.feed("[1]: https://e.org 'T'\n\nEnd\n")
        assert next(iter(document.blocks)) == before[0]
        whole = document.finish()
        assert visible_text(whole).split() == ["See", "docs.", "More", "End"]
        assert len(document.blocks) == 4
        assert whole == "".join(document.blocks)

    def test_only_the_blocks_that_asked_change_in_the_end(self) -> None:
        document = fed("[a]\n\n[b]\n\n[c](https://c.org)\n\n[b]: https://b.org\n\n.\n")
        before = list(document.blocks)
        document.finish()
        changed = [i for i, html in enumerate(before) if document.blocks[i] != html]
        assert changed == [1]

    def test_the_first_of_two_counts(self) -> None:
        html = render_body("[a]\n\n[a]: https://one.org\n\n[a]\n\n[a]: https://two.org\n\n[a]")
        assert [link.get("href") for link in select(html, "a")] == ["https://one.org"] * 3

    def test_what_was_rendered_before_it_does_not_hide_it(self) -> None:
        html = render_body("[x]\n\n[x]: https://e.org\n\n[x]")
        assert len(select(html, "a")) == 2

    def test_one_that_nothing_asks_for_is_shown(self) -> None:
        assert visible_text(render_body("[WARNING]: https://e.org 'x'")) == '[WARNING]: https://e.org "x"\n'
        assert visible_text(render_body("[a]: https://e.org\n\nText [a]")).strip() == "Text a"

    def test_one_that_leads_nowhere_allowed_is_text(self) -> None:
        html = render_body("[a]\n\n[a]: javascript:alert(1)")
        assert (visible_text(html).strip(), select(html, "a")) == ("a (javascript:alert(1))", [])

    def test_a_later_footnote_counts_in_the_end(self) -> None:
        document = fed("A.[^1]\n\nB\n\n")
        assert visible_text(document.html()).startswith("A.[^1]")
        document.feed("[^1]: The note.\n")
        assert visible_text(document.finish()).split() == ["A.[1]", "B", "[1]", "The", "note."]

    def test_what_only_looks_like_a_footnote_is_text(self) -> None:
        assert visible_text(render_body("The pattern [^a-z] and [^ x].")) == "The pattern [^a-z] and [^ x].\n"


class TestVeryLongBlocks:
    TEXT = "".join(f"- item {i} of a list that does not end\n" for i in range(700))

    def test_all_that_came_is_shown_at_each_moment(self) -> None:
        document = Document()
        for start in range(0, len(self.TEXT), 40):
            document.feed(self.TEXT[start : start + 40])
            html = document.html()
            seen = visible_text(html) if start % 1000 == 0 else html
            assert self.TEXT[: start + 40].split("\n")[-2].removeprefix("- ") in seen
            if start % 1000 == 0:
                assert faults(html) == []

    def test_it_is_rendered_few_times(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes: list[int] = []

        def counted(text: str, growing: bool = False) -> list[object]:
            sizes.append(len(text))
            return split(text, growing)  # type: ignore[return-value]

        split = document_module.split
        monkeypatch.setattr(document_module, "split", counted)
        document = Document()
        for start in range(0, len(self.TEXT), 5):
            document.feed(self.TEXT[start : start + 5])
            document.html()
        document.finish()
        assert sum(sizes) < 10 * len(self.TEXT)

    def test_what_was_asked_for_again_costs_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        document = fed(self.TEXT)
        html = document.html()
        monkeypatch.setattr(document_module, "split", lambda *_: pytest.fail("parsed again"))
        assert document.html() is not None
        assert document.html() == html
        document.feed("-")
        assert document.open_block()


def test_code_in_an_open_list_is_mostly_not_colored_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(f"   value_{number} = compute({number})\n" for number in range(600))
    colored = 0
    real = Highlighter._colored

    def counted(self: Highlighter, lexer: Any, code: str) -> list[tuple[str, str]]:
        nonlocal colored
        colored += len(code)
        return real(self, lexer, code)

    monkeypatch.setattr(Highlighter, "_colored", counted)
    document = fed("1. Run:\n\n   ```python\n")
    for start in range(0, len(lines), 200):
        document.feed(lines[start : start + 200])
        document.html()
    assert colored < 12 * len(lines)
    assert "value_599" in document.finish()


class TestFaults:
    """What a fault of a library must not do: raise, or lose the answer."""

    def test_of_the_block_parser(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise IndexError

        monkeypatch.setattr(document_module, "split", fail)
        document = fed("# a <b>\n\nc")
        assert visible_text(document.html()) == visible_text(document.finish()) == "# a <b>\n\nc\n"
        assert faults(document.html()) == []

    def test_of_the_renderer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise RecursionError

        monkeypatch.setattr(document_module, "html_of", fail)
        assert visible_text(render_body("# a\n\n*b*")) == "# a\n\n*b*\n"


def test_control_characters_are_shown() -> None:
    text = "a\x00\x1b\x7f\x85\u061c\u200e\u2028\u202e\u2066\ufff9\ud800\tb"
    assert visible(text) == ("a␀␛␡‹U+0085›‹U+061C›‹U+200E›‹U+2028›‹U+202E›‹U+2066›‹U+FFF9›\ufffd\tb")
    assert visible_text(render_body("&#x202e;")) == "‹U+202E›\n"
    assert visible("zero\u200dwidth\u200cjoiners \ufeff") == "zero\u200dwidth\u200cjoiners \ufeff"


def test_documents_in_many_threads_do_not_mix() -> None:
    texts = [answer.text for answer in ORDINARY]
    alone = [render_body(text) for text in texts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(render_body, texts * 4)) == alone * 4
