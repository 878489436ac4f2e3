"""What requests cost: by whose word, and that what is not known stays unknown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.errors import ConfigurationError, InvalidOptionError
from notebook_chat.events import Usage
from notebook_chat.money import money
from notebook_chat.spending import listed_prices, own_prices
from notebook_chat.spending.own_prices import Price, checked, found
from notebook_chat.spending.prices import Cost, cost_of
from notebook_chat.spending.usage_csv import csv_of

OPENAI = "https://api.openai.com/v1"
TOKENS = Usage(1_000_000, 100_000)


def prices_file(text: str) -> Path:
    path = Path(os.environ["NOTEBOOK_CHAT_HOME"]) / "prices.toml"
    path.write_text(text)
    return path


def test_the_service_is_believed_first() -> None:
    own = {"openrouter:*": Price(1, 1)}
    told = Usage(10, 10, cost=0.25)
    assert cost_of("openrouter:x", "", told, own=own) == Cost(0.25, "service")
    assert cost_of("openrouter:x", "", Usage(10, 10, cost=0.0), own=own) == Cost(0.0, "service")
    for odd in (float("nan"), float("inf"), -1.0):
        assert cost_of("openrouter:x", "", Usage(10, 10, cost=odd), own=own) == Cost(0.00002, "own")


def test_own_prices_come_next_the_settings_before_the_files() -> None:
    prices_file('["openai:gpt-*"]\ninput = 1\noutput = 10\n\n["gpt-6*"]\ninput = 7\noutput = 7\n')
    assert cost_of("openai:gpt-6", OPENAI, TOKENS) == Cost(2.0, "own")
    assert cost_of("elsewhere:gpt-6", "http://gateway.example", TOKENS) == Cost(7.7, "own")
    own = checked({"OpenAI:gpt-6": {"input": 3, "output": 0}})
    assert cost_of("openai:gpt-6", OPENAI, TOKENS, own=own) == Cost(3.0, "own")
    assert cost_of("local:smollm", "", TOKENS) == Cost(0.0, "embedded")


def test_a_name_wins_over_a_pattern_and_the_first_pattern_over_others() -> None:
    prices = checked(
        {name: {"input": place, "output": 0} for place, name in enumerate(("a:*", "a:b*", "a:b"))}
    )
    assert [(found(name, prices) or Price(-1, 0)).input for name in ("a:b", "a:bc", "b:b")] == [2, 0, -1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[x]\ninput = 1", "output"),
        ("[x]\ninput = 1\noutput = -1", "no price"),
        ("[x]\ninput = nan\noutput = 1", "no price"),
        ("[x]\ninput = 1\noutput = 1\nper_request = 2", "per_request"),
        ("x = 1", "not usable"),
        ("[x", "prices"),
        ("\udcff", "prices"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_of_and_breaks_nothing(text: str, words: str) -> None:
    path = prices_file("")
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError, match=words):
        own_prices.of_file()
    assert cost_of("x:y", "", TOKENS) is None


def test_a_file_that_changes_is_read_again() -> None:
    path = prices_file("[x]\ninput = 1\noutput = 1\n")
    assert found("x", own_prices.of_file()) == Price(1, 1)
    path.write_text("[x]\ninput = 2\noutput = 22\n")
    assert found("x", own_prices.of_file()) == Price(2, 22)
    path.unlink()
    assert found("x", own_prices.of_file()) is None


def test_prices_that_are_none_are_refused_in_one_line() -> None:
    for odd in ({"x": 1}, {"x": {"input": "1", "output": 1}}, {"x": {"input": True, "output": []}}, [], None):
        with pytest.raises(InvalidOptionError) as caught:
            checked(odd)
        assert "\n" not in str(caught.value)


counts = st.none() | st.integers(0, 10_000)


@given(st.lists(counts, min_size=12, max_size=12))
def test_no_figures_are_beyond_it(figures: list[int | None]) -> None:
    usage = Usage(*figures[:5], None, *figures[5:])
    price = Price(1, 2, 0.1, 1.25, 2, 3, 4)
    amount = price.amount(usage)
    if usage.input_tokens is None or usage.output_tokens is None:
        assert amount is None
    else:
        assert amount is not None
        assert 0 <= amount * 1e6 <= 3 * usage.input_tokens + 4 * usage.output_tokens + 1e-3
    assert cost_of("openai:gpt-5-mini", OPENAI, usage) is None or usage.input_tokens is not None


@pytest.mark.parametrize(
    "url",
    [
        *("", "http://localhost:8000/v1", "https://gateway.example/api.openai.com/v1", "https://e.aiask.me"),
        *(
            "https://api.openai.com.evil.example/v1",
            "https://api.openai.com:8443/v1",
            "https://[::1",
            "not a url",
        ),
        *("https://api.githubcopilot.com", "https://chatanywhere.cn", "https://x.openai.azure.com"),
    ],
)
def test_no_list_tells_what_somebody_elses_address_charges(url: str) -> None:
    assert listed_prices.vendor_at(url) == ""
    assert cost_of("openai:gpt-5-mini", url, TOKENS) is None


def test_all_vendors_that_are_known_are_found_by_their_addresses() -> None:
    from notebook_chat.providers import get_provider

    named = ("openai", "openai-responses", "anthropic", "gemini", "groq", "mistral", "deepseek", "together")
    for name in (*named, "xai", "perplexity", "openrouter"):
        assert listed_prices.vendor_at(get_provider(name).place({})[0]), name


def test_without_the_package_it_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed_prices, "_package", lambda: None)
    assert cost_of("openai:gpt-5-mini", OPENAI, TOKENS) is None


# --- the package itself


@pytest.fixture
def package() -> Any:
    return pytest.importorskip("genai_prices")


def test_the_list_has_its_prices(package: Any) -> None:
    cost = cost_of("openai:gpt-5-mini", OPENAI, Usage(1_000_000, 100_000, cached_tokens=400_000))
    assert cost == Cost(pytest.approx(0.6 * 0.25 + 0.4 * 0.025 + 0.1 * 2), "prices")
    anthropic = "https://api.anthropic.com/v1"
    plain = cost_of("anthropic:claude-haiku-5-5", anthropic, Usage(1000, 100))
    short = cost_of("anthropic:claude-haiku-5-5", anthropic, Usage(1000, 100, cache_write_tokens=500))
    long = Usage(1000, 100, cache_write_tokens=500, cache_write_1h_tokens=500)
    hour = cost_of("anthropic:claude-haiku-5-5", anthropic, long)
    searched = cost_of("anthropic:claude-haiku-5-5", anthropic, Usage(1000, 100, searches=2))
    assert plain is not None
    assert short is not None
    assert hour is not None
    assert searched is not None
    assert plain.amount < short.amount < hour.amount < searched.amount
    assert searched.amount - plain.amount == pytest.approx(0.02)


def test_a_model_that_it_does_not_know_is_unknown(package: Any) -> None:
    assert cost_of("openai:gpt-of-next-year", OPENAI, TOKENS) is None
    assert cost_of("openai", OPENAI, TOKENS) is None
    assert cost_of("openai:", OPENAI, TOKENS) is None
    assert cost_of("openai:gpt-5-mini", OPENAI, Usage(5)) is None


@given(st.lists(counts, min_size=12, max_size=12))
def test_no_figures_are_beyond_the_list(figures: list[int | None]) -> None:
    pytest.importorskip("genai_prices")
    usage = Usage(*figures[:5], None, *figures[5:])
    for model, url in (
        ("anthropic:claude-haiku-5-5", "https://api.anthropic.com/v1"),
        ("gemini:gemini-2.5-flash", "https://generativelanguage.googleapis.com/v1beta"),
        ("openai:gpt-audio", OPENAI),
    ):
        cost = cost_of(model, url, usage)
        assert (cost is None) == (usage.input_tokens is None or usage.output_tokens is None)
        assert cost is None or cost.amount >= 0


def test_it_never_updates_itself(package: Any) -> None:
    import threading

    cost_of("openai:gpt-5-mini", OPENAI, TOKENS)
    assert not any("update" in thread.name.lower() for thread in threading.enumerate())


# --- amounts, files


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (float("inf"), ""),
        (-1.0, ""),
        (0.0, "$0"),
        (1e-9, "< $0.0001"),
        (0.00012, "$0.00012"),
        (0.0012, "$0.0012"),
        (0.00999, "$0.010"),
        (0.0999, "$0.10"),
        (0.1, "$0.10"),
        (1.25, "$1.25"),
        (1234.5, "$1,234.50"),
    ],
)
def test_amounts(amount: float | None, text: str) -> None:
    assert money(amount) == text


def test_a_cell_is_no_formula() -> None:
    rows = [{"model": "=1+1", "cost": None, "at": 1e30}, {"model": 'a,"b"\n', "cost": -0.5, "at": 0}]
    assert csv_of(rows, ["model", "cost", "at"]).decode() == (
        'model,cost,at\n\'=1+1,,\n"a,""b""\n",-0.5,1970-01-01T00:00:00+00:00\n'
    )
