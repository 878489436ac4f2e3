"""What a panel does for its views: what they ask for."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from traceback import format_exception
from typing import Any

import msgspec

from .. import runner
from ..chat import Chat
from ..conversation import Conversation
from ..errors import ChatError, ConfigurationError
from ..events import well_formed
from ..keys import redact
from ..messages import Message, TextPart
from ..session import session
from . import actions
from .publisher import Publisher

_MOST_MODELS = 500

log = logging.getLogger(__name__)


class Service:
    """Serves the views of one panel. All of it happens on the private loop, so it goes on while a cell
    computes; what is asked for may come from any thread.

    Parameters:
        chat: Who is asked, and the conversation.
        send: Sends a message to the views.
        system: The system prompt that holds from the next turn on; ``None`` for no change.
    """

    def __init__(self, chat: Chat, send: Callable[[Any, list[bytes]], None], *, system: str | None) -> None:
        self.chat = chat
        self._system = system
        self._done: deque[str] = deque(maxlen=100)  # a view that is not heard at once says it once more
        self._notice: dict[str, Any] | None = None
        self._told = 0
        self._model = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._publisher = Publisher(chat.conversation, send, self._head)
        loaded = session()
        self._forget_session = loaded.watch(self._publisher.wake) if loaded is not None else lambda: None
        self.refresh()

    @property
    def model(self) -> str:
        """Who is asked, or ``""`` where there is none yet."""
        return self._model

    def refresh(self) -> None:
        """Looks anew at what is asked: the model may have been changed by others."""
        try:
            self._model = self.chat.model
        except ConfigurationError as error:
            self._model = ""
            self._tell(str(error), error=True)
        self._publisher.wake()

    def take(self, content: Any, buffers: Sequence[Any]) -> None:
        """Takes a message from a view, in any thread."""
        images = [bytes(buffer) for buffer in buffers]
        runner.post(lambda: self._take(content, images))

    def close(self) -> None:
        """Ends it. An answer on its way goes on: it belongs to the conversation."""
        self._publisher.close()
        self._forget_session()

    @property
    def _conversation(self) -> Conversation:
        return self._publisher.conversation

    def _head(self) -> dict[str, Any]:
        loaded = session()
        names = list(loaded.conversations) if loaded is not None else []
        name = self._conversation.name
        shared = loaded is not None and loaded.conversations.get(name) is self._conversation
        return {
            "model": well_formed(self._model),
            "conversation": well_formed(name),
            "conversations": [well_formed(one) for one in names] if shared else [],
            "answering": self._conversation.busy,
            "notice": self._notice,
        }

    def _take(self, content: Any, images: list[bytes]) -> None:
        try:
            request = actions.read(content)
        except ChatError as error:
            return self._tell(str(error), error=True)
        match request:
            case actions.Gone():
                self._publisher.forget(request.view)
            case actions.Ready() | actions.Need():
                self._publisher.serve(request)
            case _:
                self._publisher.send({"type": "ack", "act": request.act})
                if request.act in self._done:
                    return None
                self._done.append(request.act)
                task = asyncio.get_running_loop().create_task(self._do(request, images))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return None

    async def _do(self, act: actions.Act, images: list[bytes]) -> None:
        conversation = self._conversation
        if not isinstance(act, actions.ListModels):
            self._notice = None
        try:
            match act:
                case actions.Send():
                    await self._ask(act, images)
                case actions.Regenerate():
                    await self._ask(act, [])
                case actions.Stop():
                    conversation.stop()
                case actions.Delete():
                    conversation.delete(act.turn)
                    self._tell("The turn is deleted.", undo=True)
                case actions.Clear():
                    count = conversation.reset()
                    self._tell("Nothing to clear." if not count else "Cleared.", undo=bool(count))
                case actions.Undo():
                    self._tell("Taken back." if conversation.undo() else "Nothing to take back.")
                case actions.UseModel():
                    self.use(act.name)
                case actions.ListModels():
                    self._publisher.send({"type": "models", "models": await _models()})
                case actions.OpenConversation():
                    self._open(act.name)
        except ChatError as error:
            # Where nothing has come the view gets its prompt back.
            self._tell(str(error), error=True, act=None if error.partial else act.act)
        except Exception as error:
            self._tell(_fault(error), error=True, act=act.act)
        self._publisher.wake()

    async def _ask(self, act: actions.Send | actions.Regenerate, images: list[bytes]) -> None:
        """Asks, and stays until the answer has ended; the views see it through the conversation."""
        asking: dict[str, Any] = {"cell": "", "images": images, "system": self._system}
        prompt: Message | str
        if isinstance(act, actions.Send):
            prompt, replaced = act.text, act.edits
        else:
            prompt, replaced = "", act.turn
        if replaced is not None:
            turn = self._conversation.known(replaced)
            asking |= {"replaces": replaced, "fresh": turn.fresh, "system": turn.system}
            prompt = turn.prompt if isinstance(act, actions.Regenerate) else _edited(turn.prompt, act.text)
        reply = await asyncio.to_thread(lambda: self.chat.reply(prompt, **asking))
        self._model = reply.model
        try:
            async for _ in reply.batches():
                pass
        except ChatError:
            raise
        except Exception as error:  # of a provider from elsewhere
            raise ChatError(_fault(error), partial=reply.text) from None
        finally:
            if reply.turn is not None:
                if replaced is None:
                    self._system = None  # it holds from this turn on
                if reply.notes:
                    self._tell(" · ".join(reply.notes))

    def use(self, model: str) -> None:
        """Another model answers from now on.

        Raises:
            ConfigurationError: There is none of that name.
        """
        self.chat.model = model
        self.refresh()

    def _open(self, name: str) -> None:
        loaded = session()
        if loaded is None:
            raise ConfigurationError("there is no notebook here whose conversations could be opened")
        if not name:
            numbered = (f"chat-{number}" for number in range(2, 10_000))
            name = next(free for free in numbered if free not in loaded.conversations)
        conversation = loaded.conversation(name)
        self._publisher.leave()
        self.chat.conversation = conversation
        self._publisher.show(conversation)

    def _tell(self, text: str, *, error: bool = False, undo: bool = False, act: str | None = None) -> None:
        """Shows a line to the reader, until the next time something is done."""
        self._told += 1
        told = {"number": self._told, "text": well_formed(text), "error": error, "undo": undo, "act": act}
        self._notice = told
        self._publisher.wake()


def _fault(error: Exception) -> str:
    """What the reader is told of an error that nobody foresaw; the panel goes on."""
    log.error("a panel could not do what it was asked for\n%s", redact("".join(format_exception(error))))
    return f"{type(error).__name__}: {redact(str(error))}"


def _edited(prompt: Message, text: str) -> Message:
    """The prompt with another text; its images stay."""
    others = [part for part in prompt.parts if not isinstance(part, TextPart)]
    return msgspec.structs.replace(prompt, content=(TextPart(text), *others) if others else text)


async def _models() -> list[str]:
    """The models that can be had now."""
    from ..providers import catalog
    from ..providers.registry import list_providers

    listed = await catalog.models(list_providers())
    names = [
        f"{name}:{model}" for name, models in listed.items() if isinstance(models, list) for model in models
    ]
    return names[:_MOST_MODELS]
