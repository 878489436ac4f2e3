"""What a service did between the texts of an answer: what it searched for, code that it ran, what the model thought.

Steps stand where they were taken. What belongs together is one: searches that follow each other, code and its result.
What is in them was written by a model or a stranger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ..parts import (
    AudioPart,
    CodePart,
    CodeResultPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    SearchPart,
    UnknownPart,
)
from ..text import printable, replace_surrogates, single_line
from .excerpt import thoughts
from .media import Medium, medium
from .quiet import QUIET

STEPS = (SearchPart, CodePart, CodeResultPart, UnknownPart, ImagePart, AudioPart, FilePart)
"""Parts that come whole and are shown between the texts."""

LONGEST_CODE = 20_000
"""How much of some code, or of its result, is shown, in characters."""

_UNFOLDED = 3
"""How many queries stand there unfolded."""

_MOST_QUERIES = 100
_LONGEST_LINE = 500


class Step:
    """One step, to which parts are added as they come.

    Args:
        part: Its first part.
    """

    def __init__(self, part: Part) -> None:
        self.parts = [part]
        self._code_html: tuple[int, str] = 0, ""

    def take(self, part: Part) -> bool:
        """Adds a part, if it belongs to this step. Whether it did."""
        first, last = self.parts[0], self.parts[-1]
        belongs = (
            (isinstance(part, ReasoningPart) and isinstance(first, ReasoningPart))
            or (isinstance(part, SearchPart) and isinstance(first, SearchPart))
            or (isinstance(part, CodeResultPart) and isinstance(last, CodePart))
        )
        if belongs:
            self.parts.append(part)
        return belongs

    def html(self, growing: bool = False) -> str:
        """The step as safe HTML.

        Args:
            growing: Whether more of it may come.
        """
        first = self.parts[0]
        if isinstance(first, ReasoningPart):
            thought = "".join(part.text for part in self.parts if isinstance(part, ReasoningPart))
            return thought_html(thoughts(thought), growing)
        if isinstance(first, SearchPart):
            searches = (part for part in self.parts if isinstance(part, SearchPart))
            return apart(_folded_lines([line for search in searches for line in _search_lines(search)]))
        if isinstance(first, CodePart | CodeResultPart):
            count = len(self.parts) if growing else 0  # it is asked for again and again while the code runs
            if not growing or self._code_html[0] != count:
                self._code_html = count, self._code(growing)
            return self._code_html[1]
        return apart(line_html(step_line(first)))

    def _code(self, growing: bool) -> str:
        from ..markup import render_code, render_plain

        body, failed, said = "", False, "Result of code that the service ran"
        for part in self.parts:
            if isinstance(part, CodePart):
                said = _ran(part)
                body += render_code(shortened(part.code), part.language)
            elif isinstance(part, CodeResultPart):
                failed = part.is_error
                body += render_plain(shortened(part.text)) if part.text.strip() else ""
        waits = growing and isinstance(self.parts[-1], CodePart)
        said += " …" if waits else ": failed" if failed else ""
        title = escape(single_line(replace_surrogates(said)))
        return f"<details><summary>{title}</summary>{body}</details>" if body else apart(line_html(said))


def apart(html: str) -> str:
    """Quiet lines with some room between them and the text that follows."""
    return f'<div style="margin-bottom:.6em">{html}</div>' if html else ""


def thought_html(thought: str, growing: bool) -> str:
    """Some of what the model thought, folded; ``""`` for nothing.

    Args:
        thought: What it thought.
        growing: Whether it thinks still.
    """
    if not thought.strip():
        return ""
    title = "Thinking …" if growing else "Reasoning"
    pre = f'<div style="white-space:pre-wrap;{QUIET}">{escape(printable(replace_surrogates(thought)))}</div>'
    return f"<details><summary>{title}</summary>{pre}</details>"


def line_html(line: str) -> str:
    """A quiet line as safe HTML; ``""`` for an empty one."""
    shown = escape(single_line(replace_surrogates(line)))
    return f'<div style="white-space:pre-wrap;{QUIET}">{shown}</div>' if shown else ""


def step_line(part: Part) -> str:
    """A part that came whole, in a line of text that is safe nowhere; ``""`` for what is no step."""
    match part:
        case SearchPart():
            return cut("; ".join(_search_lines(part)))
        case CodePart():
            lines = part.code.strip().count("\n") + 1
            return cut(f"{_ran(part)} ({lines:,} {'line' if lines == 1 else 'lines'})")
        case CodeResultPart():
            return cut(f"it {'failed' if part.is_error else 'gave'}: {part.text}")
        case UnknownPart():
            size = f" ({part.size:,} bytes)" if part.size else ""
            return cut(f"the service sent something that is not shown here: {part.kind}{size}")
        case ImagePart() | AudioPart() | FilePart():
            found = medium(part)
            return cut(found.told if isinstance(found, Medium) else found)
    return ""


def _ran(part: CodePart) -> str:
    language = " ".join(part.language[:40].split())
    return f"The service ran {language.capitalize() + ' ' if language else ''}code"


def _search_lines(part: SearchPart) -> Iterable[str]:
    verb = {"open": "opened", "find": "looked in a page for"}.get(part.action, "searched the web for")
    if not part.queries:
        return ["searched the web" if verb.startswith("searched") else "opened a page"]
    quoted = (query if part.action == "open" else f"“{query}”" for query in part.queries[:_MOST_QUERIES])
    lines = [cut(f"{verb} {query}") for query in quoted]
    more = len(part.queries) - len(lines)
    return [*lines, f"… and {more:,} more"] if more > 0 else lines


def _folded_lines(lines: Sequence[str]) -> str:
    body = "".join(line_html(line) for line in lines[:_MOST_QUERIES])
    if len(lines) > _MOST_QUERIES:
        body += line_html(f"… and {len(lines) - _MOST_QUERIES:,} more")
    if len(lines) <= _UNFOLDED:
        return body
    return (
        f'<details style="{QUIET}"><summary>searched the web, {len(lines):,} times</summary>{body}</details>'
    )


def shortened(text: str, most: int = LONGEST_CODE) -> str:
    """A text as far as it is shown, with how much more there is of it.

    Args:
        text: The text.
        most: How much of it is shown, in characters.
    """
    more = len(text) - most
    text = replace_surrogates(text[:most])
    return text if more <= 0 else f"{text}\n… ({more:,} more characters)"


def cut(line: str) -> str:
    """A text as one line of bounded length."""
    line = " ".join(line[: 8 * _LONGEST_LINE].split())
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"
