"""Several answers to one question, next to each other in one output."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Protocol

from ..answer import AnswerSnapshot
from ..conversation import Turn
from ..errors import ChatError
from ..text import printable, replace_surrogates, single_line
from .base import Summary, uninterrupted
from .display import DisplayRenderer, Publish, publish_display
from .parts import ALARM, QUIET

_BYTES_PER_SECOND = 36_000  # a little less than one alone, so that several cost no more than they would apart
_SHORTEST = 0.05  # seconds between two updates

_NO_MATH = "mathjax_ignore tex2jax_ignore"
_ROW = "display:flex;flex-wrap:wrap;gap:.8em 2em;align-items:flex-start"
_COLUMN = "flex:1 1 18em;min-width:0;max-width:100%"
_HEAD = "margin-bottom:.4em;border-bottom:1px solid var(--jp-border-color2,var(--vscode-panel-border,#8886))"


class Answering(Protocol):
    """One of several models, and how far its answer has come."""

    @property
    def model(self) -> str: ...
    @property
    def snapshot(self) -> AnswerSnapshot: ...
    @property
    def warnings(self) -> Sequence[str]: ...
    @property
    def turn(self) -> Summary | None: ...
    @property
    def error(self) -> ChatError | None: ...
    @property
    def ended(self) -> bool: ...
    @property
    def place(self) -> int | None: ...


class _Column:
    """A column: what shows its answer publishes into it, and does so as often as it would if it stood alone."""

    def __init__(
        self,
        answering: Answering,
        make: Callable[[Any, Publish, Callable[[], Sequence[str]]], DisplayRenderer],
    ) -> None:
        self.answering = answering
        self.data: Mapping[str, str] = {}
        self.fresh = False  # whether there is something in it that has not been sent
        self.began = False
        self.finished = False
        self.beside: list[dict[str, Any]] = []  # outputs of its own that are to be sent after the columns
        self.common: Sequence[str] = ()  # notes that stand beneath all columns
        self.renderer = make(answering, self._take, self._notes)

    @property
    def head(self) -> str:
        """Who answers; with the number of the answer, once it has one."""
        place = self.answering.place
        number = "" if place is None else f"{place + 1} · "
        return single_line(replace_surrogates(f"{number}{self.answering.model}"))

    def show(self) -> bool:
        """Shows what has come; whether that is the first of it."""
        if self.finished:
            return False
        snapshot = self.answering.snapshot
        first = not self.began and snapshot.size > 0
        self.began = self.began or first
        self.renderer.show(snapshot)
        if self.answering.ended:
            self.finish()
        return first

    def catch_up(self) -> None:
        """Shows what has come, at once."""
        if not self.finished:
            self.renderer.catch_up(self.answering.snapshot)

    def finish(self) -> None:
        """Shows the end."""
        if self.finished:
            return
        self.finished = True
        error = self.answering.error
        self.renderer.finish(self.answering.turn, error)
        if not self.data:
            told = escape(f"no answer: {error}" if error is not None else "no answer")
            self._put(
                {"text/html": f'<div style="{ALARM if error else QUIET}">{told}</div>', "text/plain": told}
            )

    def _notes(self) -> Sequence[str]:
        return [note for note in self.answering.warnings if note not in self.common]

    def _take(
        self, data: dict[str, Any], metadata: dict[str, Any], *, transient: dict[str, Any], update: bool
    ) -> None:
        if transient.get("display_id") == self.renderer.display_id:
            self._put(data)
        else:
            # An image or a recording: it stands beneath the columns, and says whose it is.
            id = transient["display_id"]
            said = {"data": self._caption(data["text/plain"]), "metadata": {}, "update": update}
            medium = {"data": data, "metadata": metadata, "update": update}
            self.beside += [
                {**said, "transient": {"display_id": _caption_id(id)}},
                {**medium, "transient": transient},
            ]

    def _caption(self, told: str) -> dict[str, str]:
        """The line above an image or a recording; an empty one where there is none any more."""
        if not told:
            return {"text/plain": ""}
        line = single_line(replace_surrogates(f"{self.answering.model}: {told}"))
        return {"text/html": f'<div style="{QUIET}">{escape(line)}</div>', "text/plain": line}

    def _put(self, data: Mapping[str, str]) -> None:
        self.data, self.fresh = data, True


class ColumnsRenderer:
    """Shows several answers in a notebook cell, each in a column; they wrap where there is no room for all.

    Each column is what a renderer makes of its answer that would show it alone, and all are sent together: not more
    often than makes the bytes those of the columns that have changed.

    Args:
        columns: The models that answer.
        make: Makes what shows one answer, of the answer, how it publishes and what gives its notes.
        live: Whether to show the answers as they come.
        metadata: What to store with the output.
        notes: What the reader should know of all of them alike: of how the answers came about, asked for at the end.
        common: What of that the columns would tell, too.
        publish: How to publish; IPython's way unless given.
    """

    def __init__(
        self,
        columns: Sequence[Answering],
        make: Callable[[Any, Publish, Callable[[], Sequence[str]]], DisplayRenderer],
        *,
        live: bool = True,
        metadata: Callable[[Summary | None], Mapping[str, Any]] = lambda turn: {},
        notes: Callable[[], Sequence[str]] = tuple,
        common: Callable[[], Sequence[str]] = tuple,
        publish: Publish | None = None,
    ) -> None:
        self._columns = [_Column(one, make) for one in columns]
        self._live = live
        self._metadata = metadata
        self._notes = notes
        self._common = common
        self._publish = publish or publish_display
        self._display_id = uuid.uuid4().hex
        self._published = False
        self._due = 0.0
        self._kept: int | None = None
        self._told: Sequence[str] = ()

    @property
    def display_id(self) -> str:
        """What its display is known by, for as long as the kernel runs."""
        return self._display_id

    @property
    def display_ids(self) -> list[str]:
        """Those of all its displays: its own, and those of images and recordings."""
        media = [id for one in self._columns for id in one.renderer.display_ids[1:]]
        return [self._display_id, *(id for medium in media for id in (_caption_id(medium), medium))]

    @property
    def wait(self) -> float | None:
        """Until when what is not shown yet may be."""
        waits = [
            one.renderer.wait for one in self._columns if not one.finished and one.renderer.wait is not None
        ]
        if self._live and any(one.fresh for one in self._columns):
            waits.append(self._remaining)
        return min(waits, default=None)

    @property
    def _remaining(self) -> float:
        return max(0.0, self._due - time.monotonic())

    def prepare(self) -> None:
        """Loads and warms up what renders."""
        self._columns[0].renderer.prepare()

    def show(self, snapshot: AnswerSnapshot) -> None:
        """Takes what has come of all answers, and publishes when it is time. The first text of each is shown at
        once."""
        first = [column.show() for column in self._columns]
        pending = any(column.fresh for column in self._columns)
        if self._live and pending and (any(first) or self._remaining == 0.0):
            self._send(None)

    def catch_up(self, snapshot: AnswerSnapshot) -> None:
        """Publishes what has come of all answers, unless it is there already."""
        for column in self._columns:
            column.catch_up()
        if self._live and any(column.fresh for column in self._columns):
            self._send(None)

    def finish(self, turn: Summary | None, error: ChatError | None) -> None:
        """Publishes the final state. When nothing came and nothing was shown, nothing is published."""
        if turn is None and not self._published:
            return
        interrupted = False
        for column in self._columns:
            column.common = self._common()
            try:
                column.finish()
            except KeyboardInterrupt:  # it is shown; the others are still to be
                interrupted = True
        self._told = self._notes()
        self._kept = turn.kept if isinstance(turn, Turn) else None
        if self._live and self._published:
            time.sleep(min(self._remaining, 0.02))  # short of the server's limits
        self._send(turn)
        if interrupted:
            raise KeyboardInterrupt

    def show_kept(self, turn: Turn) -> bool:
        """Shows which answer is in the conversation now, and stores the turn as it is now.

        Args:
            turn: The turn.

        Returns:
            Whether that could be done: not where an output takes no updates.
        """
        if not (self._live and self._published):
            return False
        self._kept = turn.kept
        self._send(turn)
        return True

    @property
    def _foot(self) -> str:
        """The line beneath all columns."""
        numbered = sum(one.answering.place is not None for one in self._columns)
        kept = []
        if self._kept is not None and numbered > 1:
            kept = [f"answer {self._kept + 1} stays in the conversation; %chat keep N puts another one there"]
        return " · ".join([*kept, *self._told])

    def _is_kept(self, column: _Column) -> bool:
        return self._kept is not None and column.answering.place == self._kept

    def _html(self) -> str:
        columns = "".join(
            f'<section style="{_COLUMN}" aria-label="{escape(column.head)}"><div style="{_HEAD}"><strong>'
            f"{escape(column.head)}</strong>{' ✓' * self._is_kept(column)}</div>"
            f"{column.data.get('text/html', '')}</section>"
            for column in self._columns
        )
        foot = f'<div style="margin-top:.6em;{QUIET}">{escape(self._foot)}</div>' if self._foot else ""
        return f'<div class="{_NO_MATH}"><div style="{_ROW}">{columns}</div>{foot}</div>'

    def _markdown(self) -> str:
        from .. import markup

        parts = [
            f"**{markup.safe_markdown(column.head).strip()}**{' ✓' * self._is_kept(column)}\n\n"
            f"{column.data.get('text/markdown') or column.data.get('text/html', '')}"
            for column in self._columns
        ]
        return "\n\n---\n\n".join([*parts, *([markup.safe_markdown(self._foot)] if self._foot else [])])

    def _plain(self) -> str:
        parts = [
            f"[{column.head}{', in the conversation' * self._is_kept(column)}]\n{column.data.get('text/plain', '')}"
            for column in self._columns
        ]
        return "\n\n".join([*parts, *([f"[{self._foot}]"] if self._foot else [])])

    def _send(self, turn: Summary | None) -> None:
        markdown = any("text/markdown" in column.data for column in self._columns)
        rich = {"text/markdown": self._markdown()} if markdown else {"text/html": self._html()}
        # While answers come, nobody reads them as plain text.
        plain = printable(replace_surrogates(self._plain())) if turn is not None else ""
        data = {**rich, "text/plain": plain}
        size = sum(len(value.encode()) for value in data.values()) + 600
        fresh = sum(len(value) for column in self._columns if column.fresh for value in column.data.values())
        with uninterrupted() as interrupts:
            self._publish(
                data,
                dict(self._metadata(turn)),
                transient={"display_id": self._display_id},
                update=self._published,
            )
            self._published = True
            for column in self._columns:
                column.fresh = False
                beside, column.beside = column.beside, []
                for output in beside:
                    self._publish(**output)
        # Columns that stay as they are go along with those that change: the more they are, the rarer it is.
        share = min(size / max(fresh, 1), 1000.0)
        self._due = time.monotonic() + max(_SHORTEST * share, size / _BYTES_PER_SECOND)
        if interrupts:
            raise KeyboardInterrupt


def _caption_id(medium: str) -> str:
    """What the display of the line above an image or a recording is known by."""
    return f"{medium}-caption"
