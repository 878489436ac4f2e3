"""Asking again: bounds, waits and words."""

from __future__ import annotations

import pytest

from notebook_chat import errors
from notebook_chat.attempts import FEWER_TURNS, PASSING_FAILURE, REASONS, Attempts, Reason, RetryPolicy

BUSY = errors.OverloadedError("busy.")


@pytest.mark.parametrize("reason", [reason for reason in REASONS if reason.most], ids=lambda one: one.name)
def test_every_reason_has_its_bound(reason: Reason) -> None:
    attempts = Attempts()
    granted = [attempts.again(reason, BUSY) for _ in range(5)]
    assert [one is not None for one in granted] == [number < (reason.most or 0) for number in range(5)]


def test_reasons_are_counted_apart() -> None:
    attempts = Attempts(RetryPolicy(attempts=1))
    assert attempts.again(FEWER_TURNS, BUSY)
    again = attempts.again(PASSING_FAILURE, errors.RateLimitError("slow {down}.", retry_after=7))
    assert again is not None
    assert (again.notice.text, again.delay) == ("slow {down}; trying again in 7 s", 7)
    assert attempts.again(PASSING_FAILURE, BUSY) is None


def test_waits_double_up_to_the_longest() -> None:
    policy = RetryPolicy(attempts=9, longest=30)
    for attempt, low in enumerate([0.5, 1, 2, 4, 8, 16], start=1):
        waits = [policy.backoff(attempt) for _ in range(50)]
        assert low <= min(waits) <= max(waits) <= low + 0.5
        assert len(set(waits)) > 1
    assert policy.backoff(7) == policy.backoff(5000) == 30


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (BUSY, True),
        (errors.RateLimitError("slow", retry_after=30), True),
        (errors.RateLimitError("slow", retry_after=31), False),
        (errors.ConnectError("refused"), True),
        (errors.StreamInterruptedError("reset"), True),
        (errors.QuotaError("spent"), False),
        (errors.NameResolutionError("unknown"), False),
        (errors.TLSError("untrusted"), False),
        (errors.ProxyError("closed"), False),
        (errors.BadRequestError("wrong"), False),
        (errors.RequestTimeoutError("late"), False),
    ],
)
def test_what_may_pass(error: errors.ChatError, asked: bool) -> None:
    assert (RetryPolicy().delay(1, error) is not None) is asked
    assert RetryPolicy(attempts=0).delay(1, error) is None


@pytest.mark.parametrize("value", [-1, True, 1.5, "2"])
def test_what_is_no_policy_is_refused(value: object) -> None:
    with pytest.raises(errors.InvalidOptionError, match="a whole number"):
        RetryPolicy.checked(value)
    assert RetryPolicy.checked(3) == RetryPolicy(attempts=3)
    assert RetryPolicy.checked(None) == RetryPolicy.checked(RetryPolicy())
