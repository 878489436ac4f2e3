"""Conversations: turns in order, and what running one of them again means."""

from .context import DEFAULT_RESERVE, estimate, known_limit
from .journal import Answering, Journal, Origin, Progress
from .sequence import Conversation
from .turns import Draft, Status, Turn
from .watching import Watched

__all__ = [
    "DEFAULT_RESERVE",
    "Answering",
    "Conversation",
    "Draft",
    "Journal",
    "Origin",
    "Progress",
    "Status",
    "Turn",
    "Watched",
    "estimate",
    "known_limit",
]
