"""Why a question would be asked, in a phrase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...conversation import Turn
from ...providers.options import REMEMBERED
from ...text import single_line
from .questions import Question
from .records import Records

_LONGEST = 30  # characters that are shown of a text
_BEFORE = 8  # of them before what differs
_OPTIONS = tuple(name for name in REMEMBERED)


def why_asked(question: Question, past: Turn | None, records: Records) -> str:
    """Why there is no record of a question.

    Args:
        question: The question.
        past: What its cell has asked before; ``None`` for nothing.
        records: The answers from before.
    """
    if past is None:
        told = records.difference(question.keys[0], question.draft)
        return f"there is no record of it: {told}" if told else "there is no record of it"
    if past.asked != question.typed:
        return f"the prompt is edited: {texts(past.asked, question.typed)}"
    models = [one.target.name for one in question.asked]
    had = [one.model for one in past.answers]
    if models != had:
        return f"the model is {', '.join(models)}, and was {', '.join(had)}"
    for asked, answer in zip(question.asked, past.answers, strict=True):
        if told := _options(answer.options, asked.options):
            return told
    if any(one.status != "complete" for one in past.answers):
        return f"its answer is {_incomplete(past)}: only whole ones are taken again"
    if not all(one.request for one in past.answers):
        return "its output does not say which request it answers, as those of earlier versions do not"
    if past.fresh != question.prompt.fresh:
        return "-n is new on its line" if question.prompt.fresh else "-n is gone from its line"
    if told := records.changed(past, question.draft.context):
        return told
    if not past.fresh and past.position > len(question.draft.context):
        return "what stood above it is gone"
    if question.draft.context:
        return "an earlier answer changed: it followed others than stand above it now"
    return records.difference(question.keys[0], question.draft)


def texts(before: str, now: str) -> str:
    """What differs between two texts, in a few words.

    Args:
        before: One.
        now: The other.
    """
    start = 0
    while start < min(len(before), len(now)) and before[start] == now[start]:
        start += 1
    return f"“{_cut(now, start)}”, where “{_cut(before, start)}” was"


def _cut(text: str, place: int) -> str:
    """A text from a little before a place."""
    begin = max(place - _BEFORE, 0) if len(text) > _LONGEST else 0
    told = single_line(text[begin : begin + _LONGEST])
    return "…" * (begin > 0) + told + "…" * (begin + _LONGEST < len(text))


def _options(had: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Which option is not what it was; empty where all are."""
    for name in _OPTIONS:
        before, after = had.get(name), now.get(name)
        if before != after:
            words = ["not given" if value is None else single_line(str(value)) for value in (after, before)]
            return f"{name} is {_cut(words[0], 0)}, and was {_cut(words[1], 0)}"
    return ""


def _incomplete(past: Turn) -> str:
    status = next(one.status for one in past.answers if one.status != "complete")
    return "a stopped one" if status == "stopped" else "one that failed"
