"""Where a prompt names values, and where its braces belong to something else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.prompt import Filled, fill
from notebook_chat.prompt.braces.places import find_places, judge
from notebook_chat.prompt.paths.path import Path, resolve

from .corpus import code_prompts, namespace, sections

CODE = code_prompts("code.txt", "more_code.txt")
SENTENCES = [text for _, text in sections("prompts.txt")]
MEANT = [*sections("values.txt"), *sections("more_values.txt")]


def test_there_are_enough_prompts() -> None:
    prompts = [text for texts in CODE.values() for text in texts]
    assert len(prompts) > 1000
    assert sum(any(True for _ in judge(text)) for text in prompts) > 800  # they have what looks like a value
    assert len(SENTENCES) > 90
    assert len(MEANT) > 200


@pytest.mark.parametrize("language", sorted(CODE))
def test_code_arrives_as_it_was_typed(language: str) -> None:
    for text in CODE[language]:
        filled = fill(text, namespace(text))
        assert (filled.text, filled.values) == (text, ())


def test_the_variables_are_there() -> None:
    for text in [*(text for texts in CODE.values() for text in texts), *SENTENCES]:
        variables = namespace(text)
        for place, _ in judge(text):
            resolve(place.path, variables)


def test_a_sentence_about_code_arrives_as_it_was_typed() -> None:
    assert [text for text in SENTENCES if fill(text, namespace(text)) != Filled(text)] == []


def test_prompts_that_mean_values_get_them() -> None:
    for names, text in MEANT:
        told = [
            f"{place.path}:{place.tokens}" if place.tokens else str(place.path) for place in find_places(text)
        ]
        assert (text, " ".join(told)) == (text, names.replace("'", '"'))


def test_each_of_several_names_between_backticks_is_one() -> None:
    text = "Compare $`a` and $`b.c`, then `$d` and $`a`."
    assert [str(place.path) for place in find_places(text)] == ["a", "b.c", "a"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("`{x}`", "marked as code or maths"),
        ('f("{x}")', "inside brackets of code"),
        ("const {x} = y", "an assignment"),
        ("a/{x}", "a path"),
        ("see a{x}", "no word could begin here"),
        ("see {x}y", "no word could end here"),
        ("def f(x):\n    {x}", "in the body of a definition"),
        ("What is {x}, and `{x}`?", "code in the prompt has the same"),
    ],
)
def test_a_judgement_is_explained(text: str, reason: str) -> None:
    assert next(judge(text))[1] == reason


HOSTILE = (
    *("{", "}", "`", "``` ", "`a", "$", "$$", "$a ", "\\(", "\\[", "{a", "{a}", "{a} ", "{a}, ", "{a}\n", "{a.", "{a["),
    *("\\begin{a}", "\\end{a}"),
    *('{a["', "$`a", "$`a`", "$`a` ", "(", "[", "a(", "{(", "({", "\n{", "\n{a}\n ", "  {a}\n"),
    *("<pre>", "</pre>", "<a", "<", "<a>", '"', "'", '"""', '"""\n', "> ", "- ", "> {a}\n", "- {a}\n", "# {a}\n"),
    *("x:\n {a}\n", "a = {a}\n", "| {a} |\n", "**{a}", "_", "*", "…{a}", "中{a}", "SELECT {a} FROM ", "{a};"),
    *("~~~\n{a}\n", "\\{a}", "{a:1", "{{", "{{a}}", "}}", "for x in {a} ", "if ({a}) "),
    *("return {a} ", "{a}'s ", "((((a){a} ", "export "),
)  # fmt: skip


def seconds(text: str) -> float:
    began = time.thread_time()
    fill(text, {"a": 1})
    return time.thread_time() - began


@pytest.mark.parametrize("seed", HOSTILE)
def test_a_hostile_prompt_costs_what_it_weighs(seed: str) -> None:
    short, long = ((seed * (size // len(seed) + 1))[:size] + " {a}" for size in (8_000, 32_000))
    if seconds(long) > 0.1:
        ratio = min(seconds(long) for _ in range(3)) / min(seconds(short) for _ in range(3))
        assert ratio < 9  # 4 for what is linear, 16 for what is quadratic


PIECES = st.sampled_from(
    ["{a}", "{b.c}", "{{a}}", "{a:20}", "$`a`", "`", "```\n", "\n", "\n\n", " ", "(", ")", "{", "}", "$", '"', "= "]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join))
def test_nothing_changes_but_the_places_and_nothing_is_looked_at_again(text: str) -> None:
    value = "{a} $`b` {b.c} `{a}`"
    filled = fill(text, {"a": value, "b": {"c": value}})
    rest, done = [], 0
    for place in find_places(text):
        if place.path == Path("a"):
            rest.append(text[done : place.start])
            done = place.end
    assert filled.text == value.join([*rest, text[done:]])


@given(st.text(alphabet=st.sampled_from("{}[]().:`$\"' \n\\abc0-=;#>|*_~"), max_size=200))
def test_any_text_can_be_judged(text: str) -> None:
    for place, _ in judge(text):
        written = text[place.start : place.end]
        assert written[0] in "{$"
        assert written[-1] in "}`"
