"""How a panel asks what its reader has written, asks once more, or asks about an error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from ..chat import Chat
from ..errors import ChatError
from ..governor import Priority, asking_as
from ..providers.ending_models import ending_news
from ..providers.options import ABILITIES
from ..replay.modes import ANEW
from ..run import Run
from . import requests
from .notices import describe_fault
from .protocol import Fix, Regenerate, Send
from .questions import QuestionBoard
from .requests import Request


class Asker:
    """Asks a chat for a panel.

    Args:
        chat: Who is asked, in which conversation.
        system: The system prompt that holds from the next turn on; ``None`` for no change.
        asked: Is called with the model's name when it has been asked.
        tell: Shows the reader a line.

    Attributes:
        tools: Gives the tools that the model may have run beside those of the chat, for each question anew.
    """

    def __init__(
        self,
        chat: Chat,
        *,
        system: str | None,
        asked: Callable[[str], object],
        tell: Callable[[str], object],
    ) -> None:
        self._chat = chat
        self._system = system
        self._asked = asked
        self._tell = tell
        self._told: set[str] = set()
        self.tools: Callable[[], Sequence[Any]] = tuple

    async def ask(self, act: Send | Regenerate | Fix, files: Sequence[bytes]) -> None:
        """Asks, and stays until the answer has ended; the views see it through the conversation.

        Args:
            act: What the reader did.
            files: What goes with the prompt.

        Raises:
            ChatError: The answer failed, or there was none.
        """
        replaced = act.edits if isinstance(act, Send) else act.turn if isinstance(act, Regenerate) else None
        begun = await asyncio.to_thread(self._begin, act, replaced, files)  # what goes along takes its time
        if begun is None:
            self._tell("There is no error to fix: no cell of this kernel has failed.")
            return
        reply, notes = begun
        self._asked(reply.model)
        try:
            with asking_as(Priority.CELL):
                async for _ in reply.batches():
                    pass
            if reply.expected is not None and reply.expected.error is not None:
                raise reply.expected.error
        except ChatError:
            raise
        except Exception as error:  # of a provider from elsewhere
            raise ChatError(describe_fault(error), partial=reply.snapshot.text) from None
        finally:
            if reply.turn is not None:
                if replaced is None:
                    self._system = None  # it holds from this turn on
                if told := (*notes, *reply.warnings):
                    self._tell(" · ".join(told))

    def _begin(
        self, act: Send | Regenerate | Fix, replaced: str | None, files: Sequence[bytes]
    ) -> tuple[Run, tuple[str, ...]] | None:
        """The answer that is to come, with what the reader is to be told of it; ``None`` where nothing is asked."""
        conversation = self._chat.conversation
        asking: dict[str, Any] = {"cell": "", "system": self._system, "by_hand": requests.disclosure()}
        turn = conversation.turn_by_id(replaced) if replaced is not None else None
        if turn is not None:
            asking |= {"replaces": turn.id, "fresh": turn.fresh, "system": turn.system}
        request: Request | None
        if isinstance(act, Fix):
            request = requests.fix()
        elif turn is None:
            assert isinstance(act, Send)
            request = requests.new_prompt(act, files, conversation)
        else:
            request = requests.edited(act, files, turn) if isinstance(act, Send) else requests.once_more(turn)
        if request is None:
            return None
        if turn is not None:
            # The data that it was to be goes along with the request: that may be out of a file, and is looked at.
            others = ABILITIES.keys() - {"schema"}
            asking |= self._chat.usable({name: turn.options.get(name) for name in others})
        if isinstance(act, Regenerate):
            asking["replay"] = ANEW
        if not isinstance(act, Fix) and (tools := self.tools()):
            asking["tools"] = tools
        chat = self._chat.asking(QuestionBoard.of(conversation))
        reply = chat.reply(request.prompt, **asking, **request.options)
        news = ending_news(reply.model, reply.targets[0].facts, self._told)
        return reply, (*request.notes, *news)
