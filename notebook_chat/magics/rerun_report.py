"""How a conversation that is asked again of another model is shown: turn by turn, and what differs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ..money import money
from ..renderers.base import Pace
from ..secrets import redact
from ..text import printable, single_line
from .difference import word_difference, words_as_html
from .output import shorten, show_lines
from .output_area import takes_updates

if TYPE_CHECKING:
    from ..conversation import Turn
    from ..rerun import Step

_MOST_COMPARED = 200_000  # characters of answers whose words are compared, together

_LONGEST_SECONDS = 3.0
"""How long that may take, together."""

_HEAD = ("", "Prompt", "Before", "Now", "")


class Report:
    """Shows a table that grows, in a notebook as one output, in a terminal line by line.

    Args:
        shell: IPython's shell.
        display_id: What the output is known by.
        count: How many turns are to be asked.
    """

    def __init__(self, shell: Any, display_id: str, count: int) -> None:
        self._in_notebook = hasattr(shell, "kernel")
        self._live = self._in_notebook and takes_updates(shell)
        self.display_id = display_id
        self._count = count
        self._written = 0
        self._published = False
        self._pace = Pace()

    def begin(self) -> None:
        """Says that it has begun."""
        self._progress(())

    def show(self, steps: Sequence[Step]) -> None:
        """Shows the turns that have been asked so far."""
        if self._in_notebook:
            self._progress(steps)
        for step in steps[self._written :] if not self._in_notebook else ():
            show_lines(" · ".join(filter(None, _row(step))))
        self._written = len(steps)

    def end(self, steps: Sequence[Step], told: Sequence[str]) -> None:
        """Shows the whole of it.

        Args:
            steps: The turns that were asked.
            told: What else there is to say.
        """
        foot = single_line(" · ".join([*_totals(steps), *told]))
        if not self._in_notebook:
            self.show(steps)
            return show_lines(printable(foot))
        html = f"{_table(steps)}<p>{escape(foot)}</p>{_differences(steps)}"
        plain = "\n".join([*(" · ".join(filter(None, _row(step))) for step in steps), foot])
        return self._publish(html, plain)

    def _progress(self, steps: Sequence[Step]) -> None:
        if self._live and (not self._published or self._pace.remaining == 0.0) and len(steps) < self._count:
            coming = f"<p>asking turn {len(steps) + 1} of {self._count} …</p>"
            self._publish((_table(steps) if steps else "") + coming, "")

    def _publish(self, body: str, plain: str) -> None:
        from IPython.display import publish_display_data

        from ..markup import container

        html = container(body, style=True)
        transient = {"display_id": self.display_id}
        data = {"text/html": html, "text/plain": printable(plain)}
        publish_display_data(data, {}, transient=transient, update=self._published)  # type: ignore[no-untyped-call]
        self._published = True
        self._pace.sent(len(html.encode()))


def _row(step: Step) -> list[str]:
    cells = [
        str(step.number),
        shorten(step.before.asked, 60),
        _size(step.before),
        "" if step.after is None else _size(step.after),
        _verdict(step),
    ]
    return [single_line(redact(cell)) for cell in cells]


def _size(turn: Turn) -> str:
    count = len(turn.answer)
    return f"{count:,} character{'s' * (count != 1)}"


def _verdict(step: Step) -> str:
    if step.error is not None:
        return f"failed: {shorten(step.error.message, 200)}"
    if step.after is None or step.after.status == "stopped":
        return "stopped"
    return "the same" if step.is_same else "different"


def _totals(steps: Sequence[Step]) -> list[str]:
    """How many there are of what, and what they have taken before and now."""
    verdicts = [_verdict(step).partition(":")[0] for step in steps]
    counts = [f"{verdicts.count(word)} {word}" for word in ("the same", "different", "stopped", "failed")]
    told = [count for count in counts if not count.startswith("0 ")]
    replayed = sum(step.after is not None and step.after.replayed for step in steps)
    told += ["replayed" if replayed == len(steps) else f"{replayed} replayed"] * bool(replayed)
    for what, those in (
        ("before", [step.before for step in steps]),
        ("now", [step.after for step in steps if step.after is not None]),
    ):
        if those:
            told.append(f"{what}: {_figures(those)}")
    return told


def _figures(those: Sequence[Turn]) -> str:
    usages = [turn.usage for turn in those if turn.usage is not None]
    read = sum(usage.input_tokens or 0 for usage in usages)
    written = sum(usage.output_tokens or 0 for usage in usages)
    told_by_service = (turn.usage.cost if turn.usage is not None else None for turn in those)
    pairs = zip((turn.cost for turn in those), told_by_service, strict=True)
    cost = sum(next((one for one in pair if one is not None), 0.0) for pair in pairs)
    told = [f"{read:,} + {written:,} tokens"] * bool(usages)
    told += [money(cost)] * bool(cost)
    return ", ".join([*told, f"{sum(turn.seconds for turn in those):.1f} s"])


def _table(steps: Sequence[Step]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in _HEAD)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _row(step)) + "</tr>" for step in steps
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _differences(steps: Sequence[Step]) -> str:
    """The answers that differ, folded, with what is gone and what has come."""
    told, room, until = [], _MOST_COMPARED, time.monotonic() + _LONGEST_SECONDS
    for step in steps:
        if step.after is None or step.is_same:
            continue
        before, after = step.before.answer, step.after.answer
        if len(before) + len(after) > room or time.monotonic() > until:
            told.append("<p>What differs in further answers is not shown.</p>")
            break
        room -= len(before) + len(after)
        title = escape(single_line(redact(f"Turn {step.number}: {shorten(step.before.asked, 60)}")))
        body = words_as_html(word_difference(before, after))
        told.append(
            f'<details><summary>{title}</summary><div style="white-space:pre-wrap">{body}</div></details>'
        )
    return "".join(told)
