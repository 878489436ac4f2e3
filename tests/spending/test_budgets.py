"""What a budget says, and when its period begins and ends."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.errors import ConfigurationError, InvalidOptionError
from notebook_chat.policy.limits import Limit, limits_of
from notebook_chat.spending import kept_budget
from notebook_chat.spending.budgets import standing_budgets
from notebook_chat.spending.periods import Span, span_of


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("2 USD / day", Limit(2, "USD", "day")),
        ("2usd/day", Limit(2, "USD", "day")),
        ("$2 per day", Limit(2, "USD", "day")),
        ("US$ 2.50 a week", Limit(2.5, "USD", "week")),
        ("2 $", Limit(2, "USD")),
        (".5 dollars an hour", Limit(0.5, "USD", "hour")),
        ("200k tokens / day", Limit(200_000, "tokens", "day")),
        ("200,000 Tokens / Day", Limit(200_000, "tokens", "day")),
        ("200_000 tokens each month", Limit(200_000, "tokens", "month")),
        ("1M tokens", Limit(1_000_000, "tokens")),
        ("1.5 million tokens", Limit(1_500_000, "tokens")),
        ("0 USD", Limit(0, "USD")),
        ("5 USD / month for notebook", Limit(5, "USD", "month", "notebook")),
        ("5 USD / month for this conversation", Limit(5, "USD", "month", "conversation")),
        ("5 USD for USER", Limit(5, "USD")),
        ("1 USD / day for openai:*", Limit(1, "USD", "day", "openai:*")),
        ("1 USD / day for openrouter:z-ai/glm-5:free", Limit(1, "USD", "day", "openrouter:z-ai/glm-5:free")),
    ],
)
def test_what_is_understood(text: str, limit: Limit) -> None:
    assert limits_of(text) == (limit,)


def test_several() -> None:
    text = "2 USD / day,200,000 tokens / hour; 1,000 USD / month for openai:*,"
    assert [str(one) for one in limits_of(text)] == [
        "2 USD / day",
        "200,000 tokens / hour",
        "1,000 USD / month for openai:*",
    ]


@pytest.mark.parametrize("text", ["", "  ", "off", "Off", "none"])
def test_none_at_all(text: str) -> None:
    assert limits_of(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2",
            "USD",
            "2 EUR / day",
            "2 € / day",
            "-2 USD",
            "1,50 USD",
            "2 USD / year",
            "2 USD / days",
            "2 USD /",
        ),
        *("$2 tokens", "0.5 tokens", "1e9 USD", "inf USD", "nan USD", "1" + "0" * 16 + " USD", "2 USD 3 USD"),
        *("2 USD for", "2 USD for openai", "2 USD for notbook", "2 USD for :x", "2 USD for a b", "2 USD day"),
        *("for openai:*", "2 USD for openai:* / day", ",", ";;", "2 USD / day for", "x" * 2_000, "٢ USD"),
        *("1 USD," * 30, "2 USD\x00", "2 USD for openai:\u202e*"),
    ],
)
def test_all_else_is_refused_in_a_line_with_an_example(text: str) -> None:
    if text.startswith("1 USD,1 USD"):
        text = ",".join(f"{n} USD" for n in range(30))
    with pytest.raises(InvalidOptionError) as caught:
        limits_of(text)
    assert "2 USD / day" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@given(st.text(max_size=60))
def test_any_text_is_a_budget_or_refused(text: str) -> None:
    try:
        limits = limits_of(text)
    except InvalidOptionError:
        return
    for limit in limits:
        assert limit.amount >= 0


amounts = st.integers(0, 10**9).map(float) | st.integers(1, 10**6).map(lambda n: n / 100)
written = st.builds(
    Limit,
    amounts,
    st.just("USD"),
    st.sampled_from(["hour", "day", "week", "month", "ever"]),
    st.sampled_from(["user", "notebook", "conversation", "openai:*", "mine:a/b:c"]),
)


@given(st.lists(written, min_size=1, max_size=5, unique=True), st.sampled_from([", ", ",", ";", " ; "]))
def test_what_is_written_is_read_as_it_was(limits: list[Limit], between: str) -> None:
    assert limits_of(between.join(map(str, limits))) == tuple(limits)


def test_a_model_is_meant_however_it_is_written() -> None:
    [limit] = limits_of("1 USD for openai:gpt-*")
    assert limit.is_for("openai:gpt-6-luna")
    assert limit.is_for("OpenAI:GPT-6")
    assert not limit.is_for("openai:o5")
    assert not limit.is_for("azure:gpt-6")


# --- periods


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone of a process is fixed here")
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def in_zone(zone: pytest.MonkeyPatch, name: str) -> None:
    zone.setenv("TZ", name)
    time.tzset()


def at(text: str) -> float:
    """The time that a clock here shows so."""
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize("name", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
def test_periods_begin_by_the_clock(zone: pytest.MonkeyPatch, name: str) -> None:
    in_zone(zone, name)
    now = at("2026-12-31T23:59:59")
    assert span_of("hour", now) == Span(at("2026-12-31T23:00"), at("2027-01-01T00:00"))
    assert span_of("day", now) == Span(at("2026-12-31"), at("2027-01-01"))
    assert span_of("week", now) == Span(at("2026-12-28"), at("2027-01-04"))
    assert span_of("month", now) == Span(at("2026-12-01"), at("2027-01-01"))
    assert span_of("ever", now) == Span()
    assert span_of("day", at("2027-01-01")).begin == at("2027-01-01")


def test_days_are_as_long_as_the_clock_makes_them(zone: pytest.MonkeyPatch) -> None:
    in_zone(zone, "Europe/Berlin")
    spring, autumn = span_of("day", at("2026-03-29T12:00")), span_of("day", at("2026-10-25T12:00"))
    assert spring.end is not None
    assert autumn.end is not None
    assert (spring.end - spring.begin, autumn.end - autumn.begin) == (23 * 3600, 25 * 3600)
    first, second = at("2026-10-25T01:30") + 3600, at("2026-10-25T01:30") + 7200  # 02:30, twice
    assert span_of("hour", second).begin - span_of("hour", first).begin == 3600


def test_a_midnight_that_there_is_not(zone: pytest.MonkeyPatch) -> None:
    in_zone(zone, "America/Sao_Paulo")  # at which clocks were put forward in 2018
    before, after = at("2018-11-03T23:59:59"), at("2018-11-03T23:59:59") + 1
    assert span_of("day", before).end == after
    assert span_of("day", after).begin == after


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_no_time_is_outside_of_its_period(zone: pytest.MonkeyPatch, name: str) -> None:
    in_zone(zone, name)
    for hour in range(0, 366 * 24, 7):
        now = at("2026-01-01") + hour * 3600 + 1234.5
        for period in ("day", "week", "month"):
            span = span_of(period, now)  # type: ignore[arg-type]
            assert span.has(now)
            assert span.end is not None
            assert span_of(period, span.end).begin == span.end  # type: ignore[arg-type]


# --- what lasts


def test_a_lasting_budget_is_kept_and_taken_back() -> None:
    assert kept_budget.read() == ""
    kept_budget.write("2 USD / day")
    assert [str(one) for one in standing_budgets()] == ["2 USD / day (%chat budget … --always)"]
    assert kept_budget.place().stat().st_mode & 0o077 == 0
    kept_budget.write("")
    assert standing_budgets() == ()
    with pytest.raises(InvalidOptionError):
        kept_budget.write("two dollars")


@pytest.mark.parametrize(
    "data", [b"{", b"[]", b'{"budget": 2}', b'{"budget": "2 EUR"}', b'{"more": 1}', b"\xff"]
)
def test_a_broken_file_stops_everything_until_it_is_written_anew(data: bytes) -> None:
    path: Path = kept_budget.place()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="nothing is asked until it is put right") as caught:
        standing_budgets()
    assert "--always" in str(caught.value)
    kept_budget.write("1 USD")
    assert kept_budget.read() == "1 USD"


@pytest.mark.skipif(os.name != "posix", reason="files have no modes")
def test_a_file_that_others_can_write_is_not_believed() -> None:
    kept_budget.write("1 USD")
    kept_budget.place().chmod(0o666)
    with pytest.raises(ConfigurationError, match="others can write to it"):
        kept_budget.read()


def test_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTEBOOK_CHAT_BUDGET", "2 USD / day; 1M tokens")
    assert [str(one.limit) for one in standing_budgets()] == ["2 USD / day", "1,000,000 tokens"]
    monkeypatch.setenv("NOTEBOOK_CHAT_BUDGET", "two dollars")
    with pytest.raises(InvalidOptionError, match="NOTEBOOK_CHAT_BUDGET: 'two dollars' is no budget"):
        standing_budgets()
