"""Formulas where MathML is taken away and its text left: there once, and to be read."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.markup import render, render_body
from notebook_chat.markup.mathml import UnsupportedTeXError, mathml

from .vocabulary import parsed, visible_text

_MATHML = "{http://www.w3.org/1998/Math/MathML}"


def stripped(html: str) -> str:
    """What is left where a viewer takes away the style and every tag that it does not know, and keeps the text."""
    return "".join(parsed(re.sub(r"<style>.*?</style>", "", html)).itertext())


@pytest.mark.parametrize(
    ("tex", "read"),
    [
        ("E = mc^2", "E=mc^2"),
        ("x_1 + x_{i+1}^2", "x_1+x_(i+1)^2"),
        ("\\frac{a+b}{2c}", "(a+b)/(2c)"),
        ("\\frac{a}{b}", "a/b"),
        ("\\frac12 (x+1)", "1/2 (x+1)"),
        ("x = \\frac{-b \\pm \\sqrt{b^2-4ac}}{2a}", "x=(−b±√(b^2−4ac))/(2a)"),
        ("\\cfrac{1}{1+\\cfrac{1}{1+x}}", "1/(1+1/(1+x))"),
        ("\\binom{n}{k}", "(n choose k)"),
        ("\\sqrt{x} + \\sqrt[3]{x+1}", "√x+(x+1)^(1/3)"),
        ("\\sum_{i=1}^n i^2", "∑_(i=1)^n i^2"),
        ("\\int_0^\\infty e^{-x}\\,dx", "∫_0^∞e^(−x)dx"),
        ("e^{-\\frac{x^2}{2\\sigma^2}}", "e^(−x^2/(2σ^2))"),
        ("O(n \\log n)", "O(n log n)"),
        ("\\sin x \\cos y", "sin x cos y"),
        ("x^2y", "x^2 y"),
        ("f'(x) + y''", "f′(x)+y″"),
        ("x_{i+1}' + {a+b}_{}^{2c} + x^*", "x_(i+1)′+(a+b)^(2c)+x^*"),
        ("a \\pmod n", "a (mod n)"),
        ("\\left(\\frac12\\right)^2", "(1/2)^2"),
        ("{a+b}^2", "(a+b)^2"),
        ("{}^{14}C", "^14 C"),
        ("\\underset{x}{\\operatorname{argmax}} f(x)", "argmax_x f(x)"),
        ("\\overset{a}{=} \\underbrace{b}_{c}", "=^a b⏟_c"),
        ("\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "(1, 2; 3, 4)"),
        ("\\begin{cases} 1 & x > 0 \\\\ 0 & \\text{else} \\end{cases}", "{1, x>0; 0, else"),
        ("\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}", "a=b; c=d"),
        ("P(A \\mid B) \\quad \\text{if } B \\ne \\emptyset", "P(A∣B) if B≠∅"),
        ("\\cancel{x} + \\boxed{y}", "x+y"),
        ("\\text{50\\%} \\le p_\\text{max}", "50%≤p_max"),
    ],
)
def test_a_formula_reads_well_without_its_tags(tex: str, read: str) -> None:
    for display in (False, True):
        assert stripped(mathml(tex, display)).replace("\xa0", " ") == read


@pytest.mark.parametrize("text", ["so $E = mc^2$ holds", "so \\(E = mc^2\\) holds", "so $$E = mc^2$$ holds"])
def test_a_formula_is_there_once_in_an_answer(text: str) -> None:
    assert stripped(render(text)).strip() == "so E=mc^2 holds"
    assert visible_text(render_body(text)).strip() == "so E=mc2 holds"


def test_a_formula_of_its_own_is_there_once() -> None:
    assert stripped(render("$$\n\\frac{a}{b}\n$$")).strip() == "a/b"


@given(
    st.lists(
        st.sampled_from(
            [
                *"xyn12+-=()|{}^_&,",
                *(
                    "\\frac",
                    "\\sqrt",
                    "\\sqrt[3]",
                    "\\sum",
                    "\\lim",
                    "\\log ",
                    "\\hat",
                    "\\text{a b}",
                    "\\quad ",
                ),
                *(
                    "\\left(",
                    "\\right)",
                    "\\begin{matrix}",
                    "\\end{matrix}",
                    "\\\\",
                    "\\cancel{x}",
                    "'",
                    "\\binom",
                ),
            ]
        ),
        max_size=25,
    ).map("".join)
)
def test_what_is_only_read_is_hidden_by_every_browser(tex: str) -> None:
    """It stands in a ``semantics`` element, behind the one child that is shown; and nothing else does."""
    try:
        html = mathml(tex, True)
    except UnsupportedTeXError:
        return
    hidden = [element for element in parsed(html).iter() if element.tag == f"{_MATHML}annotation"]
    semantics = [element for element in parsed(html).iter() if element.tag == f"{_MATHML}semantics"]
    assert len(hidden) == len(semantics)
    for element in semantics:
        assert [_name(child) == "annotation" for child in element] == [False, True]
        assert re.fullmatch(r"[_^/()√,; ]|[)]?([_^/]|\^\(1/| choose )\(?|[,;] |[()√]+", element[1].text or "")


def _name(element: Element) -> str:
    return element.tag.removeprefix(_MATHML)
