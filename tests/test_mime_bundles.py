"""What is shown in a notebook, as a model can read it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.cell_record import CellOutput
from notebook_chat.mime_bundles import MOST_CHARACTERS, kept, middle_cut, output_of, plain

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


def text_of(bundle: dict[str, Any]) -> str:
    made = output_of("display", bundle)
    assert made is not None
    return made.text


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("\x1b[31mred\x1b[39m", "red"),
        ("\x1b[1;38;5;208mbold\x1b[0m and\x1b[K", "bold and"),
        ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;title\x07text", "text"),
        ("\r 10%\r 50%\r100%\ndone", "100%\ndone"),
        ("50%\r100%\r", "100%"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("plain", "plain"),
        ("你好 👋", "你好 👋"),
    ],
)
def test_what_was_printed_is_read_as_a_terminal_would_show_it(printed: str, read: str) -> None:
    assert plain(printed) == read


@pytest.mark.parametrize(
    ("bundle", "read"),
    [
        ({"text/plain": "x", "text/html": "<b>y</b>", "text/llm+plain": "for models"}, "for models"),
        ({"text/plain": "  a\n0 1", "text/html": "<table></table>"}, "  a\n0 1"),
        ({"text/plain": "<IPython.core.display.Markdown object>", "text/markdown": "**hi**"}, "**hi**"),
        (
            {
                "text/plain": "<IPython.core.display.HTML object>",
                "text/html": "<style>b {}</style><h1>A &amp; B</h1>c",
            },
            "A & B\nc",
        ),
        (
            {"text/html": "<table><tr><th>a</th>\n<th>b</th></tr>\n<tr><td>1</td>\n<td>2</td></tr></table>"},
            "a\tb\n1\t2",
        ),
        ({"text/html": "<script>alert(1)</script>x<script>unclosed"}, "x"),
        ({"text/html": "a < b and <i>c</i>"}, "a < b and c"),
        ({"application/vnd.plotly.v1+json": {"data": []}}, "(an output of application/vnd.plotly.v1+json)"),
        ({"text/plain": ["a\n", "b"]}, "a\nb"),
        ({"text/plain": 5}, "(an output of text/plain)"),
    ],
)
def test_a_bundle_is_read_by_what_says_most_of_it(bundle: dict[str, Any], read: str) -> None:
    assert text_of(bundle) == read


def test_figures_are_images_and_their_placeholder_is_none() -> None:
    bundle = {"text/plain": "<Figure size 640x480 with 1 Axes>", "image/png": base64.b64encode(PNG).decode()}
    made = output_of("display", bundle)
    assert made is not None
    assert made.text == ""
    assert [image.data for image in made.images] == [PNG]
    as_bytes = output_of("display", {"image/png": PNG})
    assert as_bytes is not None
    assert as_bytes.images == made.images


@pytest.mark.parametrize(
    "image", ["no base64!", base64.b64encode(b"<svg/>").decode(), b"", 5, None, "A" * 4_000_000]
)
def test_what_is_no_image_is_none(image: Any) -> None:
    made = output_of("display", {"image/png": image, "text/plain": "a figure"})
    assert made == CellOutput("display", "a figure")


def test_nothing_is_nothing() -> None:
    assert output_of("display", {}) is None


def test_what_is_kept_of_a_bundle_is_bounded() -> None:
    bundle = {
        "text/html": "<i>" * 1_000_000,
        "text/plain": "x" * 1_000_000,
        "application/json": "y" * 1_000_000,
    }
    assert sum(len(text) for text in kept(bundle).values()) < 2 * MOST_CHARACTERS


def test_a_long_text_is_cut_in_its_middle_and_says_how_much_of_it() -> None:
    text = "\n".join(map(str, range(10_000)))
    cut = middle_cut(text, 1_000)
    head, _, tail = cut.partition("\n[… ")
    assert text.startswith(head + "\n")
    assert cut.endswith("\n9999")
    told, _, tail = tail.partition(" characters left out …]\n")
    assert int(told.replace(",", "")) == len(text) - len(head) - len(tail)
    again = middle_cut(cut, 200)
    assert again.count("left out") == 1
    head, _, rest = again.partition("\n[… ")
    told, _, tail = rest.partition(" characters left out …]\n")
    assert int(told.replace(",", "")) == len(text) - len(head) - len(tail)


@given(st.text(), st.integers(0, 50))
def test_a_cut_keeps_both_ends(text: str, most: int) -> None:
    cut = middle_cut(text, most)
    assert cut == text or "left out" in cut


@given(
    st.dictionaries(
        st.sampled_from(["text/plain", "text/html", "image/png", "text/markdown", "x/y"]), st.text()
    )
)
def test_any_bundle_is_read(bundle: dict[str, Any]) -> None:
    made = output_of("result", bundle)
    assert (made is None) == (not bundle)
