"""What a panel does for its views: keeps them up to date, and does what they ask for."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
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
from .feed import Feed, Sent

_SHORTEST = 0.05
_BYTES_PER_SECOND = 200_000
_CHARACTERS_PER_SECOND = 400_000
"""How fast a view can lay out an open block again and again."""

_CHECK_SECONDS = 1.0
"""After how long without a change the views are told which was the last: they notice if they lack it."""

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
        self._send_out = send
        self._system = system
        self._conversation = chat.conversation
        self._feed = Feed(chat.conversation)
        self._views: set[str] = set()
        self._asked: deque[actions.Ready | actions.Need] = deque()
        self._done: deque[str] = deque(maxlen=100)  # a view that is not heard at once says it once more
        self._notice: dict[str, Any] | None = None
        self._model = ""
        self._news = asyncio.Event()
        self._at_once = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch(chat.conversation)
        loaded = session()
        self._forget_session = loaded.watch(self._wake) if loaded is not None else lambda: None
        self.refresh()
        self._serving = runner.submit(self._serve())

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
        self._wake()

    def take(self, content: Any, buffers: Sequence[Any]) -> None:
        """Takes a message from a view, in any thread."""
        images = [bytes(buffer) for buffer in buffers]
        runner.post(lambda: self._take(content, images))

    def close(self) -> None:
        """Ends it. An answer on its way goes on: it belongs to the conversation."""
        self._unwatch()
        self._forget_session()
        self._serving.cancel()

    # --- keeping the views up to date

    def _watch(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._unwatch = conversation.watch(self._wake)

    def _wake(self) -> None:
        if not self._news.is_set():
            runner.post(self._news.set)
        if self._conversation.answering is None and not self._at_once.is_set():
            runner.post(self._at_once.set)

    async def _serve(self) -> None:
        while True:
            try:
                # Whoever has missed the last change has nothing that would tell him so.
                await asyncio.wait_for(self._news.wait(), _CHECK_SECONDS if self._views else None)
            except TimeoutError:
                if self._views:
                    self._send({"type": "check", "number": self._feed.number})
                await self._news.wait()
            self._news.clear()
            self._at_once.clear()
            try:
                size = await self._update()
            except Exception:  # no fault here may end the panel; the next change is tried again
                log.exception("a panel could not be brought up to date")
                size = 0
            await self._pause(size)

    async def _update(self) -> int:
        """Sends what is new and what was asked for; how many bytes that were, about."""
        if not self._views:
            return 0
        self._feed.conversation = self._conversation
        head = self._head()
        size = self._sent(await asyncio.to_thread(self._feed.change, head))
        asked, self._asked = self._asked, deque()  # not before: a fault above must not lose them
        if any(isinstance(request, actions.Ready) for request in asked):
            size += self._sent(await asyncio.to_thread(self._feed.state))
        for request in asked:
            if isinstance(request, actions.Need):
                size += self._sent(await asyncio.to_thread(self._feed.items, request.ids))
        return size

    def _sent(self, message: Sent | None) -> int:
        if message is None:
            return 0
        self._send(message.content, message.buffers)
        return len(msgspec.json.encode(message.content)) + sum(map(len, message.buffers))

    def _send(self, content: Any, buffers: Sequence[bytes] = ()) -> None:
        """Sends a message. One that cannot be sent is as good as lost, which the views notice."""
        try:
            self._send_out(content, list(buffers))
        except Exception:
            log.exception("a message to a panel could not be sent")

    async def _pause(self, size: int) -> None:
        """Waits until the next change may be sent: for less than it takes the eye to notice, for longer
        where much was sent, and not at all when the answer has ended or somebody asked for something."""
        seconds = max(_SHORTEST, size / _BYTES_PER_SECOND, self._feed.weight / _CHARACTERS_PER_SECOND)
        try:
            await asyncio.wait_for(self._at_once.wait(), seconds)
        except TimeoutError:
            return

    def _head(self) -> dict[str, Any]:
        loaded = session()
        names = list(loaded.conversations) if loaded is not None else []
        name = self._conversation.name
        shared = loaded is not None and loaded.conversations.get(name) is self._conversation
        return {
            "model": well_formed(self._model),
            "conversation": name,
            "conversations": names if shared else [],
            "answering": self._conversation.busy,
            "notice": self._notice,
        }

    # --- doing what they ask for

    def _take(self, content: Any, images: list[bytes]) -> None:
        try:
            request = actions.read(content)
        except ChatError as error:
            return self._tell(str(error), error=True)
        match request:
            case actions.Gone():
                self._views.discard(request.view)
            case actions.Ready() | actions.Need():
                if isinstance(request, actions.Ready):
                    self._views.add(request.view)
                self._asked.append(request)
                self._news.set()
                self._at_once.set()
            case _:
                self._send({"type": "ack", "act": request.act})
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
                    self._send({"type": "models", "models": await _models()})
                case actions.OpenConversation():
                    self._open(act.name)
        except ChatError as error:
            # Where nothing has come the view gets its prompt back.
            self._tell(str(error), error=True, act=None if error.partial else act.act)
        except Exception as error:
            self._tell(_fault(error), error=True, act=act.act)
        self._wake()

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
        self._unwatch()
        self.chat.conversation = loaded.conversation(name)
        self._watch(self.chat.conversation)

    def _tell(self, text: str, *, error: bool = False, undo: bool = False, act: str | None = None) -> None:
        """Shows a line to the reader, until the next time something is done."""
        self._notice = {"text": well_formed(text), "error": error, "undo": undo, "act": act}
        self._wake()


def _fault(error: Exception) -> str:
    """What the reader is told of an error that nobody foresaw; the panel goes on."""
    log.error("a panel could not do what it was asked for", exc_info=error)
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
