"""What a panel does for its views: each message goes to the part that it concerns."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from .. import exits, loop_thread
from ..chat import Chat
from ..conversation import Conversation, SentRequests
from ..errors import ChatError, ConfigurationError
from ..residents import Errand
from ..text import replace_surrogates
from . import protocol
from .asking import Asker
from .choices import conversation_names, find_conversation, list_models, subscribe
from .lookups import sent_text, value_names
from .notices import NoticeBoard, describe_fault
from .publisher import Publisher
from .questions import QuestionBoard


class Service:
    """Serves the views of one panel. All of it happens on the private loop, so it goes on while a cell
    computes; what is asked for may come from any thread.

    Args:
        chat: Who is asked, and the conversation.
        send: Sends a message to the views.
        system: The system prompt that holds from the next turn on; ``None`` for no change.
    """

    def __init__(self, chat: Chat, send: Callable[[Any, list[bytes]], None], *, system: str | None) -> None:
        self.chat = chat
        if chat.conversation.sent_requests is None:  # none of a notebook's, for which the session keeps them
            chat.conversation.sent_requests = SentRequests()
        self._done: deque[str] = deque(maxlen=100)  # a view that is not heard at once says it once more
        self._model = ""
        self._notices = NoticeBoard(lambda: self._publisher.wake())
        self._asker = Asker(chat, system=system, asked=self._note_model, tell=self._notices.tell)
        self._boards: set[QuestionBoard] = set()
        self._join(chat.conversation)
        self._publisher = Publisher(chat.conversation, send, self._head)
        self._unsubscribe = subscribe(self._publisher.wake)
        self.refresh()

    @property
    def model(self) -> str:
        """Who is asked, or ``""`` where there is none yet."""
        return self._model

    def use(self, model: str) -> None:
        """Another model answers from now on.

        Raises:
            ConfigurationError: There is none of that name.
        """
        self.chat.model = model
        self.refresh()

    def refresh(self) -> None:
        """Looks anew at what is asked: the model may have been changed by others."""
        try:
            self._model = self.chat.model
        except ConfigurationError as error:
            self._model = ""
            self._notices.tell(str(error), error=True)
        self._publisher.wake()

    def take(self, content: Any, buffers: Sequence[Any]) -> None:
        """Takes a message from a view, in any thread."""
        files = [bytes(buffer) for buffer in buffers]
        loop_thread.post(lambda: self._take(content, files))

    def close(self) -> None:
        """Ends it. An answer on its way goes on: it belongs to the conversation."""
        for board in self._boards:
            board.part(self)
        self._publisher.close()
        self._unsubscribe()

    def use_tools(self, give: Callable[[], Sequence[Any]]) -> None:
        """Has the model have tools, beside those of the chat.

        Args:
            give: Gives them, as ``Chat.reply`` takes them; it is called for each question.
        """
        self._asker.tools = give

    def _join(self, conversation: Conversation) -> None:
        """The readers can be asked what is asked in a conversation, also while another one is shown."""
        board = QuestionBoard.of(conversation)
        self._boards.add(board)
        board.join(self)

    def _head(self) -> dict[str, Any]:
        conversation = self._publisher.conversation
        head = protocol.Head(
            model=replace_surrogates(self._model),
            conversation=replace_surrogates(conversation.name),
            conversations=conversation_names(conversation),
            answering=conversation.busy,
            notice=self._notices.notice,
            question=QuestionBoard.of(conversation).question or msgspec.UNSET,
        )
        told: dict[str, Any] = msgspec.to_builtins(head)
        return told

    def _note_model(self, model: str) -> None:
        self._model = model

    def _take(self, content: Any, files: list[bytes]) -> None:
        try:
            message = protocol.read(content)
        except ChatError as error:
            return self._notices.tell(str(error), error=True)
        match message:
            case protocol.Gone():
                self._publisher.forget(message.view)
            case protocol.Ready() | protocol.Need():
                self._publisher.serve(message)
            case protocol.Complete():
                Errand(self._complete(message))
            case _:
                self._publisher.send(protocol.Ack(message.act))
                if message.act in self._done:
                    return None
                self._done.append(message.act)
                Errand(self._try(message, files))
        return None

    async def _try(self, act: protocol.Act, files: list[bytes]) -> None:
        if not isinstance(act, protocol.ListModels | protocol.ShowSent):
            self._notices.clear()
        try:
            await self._do(act, files)
        except ChatError as error:
            # Where nothing has come the view gets its prompt back.
            self._notices.tell(str(error), error=True, act=None if error.partial else act.act)
        except BaseException as error:
            if not (isinstance(error, Exception) or exits.is_foreign(error)):
                raise
            self._notices.tell(describe_fault(error), error=True, act=act.act)
        self._publisher.wake()

    async def _complete(self, act: protocol.Complete) -> None:
        names = await asyncio.to_thread(value_names, act.text)
        self._publisher.send(protocol.Completions(act.act, names))

    async def _do(self, act: protocol.Act, files: list[bytes]) -> None:
        conversation, tell = self._publisher.conversation, self._notices.tell
        match act:
            case protocol.Send() | protocol.Regenerate() | protocol.Fix():
                await self._asker.ask(act, files)
            case protocol.ShowSent():
                text = await asyncio.to_thread(sent_text, conversation, act.turn)
                self._publisher.send(protocol.SentText(act.turn, text))
            case protocol.Stop():
                conversation.stop()
            case protocol.Decide():
                if not QuestionBoard.of(conversation).decide(act):
                    tell("That has been answered already, or is not asked any more.")
            case protocol.Keep():
                turn = conversation.keep(act.turn, act.answer)
                tell(f"The answer of {turn.model} is in the conversation now.", undo=True)
            case protocol.Delete():
                conversation.delete(act.turn)
                tell("The turn is deleted.", undo=True)
            case protocol.Clear():
                count = conversation.reset()
                tell("Nothing to clear." if not count else "Cleared.", undo=bool(count))
            case protocol.Undo():
                tell("Taken back." if conversation.undo() else "Nothing to take back.")
            case protocol.UseModel():
                self.use(act.name)
            case protocol.ListModels():
                self._publisher.send(protocol.Models(await list_models()))
            case protocol.OpenConversation():
                opened = find_conversation(act.name)
                self._join(opened)
                self._publisher.leave()
                self.chat.conversation = opened
                self._publisher.show(opened)
