"""Calls of tools as they are seen: one folded step each, with its arguments and what came of it.

Arguments were written by a model, and results by whoever wrote the tool or what it has read: all of it is text, and is
shown as text. Nothing of it is Markdown, a link, an image that is fetched, or an order to a terminal.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, NamedTuple

from ..parts import MediaPart, Part, TextPart, ToolCallPart, ToolResultPart
from ..text import replace_surrogates, single_line
from .media import told_of
from .quiet import QUIET
from .steps import LONGEST_CODE, cut, line_html, shortened

ROOM = 200_000
"""How much of the arguments and results of one answer is shown, in characters; of further calls, the beginning."""

_LEAST = 500  # characters of each text, however much there was before
_LONGEST_HEAD = 160
_LONGEST_VALUE = 60
_LONGEST_NAME = 80
_LONGEST_WORDS = 120  # of a failure, where it is folded
_MOST_OPEN = 20

_MARKDOWN = {ord(one): f"&#{ord(one)};" for one in "[]`$\\"}
"""What could be Markdown or a formula, for readers of Markdown who look for it within HTML, too."""


class Called(NamedTuple):
    """A call and what came of it.

    Attributes:
        call: The call; ``None`` where there is a result that nobody has asked for.
        result: The result; ``None`` where there is none.
    """

    call: ToolCallPart | None
    result: ToolResultPart | None = None

    @property
    def id(self) -> str:
        """What the call is referred to by."""
        return self.call.id if self.call is not None else self.result.id if self.result is not None else ""

    @property
    def name(self) -> str:
        """The tool's name, as it was called."""
        name = (
            self.call.name if self.call is not None else self.result.name if self.result is not None else ""
        )
        return _line(name)[:_LONGEST_NAME] or "tool"

    @property
    def head(self) -> str:
        """The call in a few words, such as ``add(a=2, b=3)``."""
        return f"{self.name}({_brief(self.call.arguments) if self.call is not None else '…'})"

    @property
    def outcome(self) -> tuple[str, str]:
        """How it went and how long it took, in our words; and why it failed or was not run."""
        result = self.result
        if result is None:
            return "not run", ""
        told = _took(result.seconds)
        if not result.is_error:
            return told, ""
        words = " ".join(_text(result)[: 2 * _LONGEST_WORDS].split())
        if result.seconds == 0 and words.startswith("stopped by the user"):
            return "stopped", ""
        if result.seconds == 0 and (words == "not run" or words.startswith("not run: ")):
            return "not run", _in_brief(words.removeprefix("not run").removeprefix(": "))
        return " · ".join(filter(None, ("failed", told))), _in_brief(words)


def paired(parts: Iterable[Part]) -> list[Part | Called]:
    """The parts of an answer with each call and its result in one, where the call was made.

    Args:
        parts: The parts, in order. Results are found by the ids of their calls.
    """
    made: list[Part | Called] = []
    waiting: dict[str, deque[int]] = {}
    for part in parts:
        if isinstance(part, ToolCallPart):
            waiting.setdefault(part.id, deque()).append(len(made))
            made.append(Called(part))
        elif isinstance(part, ToolResultPart):
            if places := waiting.get(part.id):
                place = places.popleft()
                made[place] = Called(made[place].call, part)  # type: ignore[union-attr]
            else:
                made.append(Called(None, part))
        else:
            made.append(part)
    return made


def called_html(called: Called, room: int = LONGEST_CODE, *, open_: bool = False) -> str:
    """A call as safe HTML: a line that unfolds. Images and files among what the tool gave are not in it.

    Args:
        called: The call.
        room: How much of its arguments is shown, and of its result, in characters.
        open_: Whether its result is still to come.
    """
    from ..markup import render_plain

    words, failure = ("…", "") if open_ else called.outcome
    title = f"<code><bdi>{escape(called.head)}</bdi></code>"
    if words:
        title += f" {words}" if open_ else f" · {escape(words)}"
    if failure:
        title += f" · <code><bdi>{escape(failure)}</bdi></code>"
    body = ""
    if called.call is not None and (arguments := called.call.arguments).strip():
        body += render_plain(_revealed(shortened(readable(arguments), room)))
    if called.result is not None:
        body += line_html("failed with:" if called.result.is_error else "gave:") if body else ""
        if (text := _text(called.result)).strip():
            body += render_plain(_revealed(shortened(text, room)))
    if not body:
        return f'<div style="margin-bottom:.6em;{QUIET}">{title}</div>'
    scrolled = f'<div style="max-height:24em;overflow:auto">{body}</div>'
    return f'<details class="nc-call"><summary>{title}</summary>{scrolled}</details>'


def open_html(calls: Sequence[ToolCallPart]) -> str:
    """Calls that are on their way, as safe HTML."""
    shown, left = "", 2 * LONGEST_CODE
    for call in calls[:_MOST_OPEN]:
        shown += called_html(Called(call), max(min(left, LONGEST_CODE), _LEAST), open_=True)
        left -= len(call.arguments)
    more = len(calls) - _MOST_OPEN
    return shown + (line_html(f"… and {more:,} more") if more > 0 else "")


def room_left(spent: int) -> int:
    """How much of a text of the next call is shown, in characters.

    Args:
        spent: How much there was in the calls before.
    """
    return max(min(ROOM - spent, LONGEST_CODE), _LEAST)


def weight(called: Called) -> int:
    """How much there is to show of a call, in characters."""
    arguments = len(called.call.arguments) if called.call is not None else 0
    return arguments + (len(_text(called.result)) if called.result is not None else 0)


def called_line(called: Called) -> str:
    """A call in a line of text, which is safe nowhere."""
    if called.result is None:
        return cut(f"asks for the tool {called.head}, which was not run")
    words, failure = called.outcome
    told = " · ".join(filter(None, (f"used the tool {called.head}", words, failure)))
    return cut(told if failure or called.result.is_error else f"{told}: {_inner(called.result)}")


def begun_line(call: ToolCallPart) -> str:
    """A call that begins, in a line of text, which is safe nowhere."""
    return cut(f"{Called(call).head} …")


def ended_line(called: Called) -> str:
    """What came of a call, in a line of text, which is safe nowhere."""
    assert called.result is not None
    words, failure = called.outcome
    head = called.head if called.call is not None else called.name
    told = " · ".join(filter(None, (head, words, failure)))
    return cut(told if failure or called.result.is_error else f"{told}: {_inner(called.result)}")


def called_markdown(called: Called, room: int | None = None, *, open_: bool = False) -> str:
    """A call as Markdown that renders as a line which unfolds.

    Args:
        called: The call.
        room: As for ``called_html``; ``None`` for all of it.
        open_: Whether a result that is not there is still to come.
    """
    words, failure = ("…", "") if open_ and called.result is None else called.outcome
    title = f"<code>{_html_line(called.head)}</code>"
    title += f" · {_html_line(words)}" if words else ""
    title += f" · <code>{_html_line(failure)}</code>" if failure else ""
    blocks = [f"<details><summary>{title}</summary>"]
    if called.call is not None and called.call.arguments.strip():
        blocks.append(_block(readable(called.call.arguments), room))
    if called.result is not None:
        text = "\n".join(
            filter(None, (_text(called.result).strip("\n"), *map(told_of, _media(called.result))))
        )
        blocks += ["Failed with:" if called.result.is_error else "Gave:", _block(text, room)]
    return "\n\n".join([*blocks, "</details>"])


def readable(arguments: str) -> str:
    """Arguments as they are shown in full: a line for each, where they are JSON in which nothing is told twice."""
    value = _object(arguments)
    if value is None:
        return arguments
    try:
        return json.dumps(value, ensure_ascii=False, indent=2)
    except (RecursionError, ValueError):
        return arguments


def media_of_result(result: ToolResultPart | None) -> Sequence[MediaPart]:
    """The images and files among what a tool gave."""
    return _media(result) if result is not None else ()


def _object(arguments: str) -> dict[str, Any] | None:
    """The arguments as an object; ``None`` where they are none, or showing it would not be all of them."""
    if len(arguments) > LONGEST_CODE:
        return None
    try:
        value = json.loads(arguments, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _brief(arguments: str) -> str:
    """Arguments in a few words."""
    value = _object(arguments) if arguments.strip() else {}
    if value is None:
        told = arguments[: 2 * _LONGEST_HEAD]
    else:
        told = ""
        for name, one in value.items():
            told += f"{', ' * bool(told)}{_short(name)}={_short(_json(one))}"
            if len(told) > _LONGEST_HEAD:
                break
    told = _line(" ".join(told.split()))
    return told if len(told) <= _LONGEST_HEAD else f"{told[: _LONGEST_HEAD - 1]}…"


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError):
        return "…"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _in_brief(words: str) -> str:
    line = _line(words)
    return line if len(line) <= _LONGEST_WORDS else f"{line[: _LONGEST_WORDS - 1]}…"


def _took(seconds: float) -> str:
    if not 0 < seconds < 1e9:  # not told, or by a file
        return ""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.95 else f"{seconds:,.1f} s"


def _text(result: ToolResultPart) -> str:
    return "".join(part.text for part in result.parts if isinstance(part, TextPart))


def _media(result: ToolResultPart) -> tuple[MediaPart, ...]:
    return tuple(part for part in result.parts if isinstance(part, MediaPart))


def _inner(result: ToolResultPart) -> str:
    """What a tool gave, in words, as far as a line takes it."""
    return " ".join(
        filter(None, (_text(result)[: 8 * _LONGEST_WORDS].strip(), *map(told_of, _media(result))))
    )


def _html_line(text: str) -> str:
    return escape(_line(text)).translate(_MARKDOWN)


def _block(text: str, room: int | None) -> str:
    """A text in Markdown. No fence: where one stands within HTML, not every reader of Markdown knows it."""
    shown = _revealed(shortened(text, room) if room is not None else replace_surrogates(text))
    return f"<pre>{escape(shown, quote=False).translate(_MARKDOWN)}</pre>"


def _revealed(text: str) -> str:
    """A text in which nothing is invisible: what a model reads in it, a reader sees."""
    if text.isascii() and text.isprintable():
        return text
    from ..markup.characters import revealed, visible

    return visible(revealed(text)[0])


def _line(text: str) -> str:
    return single_line(_revealed(replace_surrogates(text)))
