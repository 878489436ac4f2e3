"""What holds for every text, however it was written and however it was cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notebook_chat.markup import Document, render_body
from notebook_chat.markup import document as document_module
from notebook_chat.markup.characters import unix_lines, visible
from notebook_chat.markup.parser import split
from notebook_chat.markup.sanitizer import sanitized
from tests.markup.strategies import MARKDOWN, TEXTS, cut
from tests.markup.vocabulary import faults, nesting, whole_text


@pytest.fixture(autouse=True)
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The document's last resort would hide a fault of the renderer: here it is one."""

    def fail(source: str) -> str:
        raise AssertionError(f"fell back to plain text for {source!r}")

    monkeypatch.setattr(document_module, "plain", fail)


@given(TEXTS)
@example("[a][b]\n\n[b]: javascript:alert(1)")
@example("$$\n<img src=x onerror=alert(1)>\n$$")
def test_only_the_vocabulary_comes_out(text: str) -> None:
    assert faults(render_body(text)) == []


@given(TEXTS)
def test_the_sanitizer_finds_nothing_to_do_in_what_it_gave(text: str) -> None:
    html = render_body(text)
    assert sanitized(html) == html


@given(cut())
@example(("a\r\nb", ["a\r", "\nb"]))
@example(("- a\n\n2. b", ["- a\n\n2", ". b"]))
@example(("p\n$$\nx\n\ny", ["p\n$$\nx\n", "\ny"]))
@example(("p\n| a |\n|-x", ["p\n| a |\n|-", "x"]))
@example(("> \\[\n```\n", ["> \\[\n```\n"]))
def test_any_cutting_gives_the_same_and_finished_blocks_never_change(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    document = Document()
    finished: list[str] = []
    for piece in pieces:
        document.feed(piece)
        assert faults(document.html()) == []
        blocks = list(document.blocks)
        assert blocks[: len(finished)] == finished
        assert document.html() == "".join(blocks) + document.open_block()
        finished = blocks
    assert document.source == text
    whole = document.finish()
    assert whole == render_body(text) == "".join(document.blocks) == document.html()
    assert len(document.blocks) >= len(finished)
    if not document_has_late_definitions(text):
        assert list(document.blocks[: len(finished)]) == finished


def document_has_late_definitions(text: str) -> bool:
    return "]:" in text


@given(MARKDOWN)
def test_a_block_is_the_same_wherever_parsing_begins(text: str) -> None:
    text = visible(unix_lines(text))
    blocks = split(text)
    for index, block in enumerate(blocks):
        rest = split(text[block.start :])
        assert [part.start + block.start for part in rest] == [part.start for part in blocks[index:]]
        (alone,) = split(text[block.start : block.end])
        assert [token.type for token in alone.tokens] == [token.type for token in block.tokens]


@given(
    st.lists(
        st.sampled_from(
            [
                "**",
                "*",
                "`",
                "_",
                "- ",
                "\n",
                "\n\n",
                " ",
                "> ",
                "| ",
                "#",
                "$",
                "~~",
                "[",
                "]",
                "(",
                "<",
                "\\(",
            ]
        ),
        max_size=60,
    )
)
def test_no_word_is_lost(pieces: list[str]) -> None:
    words = [f"qz{'x' * (i % 3)}w{i}q" for i in range(len(pieces))]
    text = "".join(f"{word}{piece}" for word, piece in zip(words, pieces, strict=True))
    shown = whole_text(render_body(text))
    assert [word for word in words if word not in shown] == []


@given(
    st.sampled_from(
        ["> ", "- ", "1. ", "*a ", "**b ", "[", "![", "(", "$", "`", "<", "\\[", "{", "| ", "\t", "[^1]: "]
    ),
    st.integers(0, 400),
)
def test_nesting_is_bounded(piece: str, times: int) -> None:
    html = render_body(piece * times + "x")
    assert nesting(html) <= 60
    assert faults(html) == []


@given(TEXTS)
def test_nothing_invisible_is_left(text: str) -> None:
    assert (
        re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", render_body(text)
        )
        is None
    )
