"""The second wall holds alone, and the style stays in its container."""

from __future__ import annotations

import re

import pytest

from notebook_chat.markup import STYLE, container, render, render_body
from notebook_chat.markup.sanitiser import sanitised

from .hostile import HOSTILE, Hostile
from .vocabulary import faults, parsed


@pytest.mark.parametrize("answer", HOSTILE, ids=lambda answer: answer.name)
def test_hostile_html_that_got_past_the_renderer(answer: Hostile) -> None:
    """Each hostile answer given to the sanitiser as if it were the renderer's own HTML."""
    html = sanitised(answer.text)
    assert [fault for fault in faults(html) if not fault.endswith("class=''")] == []
    assert sanitised(html) == html


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ('<p class="nc-info notebook-chat jp-Cell">x</p>', '<p class="nc-info">x</p>'),
        ('<p id="main" style="color:red" onclick="x()">x</p>', "<p>x</p>"),
        ('<span class="nc-tex">x</span>', '<span class="">x</span>'),
        ('<a href="/lab">x</a>', '<a target="_blank" rel="noopener noreferrer">x</a>'),
        ('<a href="javascript:x" target="_top">x</a>', '<a target="_blank" rel="noopener noreferrer">x</a>'),
        ('<input disabled type="text" value="x">', '<input disabled="" type="checkbox">'),
        ('<math><mi href="https://e.org">x</mi><mglyph src="x"></math>', "<math><mi>x</mi></math>"),
        ("<details open><summary>x</summary></details>", "x"),
        ("<script>x</script><style>y</style>", ""),
        ("<!-- x -->y", "y"),
        ("<p>x", "<p>x</p>"),
        ("</div></div>x", "x"),
    ],
)
def test_the_vocabulary_is_all_that_is_left(html: str, clean: str) -> None:
    other_order = clean.replace('disabled="" type="checkbox"', 'type="checkbox" disabled=""')
    assert sanitised(html) in (clean, other_order)  # nh3 keeps no order among the attributes it sets


def test_the_container_has_one_root_and_cannot_be_left() -> None:
    html = container(render_body("</div></div></body>\n\n- <div class=notebook-chat>"))
    (root,) = parsed(html)
    assert root.get("class", "").split() == ["notebook-chat", "mathjax_ignore", "tex2jax_ignore"]
    inner = [element.get("class", "") for element in root.iter()][1:]
    assert not any("notebook-chat" in classes or "jax" in classes for classes in inner)


def test_a_whole_answer_has_its_style() -> None:
    html = render("# x")
    assert html == container(render_body("# x"), style=True)
    assert html.startswith(f"<style>{STYLE}</style><div class=")
    assert container("x") == '<div class="notebook-chat mathjax_ignore tex2jax_ignore">x</div>'


def test_the_style_applies_to_the_container_and_loads_nothing() -> None:
    depth = 0
    outer = ""
    for character in STYLE:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0 and character not in "{}":
            outer += character
        assert depth >= 0
    assert depth == 0
    assert outer == ".notebook-chat:not(#_)"
    assert not re.search(r"url\(|@|<|\\|position|z-index|expression|/\*", STYLE)


def test_the_style_is_small() -> None:
    assert len(STYLE) < 3500


@pytest.mark.parametrize(
    "name", ["k", "s", "c", "n", "f", "b", "m", "a", "d", "nc-maths", "nc-tex", "nc-task", "nc-info"]
)
def test_the_style_knows_the_classes(name: str) -> None:
    assert re.search(rf"\.{name}[ ,{{]", STYLE)
