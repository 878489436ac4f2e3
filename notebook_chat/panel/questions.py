"""What the readers of panels are asked before a tool runs, and what they have answered.

A question belongs to its conversation: all panels and views that show it show the same one. The first answer counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary, ref

from ..conversation import Conversation
from ..errors import InvalidMessagesError
from ..markup.characters import revealed
from ..text import replace_surrogates, single_line
from ..tools import ArgumentsError, Confirmation, Reply
from ..tools import arguments as call_arguments
from .protocol import Decide, Question

MOST = 100_000
"""How much of a call is shown, and of what it would do, in characters. More than that is only allowed once."""

_LONGEST_LINE = 1000

_ORIGINS = {
    "function": "a function",
    "notebook": "looks at the notebook",
    "edit": "changes the notebook",
    "run": "runs code in this kernel",
}


class QuestionBoard:
    """The questions that are open in one conversation, and who can be asked them: a ``Confirmer``.

    Args:
        conversation: The conversation, which is told when there is something new to see.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = ref(conversation)
        self._panels: set[int] = set()
        self._open: dict[str, tuple[Confirmation, Question, asyncio.Future[Reply | None]]] = {}
        self._changing = threading.Lock()

    @staticmethod
    def of(conversation: Conversation) -> QuestionBoard:
        """The one of a conversation."""
        with _making:
            return _BOARDS.setdefault(conversation, QuestionBoard(conversation))

    @property
    def question(self) -> Question | None:
        """What is asked now; ``None`` for nothing."""
        with self._changing:
            return next((shown for _, shown, _ in self._open.values()), None)

    def join(self, panel: object) -> None:
        """A panel is there whose readers can be asked."""
        self._panels.add(id(panel))

    def part(self, panel: object) -> None:
        """A panel is closed. With the last one nobody can be asked any more."""
        self._panels.discard(id(panel))
        if self._panels:
            return
        with self._changing:
            waiting = [future for *_, future in self._open.values()]
        for future in waiting:
            _settle(future, None)

    async def ask(self, confirmation: Confirmation) -> Reply | None:
        """The reader's answer; ``None`` where no panel is open any more."""
        if not self._panels:
            return None
        future: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        shown = await asyncio.to_thread(_shown, confirmation)
        with self._changing:
            self._open[confirmation.id] = confirmation, shown, future
        self._notify()
        try:
            return await future
        finally:
            with self._changing:
                del self._open[confirmation.id]
            self._notify()

    def decide(self, act: Decide) -> bool:
        """Takes a reader's answer, in any thread; whether the question was still open.

        Raises:
            InvalidMessagesError: It is none to this question: the arguments are no JSON object, or it holds for longer
                than it may.
        """
        with self._changing:
            found = self._open.get(act.question)
        if found is None:
            return False
        confirmation, shown, future = found
        if act.yes and act.scope not in shown.scopes:
            raise InvalidMessagesError("this cannot be allowed for so long", hint="Allow it once.")
        changed = _changed(act, confirmation) if act.yes and shown.whole else None
        return _settle(future, Reply(act.yes, act.scope, changed, single_line(act.words[:_LONGEST_LINE])))

    def _notify(self) -> None:
        conversation = self._conversation()
        if conversation is not None:
            conversation.notify()


_BOARDS: WeakKeyDictionary[Conversation, QuestionBoard] = WeakKeyDictionary()
_making = threading.Lock()


def _settle(future: asyncio.Future[Reply | None], reply: Reply | None) -> bool:
    """Gives a question its answer, from any thread, unless it has one; whether it had none."""
    if future.done():
        return False

    def set_result() -> None:
        if not future.done():
            future.set_result(reply)

    with contextlib.suppress(RuntimeError):  # the loop is closed, and who asked gone
        future.get_loop().call_soon_threadsafe(set_result)
    return True


def _changed(act: Decide, confirmation: Confirmation) -> Mapping[str, Any] | None:
    """The arguments that the reader has written; ``None`` where they are those of the call."""
    if act.arguments is None:
        return None
    try:
        arguments = call_arguments.read(act.arguments)
    except ArgumentsError as error:
        raise InvalidMessagesError(str(error), hint="Put them right, or say no.") from None
    return None if arguments == dict(confirmation.arguments) else arguments


def _shown(confirmation: Confirmation) -> Question:
    """A question as its readers see it: text, in which nothing is invisible."""
    arguments, proposal = (
        json_text(confirmation.arguments),
        revealed(replace_surrogates(confirmation.proposal))[0],
    )
    whole = len(arguments) <= MOST and len(proposal) <= MOST
    origin = _ORIGINS.get(confirmation.kind, "")
    if confirmation.server:
        origin = f"of the server {confirmation.server}"
    return Question(
        id=confirmation.id,
        tool=_line(confirmation.tool),
        origin=_line(origin),
        model=_line(confirmation.model),
        why=_line(confirmation.why),
        arguments=_cut(arguments),
        proposal=_cut(proposal),
        scopes=[scope for scope in confirmation.scopes if whole or scope == "once"],
        whole=whole,
    )


def json_text(arguments: Mapping[str, Any]) -> str:
    """Arguments as JSON text to read and to edit: what cannot be seen is written by its number.

    Args:
        arguments: The arguments.
    """
    try:
        text = json.dumps(dict(arguments), ensure_ascii=False, indent=2, default=str)
    except (RecursionError, ValueError):
        text = json.dumps({"arguments": "nested too deeply to be shown"})
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(one if one == "\n" or one.isprintable() else json.dumps(one)[1:-1] for one in text)


def _line(text: str) -> str:
    return single_line(revealed(replace_surrogates(text[:_LONGEST_LINE]))[0])


def _cut(text: str) -> str:
    more = len(text) - MOST
    return text if more <= 0 else f"{text[:MOST]}\n… ({more:,} more characters, which are not shown)"
