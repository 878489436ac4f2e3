"""What a service has refused of a request in Anthropic's dialect, by the words of its refusal."""

from __future__ import annotations

import re

REPLAYS = "replays"
"""Earlier answers in the vendor's own form."""

EFFORT = "effort"
"""How hard to think."""

DISPLAY = "display"
"""That thoughts are to be shown."""

CACHING = "caching"
"""That the beginning of the conversation is to be kept."""

NEWEST_SEARCH = "newest search"
"""The newest form of the web search, in place of the oldest."""

CITATIONS = "citations"
"""That the answer is to refer to the documents that were sent along."""

STAND_INS = "stand-ins"
"""That tools which were used earlier need not be given any more: left out by giving something in their place."""

UNASKED = frozenset({CACHING, CITATIONS, DISPLAY})
"""What is sent without anybody having asked for it. Where a server in the place of Anthropic's own refuses anything,
all of it is left out: it may know as little of the rest."""

_WORDS = (
    (STAND_INS, r"must define (?:the )?tools|\btools\b.{0,40}must be (?:defined|provided)"),
    (
        REPLAYS,
        r"signature|redacted_thinking|thinking\W{1,6}block|different conversation|encrypted_(?:content|index|stdout)"
        r"|server_tool_use|tool_result|file_id|messages\.\d{1,6}\.content\.\d{1,6}\.(?:thinking|type)",
    ),
    (CACHING, r"cache_control"),
    (NEWEST_SEARCH, r"web_search|web search|code_execution|code execution"),
    (CITATIONS, r"citations"),
    (DISPLAY, r"\bdisplay\b"),
    (EFFORT, r"\bthinking\b|\beffort\b|output_config|budget_tokens"),
    ("top_p", r"\btop_p\b.{0,200}\b(?:not|cannot|deprecated|unsupported|only)\b"),
    ("temperature", r"\btemperature\b.{0,200}\b(?:not|cannot|deprecated|unsupported|only)\b"),
    ("stop", r"\bstop_sequences\b.{0,200}\b(?:not|unsupported|only)\b"),
)
_REFUSALS = tuple((name, re.compile(words, re.IGNORECASE | re.DOTALL)) for name, words in _WORDS)
_CHOICE = re.compile(r"tool_?choice|forced tool", re.IGNORECASE)


def is_choice(message: str) -> bool:
    """Whether a service has refused that a tool must be called.

    Args:
        message: What it says.
    """
    return _CHOICE.search(message) is not None


def refused(message: str) -> tuple[str, ...]:
    """What a service may refuse, the likeliest first; empty where its words name nothing that can be left out.

    Args:
        message: What it says.
    """
    return tuple(name for name, words in _REFUSALS if words.search(message))
