"""The requests of turns whose records do not tell them, as far as they can be made again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..conversation import Turn
from ..ledger import RequestKey
from ..messages import Message
from ..providers.options import FRACTIONS, REMEMBERED

_MOST = 400
"""Of how many turns requests are made again."""


def rebuilt(system: str | None, turns: Sequence[Turn], like: RequestKey) -> Iterator[RequestKey]:
    """The requests that turns answer, made from the turns before them.

    Args:
        system: The system prompt, until a turn says another.
        turns: The turns, in order.
        like: A request whose address and options count where the turns do not tell theirs.
    """
    said: list[Message] = []
    in_force = system
    for turn in turns[-_MOST:]:
        if turn.fresh:
            said, in_force = [], system
        in_force = turn.system if turn.system is not None else in_force
        if turn.request:
            head = [Message("system", in_force)] if in_force else []
            provider, _, model = turn.model.partition(":")
            options = {name: value for name, value in like.options.items() if name not in REMEMBERED}
            options |= {
                name: _asked(name, value) for name, value in turn.options.items() if value is not None
            }
            yield RequestKey.of(provider, like.base_url, model, options, (*head, *said, turn.prompt))
        said += turn.messages


def _asked(name: str, value: Any) -> Any:
    """The value of an option as a request has it. A notebook's file has no 0.0: there it is 0."""
    return float(value) if name in FRACTIONS and type(value) is int else value
