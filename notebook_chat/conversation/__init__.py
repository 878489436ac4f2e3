"""Conversations: turns in order, and what running one of them again means."""

from .admission import Admission, Withheld, admit
from .alternatives import MOST_ANSWERS, Alternative, Status, matching
from .cell_names import base_of, is_lasting, number_of, numbered
from .conversation import Conversation
from .digests import ContextDigests
from .included import Included, PromptLayout
from .journal import Answering, Journal, Journaled, Origin, Progress
from .leniency import finite
from .media_size import TOKENS_PER_IMAGE
from .observable import Observable
from .order import behind, rebased
from .sent_requests import SentRequest, SentRequests
from .token_budget import BYTES_PER_TOKEN, DEFAULT_RESERVE, estimate
from .turns import Draft, Turn, answered, going_out

__all__ = [
    "BYTES_PER_TOKEN",
    "DEFAULT_RESERVE",
    "MOST_ANSWERS",
    "TOKENS_PER_IMAGE",
    "Admission",
    "Alternative",
    "Answering",
    "ContextDigests",
    "Conversation",
    "Draft",
    "Included",
    "Journal",
    "Journaled",
    "Observable",
    "Origin",
    "Progress",
    "PromptLayout",
    "SentRequest",
    "SentRequests",
    "Status",
    "Turn",
    "Withheld",
    "admit",
    "answered",
    "base_of",
    "behind",
    "estimate",
    "finite",
    "going_out",
    "is_lasting",
    "matching",
    "number_of",
    "numbered",
    "rebased",
]
