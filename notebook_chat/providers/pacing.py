"""How requests of providers keep to the pace of their services: their limits, what they weigh, what services say."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager

from .. import errors
from ..events import Usage
from ..governor import Passage, Priority, Service, current_priority, demands_of, service_for
from ..messages import MediaPart
from ..request import HttpRequest
from ..secrets import Secret
from .call import Call, Connection
from .exchange import Batch
from .retry_delay import used_up

_BYTES = 4  # of a request to a token, as a rule
_MEDIUM = 1500  # tokens that an image or a page is taken for
_ANSWER = 1000  # tokens that an answer is taken for where nobody has said how long it may be


class Line:
    """One who asks a service, as often as it takes: each request has a passage of its own, in the place of the first.

    Args:
        provider: The provider's name.
        to: The way to the service.
        model: The model that is asked.
        priority: How urgent it is; ``None`` for that of whoever asks.
    """

    def __init__(self, provider: str, to: Connection, model: str, priority: Priority | None = None) -> None:
        self.name = f"{provider}:{model}"
        self._service: Service = service_for(provider, to.base_url, _keys(to))
        self._demands = demands_of(to.pace, self.name) if to.pace else ()
        self._counts_tokens = any(demand.limit.kind[0] == "tokens" for demand in self._demands)
        self._priority = current_priority() if priority is None else priority
        self._number = self._service.number()

    def passage(self, request: HttpRequest | None = None, call: Call | None = None) -> Passage:
        """The passage of one request.

        Args:
            request: The request.
            call: What it asks; ``None`` where no answer is asked for.
        """
        tokens = 0
        if self._counts_tokens and request is not None and call is not None:
            tokens = estimated(request, call)
        return Passage(self._service, self._number, self._priority, self.name, self._demands, tokens)

    def counted(self, answer: AsyncGenerator[Batch], passage: Passage) -> AsyncGenerator[Batch]:
        """An answer, from which a passage is told how many tokens it has used; the same where nobody counts them.

        Args:
            answer: The answer.
            passage: The passage of its request.
        """
        return _counted(answer, passage) if self._counts_tokens else answer


async def _counted(answer: AsyncGenerator[Batch], passage: Passage) -> AsyncGenerator[Batch]:
    usage: Usage | None = None
    try:
        async with aclosing(answer) as batches:
            async for batch in batches:
                for event in batch:
                    if type(event) is Usage:
                        usage = event if usage is None else usage.merged(event)
                yield batch
    finally:
        total = usage.plausible().total_tokens if usage is not None else None
        if total is not None and total >= 0:
            passage.used(total)


@asynccontextmanager
async def passing(provider: str, to: Connection, within: float) -> AsyncGenerator[None]:
    """Waits for a turn at a service with what is no question, such as for its list of models, and counts it.

    Args:
        provider: The provider's name.
        to: The way to the service.
        within: How long to wait at most, in seconds.

    Raises:
        RequestTimeoutError: It would take longer.
    """
    priority = max(current_priority(), Priority.CALL)
    passage = Line(provider, to, "", priority).passage()
    try:
        if not passage.enter():
            async with aclosing(passage.waiting(within)) as waiting:
                async for _ in waiting:
                    pass
        yield
    except errors.ChatError as error:
        failed(passage, error)
        raise
    finally:
        passage.leave()


def failed(passage: Passage, error: errors.ChatError, *, started: bool = False) -> None:
    """Ends the passage of a request that has failed: where the service asks to wait, all requests to it do.

    Args:
        passage: The passage.
        error: The failure.
        started: Whether something of an answer had come.
    """
    if error.retry_after and isinstance(error, errors.RateLimitError | errors.ServerError):
        passage.pause(error.retry_after)
    if not started:
        passage.used(0)
    passage.leave()


def heed(passage: Passage, headers: Mapping[str, str]) -> None:
    """Has all requests to a service wait until its limits are full again, where an answer says that nothing remains.

    Args:
        passage: The passage of the request.
        headers: The headers of the answer.
    """
    if (seconds := used_up(headers)) is not None:
        passage.pause(seconds)


def estimated(request: HttpRequest, call: Call) -> int:
    """How many tokens a request may use, until it is known: its bytes, and the longest answer that is asked for.

    Args:
        request: The request.
        call: What it asks.
    """
    media = [
        part
        for message in call.messages
        if not isinstance(message.content, str)
        for part in message.content
        if isinstance(part, MediaPart)
    ]
    size = len(request.body or b"") - sum(len(part.data) * 4 // 3 for part in media)
    return max(size, 0) // _BYTES + _MEDIUM * len(media) + int(call.ask.options.get("max_tokens") or _ANSWER)


def _keys(to: Connection) -> list[Secret]:
    """What says in whose name a service is asked."""
    headers = (to.headers[name] for name in sorted(to.headers))
    found = [value for value in headers if isinstance(value, Secret) and not value.public]
    return [to.api_key, *found] if to.api_key else found
