"""What answers in the place of models while a test runs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path

import pytest

from ..chat import Chat
from ..conversation import Draft, Turn
from ..errors import NotRecordedError
from ..events import Event
from ..ledger import Books, Record, RequestKey
from ..prompt.secrets.secret_search import find as find_secrets
from ..providers.base import AsyncGeneratorProvider
from ..replay.differences import differences, nearest
from ..replay.playing import play
from ..replay.record_file import RecordFile
from ..text import single_line
from .chat_calls import ChatCalls
from .provider_calls import recorded_calls

_RECORD = "pytest --chat-record=new asks for it, and records it"
_LONGEST = 70  # characters of a prompt that is named


class ChatReplay:
    """Answers from a file of records, for one test; and records what is asked, where it may be asked.

    Args:
        path: The file of records.
        mode: ``none``: nothing is asked; ``new``: what is not recorded is asked, and recorded; ``all``: everything is.

    Attributes:
        path, mode: As given.
        used: The digests of the requests that were answered or recorded.
        added: How many records were written.
        problems: What went wrong, each in a sentence, also where the code under test has caught it.
    """

    def __init__(self, path: Path, mode: str) -> None:
        self.path = path
        self.mode = mode
        self.used: set[str] = set()
        self.added = 0
        self.problems: list[str] = []
        self._file = RecordFile(path, _secrets)
        self._lock = threading.Lock()

    @property
    def records(self) -> tuple[Record, ...]:
        """All answers that the file has."""
        return tuple(self._file.records())

    @contextlib.contextmanager
    def in_force(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Has every chat and every provider answer from here while a block runs, in whichever thread.

        Args:
            monkeypatch: What puts it in their place.
        """
        with monkeypatch.context() as patch:
            patch.setattr(Chat, "_books", lambda chat, *_: self._books)
            patch.setattr(AsyncGeneratorProvider, "create_async_generator", recorded_calls(self))
            yield

    @property
    def _books(self) -> Books:
        return Books(self, ChatCalls(), recorder=self if self.mode != "none" else None)

    # --- as what chats ask for answers from before

    @property
    def closed(self) -> bool:
        """Whether nothing goes to the network."""
        return self.mode == "none"

    async def find(
        self, key: RequestKey, draft: Draft | None = None, shown: Turn | None = None
    ) -> Record | None:
        """The answer to a request; ``None`` where a service is to be asked.

        Args:
            key: The request.
            draft: The turn that asks; ``None`` where a provider is called without a chat.
            shown: Without effect.

        Raises:
            NotRecordedError: No service may be asked, and there is no answer from before.
        """
        digest = key.digest
        found = None if self.mode == "all" and digest not in self.used else self._file.find(digest)
        if found is not None:
            with self._lock:
                self.used.add(digest)
            return found
        if self.mode != "none":
            return None
        problem = f"{_named(key)} is not recorded in {self._shown}: {self._difference(key, draft)}"
        self._fail(f"{problem}. {_RECORD}.")
        raise NotRecordedError(problem, hint=f"{_RECORD}.")

    def play(self, record: Record) -> AsyncGenerator[Sequence[Event]]:
        """An answer from before, as events.

        Args:
            record: What ``find`` has given.
        """
        return play(record)

    def model_for(self, typed: str, cell: str | None) -> str | None:
        """Who has answered before what is asked, where nobody is named: it need not be anybody who can be asked here.
        ``None`` where services may be asked, or several have answered.

        Args:
            typed: What is asked.
            cell: Without effect.
        """
        if self.mode != "none":
            return None
        records = [record for record in self.records if record.model]
        same = {record.model for record in records if record.key is not None and record.key.prompt == typed}
        models = same or {record.model for record in records}
        return models.pop() if len(models) == 1 else None

    def foretell(self, key: RequestKey, draft: Draft, shown: Turn | None) -> str:
        """What would become of a request, in words.

        Args:
            key: The request.
            draft: The turn that asks.
            shown: Without effect.
        """
        if self._file.find(key.digest) is not None:
            return f"it would not be sent: {self._shown} has its answer"
        return "" if self.mode != "none" else f"it would not be sent: it is not recorded in {self._shown}"

    def note(self, record: Record) -> None:
        """Records an answer, which has its request with it. It may be called in any thread.

        Args:
            record: The answer.
        """
        with self._lock:
            if record.request in self.used:
                return  # it was answered from here
            self.path.parent.mkdir(parents=True, exist_ok=True)
            problem = self._file.add(record)
            if not problem:
                self.used.add(record.request)
                self.added += 1
        if problem:
            self._fail(problem)

    def _fail(self, problem: str) -> None:
        with self._lock:
            self.problems.append(f"chat_replay: {problem}")

    @property
    def _shown(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"

    def _difference(self, key: RequestKey, draft: Draft | None) -> str:
        """How a request differs from the nearest that is recorded."""
        if self._file.problem:
            return self._file.problem.rstrip(".")
        known = [one for _, one in self._file.keys()]  # noqa: SIM118  it is no mapping
        other = nearest(key, known)
        if other is None:
            return (
                "there are no records yet"
                if not self._file.contents().entries
                else "no record tells its request"
            )
        return "; ".join(differences(key, other, draft)) or "it differs in what is not told"


def unused(path: Path, used: set[str]) -> list[str]:
    """The records of a file that were not used, a line for each.

    Args:
        path: The file.
        used: The digests of the requests that were.
    """
    return [
        f"{path}: {record.request[:10]} {_named(record.key)} ({single_line(record.model)})"
        for record in RecordFile(path).records()
        if record.request not in used
    ]


def _named(key: RequestKey | None) -> str:
    prompt = single_line(key.prompt.strip()) if key is not None else ""
    return (
        repr(prompt if len(prompt) <= _LONGEST else f"{prompt[: _LONGEST - 1]}…") if prompt else "a request"
    )


def _secrets(text: str) -> str:
    """What looks like a secret in a text, in words."""
    return ", ".join(dict.fromkeys(one.label for one in find_secrets(text)))
