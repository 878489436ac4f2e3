"""The style of an answer: what it may hold, and that an output brings what it needs of it and little else."""

from __future__ import annotations

import re

import pytest

from notebook_chat.markup import STYLE, container, render, render_body
from notebook_chat.markup.mathml import NOTATIONS
from notebook_chat.markup.sanitizer import CLASSES, TAGS
from notebook_chat.markup.style import style_for

from ..benchmarks.markup_cost import ordinary
from .ordinary import ORDINARY, Ordinary
from .vocabulary import parsed

RULES = re.findall(r"([^{};]+)\{[^{}]*\}", STYLE)


def test_a_whole_answer_has_its_style() -> None:
    html = render("# x")
    assert html == container(render_body("# x"), style=True)
    assert html.startswith(f"<style>{style_for(html)}</style><div class=")
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
    assert len(STYLE) < 3600


@pytest.mark.parametrize("name", ["s", "n", "f", "b", "m", "a", "d", "nc-display", "nc-task", "nc-info"])
def test_the_style_knows_the_classes(name: str) -> None:
    assert re.search(rf"\.{name}[ ,{{]", STYLE)


@pytest.mark.parametrize("answer", ORDINARY, ids=lambda answer: answer.name)
def test_an_output_brings_every_rule_that_can_apply_to_it(answer: Ordinary) -> None:
    html = render_body(answer.text)
    there: set[str] = set()
    for element in parsed(html).iter():
        there |= {element.tag.rpartition("}")[2], f".{element.get('class')}"}
        there |= {f"[{name}={value}]" for name, value in element.attrib.items()}
    brought = style_for(html)
    for selector in ",".join(RULES).split(","):
        names = re.findall(r"\[[^]]+\]|(?<![:\w-])\.?[a-z][\w-]*", selector)
        if there.issuperset(names):
            assert re.search(rf"[;,{{}}]{re.escape(selector)}[,{{]", brought), selector
    assert set(re.findall(r"var\((--nc-\w+)", brought)) == set(re.findall(r"(--nc-\w+):", brought))


def test_the_rules_that_an_output_brings_are_those_of_the_style_in_their_order() -> None:
    attributes = ("align=center", "align=right", "columnalign=left", "columnalign=right", "mathvariant=bold")
    notations = [f"notation={name}" for name in NOTATIONS]
    everything = [
        *(f"<{tag}>" for tag in (*TAGS, "details", "summary")),
        *(f'<{tag} class="{name}">' for tag, names in CLASSES.items() for name in names),
        *('<i {}="{}">'.format(*attribute.split("=")) for attribute in (*attributes, *notations)),
    ]
    assert style_for("".join(everything)) == STYLE


def test_an_answer_of_a_line_brings_little() -> None:
    assert len(render("Hello, how can I help you today?")) < 350


@pytest.mark.parametrize("size", [1000, 2000, 5000, 20_000, 100_000])
def test_the_html_of_an_answer_with_everything_is_at_most_three_times_its_text(size: int) -> None:
    text = ordinary(size)
    assert len(render(text)) <= 3 * len(text)


@pytest.mark.parametrize("answer", ORDINARY, ids=lambda answer: answer.name)
def test_no_ordinary_answer_brings_half_of_the_style(answer: Ordinary) -> None:
    assert len(style_for(render_body(answer.text))) < len(STYLE) / 2
