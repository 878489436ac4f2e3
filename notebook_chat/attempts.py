"""Asking again: every reason for it, how often each may be, and what the reader is told.

A service is asked again for these reasons and no others, each counted by an ``Attempts``. A provider asks again only
before the first piece of an answer.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

from . import errors
from .events import Notice

_MAY_PASS = (errors.RateLimitError, errors.ServerError, errors.ConnectError, errors.StreamInterruptedError)
_WILL_NOT = (errors.QuotaError, errors.NameResolutionError, errors.TLSError, errors.ProxyError)

_FIRST_WAIT = 0.5  # seconds; each further one is twice as long
_LONGEST_WORDS = 500  # of a failure, in characters
_JITTER = 0.5  # seconds at most, so that many who failed together do not come back together


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason to ask again.

    Attributes:
        name: What it is called.
        words: What the reader is told; ``{error}`` stands for the failure's message, ``{delay}`` for the seconds
            until the next request.
        most: How often one ask may be asked again for it; ``None`` for as often as the ``RetryPolicy`` says.
    """

    name: str
    words: str
    most: int | None = 1


STALE_CONNECTION = Reason(
    "stale connection", "a connection kept from before had been closed: asking again on a fresh one"
)
"""The service had closed an idle connection just as it was used again. The next request takes a fresh one."""

PASSING_FAILURE = Reason("passing failure", "{error}; trying again in {delay:.0f} s", most=None)
"""A failure that may pass by itself: a rate limit, an overloaded service, a connection that could not be made."""

SIMPLER_REQUEST = Reason("simpler request", "{error}; asking again with a simpler request", most=4)
"""The service refused a field of the request that it can be asked without. It may name one after the other."""

FEWER_TURNS = Reason("fewer turns", "too long for the model: asking again with fewer turns")
"""The conversation is too long for the model. The next request leaves its oldest turns out."""

NO_FIGURES = Reason("no figures", "{error}; asking again without the notebook's figures")
"""The service refused a prompt that figures of the notebook went along with. The next request has no images."""

GOES_ON = Reason("goes on", "the service has paused: asking it to go on", most=10)
"""The service has broken off an answer in the middle of its own work, such as a long search, and wants to be asked on:
what follows is a part of the same answer."""

OTHER_DATA = Reason("other data", "{error}; asking once more, with the error")
"""The answer is not the data that it was asked to be. The next request has it, and what is wrong with it."""

TOOL_RESULTS = Reason("tool results", "giving back what the tools gave", most=100)
"""The model has called tools. The next request has what they gave; a ``ToolUse`` may allow fewer rounds."""

REASONS = (
    STALE_CONNECTION,
    PASSING_FAILURE,
    SIMPLER_REQUEST,
    FEWER_TURNS,
    NO_FIGURES,
    GOES_ON,
    OTHER_DATA,
    TOOL_RESULTS,
)
"""All reasons that there are."""


_IMAGES = re.compile(r"image|vision|multi-?modal", re.IGNORECASE)


def may_mean_images(error: errors.ChatError) -> bool:
    """Whether a service may have refused a request for the images in it; each has words of its own for that.

    Args:
        error: How the request failed.
    """
    if isinstance(error, (errors.ContextLengthError, errors.ContentRefusedError)):
        return False
    if isinstance(error, errors.BadRequestError):
        return True
    return isinstance(error, (errors.ModelNotFoundError, errors.ServerError)) and bool(
        _IMAGES.search(error.message)
    )


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, and how long, to wait and ask again after a failure that may pass.

    Attributes:
        attempts: Further requests after the first; 0 for none.
        longest: The longest single wait, in seconds. A service that asks for more fails at once, and its
            error says how long it wants.
    """

    attempts: int = 2
    longest: float = 30.0

    @classmethod
    def checked(cls, value: Any) -> Self:
        """The policy that the ``retries`` option means.

        Args:
            value: How many further requests; or a policy; or ``None`` for the usual one.

        Raises:
            InvalidOptionError: It is none of these.
        """
        if value is None or isinstance(value, cls):
            return value or cls()
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise errors.InvalidOptionError(f"retries must be a whole number, 0 or more, not {value!r}")
        return cls(attempts=value)

    def delay(self, attempt: int, error: errors.ChatError) -> float | None:
        """How long to wait after a failure.

        Args:
            attempt: How many requests have failed, at least 1.
            error: The failure.

        Returns:
            The wait in seconds; ``None`` where asking again is of no use, or has been done often enough.
        """
        if attempt > self.attempts or not isinstance(error, _MAY_PASS) or isinstance(error, _WILL_NOT):
            return None
        if error.retry_after is not None and not error.retry_after <= self.longest:
            return None
        return max(self.backoff(attempt), error.retry_after or 0.0)

    def backoff(self, attempt: int) -> float:
        """How long to wait where the service does not say, in seconds: 0.5 s after the first failure, twice as long
        after each further one, ``longest`` at most; and up to half a second by chance.

        Args:
            attempt: How many requests have failed, at least 1.
        """
        # The exponent is bounded so that no number of attempts overflows a float.
        wait = _FIRST_WAIT * 2.0 ** min(attempt - 1, 64) + random.uniform(0, _JITTER)
        return min(wait, self.longest)


@dataclass(frozen=True, slots=True)
class Again:
    """That the service will be asked again.

    Attributes:
        reason: Why.
        notice: What the reader is told.
        delay: How long to wait before, in seconds.
    """

    reason: Reason
    notice: Notice
    delay: float = 0.0


class Attempts:
    """Counts how often one ask is asked again, by reason, and says when that is often enough.

    Args:
        policy: How often to ask again after failures that may pass.
    """

    def __init__(self, policy: RetryPolicy | None = None) -> None:
        self._policy = policy or RetryPolicy()
        self._counts: Counter[Reason] = Counter()

    def again(self, reason: Reason, error: errors.ChatError) -> Again | None:
        """Asks for one more request, and counts it where it is granted.

        Args:
            reason: Why the service should be asked again.
            error: How the request before failed.

        Returns:
            What to tell the reader and how long to wait; ``None`` where the failure is the end.
        """
        number = self._counts[reason] + 1
        delay: float | None = 0.0
        if reason.most is None:
            delay = self._policy.delay(number, error)
        elif number > reason.most:
            delay = None
        if delay is None:
            return None
        self._counts[reason] = number
        words = reason.words.format(error=error.message[:_LONGEST_WORDS].rstrip("."), delay=delay)
        return Again(reason, Notice(words), delay)
