"""Markdown written anew: safe for every reader, and still the answer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from notebook_chat.markup import render_body, safe_markdown

from .markdown import html_of_markdown, markdown_faults
from .ordinary import ORDINARY, Ordinary
from .strategies import TEXTS
from .vocabulary import select, visible_text


def words(html: str) -> list[str]:
    return re.findall(r"\w+", visible_text(html))


@given(TEXTS)
def test_it_is_safe_whatever_was_written(text: str) -> None:
    assert markdown_faults(safe_markdown(text)) == []


# Formulas are TeX in Markdown and MathML in HTML.
WITHOUT_FORMULAS = [answer for answer in ORDINARY if not select(render_body(answer.text), "math")]


@pytest.mark.parametrize("answer", WITHOUT_FORMULAS, ids=lambda answer: answer.name)
def test_it_says_what_the_html_says(answer: Ordinary) -> None:
    assert words(html_of_markdown(safe_markdown(answer.text))) == words(render_body(answer.text))


@pytest.mark.parametrize("answer", ORDINARY, ids=lambda answer: answer.name)
def test_it_has_the_same_structure(answer: Ordinary) -> None:
    html, markdown = render_body(answer.text), html_of_markdown(safe_markdown(answer.text))
    for name in ("h1", "h2", "ul", "ol", "li", "blockquote", "table", "td", "a", "pre"):
        assert len(select(markdown, name)) == len(select(html, name)), name


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("**bold** and *it* and `code`", "**bold** and *it* and `code`"),
        ("$5 and $10", "<span>&#36;</span>5 and <span>&#36;</span>10"),
        ("$x_1^2$ and \\(y\\)", "$x_1^2$ and $y$"),
        ("\\[\nx\n= 1\n\\]", "$$\nx = 1\n$$"),
        ("\\begin{align}\na &= b\n\\end{align}", "$$\n\\begin{aligned}\na &= b\n\\end{aligned}\n$$"),
        (
            "$\\href{javascript:x}{y}$",
            "<code>&#36;&#92;href&#123;javascript&#58;x&#125;&#123;y&#125;&#36;</code>",
        ),
        ("![a](https://e.org/i.png)", "[a (image on e.org)](https://e.org/i.png)"),
        ("wow\\![a](https://e.org/)", "wow&#33;[a](https://e.org/)"),
        ("```mermaid\nA\n```", "mermaid\n\n```\nA\n```"),
        ("````\n```\n````", "````\n```\n````"),
        ("> ```\n> a $b\n> ```", "> <pre>a &#36;b</pre>"),
        ("`a|b` `<c>`", "<code>a&#124;b</code> <code>&#60;c&#62;</code>"),
        ("- ```\n  $\n  ```\n- $x$\n  - y", "- ```\n  $\n  ```\n\n- $x$\n\n  - y"),
        ("$a<b>c~d$ and $x \\% @ y$", "$a< b>c~d$ and $x \\% @ y$"),
        ("$5![i](http://h.org/p.png)$", "<code>&#36;5&#33;&#91;i&#93;(http&#58;//h.org/p.png)&#36;</code>"),
        ("[^n]:```\n    $\n    ```", "&#91;n&#93;\n\n```\n$\n```"),
        ("- [ ] ```\n  <b>\n", "- [ ]\n\n  ```\n  <b>\n  ```"),
        ("- a\n- b\n\n\n* c", "- a\n- b\n\n* c"),
        ("- [x] a\n- [ ] b", "- [x] a\n- [ ] b"),
        ("1\\. a\n\\# b", "1&#46; a\n\\# b"),
        ("x  \ny", "x\\\ny"),
        (
            "| a | b |\n|:-:|--:|\n| $|x|$ | c<br>d |",
            "| a | b |\n| :-: | --: |\n| $\\vert x\\vert $ | c<br>d |",
        ),
        ("[a](javascript:x)", "a (javascript:x)"),
        ("x[^1]\n\n[^1]: note", "x&#91;1&#93;\n\n&#91;1&#93; note"),
        ("", ""),
    ],
)
def test_how_it_is_written(text: str, written: str) -> None:
    assert safe_markdown(text) == written + "\n"


def test_a_fault_of_the_parser_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise IndexError

    monkeypatch.setattr("notebook_chat.markup.markdown_output.split", fail)
    assert safe_markdown("a <b>\n\n$c") == "<pre>a &#60;b&#62;\n&#8203;\n&#36;c</pre>\n"
