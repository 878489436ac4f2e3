"""Answers in a cell: one display, updated as the text comes, ending in one static output."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..errors import ChatError
from ..events import Event, ReasoningDelta, Status, TextDelta, well_formed
from .base import Pace, Summary, uninterrupted
from .footer import footer

if TYPE_CHECKING:
    from ..markup import Document

PATIENCE = 0.25
"""How long to show nothing while waiting for the first text, in seconds: a quick answer need not flicker."""

_QUIET = "color:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#767676));font-size:85%"
_ALARM = "color:var(--jp-error-color1,var(--vscode-errorForeground,#c62828));font-size:85%"


class Publish(Protocol):
    """How an output is published: IPython's ``publish_display_data``."""

    def __call__(
        self, data: dict[str, Any], metadata: dict[str, Any], *, transient: dict[str, Any], update: bool
    ) -> object: ...


class DisplayRenderer:
    """Shows an answer in a notebook cell.

    Parameters:
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
        self._publish = publish or _publish
        self._form = form
        self._show_footer = show_footer
        self._live = live
        self._metadata = metadata
        self._notes = notes
        self._display_id = uuid.uuid4().hex
        self._published = False
        self._text: list[str] = []  # what the document has not been fed yet
        self._reasoning: list[str] = []
        self._status = Status("waiting for the answer")
        self._dirty = True
        self._pace = Pace()
        self._patience = time.monotonic() + PATIENCE

    @property
    def wait(self) -> float | None:
        """Until when what is not shown yet may be."""
        if not (self._dirty and self._live):
            return None
        patience = 0.0 if self._has_content else self._patience - time.monotonic()
        return max(self._pace.remaining, patience)

    @property
    def _has_content(self) -> bool:
        return bool(self._text or self._reasoning or self._document.source)

    @cached_property
    def _document(self) -> Document:
        from ..markup import Document

        return Document()

    def prepare(self) -> None:
        """Loads and warms up what renders, which takes a tenth of a second in a kernel's first answer."""
        from ..markup import render

        render("*warm*")

    def show(self, events: Sequence[Event]) -> None:
        """Takes the events, and publishes when it is time. The first text is shown at once."""
        first = not self._has_content
        for event in events:
            match event:
                case TextDelta():
                    self._text.append(event.text)
                case ReasoningDelta():
                    self._reasoning.append(event.text)
                case Status():
                    self._status = event
                case _:
                    continue
            self._dirty = True
        if self._live and self._dirty and (self.wait == 0.0 or (first and self._has_content)):
            self._feed()
            body = self._document.html()
            self._send(self._rich(body, self._going_on(body)), "", None)
            self._dirty = False

    def finish(self, turn: Summary | None, error: ChatError | None) -> None:
        """Publishes the final state. When nothing came and nothing was shown, nothing is published."""
        if turn is None and not self._published:
            return
        self._feed()
        body = self._document.finish()
        end = self._end(turn, error)
        text = turn.answer if turn is not None else ""
        if self._live and self._published:
            # Short of the server's limits, beyond which it drops messages: the last one would be lost.
            time.sleep(min(self._pace.remaining, 0.02))
        plain = text if turn is not None and turn.status == "complete" else f"{text}\n\n[{end}]".strip()
        self._send(self._rich(body, self._line(end, error) if end else ""), plain, turn)

    def _feed(self) -> None:
        if self._text:
            self._document.feed(well_formed("".join(self._text)))
            self._text.clear()

    def _end(self, turn: Summary | None, error: ChatError | None) -> str:
        """The words of the line beneath the answer."""
        if turn is None:
            return f"no answer: {error.message}" if error else "no answer"
        told = [footer(turn, error)] if self._show_footer or turn.status != "complete" else []
        return " · ".join([*told, *self._notes()])

    def _going_on(self, body: str) -> str:
        """What is shown beneath the text while the answer is on its way: what it waits for."""
        if body or self._reasoning:
            return ""
        bar = ""
        if self._status.fraction is not None:
            bar = f' <progress value="{self._status.fraction:.3f}" max="1"></progress>'
        return f'<div style="{_QUIET}">{escape(self._status.text)} …{bar}</div>'

    def _line(self, text: str, error: ChatError | None) -> str:
        return f'<div style="{_ALARM if error else _QUIET}">{escape(text)}</div>'

    def _rich(self, body: str, below: str) -> dict[str, str]:
        from .. import markup

        thoughts = well_formed("".join(self._reasoning))
        if self._form == "markdown":
            folded = (
                f"<details><summary>Reasoning</summary>\n\n{markup.neutralise(thoughts)}\n\n</details>\n\n"
            )
            return {
                "text/markdown": (folded if thoughts else "")
                + markup.neutralise(self._document.source)
                + (f"\n\n{below}" if below else "")
            }
        if thoughts:
            title = "Reasoning" if body else "Thinking …"
            pre = f'<div style="white-space:pre-wrap;{_QUIET}">{escape(thoughts)}</div>'
            body = f"<details><summary>{title}</summary>{pre}</details>{body}"
        return {"text/html": markup.container(body + below, style=True)}

    def _send(self, rich: dict[str, str], plain: str, turn: Summary | None) -> None:
        data = {**rich, "text/plain": well_formed(plain)}
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


def _publish(
    data: dict[str, Any], metadata: dict[str, Any], *, transient: dict[str, Any], update: bool
) -> None:
    from IPython.display import publish_display_data

    publish_display_data(data, metadata, transient=transient, update=update)  # type: ignore[no-untyped-call]
