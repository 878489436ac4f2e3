"""Texts for the property tests: anything at all, and what looks like Markdown."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

ANYTHING = st.text(st.characters(), max_size=200) | st.text(
    st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Lu", "Po"]), max_size=60
)

PIECES = [
    *(
        "# ",
        "## ",
        "- ",
        "* ",
        "+ ",
        "1. ",
        "12) ",
        "> ",
        "    ",
        "\t",
        "\n",
        "\n\n",
        "\n  ",
        "\r\n",
        "\r",
        "---",
        "===",
    ),
    *(
        "```",
        "````",
        "~~~",
        "```python\n",
        "```c++ title=x\n",
        "\n```\n",
        "`",
        "``",
        "***",
        "**",
        "*",
        "_",
        "__",
        "~~",
    ),
    *(
        "| a | b |",
        "\n|---|---|\n",
        "\n--|:-:\n",
        "|",
        "\\|",
        "[ ] ",
        "[x] ",
        "[",
        "]",
        "(",
        ")",
        "![",
        "](",
        "]: ",
    ),
    *(
        "[a](https://e.org/x)",
        "![i](http://h.org/p.png)",
        "<https://e.org>",
        "https://e.org/a_(b).",
        "www.e.org",
    ),
    *(
        "[ref]",
        "[ref][1]",
        "[1]: https://d.org 'T'\n",
        "\n[ref]: <javascript:x>\n",
        "[^n]",
        "\n[^n]: note\n",
        "[^n]:",
    ),
    *(
        "$",
        "$$",
        "$x^2$",
        "$5 and $10",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\begin{align}",
        "\\end{align}",
        "\\frac{1}{2}",
    ),
    *(
        "<b>",
        "</b>",
        "<script>",
        "<!--",
        "-->",
        "<img src=x onerror=y>",
        "&lt;",
        "&#x202e;",
        "&amp",
        "&copy;",
        "<br>",
    ),
    *(
        "<sub>",
        "</sub>",
        "<kbd>",
        "</KBD>",
        "<i>",
        "</i>",
        "<mark >",
        "<u",
        "<sub class=x>",
        "<br/>",
        "</br>",
    ),
    *("**（", "）**", "：**", "「", "」", "。", "한", "(x)**", "가", "\uff0a", "😀", "葛\U000e0100", "~~、"),
    *("$\\text{a\\_b\\%}$", "\\text{", "\\cancel{x}", "\\xcancel{", "$\\cancelto{0}{x}$", "$x_1^2y$", "\\$}"),
    *(
        "\\",
        "\\*",
        "!",
        ":",
        "://",
        "@",
        "{",
        "}",
        "^",
        "=",
        "'",
        '"',
        "\u202e",
        "\u2028",
        "\x00",
        "\x1b[31m",
        "é",
        "中",
        "ש",
    ),
    *(
        "word",
        "two words",
        " ",
        "  \n",
        "x",
        "1",
        "\\mmlToken{mi}{x}",
        "\\text{<b>}",
        "javascript:",
        "data:text/html,x",
    ),
]

LINES = [
    *(
        "",
        "",
        "text",
        "more of it",
        "# heading",
        "===",
        "---",
        "- a",
        "- [ ] a",
        "* b",
        "1. c",
        "2. d",
        "  - nested",
        "   e",
    ),
    *("> quoted", ">", "> - a", "> ```", "> \\[", "```", "```python", "~~~", "    code", "\tcode", "x = 1"),
    *("$$", "x_1 = 2", "\\[", "\\]", "\\begin{align}", "\\end{align}", "$$x$$", "  $$", "- \\["),
    *(
        "| a | b |",
        "|---|---|",
        "|--",
        "| 1 |",
        "a | b",
        "--|--",
        "[x]",
        "[x]: https://e.org",
        "[x]:",
        "[^n]",
        "[^n]: note",
    ),
    *("[^n]: ```", "[WARNING]: x", "https://e.org", "![i](https://e.org/i)", "<b>", "***", "- ```", "1. $$"),
]

MARKDOWN = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.lists(
    st.sampled_from(LINES), max_size=20
).map("\n".join)

TEXTS = MARKDOWN | ANYTHING


@st.composite
def cut(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXTS) -> tuple[str, list[str]]:
    """A text, and the same text in pieces."""
    text = draw(texts)
    places = draw(st.lists(st.integers(0, len(text)), max_size=12))
    edges = sorted({0, len(text), *places})
    return text, [text[start:end] for start, end in itertools.pairwise(edges)]
