"""What was allowed in this kernel, and is forgotten with it."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections import Counter, OrderedDict
from dataclasses import dataclass, field

from ...conversation import Conversation
from ..tool import Tool
from .rules import Rule

_MOST = 1000  # turns and tools that are remembered


@dataclass
class _Granted:
    """Rules of a conversation, and the turns by which it is known to be the same one: those that were there when they
    were made, and what has come since."""

    rules: tuple[Rule, ...] = ()
    turns: set[str] = field(default_factory=set)


class Grants:
    """The rules of conversations, what was refused for a whole answer, and which tools were met. All methods may be
    called from any thread."""

    def __init__(self) -> None:
        self._granted: dict[str, _Granted] = {}
        self._refused: OrderedDict[str, None] = OrderedDict()
        self._calls: Counter[str] = Counter()
        self._met: OrderedDict[tuple[str, str, str], Tool] = OrderedDict()
        self._locks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = (
            weakref.WeakKeyDictionary()
        )
        self._guard = threading.Lock()

    def lock(self) -> asyncio.Lock:
        """What lets one question be asked after the other, on the loop that runs here."""
        with self._guard:
            return self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())

    def rules(self, conversation: Conversation) -> tuple[Rule, ...]:
        """The rules of a conversation; none once all turns are gone that it had when they were made."""
        with self._guard:
            granted = self._granted.get(conversation.id)
            if granted is None:
                return ()
            here = _turns(conversation)
            if granted.turns and not granted.turns & here:
                return ()
            granted.turns |= here
            return granted.rules

    def change(self, conversation: Conversation, rules: tuple[Rule, ...]) -> None:
        """Gives a conversation other rules."""
        with self._guard:
            self._granted[conversation.id] = _Granted(rules, _turns(conversation))

    def refuse_rest(self, conversation: Conversation) -> None:
        """Has all further calls refused of the answer that is coming in a conversation."""
        if answer := answer_of(conversation):
            with self._guard:
                self._refused[answer] = None
                if len(self._refused) > _MOST:
                    self._refused.popitem(last=False)

    def refuses(self, conversation: Conversation) -> bool:
        """Whether all further calls of the answer are refused that is coming in a conversation."""
        return answer_of(conversation) in self._refused

    def count(self, conversation: Conversation) -> int:
        """Counts a call of the answer that is coming in a conversation; how many there were."""
        with self._guard:
            if len(self._calls) > _MOST:
                self._calls.clear()
            self._calls[answer_of(conversation)] += 1
            return self._calls[answer_of(conversation)]

    def meet(self, tool: Tool) -> None:
        """Remembers a tool that was called."""
        with self._guard:
            self._met[tool.kind, tool.home, tool.name] = tool
            if len(self._met) > _MOST:
                self._met.popitem(last=False)

    @property
    def met(self) -> tuple[Tool, ...]:
        """The tools that were called in this kernel."""
        with self._guard:
            return tuple(self._met.values())


def answer_of(conversation: Conversation) -> str:
    """The id of the answer that is coming in a conversation; ``""`` where none is."""
    answering = conversation.answering
    return answering.draft.id if answering is not None else ""


def _turns(conversation: Conversation) -> set[str]:
    return {turn.id for turn in conversation.turns} | ({answer_of(conversation)} - {""})
