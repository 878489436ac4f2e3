"""The few tags that are shown as what they mean: what they need for that, and how they look while they come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.markup import Document, render_body, safe_markdown
from notebook_chat.markup.inline_tags import TAGS

from .markdown import html_of_markdown
from .vocabulary import faults, nesting, select, visible_text, whole_text


@pytest.mark.parametrize("name", TAGS)
def test_each_of_them_is_an_element_without_attributes(name: str) -> None:
    for text in (f"a<{name}>b</{name}>c", f"a<{name.upper()} >b</{name} >c"):
        html = render_body(text)
        (element,) = select(html, name)
        assert (element.text, dict(element.attrib)) == ("b", {})
        assert visible_text(html) == "abc\n"
        assert visible_text(html_of_markdown(safe_markdown(text))) == "abc\n"


@pytest.mark.parametrize(
    "text",
    [
        "<sub>2",
        "2</sub>",
        "<sub class=x>2</sub>",
        "<sub/>2</sub>",
        "<sub>2</sup>",
        "<subx>2</subx>",
        "< sub>2</ sub>",
        "<\nsub>2</sub>",
        "<b></b>",
        "between <b> and </b>",
        "<q>a</q> <font>b</font> <span>c</span> <p>d</p> <div>e</div>",
        "<details><summary>a</summary></details>",
        "List<b> and Map<i, s>",
        "a < b > c",
    ],
)
def test_other_tags_are_text(text: str) -> None:
    html = render_body(text)
    assert visible_text(html) == f"{text}\n"
    assert [element for name in TAGS for element in select(html, name)] == []


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<b>x<i>y</b>z</i>", "<p><b>x&lt;i&gt;y</b>z&lt;/i&gt;</p>\n"),
        ("**a<u>b**c</u>", "<p><strong>a&lt;u&gt;b</strong>c&lt;/u&gt;</p>\n"),
        ("<u>a**b</u>c**", "<p>&lt;u&gt;a<strong>b&lt;/u&gt;c</strong></p>\n"),
        ("<kbd>`</kbd>`</kbd>", "<p><kbd><code>&lt;/kbd&gt;</code></kbd></p>\n"),
        ("<sub>a\n\nb</sub>", "<p>&lt;sub&gt;a</p>\n<p>b&lt;/sub&gt;</p>\n"),
        ("- <sub>a\n- b</sub>", "<ul>\n<li>&lt;sub&gt;a</li>\n<li>b&lt;/sub&gt;</li>\n</ul>\n"),
        ("<sub>1</sub><sub>2</sub>", "<p><sub>1</sub><sub>2</sub></p>\n"),
        ("<sub>1<sub>2</sub></sub>", "<p><sub>1<sub>2</sub></sub></p>\n"),
        ("\\<sub>1</sub>", "<p>&lt;sub&gt;1&lt;/sub&gt;</p>\n"),
        ("a<br>\nb<br />", "<p>a<br>\n\nb<br>\n</p>\n"),
        ("a<br class=x>b", "<p>a&lt;br class=x&gt;b</p>\n"),
    ],
)
def test_an_element_stays_in_its_place(text: str, html: str) -> None:
    assert render_body(text) == html


def test_elements_nest_so_deep_and_no_deeper() -> None:
    html = render_body("<sub>" * 6 + "x" + "</sub>" * 6)
    assert len(select(html, "sub")) == 4
    assert visible_text(html) == "<sub><sub>x</sub></sub>\n"


PIECES = [*(f"<{name}>" for name in TAGS), *(f"</{name}>" for name in TAGS)]
OTHERS = ["**", "*", "x ", "y", "`", "<br>", "[a](https://e.org)", "\n\n"]


@given(st.lists(st.sampled_from(PIECES) | st.sampled_from(OTHERS), max_size=60).map("".join))
def test_any_mixture_is_well_formed_and_loses_nothing(text: str) -> None:
    html = render_body(text)
    assert faults(html) == []
    assert nesting(html) <= 20
    shown = whole_text(html)
    assert (shown.count("x"), shown.count("y")) == (text.count("x"), text.count("y"))
    assert shown.count("<") <= text.count("<")


def test_it_looks_on_its_way_like_what_it_will_be() -> None:
    text = "H<sub>2</sub>O, **x<sup>2</sup>** and [<kbd>Ctrl</kbd>](https://e.org)+<mark>C</mark>,<br/>or"
    for end in range(len(text)):
        document = Document()
        document.feed(text[: end + 1])
        shown = visible_text(document.html())
        assert "<" not in shown
        assert ">" not in shown
        assert document.finish() == render_body(text[: end + 1])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <sub>" + "b" * 200, "a <sub>" + "b" * 200),  # no end so near
        ("a <sub>b\n\nc", "a <sub>b\nc"),
        ("use <b> for", "use <b> for"),
        ("`<sub>` and", "<sub> and"),
        ("if a < b", "if a < b"),
        ("x <span>y", "x <span>y"),
        ("x <sub class", "x <sub class"),
    ],
)
def test_a_tag_does_not_take_what_comes_after_it(text: str, shown: str) -> None:
    document = Document()
    document.feed(text)
    assert visible_text(document.html()).strip() == shown
    assert [element for name in ("sub", "b") for element in select(document.html(), name)] == []
