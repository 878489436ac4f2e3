"""A prompt whose values are filled in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.parts import ImagePart, TextPart
from notebook_chat.prompt import Description, Filled, fill, filling


class Shown:
    """An object that is described as a test says."""

    def __init__(self, description: Description) -> None:
        self.description = description


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was asked to be described, and with how many tokens."""
    calls: list[tuple[str, int]] = []

    def describe(value: Any, *, name: str, tokens: int, seconds: float) -> Description:
        calls.append((name, tokens))
        return value.description if type(value) is Shown else Description(str(value), inline=True)

    monkeypatch.setattr(filling, "describe", describe)
    return calls


def test_what_names_nothing_stays_as_it_is() -> None:
    assert fill("{nope} {nope.a} {nope[0]} {}", {"other": 1}) == Filled("{nope} {nope.a} {nope[0]} {}")


def test_a_text_or_number_stands_in_its_place(asked: Any) -> None:
    filled = fill('Translate "{text}" {n} times.', {"text": "good {n}", "n": 3})
    assert filled.text == 'Translate "good {n}" 3 times.'
    assert [(extra.name, extra.parts) for extra in filled.values] == [("text", ()), ("n", ())]


def test_what_cannot_stand_in_a_sentence_follows_it(asked: Any) -> None:
    filled = fill("What is in {df}?", {"df": Shown(Description("a  b\n1  2", label="1 × 2"))})
    assert filled.text == "What is in `df`?"
    [extra] = filled.values
    assert (extra.name, extra.label) == ("df", "1 × 2")
    assert extra.parts == (TextPart("The value of `df`:\n```\na  b\n1  2\n```"),)


def test_a_text_of_several_lines_stands_in_its_place_where_it_is_alone_in_its_line(asked: Any) -> None:
    source = "x = 1\nprint(x)\n"
    assert fill("Shorten:\n\n{source}\n", {"source": source}).text == f"Shorten:\n\n{source}\n"
    assert fill("Say {line}!", {"line": "yes\n"}).text == "Say yes\n!"
    filled = fill("What does {In[2]} do?", {"In": ["", "", source]})
    assert filled.text == "What does `In[2]` do?"
    assert filled.values[0].parts == (TextPart(f"The value of `In[2]`:\n```\n{source}```"),)


def test_images_follow_their_text(asked: Any) -> None:
    image = ImagePart(b"x", "image/png")
    [extra] = fill("{fig}", {"fig": Shown(Description("a figure", images=(image,)))}).values
    assert extra.parts[1:] == (image,)


def test_a_value_is_described_once_with_the_largest_budget(asked: Any) -> None:
    shown = Shown(Description("x"))
    filled = fill("See {df}, {df:2000} and $`df`; {d['k']} and {d[\"k\"]}.", {"df": shown, "d": {"k": shown}})
    assert asked == [("df", 2000), ('d["k"]', 300)]
    assert filled.text == 'See `df`, `df` and `df`; `d["k"]` and `d["k"]`.'
    assert [extra.name for extra in filled.values] == ["df", 'd["k"]']


def test_the_budget_is_that_of_the_call(asked: Any) -> None:
    fill("{a} {b:7}", {"a": 1, "b": 2}, tokens=50)
    assert asked == [("a", 50), ("b", 7)]


def test_errors_are_those_of_the_cells_unless_a_variable_has_their_name(asked: Any) -> None:
    assert fill("Fix {Err[7]}.", {}, errors={7: "NameError: x"}).text == "Fix NameError: x."
    assert fill("Fix {Err[7]}.", {"Err": {7: "mine"}}, errors={7: "theirs"}).text == "Fix mine."
    for prompt in ("Fix {Err[8]}.", "Fix {Err}.", "Fix {Err.x}.", 'Fix {Err["7"]}.'):
        assert fill(prompt, {}, errors={7: "x"}).text == prompt


@given(st.text(alphabet=st.sampled_from("`~\n ax"), max_size=60))
def test_no_value_ends_its_own_block(text: str) -> None:
    filled = fill("{df}", {"df": _Multiline(text)})
    [part] = filled.values[0].parts
    assert isinstance(part, TextPart)
    lines = part.text.split("\n")
    fence = lines[1]
    assert set(fence) == {"`"}
    assert lines[-1] == fence
    assert fence not in "\n".join(lines[2:-1])


class _Multiline:
    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def test_halves_of_surrogate_pairs_are_replaced(asked: Any) -> None:
    values = {"a": "x\ud800", "b": Shown(Description("y\udfff"))}
    filled = fill("{a} {b}", values)
    assert "�" in filled.text
    filled.text.encode()
    [part] = filled.values[1].parts
    assert isinstance(part, TextPart)
    part.text.encode()
