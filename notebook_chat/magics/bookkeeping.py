"""What is done in a notebook about its exchanges besides asking: answers from before, and the accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ledger import Books
from ..ledger.bounds import Bounds
from ..replay.modes import ANEW, mode_in_force
from ..spending.prices import cost_of

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..session import NotebookSession
    from .settings import Settings


def books_of(
    session: NotebookSession,
    settings: Settings,
    conversation: Conversation,
    *,
    replay: str | None = None,
    record: Any = None,
) -> Books:
    """The books of a conversation, as the notebook's settings have them.

    Args:
        session: The notebook's session.
        settings: The settings.
        conversation: The conversation.
        replay: How answers from before are used, where whoever asks says so; ``ANEW`` for another answer than there is.
        record: The file of records, where whoever asks says so.

    Raises:
        InvalidOptionError: A setting is not usable.
    """
    set_mode = mode_in_force(settings.replay)
    mode: Any = mode_in_force(replay, set_mode) if replay != ANEW else ANEW
    if replay is None and mode == "keep":
        mode = "off"  # which is about what cells show
    answers = settings.answers
    library = writer = replayer = None
    if record is not None:
        library, writer = answers.given(record)
    elif answers.writes:
        writer = answers.writer
    if mode != "off":
        from ..replay.replayer import Replayer

        pace: Any = settings.replay_pace
        replayer = Replayer(library or answers.library, mode, pace, only=set_mode == "only")
    session.ledger.keep_within(Bounds(settings.ledger_days, settings.ledger_megabytes))
    accounts = session.ledger.accounts(cost_of, contents=session.history.on)
    return Books(replayer, accounts, str(session.notebook or ""), writer)
