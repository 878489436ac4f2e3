"""What a panel looks up for its reader: the names of values, and what went out with a prompt."""

from __future__ import annotations

from ..conversation import Conversation
from ..errors import InvalidMessagesError
from ..outgoing import forgotten, went_out
from ..prompt.completion import offer
from ..session import hidden_names, namespace
from ..text import replace_surrogates

_MOST_NAMES = 50
_LONGEST_NAME = 200


def value_names(prompt: str) -> list[str]:
    """The values that a prompt may name where it ends, each as it may stand behind the brace; none where anything is
    wrong: while somebody writes, nothing may be told.

    Args:
        prompt: What is written, up to the cursor.
    """
    try:
        names = offer(prompt, namespace() or {}, hidden_names()).paths(_MOST_NAMES)
    except Exception:
        return []
    return [name for name in names if len(name) <= _LONGEST_NAME and name == replace_surrogates(name)]


def sent_text(conversation: Conversation, turn: str) -> str:
    """What went out with a turn's prompt, as text.

    Args:
        conversation: The turn's.
        turn: Its id.

    Raises:
        InvalidMessagesError: That is not known any more.
    """
    kept = conversation.sent_requests
    requests = kept.of_turn(turn) if kept is not None else ()
    if not requests:
        raise InvalidMessagesError(forgotten("this prompt"), hint="")
    return replace_surrogates(went_out(requests).text)
