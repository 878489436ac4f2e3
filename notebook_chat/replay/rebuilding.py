"""The requests of turns whose records do not tell them, as far as they can be made again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..conversation import Turn
from ..ledger import RequestKey
from ..messages import Message
from ..providers.options import REMEMBERED

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
            options |= {name: value for name, value in turn.options.items() if value is not None}
            messages = (*head, *said, turn.prompt)
            key = RequestKey.of(provider, like.base_url, model, options, messages)
            if key.digest == like.digest != turn.request and "sample" in options:
                # It has given another answer to the same.
                del options["sample"]
                key = RequestKey.of(provider, like.base_url, model, options, messages)
            yield key
        said += turn.messages
