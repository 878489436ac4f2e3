"""How a panel asks what its reader has written, or asks once more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from ..chat import Chat
from ..errors import ChatError
from ..messages import Message, TextPart
from .notices import describe_fault
from .protocol import Regenerate, Send


class Asker:
    """Asks a chat for a panel.

    Args:
        chat: Who is asked, in which conversation.
        system: The system prompt that holds from the next turn on; ``None`` for no change.
        asked: Is called with the model's name when it has been asked.
        tell: Shows the reader a line.
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

    async def ask(self, act: Send | Regenerate, images: Sequence[bytes]) -> None:
        """Asks, and stays until the answer has ended; the views see it through the conversation.

        Args:
            act: What the reader did.
            images: What goes with the prompt, each an encoded image.

        Raises:
            ChatError: The answer failed, or there was none.
        """
        asking: dict[str, Any] = {"cell": "", "images": [], "system": self._system}
        prompt: Message | str
        if isinstance(act, Send):
            prompt, replaced = act.text, act.edits
            asking["images"] = list(images)
        else:
            prompt, replaced = "", act.turn
        if replaced is not None:
            turn = self._chat.conversation.turn_by_id(replaced)
            asking |= {"replaces": replaced, "fresh": turn.fresh, "system": turn.system}
            prompt = turn.prompt if isinstance(act, Regenerate) else _edited(turn.prompt, act.text)
        reply = await asyncio.to_thread(lambda: self._chat.reply(prompt, **asking))
        self._asked(reply.model)
        try:
            async for _ in reply.batches():
                pass
        except ChatError:
            raise
        except Exception as error:  # of a provider from elsewhere
            raise ChatError(describe_fault(error), partial=reply.snapshot.text) from None
        finally:
            if reply.turn is not None:
                if replaced is None:
                    self._system = None  # it holds from this turn on
                if reply.notes:
                    self._tell(" · ".join(reply.notes))


def _edited(prompt: Message, text: str) -> Message:
    """The prompt with another text; its images stay."""
    others = [part for part in prompt.parts if not isinstance(part, TextPart)]
    return msgspec.structs.replace(prompt, content=(TextPart(text), *others) if others else text)
