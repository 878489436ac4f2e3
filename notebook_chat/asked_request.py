"""What the request of a question is known by."""

from __future__ import annotations

from typing import Any

from .conversation import ContextDigests, Draft
from .ledger import RequestKey
from .providers.options import CONNECTION
from .question import Asked


def request_key(asked: Asked, draft: Draft, digests: ContextDigests | None = None) -> RequestKey:
    """What the first request of a question is known by. It does not depend on what is known of the model, nor on how
    much of the conversation it can read: on another machine it is the same.

    Args:
        asked: Who is asked, and how.
        draft: The turn, with all that goes out before it.
        digests: What remembers the digests of the conversation's messages; ``None`` to make them anew.
    """
    target = asked.target
    options = {name: value for name, value in asked.options.items() if name not in CONNECTION}
    if asked.tools is not None:
        options["tools"] = [_tools(source) for source in asked.tools.sources]
    place = getattr(target.provider, "place", None)
    address = place(asked.options)[0] if place is not None else ""
    told = (digests or ContextDigests()).of(draft)
    return RequestKey.of(target.provider.name, address, target.model, options, (draft.prompt,), told)


def _tools(source: Any) -> Any:
    """The tools of a source, as a model is told of them; of a server that would have to be started, its name."""
    if source.known is None:
        return {"server": str(getattr(source, "name", "") or type(source).__name__)}
    return [tool.spec.told for tool in source.known]
