"""Answers in a cell: one display, updated as the text comes, ending in one static output."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Literal, Protocol

from ..answer import AnswerFold, AnswerSnapshot
from ..errors import ChatError
from ..events import TOO_LARGE, Notice
from ..parts import Part, ToolCallPart, ToolResultPart
from ..text import printable, replace_surrogates
from .base import Pace, Summary, interruptible, uninterrupted
from .body import MOST_STEPS, Body
from .calls import Called, called_markdown, paired, room_left, weight
from .excerpt import excerpt, left_out, left_out_html, thoughts
from .footer import footer
from .media import Medium
from .parts import ALARM, QUIET, asides, asides_html, told
from .sources import citations_of, sources_markdown
from .steps import thought_html

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
        embed: Whether images and recordings stand in the HTML itself, where it can have no outputs beside it.
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
        embed: bool = False,
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
        self._embed = embed
        self._body = self._new_body()
        self._media: list[tuple[str, Medium | None]] = []  # the displays of images and recordings
        self._snapshot = self._shown = AnswerFold().snapshot()
        self._dirty = True
        self._pace = Pace()
        self._patience = time.monotonic() + PATIENCE

    @property
    def display_id(self) -> str:
        """What its display is known by, for as long as the kernel runs."""
        return self._display_id

    @property
    def display_ids(self) -> list[str]:
        """Those of all its displays: its own, and those of images and recordings."""
        return [self._display_id, *(id for id, _ in self._media)]

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

    def prepare(self) -> None:
        """Loads and warms up what renders, which takes a tenth of a second in a kernel's first answer."""
        from ..markup import render

        render("*warm*")

    def show(self, snapshot: AnswerSnapshot) -> None:
        """Takes the answer so far, and publishes when it is time. The first text is shown at once."""
        first = not self._snapshot.size and snapshot.size
        self._take(snapshot)
        if self._live and self._dirty and (first or self.wait == 0.0):
            self._send_so_far()

    def catch_up(self, snapshot: AnswerSnapshot) -> None:
        """Publishes the answer so far, unless it is there already."""
        self._take(snapshot)
        if self._live and self._dirty:
            self._send_so_far()

    def _take(self, snapshot: AnswerSnapshot) -> None:
        before, self._snapshot = self._snapshot, snapshot
        if (
            snapshot.size != before.size
            or snapshot.notice is not before.notice
            or not snapshot.continues(before)
        ):
            self._dirty = True

    def _send_so_far(self) -> None:
        try:
            body = self._so_far(self._snapshot)
        except BaseException:  # an interrupt in the middle of it: there is no telling what the document has
            self._body = self._new_body()
            self._shown = AnswerFold().snapshot()
            raise
        self._send(self._rich(body, self._going_on(body), self._body.thought), "", None)
        self._send_media()
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
                rich = self._rich(body, beside + below, self._body.thought, turn)
        except KeyboardInterrupt:  # it was to end: what takes no time is shown
            interrupted = True
            rich = _plainer(shown, below)
        if self._live and self._published and self._sends:
            # Short of the server's limits, beyond which it drops messages: the last one would be lost.
            time.sleep(min(self._pace.remaining, 0.02))
        if turn is not None:
            text = "\n".join(filter(None, (shown, more and f"[{more}]", *asides(turn.parts))))
        self._send(rich, self._plain(text, end, turn), turn)
        self._send_media()
        if interrupted:
            raise KeyboardInterrupt

    def _so_far(self, snapshot: AnswerSnapshot) -> str:
        """The body while the answer is on its way."""
        self._feed(snapshot)
        return self._body.html()

    def _plain(self, text: str, end: str, turn: Summary | None) -> str:
        """The final state where nothing but text is shown."""
        return text if turn is not None and turn.status == "complete" else f"{text}\n\n[{end}]".strip()

    def _whole(self, text: str, turn: Summary | None) -> str:
        """The body of the final state. One that was to end at once, and is far from rendered, is shown as text."""
        if turn is None:
            return self._body.finish(())
        if len(text) - len(self._body.source) > _LATE and turn.status == "stopped":
            from .. import markup

            return markup.render_plain(text)
        return self._body.finish(turn.parts)

    def _beside(self, turn: Summary) -> str:
        """What stands beneath the text for its other parts."""
        if self._form == "html":
            return left_out_html(turn.answer) + asides_html(turn.parts)
        from .. import markup

        steps = told(part for part in turn.parts if not isinstance(part, (ToolCallPart, ToolResultPart)))
        lines = [
            markup.safe_markdown(replace_surrogates(line))
            for line in filter(None, (left_out(turn.answer), *steps))
        ]
        shown = (*self._calls_markdown(turn.parts), *lines, sources_markdown(turn.parts))
        return "".join(f"{line}\n\n" for line in shown if line)

    @staticmethod
    def _calls_markdown(parts: Sequence[Part], *, open_: bool = False) -> list[str]:
        """The calls of tools, folded, as far as they are shown."""
        shown, spent = [], 0
        calls = [part for part in paired(parts) if isinstance(part, Called)]
        for called in calls[:MOST_STEPS]:
            shown.append(called_markdown(called, room_left(spent), open_=open_))
            spent += weight(called)
        more = len(calls) - len(shown)
        return [*shown, *([f"… and {more:,} more"] if more else [])]

    def _feed(self, snapshot: AnswerSnapshot) -> None:
        """Feeds the body with what has come since it was last shown."""
        if self._shown.size and not snapshot.continues(self._shown):
            self._body = self._new_body()  # the question was asked once more
        self._body.add(self._rendered(snapshot.since(self._shown)), snapshot)
        self._body.settle_media()
        self._shown = snapshot

    def _new_body(self) -> Body:
        return Body(embed=self._embed)

    def _rendered(self, parts: Sequence[Part]) -> Sequence[Part]:
        """What of an answer's parts is rendered as its body."""
        return parts

    def _end(self, turn: Summary | None, error: ChatError | None) -> str:
        """The words of the line beneath the answer."""
        if turn is None:
            return f"no answer: {error}" if error else "no answer"
        unusual = turn.status != "complete" or turn.finish_reason == TOO_LARGE
        told = [footer(turn, error)] if self._show_footer or unusual else []
        return " · ".join([*told, *self._notes()])

    def _going_on(self, body: str) -> str:
        """What is shown beneath the text while the answer is on its way: what it waits for."""
        if not (body or self._snapshot.size):
            return self._waiting()
        told = self._waiting() if self._awaits else ""
        calls: Sequence[str] = ()
        if self._form == "markdown" and self._body.called:
            calls = self._calls_markdown(self._snapshot.parts, open_=True)
        return "".join([*(f"{call}\n\n" for call in calls), told])

    @property
    def _awaits(self) -> bool:
        """Whether there is something to tell of what goes on behind the text: tools that run, an answer to them."""
        if self._body.calling:
            return self._snapshot.notice is not None
        return self._body.awaits

    def _waiting(self) -> str:
        notice = self._snapshot.notice or _WAITING
        bar = ""
        if notice.fraction is not None:
            bar = f' <progress value="{notice.fraction:.3f}" max="1"></progress>'
        return f'<div style="{QUIET}">{escape(notice.text)} …{bar}</div>'

    def _line(self, text: str, error: ChatError | None) -> str:
        words = escape(text).replace("$", "&#36;")  # which in Markdown may begin a formula
        return f'<div style="{ALARM if error else QUIET}">{words}</div>'

    def _rich(self, body: str, below: str, thought: str, turn: Summary | None = None) -> dict[str, str]:
        from .. import markup

        if self._form == "markdown":
            folded = ""
            if thought:
                inner = markup.safe_markdown(thoughts(replace_surrogates(thought)))
                folded = f"<details><summary>Reasoning</summary>\n\n{inner}\n\n</details>\n\n"
            cited = citations_of(turn.parts) if turn is not None else ()
            text = markup.safe_markdown(self._body.source, cited)
            return {"text/markdown": folded + text + (f"\n\n{below}" if below else "")}
        body = thought_html(thought, growing=not body) + body
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

    def _send_media(self) -> None:
        """Publishes the images and recordings that have no display yet, each once. A display of one that the answer
        has no more, since it was asked for anew, gets the one in its place, or nothing."""
        there = [] if self._embed else self._body.media
        for place in range(max(len(there), len(self._media))):
            medium = there[place] if place < len(there) else None
            id, before = self._media[place] if place < len(self._media) else ("", None)
            if (medium.data if medium else None) == (before.data if before else None):
                continue
            id = id or uuid.uuid4().hex
            with uninterrupted() as interrupts:
                bundle: dict[str, Any] = medium.bundle if medium is not None else {"text/plain": ""}
                self._publish(bundle, {}, transient={"display_id": id}, update=place < len(self._media))
                self._media[place : place + 1] = [(id, medium)]
            if interrupts:
                raise KeyboardInterrupt


def _plainer(text: str, below: str) -> dict[str, str]:
    """The final state without anything that takes time."""
    from .. import markup

    return {"text/html": markup.container(markup.render_plain(text) + below, style=True)}


def publish_display(
    data: dict[str, Any], metadata: dict[str, Any], *, transient: dict[str, Any], update: bool
) -> None:
    """Publishes an output, as IPython does."""
    from IPython.display import publish_display_data

    publish_display_data(data, metadata, transient=transient, update=update)  # type: ignore[no-untyped-call]
