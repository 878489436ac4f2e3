"""How Anthropic's models are asked to think, and what else they take: one table, dated.

It holds what Anthropic's documentation and its client's types (anthropic 2.13.0) said on 30 November 2026. A model that
is not in it is asked as the newest ones are; where the service refuses that, it is asked without.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_EFFORTS = ("low", "medium", "high", "xhigh", "max")


class Manner(NamedTuple):
    """How a model is asked to think.

    Attributes:
        adaptive: Whether it decides by itself how long to think, and is asked for an effort.
        budget: Whether it takes a number of tokens to think with.
        unasked: Whether it thinks without being asked to. What it thinks is then sent only where it is asked for.
        off: What turns its thinking off; empty where nothing does.
        efforts: The words for an effort that it knows; empty where it knows none.
        sampling: Whether it takes ``temperature`` and ``top_p``; ``None`` where that is not known.
        forced: Whether it can be made to call a tool, as far as is known.
        cached_from: From how many tokens on the beginning of a prompt is kept in the service's cache.
    """

    adaptive: bool = True
    budget: bool = False
    unasked: bool = False
    off: str = "disabled"
    efforts: tuple[str, ...] = _EFFORTS
    sampling: bool | None = False
    cached_from: int = 1024
    forced: bool = True


_EARLY = Manner(adaptive=False, budget=True, efforts=(), sampling=True)
_BOTH = Manner(budget=True, efforts=("low", "medium", "high", "max"), sampling=True)
_FIFTH = Manner(unasked=True, cached_from=512)
_ALWAYS = _FIFTH._replace(off="", forced=False)

_MANNERS = {
    "claude-3-7-sonnet": _EARLY,
    "claude-opus-4": _EARLY,
    "claude-opus-4-0": _EARLY,
    "claude-opus-4-1": _EARLY,
    "claude-opus-4-5": _EARLY._replace(cached_from=4096),
    "claude-sonnet-4": _EARLY,
    "claude-sonnet-4-0": _EARLY,
    "claude-sonnet-4-5": _EARLY,
    "claude-haiku-4-5": _EARLY._replace(cached_from=4096),
    "claude-opus-4-6": _BOTH._replace(cached_from=4096),
    "claude-sonnet-4-6": _BOTH,
    "claude-opus-4-7": Manner(),
    "claude-opus-4-8": Manner(),
    "claude-mythos-preview": Manner(unasked=True, off="", forced=False),
    "claude-haiku-5-5": _FIFTH,
    "claude-sonnet-5": _FIFTH,
    "claude-sonnet-5-5": _FIFTH._replace(off="between_tools", forced=False),
    "claude-opus-5": _FIFTH,
    "claude-opus-5-5": _ALWAYS,
    **dict.fromkeys(
        (
            *("claude-fable-5", "claude-fable-5-1", "claude-fable-5-2"),
            *("claude-mythos-5", "claude-mythos-5-1", "claude-mythos-5-2"),
        ),
        _ALWAYS,
    ),
}

_NEWER = Manner(sampling=None)
"""A model of Anthropic's that the table does not know."""

_OTHER = Manner(adaptive=False, budget=True, efforts=(), sampling=None)
"""A model of somebody else's, behind a server that speaks Anthropic's messages: these know the older way."""

_RELEASE = re.compile(r"(-20\d{6}|-latest)?(-v\d{1,2})?\Z")


def manner(model: str) -> Manner:
    """How a model is asked to think.

    Args:
        model: Its name, also with a vendor's before it or the date of its release at the end.
    """
    name = _name(model)
    return _MANNERS.get(name) or (_NEWER if name.startswith("claude") else _OTHER)


def is_known(model: str) -> bool:
    """Whether the table knows a model.

    Args:
        model: Its name.
    """
    return _name(model) in _MANNERS


def _name(model: str) -> str:
    name = model[:200].rpartition("/")[2].lower().partition("@")[0].partition(":")[0]
    name = name[name.find("claude") :] if "claude" in name else name
    return _RELEASE.sub("", name, count=1).replace(".", "-")
