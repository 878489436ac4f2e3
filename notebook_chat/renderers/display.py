"""Answers in a cell: one display, updated as the text comes, ending in one static output."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..answer import AnswerFold, AnswerSnapshot
from ..errors import ChatError
from ..events import TOO_LARGE, Notice
from ..markup import LONGEST
from ..messages import TextPart
from ..text import printable, replace_surrogates
from .base import Pace, Summary, interruptible, uninterrupted
from .excerpt import excerpt, left_out, left_out_html, thoughts
from .footer import footer
from .parts import ALARM, QUIET, asides, asides_html

if TYPE_CHECKING:
    from ..markup import Document

_WAITING = Notice("waiting for the answer")

_LATE = 50_000
"""How much of an answer that was stopped may be rendered still, in characters, which takes a quarter of a second."""

PATIENCE = 0.25
"""How long to show nothing while waiting for the first text, in seconds: a quick answer need not flicker."""


class Publish(Protocol):
    """How an output is published: IPython's ``publish_display_data``."""

    def __call__(
        self, data: dict[str, Any], metadata: dict[str, Any], *, transient: dict[str, Any], update: bool
    ) -> object: ...


class DisplayRenderer:
    """Shows an answer in a notebook cell.

    Args:
        form: ``html``, or ``markdown`` for those who export to Markdown or PDF; both are made safe.
        show_footer: Whether a quiet line with model, tokens and time ends the answer.
        live: Whether to show the text as it comes; without, only the end (under ``%%capture``, say).
        metadata: What to store with the output, asked for with each update, since an update without
            metadata erases it.
        publish: How to publish; IPython's way unless given.
        notes: What the reader should know of how the answer came about, asked for at the end.
    """

    def __init__(
        self,
        *,
        form: Literal["html", "markdown"] = "html",
        show_footer: bool = True,
        live: bool = True,
        metadata: Callable[[Summary | None], Mapping[str, Any]] = lambda turn: {},
        publish: Publish | None = None,
        notes: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._publish = publish or publish_display
        self._sends = publish is None
        self._form = form
        self._show_footer = show_footer
        self._live = live
        self._metadata = metadata
        self._notes = notes
        self._display_id = uuid.uuid4().hex
        self._published = False
        self._snapshot = self._shown = AnswerFold().snapshot()
        self._dirty = True
        self._pace = Pace()
        self._patience = time.monotonic() + PATIENCE

    @property
    def display_id(self) -> str:
        """What its display is known by, for as long as the kernel runs."""
        return self._display_id

    @property
    def wait(self) -> float | None:
        """Until when what is not shown yet may be."""
        if not (self._dirty and self._live):
            return None
        patience = 0.0 if self._has_content else self._patience - time.monotonic()
        return max(self._pace.remaining, patience)

    @property
    def _has_content(self) -> bool:
        return self._snapshot.size > 0

    @cached_property
    def _document(self) -> Document:
        return _new_document()

    def prepare(self) -> None:
        """Loads and warms up what renders, which takes a tenth of a second in a kernel's first answer."""
        from ..markup import render

        render("*warm*")

    def show(self, snapshot: AnswerSnapshot) -> None:
        """Takes the answer so far, and publishes when it is time. The first text is shown at once."""
        before, self._snapshot = self._snapshot, snapshot
        if (
            snapshot.size != before.size
            or snapshot.notice is not before.notice
            or not snapshot.continues(before)
        ):
            self._dirty = True
        first = not before.size and snapshot.size
        if self._live and self._dirty and (first or self.wait == 0.0):
            try:
                body = self._so_far(snapshot)
            except (
                BaseException
            ):  # an interrupt in the middle of it: there is no telling what the document has
                self._document = _new_document()
                raise
            self._send(self._rich(body, self._going_on(body), snapshot.reasoning), "", None)
            self._dirty = False

    def finish(self, turn: Summary | None, error: ChatError | None) -> None:
        """Publishes the final state. When nothing came and nothing was shown, nothing is published."""
        if turn is None and not self._published:
            return
        text = replace_surrogates(turn.answer) if turn is not None else ""
        shown, more = excerpt(text), left_out(text)
        end = self._end(turn, error)
        below = self._line(end, error) if end else ""
        interrupted = False
        try:
            with interruptible():
                beside = self._beside(turn) if turn is not None else ""
                body = self._whole(shown, turn)
                rich = self._rich(body, beside + below, turn.reasoning if turn is not None else "")
        except KeyboardInterrupt:  # it was to end: what takes no time is shown
            interrupted = True
            rich = _plainer(shown, below)
        if self._live and self._published and self._sends:
            # Short of the server's limits, beyond which it drops messages: the last one would be lost.
            time.sleep(min(self._pace.remaining, 0.02))
        if turn is not None:
            text = "\n".join(filter(None, (shown, more and f"[{more}]", *asides(turn.parts))))
        self._send(rich, self._plain(text, end, turn), turn)
        if interrupted:
            raise KeyboardInterrupt

    def _so_far(self, snapshot: AnswerSnapshot) -> str:
        """The body while the answer is on its way."""
        self._feed(snapshot)
        return self._document.html()

    def _plain(self, text: str, end: str, turn: Summary | None) -> str:
        """The final state where nothing but text is shown."""
        return text if turn is not None and turn.status == "complete" else f"{text}\n\n[{end}]".strip()

    def _whole(self, text: str, turn: Summary | None) -> str:
        """The body of the final state. One that was to end at once, and is far from rendered, is shown as text."""
        if not text.startswith(self._document.source):
            self._document = _new_document()
        new = text[len(self._document.source) :]
        if len(new) > _LATE and turn is not None and turn.status == "stopped":
            from .. import markup

            return markup.render_plain(text)
        self._document.feed(new)
        return self._document.finish()

    def _beside(self, turn: Summary) -> str:
        """What stands beneath the text for its other parts."""
        if self._form == "html":
            return left_out_html(turn.answer) + asides_html(turn.parts)
        from .. import markup

        told = filter(None, (left_out(turn.answer), *asides(turn.parts)))
        lines = (markup.safe_markdown(replace_surrogates(line)) for line in told)
        return "".join(f"{line}\n\n" for line in lines)

    def _feed(self, snapshot: AnswerSnapshot) -> None:
        """Feeds the document with what has come since it was last shown."""
        if self._shown.size and not snapshot.continues(self._shown):
            self._document = _new_document()  # the question was asked once more
        new = "".join(part.text for part in snapshot.since(self._shown) if isinstance(part, TextPart))
        self._document.feed(replace_surrogates(new)[: LONGEST - len(self._document.source)])
        self._shown = snapshot

    def _end(self, turn: Summary | None, error: ChatError | None) -> str:
        """The words of the line beneath the answer."""
        if turn is None:
            return f"no answer: {error.message}" if error else "no answer"
        unusual = turn.status != "complete" or turn.finish_reason == TOO_LARGE
        told = [footer(turn, error)] if self._show_footer or unusual else []
        return " · ".join([*told, *self._notes()])

    def _going_on(self, body: str) -> str:
        """What is shown beneath the text while the answer is on its way: what it waits for."""
        return "" if body or self._snapshot.size else self._waiting()

    def _waiting(self) -> str:
        notice = self._snapshot.notice or _WAITING
        bar = ""
        if notice.fraction is not None:
            bar = f' <progress value="{notice.fraction:.3f}" max="1"></progress>'
        return f'<div style="{QUIET}">{escape(notice.text)} …{bar}</div>'

    def _line(self, text: str, error: ChatError | None) -> str:
        return f'<div style="{ALARM if error else QUIET}">{escape(text)}</div>'

    def _rich(self, body: str, below: str, reasoning: str) -> dict[str, str]:
        from .. import markup

        thought = thoughts(replace_surrogates(reasoning))
        if self._form == "markdown":
            folded = (
                f"<details><summary>Reasoning</summary>\n\n{markup.safe_markdown(thought)}\n\n</details>\n\n"
            )
            return {
                "text/markdown": (folded if thought else "")
                + markup.safe_markdown(self._document.source)
                + (f"\n\n{below}" if below else "")
            }
        if thought:
            title = "Reasoning" if body else "Thinking …"
            pre = f'<div style="white-space:pre-wrap;{QUIET}">{escape(thought)}</div>'
            body = f"<details><summary>{title}</summary>{pre}</details>{body}"
        return {"text/html": markup.container(body + below, style=True)}

    def _send(self, rich: dict[str, str], plain: str, turn: Summary | None) -> None:
        # Some front ends are terminals, which get the plain text.
        data = {**rich, "text/plain": printable(replace_surrogates(plain))}
        with uninterrupted() as interrupts:
            self._publish(
                data,
                dict(self._metadata(turn)),
                transient={"display_id": self._display_id},
                update=self._published,
            )
            self._published = True
        self._pace.sent(sum(len(value.encode()) for value in data.values()) + 600)
        if interrupts:
            raise KeyboardInterrupt


def _plainer(text: str, below: str) -> dict[str, str]:
    """The final state without anything that takes time."""
    from .. import markup

    return {"text/html": markup.container(markup.render_plain(text) + below, style=True)}


def _new_document() -> Document:
    from ..markup import Document

    return Document()


def publish_display(
    data: dict[str, Any], metadata: dict[str, Any], *, transient: dict[str, Any], update: bool
) -> None:
    """Publishes an output, as IPython does."""
    from IPython.display import publish_display_data

    publish_display_data(data, metadata, transient=transient, update=update)  # type: ignore[no-untyped-call]
