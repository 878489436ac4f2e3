"""The answers from before that a notebook has, wherever they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ...conversation import Draft, Turn
from ...ledger import Record, RequestKey
from ...replay.library import Library
from ...replay.replayer import Replayer
from ...store import NotebookFile
from ...text import single_line
from .ledger_reader import LedgerReader

_LONGEST = 40  # characters of a prompt that is quoted


@dataclass(frozen=True)
class Found:
    """An answer from before.

    Attributes:
        record: It.
        source: Where it was found: ``output``, ``file``, ``ledger``.
    """

    record: Record
    source: str


class Records:
    """Answers from before: those of a notebook's outputs, of the record beside it, of the ledger.

    Args:
        file: The notebook.
        library: What has its outputs and its record.
        ledger: The ledger; ``None`` where it does not count.
    """

    def __init__(self, file: NotebookFile, library: Library, ledger: LedgerReader | None) -> None:
        self._file = file
        self._library = library
        self._ledger = ledger

    def find(self, digest: str) -> Found | None:
        """The answer to a request; ``None`` where there is none.

        Args:
            digest: What the request is known by.
        """
        if held := self._library.in_notebooks(digest):
            return Found(held[0], "output")
        for file in self._library.record_files():
            if (record := file.find(digest)) is not None:
                return Found(record, "file")
        if self._ledger is not None:
            known = self._ledger.find(digest).result()
            return Found(known, "ledger") if known is not None and known.exchange else None
        return None

    def keyed(self, like: RequestKey) -> Iterator[tuple[RequestKey, Found]]:
        """The answers whose requests are known, each with its request; of the ledger's, the one that is most like one.

        Args:
            like: A request.
        """
        for file in self._library.record_files():
            for digest, key in file.keys():  # noqa: SIM118  it is no mapping
                if (record := file.find(digest)) is not None:
                    yield key, Found(record, "file")
        if self._ledger is not None:
            known = self._ledger.nearest(like).result()
            if known is not None and known.key is not None:
                yield known.key, Found(known, "ledger")

    def model_for(self, typed: str) -> str | None:
        """Who has answered before what is asked, where nobody is named.

        Args:
            typed: What is asked, as it was typed.
        """
        return self._library.model_for(typed, None)

    def difference(self, key: RequestKey, draft: Draft) -> str:
        """How a request differs from the nearest that is recorded, in a line; empty where none is.

        Args:
            key: The request.
            draft: The turn that asks.
        """
        some = any(self._library.keys()) or any(turns for _, turns in self._library.conversations())
        return Replayer(self._library, "only").nearest_difference(key, draft, None) if some else ""

    def changed(self, turn: Turn, context: Sequence[Turn]) -> str:
        """What of that which was said before a turn of the notebook's outputs is not what is said now, as far as they
        tell; empty where all is.

        Args:
            turn: The turn.
            context: What is said before it now.
        """
        for had, now in zip_longest(self._before(turn), context):
            if now is None:
                return f"what stood above it is gone: {_quoted(had)}"
            if had is None:
                return f"what stands above it is new: {_quoted(now)}"
            if had.asked != now.asked:
                return f"above it stands {_quoted(now)}, where {_quoted(had)} stood"
            if had.answer != now.answer or had.revision > turn.revision:
                return f"an earlier answer changed: that to {_quoted(now)}"
        return ""

    def _before(self, turn: Turn) -> list[Turn]:
        """The turns of the outputs that were said before one of them and went along with it."""
        own = next((one.conversation for one in self._file.stored if one.turn.id == turn.id), "")
        turns = [one.turn for one in self._file.stored if one.conversation == own]
        before = sorted((one for one in turns if one.position < turn.position), key=lambda one: one.position)
        fresh = max((place for place, one in enumerate(before) if one.fresh), default=0)
        return [] if turn.fresh else before[fresh:]


def _quoted(turn: Turn) -> str:
    line = single_line(turn.asked.strip())
    return f"“{line if len(line) <= _LONGEST else f'{line[: _LONGEST - 1]}…'}”"
