"""The subcommands that look at conversations and take them along."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import exports
from ..conversation import Conversation, Turn
from ..errors import HistoryError, InvalidOptionError
from ..store import Entry, Store, read_notebook
from .output import confirm, show_document, show_table, show_text

if TYPE_CHECKING:
    from .extension import ChatMagics

_MARKS = {"stopped": " (stopped)", "failed": " (incomplete)", "complete": ""}


class Records:
    """Subcommands of ``%chat``; the first line of each one's docstring is its entry in the help.

    Parameters:
        magics: The extension, whose conversations they are about.
    """

    def __init__(self, magics: ChatMagics) -> None:
        self._magics = magics

    def history(self, words: list[str]) -> None:
        """[NAME]: shows the turns of a conversation."""
        conversation = self._named(words)
        if not conversation.turns:
            return show_text("Nothing has been said yet.")
        stale = conversation.stale
        rows = [
            _row(number, turn, turn.id in stale) for number, turn in enumerate(conversation.turns, start=1)
        ]
        return show_table(self._magics.interpreter, ("", "Prompt", "Answer", "Model"), rows)

    def show(self, words: list[str]) -> None:
        """N [NAME]: shows a turn as a whole."""
        number, rest = number_of(words)
        turn = self._named(rest).turn(number)
        show_document(self._magics.interpreter, exports.turn_markdown(turn), exports.turn_html(turn))

    def search(self, words: list[str]) -> None:
        """TEXT: finds turns in all conversations."""
        if not any(word.strip() for word in words):
            raise InvalidOptionError("here comes what to search for")
        rows = [
            [found.name, str(found.number), cut(found.prompt), cut(found.answer), _base(found.notebook)]
            for found in self._store().search(" ".join(words))
        ]
        if not rows:
            return show_text("Nothing found.")
        head = ("Conversation", "", "Prompt", "Answer", "Notebook")
        return show_table(self._magics.interpreter, head, rows)

    def list_(self, words: list[str]) -> None:
        """Lists all conversations, those of other notebooks too."""
        take(words)
        rows = [
            [e.id[:8], e.name, turns(e.turns), _when(e), _base(e.notebook)] for e in self._store().entries()
        ]
        if not rows:
            return show_text("There are no conversations yet.")
        return show_table(self._magics.interpreter, ("Id", "Conversation", "Turns", "Last", "Notebook"), rows)

    def rename(self, words: list[str]) -> None:
        """NAME NEW: calls a conversation otherwise."""
        old, new = take(words, "NAME", "NEW")
        conversation = self._named([old])
        if new in self._magics.conversations:
            raise InvalidOptionError(f"there is a conversation called {new!r}", hint="Choose another name.")
        self._magics.conversations[new] = self._magics.conversations.pop(old)
        conversation.name = new
        self._magics.listed()
        if self._magics.store is not None:
            self._magics.store.rename(conversation.id, new)
        show_text(f"%%chat -c {new} goes on with it.")

    def delete(self, words: list[str]) -> None:
        """NAME or ID [--yes]: forgets a conversation for good; it asks first."""
        sure = "--yes" in words
        [name] = take([word for word in words if word != "--yes"], "NAME or ID")
        here = self._magics.conversations.get(name)
        entry = None if here is not None else self._entry(name)
        id, count = (
            (here.id, len(here)) if here is not None else (entry.id, entry.turns) if entry else ("", 0)
        )
        if not (sure or confirm(f"Delete {name!r} with {turns(count)} for good?")):
            return show_text("It stays.")
        for own in [c for c in self._magics.conversations.values() if c.id == id]:
            if own.busy:
                own.reset()  # which refuses, in words
            own.journal = None
            del self._magics.conversations[own.name]
            self._magics.listed()
        if self._magics.store is not None:
            self._magics.store.delete(id)
        return show_text(f"{name!r} is gone.")

    def export(self, words: list[str]) -> None:
        """FILE.md|.json|.ipynb|.html [NAME]: writes a conversation into a file."""
        if not words:
            raise InvalidOptionError("here comes FILE", hint="Its ending says what to write.")
        conversation = self._named(words[1:])
        exports.write(conversation, Path(words[0]).expanduser())
        show_text(f"{turns(len(conversation))} written to {words[0]}.")

    def import_(self, words: list[str]) -> None:
        """FILE.json: reads a conversation that was exported."""
        [name] = take(words, "FILE.json")
        read = exports.read(Path(name).expanduser())
        there = self._imported(read)
        if there is not None:
            read = there  # the cell runs again
        else:
            read.name = self._free(read.name)
            self._magics.add(read)
            if self._magics.store is not None:
                self._magics.store.save(read)
        show_text(f"{turns(len(read))} read; %%chat -c {read.name} goes on with them.")

    def restore(self, words: list[str]) -> None:
        """[FILE.ipynb]: goes on with the conversations that a notebook's outputs hold."""
        path = Path(take(words, "FILE.ipynb")[0]).expanduser() if words else self._magics.notebook.path
        if path is None:
            raise HistoryError("the front end does not tell which notebook this is", hint="Name its file.")
        file = read_notebook(path)
        if not file.stored:
            raise HistoryError(f"there is no conversation in the outputs of {path.name}")
        told = []
        for copy in file.conversations():
            conversation = self._magics.conversation(copy.name)
            conversation.system = copy.system
            conversation.replace(copy.turns)
            told.append(f"{turns(len(copy))} of {copy.name!r}")
        broken = f" {file.broken} could not be read." if file.broken else ""
        show_text(f"The conversation goes on after {', '.join(told)}.{broken}")

    def _named(self, words: list[str]) -> Conversation:
        if not words:
            return self._magics.conversation()
        [name] = take(words, "NAME")
        if name not in self._magics.conversations:
            names = ", ".join(self._magics.conversations) or "none yet"
            raise InvalidOptionError(f"no conversation is called {name!r}", hint=f"There are: {names}.")
        return self._magics.conversation(name)

    def _store(self) -> Store:
        if self._magics.store is None:
            raise HistoryError("the history is off", hint="%config ChatMagics.history = 'on' keeps one.")
        return self._magics.store

    def _entry(self, id: str) -> Entry:
        found = [entry for entry in self._store().entries() if id and entry.id.startswith(id)]
        if len(found) != 1:
            raise InvalidOptionError(
                f"{'several conversations begin with' if found else 'no conversation is'} {id!r}",
                hint="%chat list has the ids.",
            )
        return found[0]

    def _imported(self, read: Conversation) -> Conversation | None:
        """What became of the same file when it was imported before."""
        ids = {turn.id for turn in read.turns}
        for there in self._magics.conversations.values():
            taken = there.origin == read.origin and ids <= {turn.id for turn in there.turns}
            if taken and there.name.startswith(read.name):
                return there
        return None

    def _free(self, name: str) -> str:
        names = [name, *(f"{name}-{number}" for number in range(2, 10_000))]
        return next(free for free in names if not len(self._magics.conversations.get(free, ())))


def take(words: list[str], *names: str) -> list[str]:
    """The words, when there are as many as there should be."""
    if len(words) != len(names):
        wanted = " ".join(names) or "nothing more"
        raise InvalidOptionError(f"here comes {wanted}, not {' '.join(words) or 'nothing'!r}")
    return words


def turns(count: int) -> str:
    """How many turns, in words."""
    return "1 turn" if count == 1 else f"{count} turns"


def cut(text: str, length: int = 80) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text[: 8 * length].split())
    return line if len(line) <= length else line[: length - 1] + "…"


def number_of(words: list[str]) -> tuple[int, list[str]]:
    """The number of a turn, and the words after it."""
    if not words or not words[0].isdecimal():
        raise InvalidOptionError("here comes the number of a turn", hint="%chat history has them.")
    return int(words[0]), words[1:]


def _row(number: int, turn: Turn, stale: bool) -> list[str]:
    marks = _MARKS[turn.status] + " (stale)" * stale + " (pinned)" * turn.pinned
    return [str(number), cut(turn.prompt.text), cut(turn.answer) + marks, turn.model]


def _when(entry: Entry) -> str:
    from datetime import datetime

    try:
        return datetime.fromtimestamp(entry.updated).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError, TypeError):
        return ""


def _base(notebook: str | None) -> str:
    return Path(notebook).name if notebook else ""
