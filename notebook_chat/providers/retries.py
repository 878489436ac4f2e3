"""When to ask again: before the first piece of an answer only, and only for what may pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from .. import errors

_MAY_PASS = (errors.RateLimitError, errors.ServerError, errors.ConnectError, errors.StreamInterruptedError)
_WILL_NOT = (errors.QuotaError, errors.NameResolutionError, errors.TLSError, errors.ProxyError)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and how long, to wait and ask again.

    Parameters:
        attempts: Further requests after the first; 0 for none.
        longest: The longest single wait, in seconds. A service that asks for more fails at once, and its
            error says how long it wants.
    """

    attempts: int = 2
    longest: float = 30.0

    @classmethod
    def checked(cls, value: Any) -> Self:
        """From the ``retries`` option: how many, or ``Retries``.

        Raises:
            InvalidOptionError: It is neither.
        """
        if value is None or isinstance(value, cls):
            return value or cls()
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise errors.InvalidOptionError(f"retries must be a whole number, 0 or more, not {value!r}")
        return cls(attempts=value)

    def delay(self, attempt: int, error: errors.ChatError) -> float | None:
        """How long to wait after the ``attempt``-th request failed, in seconds; ``None`` to give up."""
        if attempt > self.attempts or not isinstance(error, _MAY_PASS) or isinstance(error, _WILL_NOT):
            return None
        if error.retry_after is not None and error.retry_after > self.longest:
            return None
        return max(self.backoff(attempt), error.retry_after or 0.0)

    def backoff(self, attempt: int) -> float:
        """The wait after the ``attempt``-th failure where the service names none, in seconds."""
        from tenacity import AsyncRetrying, RetryCallState, wait_exponential_jitter

        state = RetryCallState(AsyncRetrying(), None, (), {})
        state.attempt_number = attempt
        return wait_exponential_jitter(initial=0.5, max=self.longest, jitter=0.5)(state)
