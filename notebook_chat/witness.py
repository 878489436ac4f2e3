"""What goes out with an answer, kept for the reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .conversation import Conversation, Draft, SentRequest
from .ledger import Account
from .messages import Message
from .question import Target
from .request import HttpRequest
from .transport import RecordingTransport


def witness(
    conversation: Conversation,
    target: Target,
    draft: Draft,
    messages: Sequence[Message],
    options: dict[str, Any],
    notes: Sequence[str],
    account: Account | None = None,
) -> None:
    """Has what goes out kept, where the conversation has a place for it, and put to its account.

    Args:
        conversation: Where the turn belongs.
        target: Who is asked.
        draft: The turn.
        messages: The messages that go out.
        options: The options of the request; the way to the network among them is replaced by one that is looked at.
        notes: What the reader should know of what goes out.
        account: The account of the exchange; ``None`` where there is none.
    """
    kept = conversation.sent_requests
    if kept is None and account is None:
        return

    def sent(request: HttpRequest | None = None) -> Callable[[int], object]:
        answered = [] if account is None else [account.left(request)]
        if kept is not None and (
            request is None or request.body is not None
        ):  # a list of models has nothing of the prompt
            one = SentRequest(draft.id, target.name, tuple(messages), tuple(notes))
            if request is not None:
                one.see(request)
            kept.note(conversation, one)
            answered.append(partial(setattr, one, "status"))
        return lambda status: [told(status) for told in answered]

    if target.provider.takes_transport:
        options["transport"] = RecordingTransport(options.get("transport"), sent)
    else:
        sent()
