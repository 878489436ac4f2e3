r"""Math: what is a formula and what is a price, and TeX as MathML."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.markup import STYLE, render_body
from notebook_chat.markup.mathml import UnsupportedTeXError, mathml
from notebook_chat.markup.sanitizer import sanitized

from .vocabulary import faults, nesting, select, visible_text, whole_text


def formulas(text: str) -> list[str]:
    """The TeX of each formula in the HTML of a text."""
    return [element.get("data-tex", "") for element in select(render_body(text), "math")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$x$", ["x"]),
        ("$x^2$, $y$.", ["x^2", "y"]),
        ("the $n$th of $k$-means", ["n", "k"]),
        ("a $O(n log n)$ sort", ["O(n log n)"]),
        ("$3x + 4$ and $2 \\times 3$", ["3x + 4", "2 \\times 3"]),
        ("$3 \\text{ apples}$", ["3 \\text{ apples}"]),
        ("变量$x$是", ["x"]),
        ("($x$)[$y$]", ["x", "y"]),
        ("**$x$** and *a $y$ b*", ["x", "y"]),
        ("\\(x\\) and \\( y \\)", ["x", " y "]),
        ("$$x$$ and $$ y $$ here", ["x", " y "]),
        ("so \\[ x = 1 \\] holds", [" x = 1 "]),
        ("\\[x^2\\] in a line", ["x^2"]),
        ("\\[\nx\n\\]", ["x"]),
        ("\\[x\\]", ["x"]),
        ("$$\nx\n$$", ["x"]),
        ("$$x\n= y$$", ["x\n= y"]),
        ("$$ x = 1. $$", ["x = 1."]),
        ("$$x$$.", ["x."]),
        ("\\begin{align*}\nx &= 1\n\\end{align*}", ["\\begin{align*}\nx &= 1\n\\end{align*}"]),
        ("> \\[\n> x\n> \\]", ["x"]),
        ("- a\n  $$\n  x\n  $$\n- b", ["x"]),
        ("Text\n\\[\na\n= b\n- c\n\\]\nmore", ["a\n= b\n- c"]),
        ("$a\nb_1$", ["a\nb_1"]),
    ],
)
def test_it_is_math(text: str, found: list[str]) -> None:
    assert formulas(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $10",
        "$5, $10, $15",
        "between $5-$10 or $5–$10",
        "$5/month vs 10$",
        "$1,000.50 (was $2,000)",
        "US$5 and CA$7",
        "$100 million and more than 20$",
        "it costs $$ or $$$",
        "a $$ place or a $$ one",
        "$HOME and $PATH",
        "$HOME/$USER:$PATH",
        "${HOME}/${USER}",
        "echo $1 $2 $3",
        "$AAPL and $MSFT",
        "\\$5 and \\$6",
        "`$x$`",
        "$ x $",
        "$x",
        "$$",
        "$$$$",
        "$$ $$",
        "\\( \\)",
        "\\(see below\\)",
        "\\[1\\] and \\[a-z\\]",
        "\\\\(x\\\\)",
        "$x\n\ny$",
        "\\[\nx\n\ny\n\\]",
        "$$\nx\n\ny\n$$",
        "$$x$$ text after it\n\n$$",
        "the cost is $5 (see `$x`)",
        "    $$\n    x\n    $$",
        "\\begin{tikzpicture}x\\end{tikzpicture}",
        "[$5](https://e.org) and [$6](https://e.org)",
    ],
)
def test_it_is_no_math(text: str) -> None:
    assert [tex for tex in formulas(text) if tex != "x"] == []
    assert "math" not in {name for name in ("math",) if select(render_body(text.replace("$$x$$", "")), name)}


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        ("x^2", "x2"),
        ("\\frac{a}{b}", "ab"),
        ("\\int_0^\\infty e^{-x}\\,dx", "∫0∞e−xdx"),
        ("\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}", "a=bc=d"),
        ("\\begin{align} a &= b \\label{x} \\\\ c &= d \\nonumber \\end{align}", "a=bc=d"),
        ("\\begin{gather} a \\\\ b \\end{gather}", "ab"),
        ("\\begin{cases} 1 & x > 0 \\\\ 0 & \\text{else} \\end{cases}", "{1x>00else"),
        ("\\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}", "[1234]"),
        ("\\begin{equation} x \\end{equation}", "x"),
        ("a \\\\ b", "ab"),
        ("\\mathbb{R}^n \\ni \\mathbf{x}", "ℝn∋𝐱"),
        ("\\operatorname{softmax}(z)", "softmax(z)"),
        ("\\mathop{\\mathrm{argmax}}_x", "argmaxx"),
        ("\\left\\{ x \\right.", "{x"),
        ("\\boxed{E = mc^2} \\tag{1}", "E=mc2(1)"),
        ("a < b > c & d", "a<b>c&d"),
        ("\\text{<b>&amp;</b>}", "<b>&amp;</b>"),
        ("\\color{red}{x} + \\textcolor{blue}{y}", "x+y"),
        ("x' + y''", "x′+y″"),
        ("\\sum_{i=1}^n i \\ne \\sqrt[3]{2} \\cdot \\hat{y}", "∑i=1ni≠23·y^"),
    ],
)
def test_tex_becomes_mathml(tex: str, text: str) -> None:
    html = mathml(tex, True)
    assert re.sub(r"\s", "", visible_text(html)) == text
    assert faults(html) == []
    assert [element.get("data-tex") for element in select(html, "math")] == [tex]


@pytest.mark.parametrize(
    "tex",
    [
        "\\frac{1}{",
        "\\unknowncommand{x}",
        "\\mmlToken{mglyph}[src=http://canary.test/]{}",
        "\\href{javascript:x}{y}",
        "\\class{a}{x}",
        "\\style{color:red}{x}",
        "\\cssId{a}{x}",
        "\\unicode{x3c}",
        "\\require{html}",
        "\\def\\a{\\a\\a}\\a",
        "\\newcommand{\\a}{x}\\a",
        "\\let\\a\\b",
        "\\verb|<b>|",
        "{" * 30 + "x" + "}" * 30,
        "\\sqrt" * 300 + "x",
        "x^" * 20 + "x",
        "x" * 5000,
        "}",
        "\\end{align}",
        "_",
    ],
)
def test_tex_that_is_not_rendered_is_shown(tex: str) -> None:
    with pytest.raises(UnsupportedTeXError):
        mathml(tex, False)
    if len(tex) < 1000:
        html = render_body(f"$${tex}$$")
        assert tex in visible_text(html)
        assert select(html, "math") == []


@given(
    st.lists(
        st.sampled_from(
            [
                *"x1+^_{}&=|<>[]()'\"%#~",
                "\\\\",
                "\\frac",
                "\\sqrt",
                "\\text{",
                "\\left(",
                "\\right)",
                "\\begin{matrix}",
                "\\end{matrix}",
                "\\mathbf",
                "\\hspace{9em}",
                "\\kern-9em",
                "\\raise9em",
                "\\color{red}",
                "\\limits",
                "\\over",
                "\\hline",
                "\\rule{9em}{9em}",
                "\\mathrm{",
                "\\operatorname{",
                "\\not",
                "\\mod",
                "é",
                "\u202e",
            ]
        ),
        max_size=30,
    ).map("".join),
    st.booleans(),
)
def test_any_tex_is_rendered_or_refused(tex: str, display: bool) -> None:
    try:
        html = mathml(tex, display)
    except UnsupportedTeXError:
        return
    html = f"<p>{html}</p>"
    assert faults(html) == []
    assert nesting(html) <= 32
    assert tex in whole_text(html)


def test_lengths_stay_in_their_place() -> None:
    html = mathml("\\hspace{-50em}x \\kern 99em \\hspace{2em} \\raise{9em}{y} \\rule{99em}{99em}", False)
    widths = [value for element in select(html, "mspace") for value in element.attrib.values()]
    assert widths == ["2em"]
    assert [element.attrib for element in select(html, "mpadded")] == [{}]
    (arrow,) = select(mathml("\\xrightarrow{f}", False), "mpadded")
    assert arrow.get("width") == "+0.833em"


def test_a_whole_answer_full_of_formulas() -> None:
    text = " ".join(f"${chr(97 + i % 26)}_{{{i}}}$" for i in range(500))
    assert len(formulas(text)) == 500


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        ("\\text{50\\%}", "50%"),
        ("\\text{a\\_b}", "a_b"),
        ("\\text{\\$5 \\& \\#1}", "$5 & #1"),
        ("\\text{\\{a\\}}", "{a}"),
        ("\\text{a\\}b} c", "a}bc"),
        ("\\text{a {b} c}", "a b c"),
        ("\\text{a\\ b~c\\,d \\\\ e}", "a b c\u2009d   e"),
        ("\\text{\\textbackslash n}", "\\n"),
        ("\\text{caf\\'e, na\\\"{i}ve, \\~n}", "café, naïve, ñ"),
        ("\\text{``a'' \\ldots \\alpha}", "“a” …α"),
        ("\\text{5 cm}", "5 cm"),
        ("\\text{% of it}", "% of it"),
        ("\\text{\\unknown x}", "\\unknown x"),
        ("\\text{&#x3c;b&#x3e;}", "&#x3c;b&#x3e;"),
        ("\\text{a $x_1$ b \\(y\\) c}", "a x1 b y c"),
        ("\\text{a \\textbf{b\\_c} d}", "a b_c d"),
        ("\\mbox{a\\_b}", "a_b"),
        ("\\hbox{a\\_b} \\fbox{c\\_d}", "a_bc_d"),
        ("\\textbf{a\\_b} \\textit{c\\%} \\texttt{d\\_e}", "a_bc%d_e"),
        ("\\textrm{a\\&b} \\textsf{c\\#} \\textsc{d\\$} \\emph{e\\_f}", "a&bc#d$e_f"),
        ("\\mathrm{a\\_b} \\mathtt{c\\%} \\mathbf{d\\#}", "a_bc%d#"),
        ("\\operatorname{a\\_b}(x) + \\operatorname{arg\\,max}", "a_b(x)+argmax"),
        ("x_{\\text{max\\_1}}^\\text{10\\%}", "xmax_110%"),
        ("x \\tag{a\\_1}", "x(a_1)"),
        ("a \\\\text{b}", "atextb"),
        ("\\text{}", ""),
    ],
)
def test_text_in_a_formula_is_shown_without_its_escapes(tex: str, text: str) -> None:
    html = mathml(tex, False)
    assert visible_text(html).replace("\xa0", " ") == text
    assert faults(html) == []


@pytest.mark.parametrize(
    ("tex", "notations"),
    [
        ("\\cancel{x}", ["updiagonalstrike"]),
        ("\\bcancel{x+1}", ["downdiagonalstrike"]),
        ("\\xcancel{\\frac{a}{b}}", ["downdiagonalstrike", "updiagonalstrike"]),
        ("\\cancelto{0}{x+\\sqrt{y}} + 1", ["updiagonalstrike"]),
        ("\\sout{x}", ["horizontalstrike"]),
        ("\\boxed{x} \\fbox{y}", ["box", "box"]),
        ("\\frac{\\cancel{2}x}{\\cancel{2}y}", ["updiagonalstrike"] * 2),
    ],
)
def test_strokes_and_boxes(tex: str, notations: list[str]) -> None:
    html = mathml(tex, False)
    assert [element.get("notation") for element in select(html, "menclose")] == notations
    assert all(f"[notation^={notation[:2]}" in STYLE or f"={notation}]" in STYLE for notation in notations)
    assert faults(sanitized(html)) == []
    assert sanitized(html) == html


@pytest.mark.parametrize("tex", ["\\cancelto{0}", "\\cancelto{0}x", "\\cancelto{{0}{x}", "\\cancelto"])
def test_half_a_stroke_is_shown_as_it_was_written(tex: str) -> None:
    with pytest.raises(UnsupportedTeXError):
        mathml(tex, False)
