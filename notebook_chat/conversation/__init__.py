"""Conversations: turns in order, and what running one of them again means."""

from .conversation import Conversation
from .journal import Answering, Journal, Journaled, Origin, Progress
from .observable import Observable
from .token_budget import DEFAULT_RESERVE, estimate
from .turns import Draft, Status, Turn, answered

__all__ = [
    "DEFAULT_RESERVE",
    "Answering",
    "Conversation",
    "Draft",
    "Journal",
    "Journaled",
    "Observable",
    "Origin",
    "Progress",
    "Status",
    "Turn",
    "answered",
    "estimate",
]
