"""How a request differs from one that was recorded, in words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from ..conversation import Draft
from ..ledger import RequestKey
from ..message_digests import message_digests, messages_in
from ..text import single_line

_LONGEST = 60  # characters of what is shown of a value
_MOST_WORDS = 2_000  # of a prompt, which are compared
_MOST_NAMED = 4
_BEGINNING = 2_000  # characters by which prompts are compared first


def nearest(key: RequestKey, others: Iterable[RequestKey]) -> RequestKey | None:
    """The request that is most like one; ``None`` where there is none at all.

    Args:
        key: The request.
        others: The others.
    """
    best: tuple[tuple[float, ...], RequestKey] | None = None
    for other in others:
        likeness = _likeness(key, other)
        if best is None or likeness >= best[0]:
            best = likeness, other
    return best[1] if best is not None else None


def _likeness(key: RequestKey, other: RequestKey) -> tuple[float, ...]:
    same_prompt = key.messages[-1:] == other.messages[-1:]
    if same_prompt or key.prompt == other.prompt:
        ratio = 1.0
    else:
        words, others = key.prompt[:_BEGINNING].split(), other.prompt[:_BEGINNING].split()
        ratio = difflib.SequenceMatcher(None, words, others, autojunk=False).quick_ratio()
    before = sum(one == two for one, two in zip(key.messages[:-1], other.messages[:-1], strict=False))
    same = (
        (key.provider == other.provider)
        + (key.model == other.model)
        + (key.base_url == other.base_url)
        + (key.options == other.options)
        + (len(key.messages) == len(other.messages))
    )
    share = before / max(len(key.messages) - 1, len(other.messages) - 1, 1)
    return (2 * ratio + share + same / 5, ratio)


def differences(key: RequestKey, other: RequestKey, draft: Draft | None = None) -> list[str]:
    """In what a request differs from another one, each in a few words.

    Args:
        key: The request.
        other: The other one.
        draft: The turn that asks, which knows where its messages come from; ``None`` where it is not known.
    """
    found = []
    for name, own, theirs in (
        ("provider", key.provider, other.provider),
        ("model", key.model, other.model),
        ("address", key.base_url, other.base_url),
    ):
        if own != theirs:
            found.append(f"the {name} is {_shown(own)}, not {_shown(theirs)}")
    return [*found, *_of_options(key.options, other.options), *_of_messages(key, other, draft)]


def _of_options(own: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    found = []
    for name in sorted({*own, *theirs}):
        if own.get(name) == theirs.get(name):
            continue
        if name == "tools":
            found += _of_tools(own.get(name) or [], theirs.get(name) or [])
        elif name == "schema":
            kind = "other" if name in own and name in theirs else "one" if name in own else "no"
            found.append(
                {"other": "the schema is another", "one": "it has a schema", "no": "it has no schema"}[kind]
            )
        elif name == "sample":
            found.append("the same model is asked another number of times")
        elif name not in theirs:
            found.append(f"{name} is {_shown(own[name])}, which was not given")
        elif name not in own:
            found.append(f"{name} is not given, which was {_shown(theirs[name])}")
        else:
            found.append(f"{name} is {_shown(own[name])}, not {_shown(theirs[name])}")
    return found


def _of_tools(own: Any, theirs: Any) -> list[str]:
    named, others = dict(_tools(own)), dict(_tools(theirs))
    found = [f"the tool {_shown(name)} is new" for name in named if name not in others]
    found += [f"the tool {_shown(name)} is missing" for name in others if name not in named]
    found += [
        f"the tool {_shown(name)} is another"
        for name in named
        if others.get(name, named[name]) != named[name]
    ]
    return found[:_MOST_NAMED] or ["the order of the tools is another"]


def _tools(given: Any) -> Iterable[tuple[str, Any]]:
    for one in given if isinstance(given, list) else ():
        if isinstance(one, list):
            yield from _tools(one)
        elif isinstance(one, dict):
            yield str(one.get("name") or one.get("server") or "?"), one


def _of_messages(key: RequestKey, other: RequestKey, draft: Draft | None) -> list[str]:
    own, theirs = key.messages, other.messages
    found = []
    if own[:-1] != theirs[:-1]:
        found += _of_earlier(own[:-1], theirs[:-1], draft)
    if own[-1:] != theirs[-1:]:
        words = _words(key.prompt, other.prompt)
        found.append(f"the prompt {words}" if words else "what goes along with the prompt is other")
    return found


def _of_earlier(own: Sequence[str], theirs: Sequence[str], draft: Draft | None) -> list[str]:
    """Which of the messages before the prompt differ first."""
    head = len(draft.head) if draft is not None else 0
    if head and len(own) == len(theirs) and own[head:] == theirs[head:]:
        return ["the system prompt is another"]
    if head and own[head:] == theirs:
        return ["it has a system prompt"]
    if not head and theirs[1:] == own:
        return ["it has no system prompt"]
    same = next(
        (place for place, (one, two) in enumerate(zip(own, theirs, strict=False)) if one != two),
        min(len(own), len(theirs)),
    )
    if same == len(own):
        return [f"it follows {_messages(messages_in(theirs[same:]))} less"]
    if same == len(theirs):
        return [f"it follows {_messages(messages_in(own[same:]))} more"]
    if same < head:
        return ["the system prompt and what follows it are other"]
    if ":" in own[same]:
        return ["an early part of the conversation is other"]
    return [f"{_place(messages_in(own[:same]) - head, draft)} before it is other"]


def _place(number: int, draft: Draft | None) -> str:
    """Where a message behind the system prompt comes from."""
    if draft is not None:
        for place, turn in enumerate(draft.context, start=1):
            count = len(message_digests(turn.messages))
            if number < count:
                shown = single_line(turn.asked)
                what = "the prompt" if number == 0 else "the answer"
                return f"{what} of turn {place} ({_shown(shown)})"
            number -= count
    return f"message {number + 1}"


def _messages(count: int) -> str:
    return "a message" if count == 1 else f"{count:,} messages"


def _words(own: str, theirs: str) -> str:
    """Which words of a prompt differ from another's; empty where none do."""
    mine, other = own.split()[:_MOST_WORDS], theirs.split()[:_MOST_WORDS]
    if mine == other:
        return "" if own == theirs else "differs in blanks, or far down"
    matcher = difflib.SequenceMatcher(None, mine, other, autojunk=False)
    told = []
    for kind, a, b, c, d in matcher.get_opcodes():
        new, old = _shown(" ".join(mine[a:b])), _shown(" ".join(other[c:d]))
        if kind == "replace":
            told.append(f"has {new} where {old} was")
        elif kind == "delete":
            told.append(f"has {new}, which is new")
        elif kind == "insert":
            told.append(f"lacks {old}")
    more = f", and {len(told) - _MOST_NAMED} more places" if len(told) > _MOST_NAMED else ""
    return ", ".join(told[:_MOST_NAMED]) + more


def _shown(value: Any) -> str:
    """A value as a line tells it."""
    text = single_line(value if isinstance(value, str) else repr(value)) or "nothing"
    return (
        f"“{text[: _LONGEST - 1]}…”"
        if len(text) > _LONGEST
        else f"“{text}”"
        if isinstance(value, str)
        else text
    )
