"""What a policy says of the pace, and what services say of what remains."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import errors
from notebook_chat.providers.retry_delay import LONGEST, retry_after, used_up

from ..servers import Answer
from ..tools.test_policy import Machine, machine
from .test_asking import begin, chat, own_services

__all__ = ["begin", "machine", "own_services"]  # fixtures


def test_what_the_policy_says_holds_whatever_a_program_says(begin: Any, machine: Machine) -> None:
    server = begin(Answer("a"))
    machine.says('[pace]\nopenai = "1 requests / hour"')
    assert chat(server).ask("x") == "a"
    for pace in (None, "", "9 at once", {"openai": "99 rpm"}):
        with pytest.raises(errors.RequestTimeoutError, match="1 request an hour"):
            chat(server, pace, timeout=0.1).ask("x")
    machine.says('[pace]\nopenai = "2 requests / hour"')  # which counts at once
    assert chat(server).ask("x") == "a"
    assert len(server.requests) == 2


@pytest.mark.parametrize("text", ['[pace]\nopenai = "fast"', "[pace]\nopenai = 60", 'pace = "60 rpm"'])
def test_a_pace_that_is_not_understood_stops_everything(begin: Any, machine: Machine, text: str) -> None:
    machine.says(text)
    with pytest.raises(errors.ConfigurationError, match=r"policy of this machine.*not usable"):
        chat(begin(Answer("a"))).ask("x")


NAMES = st.sampled_from(
    [
        *("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "x-ratelimit-remaining-tokens"),
        *(
            "x-ratelimit-reset-tokens",
            "anthropic-ratelimit-tokens-remaining",
            "anthropic-ratelimit-tokens-reset",
        ),
        *(
            "ratelimit-remaining",
            "ratelimit-reset",
            "x-ratelimit-remaining",
            "x-ratelimit-reset",
            "retry-after",
        ),
    ]
)
VALUES = st.text(max_size=30) | st.sampled_from(
    ["0", "1", "-1", "1e400", "nan", "6m0s", "1ms", "2026-12-01T00:00:00Z"]
)


@given(st.dictionaries(NAMES, VALUES))
def test_whatever_a_service_says(headers: dict[str, str]) -> None:
    for seconds in (used_up(headers), retry_after(headers)):
        assert seconds is None or 0 <= seconds <= LONGEST


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("6m0s", 360),
        ("1m2.5s", 62.5),
        ("120ms", 0.12),
        ("2", 2),
        ("0", 0),
        ("1h", 3600),
        ("soon", None),
        ("", None),
    ],
)
def test_when_a_limit_is_full_again(reset: str, seconds: float | None) -> None:
    headers = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": reset}
    assert used_up(headers) == (seconds if seconds is None else pytest.approx(seconds))
    assert used_up(headers | {"x-ratelimit-remaining-tokens": "1"}) is None
    assert not math.isnan(used_up(headers) or 0)
