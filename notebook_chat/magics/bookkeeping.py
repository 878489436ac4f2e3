"""What is done in a notebook about its exchanges besides asking: answers from before, and the accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ledger import Books
from ..ledger.bounds import Bounds
from ..spending.prices import cost_of

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..session import NotebookSession
    from .settings import Settings


def books_of(session: NotebookSession, settings: Settings, conversation: Conversation) -> Books:
    """The books of a conversation, as the notebook's settings have them.

    Args:
        session: The notebook's session.
        settings: The settings.
        conversation: The conversation.
    """
    session.ledger.keep_within(Bounds(settings.ledger_days, settings.ledger_megabytes))
    accounts = session.ledger.accounts(cost_of, contents=session.history.on)
    return Books(None, accounts, str(session.notebook or ""))
