"""How fast services may be asked, as somebody writes it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.errors import InvalidOptionError
from notebook_chat.governor import demands_of
from notebook_chat.pace import NO_PACE, AtOnce, Pace, Rate, Rule, pace_of


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("60 requests / minute", Rate("requests", 60, 60)),
        ("60 requests/min", Rate("requests", 60, 60)),
        ("1 request per second", Rate("requests", 1, 1)),
        ("60 a minute", Rate("requests", 60, 60)),
        ("60 rpm", Rate("requests", 60, 60)),
        ("60RPM", Rate("requests", 60, 60)),
        ("1_000 requests an hour", Rate("requests", 1000, 3600)),
        ("10 requests / 10 seconds", Rate("requests", 10, 10)),
        ("90k tokens / minute", Rate("tokens", 90_000, 60)),
        ("90,000 tokens / minute", Rate("tokens", 90_000, 60)),
        ("1.5M tokens per min", Rate("tokens", 1_500_000, 60)),
        ("2 million tokens / hour", Rate("tokens", 2_000_000, 3600)),
        ("90K TPM", Rate("tokens", 90_000, 60)),
        ("4 at once", AtOnce(4)),
        ("4 requests at once", AtOnce(4)),
        ("4 in parallel", AtOnce(4)),
        ("1 at a time", AtOnce(1)),
        ("8 concurrent", AtOnce(8)),
    ],
)
def test_a_limit(text: str, limit: Any) -> None:
    assert pace_of(text) == Pace((Rule("*", (limit,)),))
    assert pace_of({"openai": text}) == Pace((Rule("openai", (limit,)),))


WHOLE = Pace(
    (
        Rule("openai", (Rate("requests", 60, 60), Rate("tokens", 90_000, 60), AtOnce(4))),
        Rule("anthropic:claude-*", (AtOnce(1),)),
    )
)


@pytest.mark.parametrize(
    "value",
    [
        {"openai": "60 requests / minute, 90k tokens / minute, 4 at once", "anthropic:claude-*": "1 at once"},
        "openai = 60 requests / minute, 90,000 tokens / minute, 4 at once; anthropic:claude-* = 1 at once",
        '{"openai": "60 rpm, 90k tpm,4 at once", "anthropic:claude-*": "1 at once", "groq": ""}',
        WHOLE,
    ],
)
def test_every_form(value: Any) -> None:
    assert pace_of(value) == WHOLE


@pytest.mark.parametrize("nothing", [None, "", "  ", {}, {"openai": ""}, {"openai": None}, "openai =;"])
def test_no_limit(nothing: Any) -> None:
    assert pace_of(nothing) == NO_PACE
    assert not pace_of(nothing)


@pytest.mark.parametrize(
    "wrong",
    [
        "fast",
        "60",
        "60 / minute / minute",
        "60 apples / minute",
        "60 requests",
        "requests / minute",
        "0 at once",
        "-4 at once",
        "0.5 requests / second",
        "1e3 requests / minute",
        "1.2.3 requests / minute",
        "60 requests / day",
        "60 requests / 2 hours",
        "60 requests / fortnight",
        "4 tokens at once",
        "k tokens / minute",
        "9" * 400 + " at once",
        "x" * 5000,
        "{'openai': '60 rpm'}",
        "{" * 1500,
        " = 4 at once",
        "open ai = 4 at once",
        {"": "4 at once"},
        {"openai": 60},
        {5: "4 at once"},
        {"a\nb": "4 at once"},
        {f"p{number}": "4 at once" for number in range(200)},
        60,
        ["60 rpm"],
        "60 requests \N{FRACTION SLASH} minute",
        "\N{ARABIC-INDIC DIGIT SIX} at once",
    ],
)
def test_what_is_not_understood_is_refused_in_a_line(wrong: Any) -> None:
    with pytest.raises(InvalidOptionError) as refused:
        pace_of(wrong)
    assert str(refused.value).startswith("pace: ")
    assert len(str(refused.value)) < 400
    assert "\n" not in str(refused.value)
    assert refused.value.hint


@given(st.text(max_size=60) | st.dictionaries(st.text(max_size=9), st.text(max_size=40), max_size=3))
def test_whatever_is_written(value: Any) -> None:
    try:
        pace = pace_of(value)
    except InvalidOptionError as error:
        assert "\n" not in str(error)
    else:
        for rule in pace.rules:
            for limit in rule.limits:
                assert limit.amount >= 1


@given(
    st.builds(
        Rate,
        st.sampled_from(["requests", "tokens"]),
        st.integers(1, 10**12),
        st.sampled_from([1, 60, 3600, 10]),
    )
    | st.builds(AtOnce, st.integers(1, 10**12))
)
def test_its_own_words_mean_the_same(limit: Any) -> None:
    words = str(limit).replace(" in 10 seconds", " / 10 seconds")
    assert pace_of(words).rules[0].limits == (limit,)


def test_which_rules_hold_for_whom() -> None:
    pace = pace_of("openai = 60 rpm; openai:gpt-6* = 10 rpm; * = 8 at once; open* = 9 rpm; OpenAI = 5 rpm")

    def held(name: str) -> list[str]:
        return [demand.pattern for demand in demands_of(pace, name)]

    assert held("openai:gpt-6-luna") == ["openai", "openai:gpt-6*", "*", "open*", "OpenAI"]
    assert held("openai:o9") == ["openai", "*", "open*", "OpenAI"]
    assert held("openai-responses:gpt-6-luna") == ["*", "open*"]
    assert held("anthropic:claude") == ["*"]
