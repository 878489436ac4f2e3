"""Conversations by their names, and in the history."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import InvalidOptionError
from .history import History

# What a conversation is made of is loaded with the first one: loading the extension is to cost little.
if TYPE_CHECKING:
    from ..conversation import Conversation, Observable, SentRequests
    from ..store import Entry

LONGEST_NAME = 200
"""How long a conversation's name can be, in characters."""

_UNUSABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, halves of pairs, ends of lines

DEFAULT = "default"
"""The name of the conversation of a cell that names none."""

_ERASED_SECONDS = 15.0


class NamedConversations:
    """Conversations by their names, kept in the history. Of notebooks and cells it knows nothing: a subclass may,
    and bring the conversations up to date before one is given.

    Args:
        history: Where they are kept on the disk.
        system: The system prompt of new conversations; ``""`` for none.

    Attributes:
        disclosure: Gives what looks at prompts for secrets before they go out; whoever opens the session sets it.
        find_tools: Gives the source of the tools that a name means, such as ``notebook``; set likewise.
        permit: Gives who decides about calls of tools; set likewise.
        books: Gives what is done about the exchanges of a conversation besides asking; set likewise.
        private: Gives what no tool is to tell of unasked, as ``tools.permissions.Private``; set likewise.
        fix: Gives what is to be asked about the last error, a ``FixRequest``, or ``None`` where there is none; set
            likewise.
    """

    disclosure: Callable[[], Any] | None = None
    find_tools: Callable[[str], Any] | None = None
    permit: Callable[[], Any] | None = None
    books: Callable[[Conversation], Any] | None = None
    private: Callable[[], Any] | None = None
    fix: Callable[[], Any] | None = None

    def __init__(self, history: History, system: str = "") -> None:
        self.history = history
        self.system = system
        self._conversations: dict[str, Conversation] = {}

    @property
    def notebook(self) -> Path | None:
        """The notebook that they are had in, as far as it is known."""
        return None

    def resume(self) -> None:
        """Goes on with what was left off with, where there is something."""

    def _come_up_to_date(self) -> None:
        self.resume()

    @property
    def conversations(self) -> Mapping[str, Conversation]:
        """The conversations by their names: those that are there by now, and no more."""
        return MappingProxyType(self._conversations)

    def conversation(self, name: str = DEFAULT) -> Conversation:
        """The conversation of a name; it is there from its first mention on.

        Raises:
            InvalidOptionError: There is none yet, and none can be called so.
        """
        self._come_up_to_date()
        if name not in self._conversations:
            check_name(name)
            from ..conversation import Conversation

            self._add(Conversation(name, system=self.system or None))
        conversation = self._conversations[name]
        conversation.sent_requests = self._sent_requests
        return conversation

    def named(self, name: str | None) -> Conversation:
        """The conversation of a name that must be there; ``None`` for the default one.

        Raises:
            InvalidOptionError: There is no conversation of that name; it says which there are.
        """
        self._come_up_to_date()
        if name is not None and name not in self._conversations:
            names = ", ".join(self._conversations) or "none yet"
            raise InvalidOptionError(f"no conversation is called {name!r}", hint=f"There are: {names}.")
        return self.conversation(name or DEFAULT)

    def subscribe(self, changed: Callable[[], object]) -> Callable[[], None]:
        """Has ``changed`` called when conversations are added, deleted or renamed.

        Args:
            changed: As in ``Observable.subscribe``.

        Returns:
            What ends that.
        """
        return self._changes.subscribe(changed)

    def rename(self, name: str, new: str) -> None:
        """Gives a conversation another name.

        Raises:
            InvalidOptionError: There is none of that name, there is one of the other name already, or none can be
                called so.
        """
        conversation = self.named(name)
        check_name(new)
        if new in self._conversations:
            raise name_taken(new)
        self._conversations[new] = self._conversations.pop(name)
        conversation.name = new
        self._changes.notify()
        if self.history.store is not None:
            self.history.store.rename(conversation.id, new)

    def locate(self, name: str) -> tuple[str, int]:
        """Finds a conversation by its name here, or in the whole history by the beginning of its id.

        Returns:
            Its id, and how many turns it has.

        Raises:
            InvalidOptionError: There is none, or ids of several begin so.
            HistoryError: It is not here, and the history is off or cannot be read.
        """
        self.resume()
        here = self._conversations.get(name)
        if here is not None:
            return here.id, len(here)
        found = self._entry(name)
        return found.id, found.turns

    def _entry(self, id: str) -> Entry:
        """The conversation of the history whose id begins so."""
        found = [entry for entry in self.history.require().entries() if id and entry.id.startswith(id)]
        if len(found) != 1:
            raise InvalidOptionError(
                f"the ids of several conversations begin with {id!r}"
                if found
                else f"no conversation has the name or id {id!r}",
                hint="%chat list has the ids.",
            )
        return found[0]

    def delete(self, id: str) -> bool:
        """Deletes a conversation for good, here and in the history.

        Args:
            id: Its id, as ``locate`` gives it.

        Returns:
            Whether nothing of it is left in the files of the history and the ledger. Else another program holds one,
            and what is left goes as soon as it is free.

        Raises:
            ConversationBusyError: An answer is coming in it.
        """
        turns: set[str] = set()
        for own in [here for here in self._conversations.values() if here.id == id]:
            turns |= {turn.id for turn in own.turns}
            own.erase()
            del self._conversations[own.name]
            self._changes.notify()
        erased = self.history.forget_contents(id, turns)
        store = self.history.store
        if store is None:
            return erased
        with contextlib.suppress(TimeoutError):
            store.delete(id).result(_ERASED_SECONDS)
        return erased and not store.erasing

    def take_in(self, read: Conversation) -> Conversation:
        """Takes a conversation from elsewhere in, under its name or a numbered one that is free.

        Args:
            read: The conversation.

        Returns:
            The conversation to go on with: ``read``, or what became of it when it was taken in before.
        """
        self.resume()
        read.name = usable_name(read.name)
        ids = {turn.id for turn in read.turns}
        for there in self._conversations.values():
            taken = there.origin == read.origin and ids <= {turn.id for turn in there.turns}
            if taken and there.name.startswith(read.name):
                return there
        names = (read.name, *(f"{read.name}-{number}" for number in range(2, 10_000)))
        read.name = next(free for free in names if not len(self._conversations.get(free, ())))
        self._add(read, save=True)
        return read

    def begin_from(self, source: Conversation, name: str, count: int) -> Conversation:
        """Begins a conversation that goes another way than one that is there, under a name or a numbered one that is
        free. Where that was done before, what came of it is forgotten, which ``undo`` brings back.

        Args:
            source: The one that is there.
            name: What it is called; what a name cannot have is replaced.
            count: With how many turns of the other it begins.
        """
        import msgspec

        from ..conversation import Conversation, Origin

        own = usable_name(name)
        turns = [msgspec.structs.replace(turn, cell=None) for turn in source.turns[:count]]
        origin = Origin(source.id, turns[-1].position if turns else -1)
        for free in (own, *(f"{own[: LONGEST_NAME - 5]}-{number}" for number in range(2, 10_000))):
            there = self._conversations.get(free)
            if there is None:
                self._add(Conversation(free, system=source.system, turns=turns, origin=origin), save=True)
                return self.conversation(free)
            if there.origin is not None and there.origin.id == source.id and not there.busy:
                there.origin, there.system = origin, source.system
                there.replace(turns)
                return self.conversation(free)
        raise name_taken(own)

    @cached_property
    def _sent_requests(self) -> SentRequests:
        from ..conversation import SentRequests

        return SentRequests()

    @cached_property
    def _changes(self) -> Observable:
        from ..conversation import Observable

        return Observable()

    def _add(self, conversation: Conversation, *, save: bool = False) -> None:
        self.history.keep(conversation, self.notebook, save=save)
        self._conversations[conversation.name] = conversation
        self._changes.notify()


def check_name(name: str) -> None:
    """Sees to it that a conversation can be called so: that it can be kept, written on a line, and read there.

    Raises:
        InvalidOptionError: It cannot.
    """
    if not isinstance(name, str):
        raise InvalidOptionError(f"a conversation's name must be a text, not {type(name).__name__}")
    if usable_name(name) != name:
        shown = usable_name(name)
        raise InvalidOptionError(
            f"no conversation can be called so: {shown!r} is what could be made of it"
            if name.strip()
            else "a conversation's name cannot be empty",
            hint=f"Choose a name of at most {LONGEST_NAME} characters in one line.",
        )


def usable_name(name: str) -> str:
    """The nearest name that a conversation can have: in one line, without control characters, not too long."""
    line = "".join(
        one if unicodedata.category(one) not in _UNUSABLE else "\ufffd" for one in name[:LONGEST_NAME]
    )
    return line if line.strip() else "unnamed"


def name_taken(name: str) -> InvalidOptionError:
    """That a conversation has a name already."""
    return InvalidOptionError(f"there is a conversation called {name!r}", hint="Choose another name.")
