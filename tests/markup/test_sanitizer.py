"""The second wall holds alone, and the style stays in its container."""

from __future__ import annotations

import pytest

from notebook_chat.markup import container, render_body
from notebook_chat.markup.sanitizer import sanitized

from .hostile import HOSTILE, Hostile
from .vocabulary import faults, parsed


@pytest.mark.parametrize("answer", HOSTILE, ids=lambda answer: answer.name)
def test_hostile_html_that_got_past_the_renderer(answer: Hostile) -> None:
    """Each hostile answer given to the sanitizer as if it were the renderer's own HTML."""
    html = sanitized(answer.text)
    assert [fault for fault in faults(html) if not fault.endswith("class=''")] == []
    assert sanitized(html) == html


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
    assert sanitized(html) in (clean, other_order)  # nh3 keeps no order among the attributes it sets


def test_the_container_has_one_root_and_cannot_be_left() -> None:
    html = container(render_body("</div></div></body>\n\n- <div class=notebook-chat>"))
    (root,) = parsed(html)
    assert root.get("class", "").split() == ["notebook-chat", "mathjax_ignore", "tex2jax_ignore"]
    inner = [element.get("class", "") for element in root.iter()][1:]
    assert not any("notebook-chat" in classes or "jax" in classes for classes in inner)
