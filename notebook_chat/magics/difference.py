"""Two versions of a cell as a difference, line by line, for notebooks and terminals."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from ..markup.characters import revealed
from ..text import fenced, printable

_AROUND = 3  # lines that stay, around those that change
_MOST_LINES = 2000  # that are compared one by one
_MOST_PIECES = 300  # lines or words of a text that are told apart
_LONGEST_LINE = 500  # of which the words are compared
_SPACED = re.compile(r"\s+|\S+\s*")
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_ALIKE = 0.4  # from where two lines are versions of one

Mark = Literal["-", "+", " ", "…"]
_NAMES: dict[Mark, str] = {"-": "d", "+": "a"}
_ANSI: dict[Mark, str] = {"-": "\x1b[31m", "+": "\x1b[32m"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a difference.

    Attributes:
        mark: ``-`` for a line that goes, ``+`` for one that comes, a blank for one that stays, ``…`` in the place of
            some that stay and are not shown.
        pieces: Its text in pieces, each with whether it is what changes in a line that else stays.
    """

    mark: Mark
    pieces: tuple[tuple[str, bool], ...] = ()

    @property
    def text(self) -> str:
        """Its text as a whole."""
        return "".join(piece for piece, _ in self.pieces)


def difference(before: str, after: str) -> list[Line]:
    """What changes from one version of a cell to another.

    Args:
        before: The cell as it is.
        after: The cell as it should be.
    """
    old, new = (revealed(text)[0].rstrip().split("\n") for text in (before, after))
    if max(len(old), len(new)) > _MOST_LINES:
        return [*(_plain("-", line) for line in old), *(_plain("+", line) for line in new)]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    lines: list[Line] = []
    end = 0
    for group in matcher.get_grouped_opcodes(_AROUND):
        if group[0][1] > end:
            lines.append(Line("…"))
        for kind, start, end, new_start, new_end in group:
            if kind == "equal":
                lines += [_plain(" ", line) for line in old[start:end]]
            else:
                lines += _changed(old[start:end], new[new_start:new_end])
    if lines and end < len(old):
        lines.append(Line("…"))
    return lines


def word_difference(before: str, after: str) -> list[tuple[Mark, str]]:
    """What changes from one version of a text to another, word by word where little changes in one place.

    Args:
        before: The text as it was.
        after: The text as it is.

    Returns:
        Its pieces in order, each with what it is.
    """
    old, new = (revealed(text)[0].strip().splitlines(keepends=True) for text in (before, after))
    pieces: list[tuple[Mark, str]] = []
    for kept, gone, come in _alignment(old, new):
        if kept:
            pieces.append((" ", kept))
        elif gone and come:
            pieces += _word_pieces(gone, come)
        else:
            pieces.append(("-", gone) if gone else ("+", come))
    return pieces


def _word_pieces(gone: str, come: str) -> Iterator[tuple[Mark, str]]:
    for kept, old, new in _alignment(_SPACED.findall(gone), _SPACED.findall(come)):
        marked: tuple[tuple[Mark, str], ...] = ((" ", kept), ("-", old), ("+", new))
        yield from (piece for piece in marked if piece[1])


def _alignment(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """What stays, or what is gone and what has come in its place, in order; of many pieces all is another, since
    telling them apart may take the cube of their number."""
    if max(len(old), len(new)) > _MOST_PIECES:
        yield "", "".join(old), "".join(new)
        return
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        gone, come = "".join(old[start:end]), "".join(new[new_start:new_end])
        yield (gone, "", "") if kind == "equal" else ("", gone, come)


def words_as_html(pieces: Sequence[tuple[Mark, str]]) -> str:
    """A difference of words as HTML: every piece of it escaped."""
    tags = {"-": "del", "+": "ins"}
    return "".join(
        f"<{tags[mark]}>{escape(text)}</{tags[mark]}>" if mark in tags else escape(text)
        for mark, text in pieces
    )


def as_text(lines: Sequence[Line]) -> str:
    """A difference as plain text."""
    return "\n".join(f"{line.mark} {line.text}".rstrip() for line in lines)


def as_html(lines: Sequence[Line]) -> str:
    """A difference as HTML: every piece of it escaped."""
    return f"<pre><code>{chr(10).join(map(_html, lines))}</code></pre>"


def as_colors(lines: Sequence[Line]) -> str:
    """A difference for a terminal that has colors; control characters of its own are made visible."""
    return "\n".join(_colored(line) for line in lines)


def show_difference(
    shell: Any, lines: Sequence[Line], head: str, foot: str, *, markdown: bool = False
) -> None:
    """Shows a difference beneath what a cell has shown already.

    Args:
        shell: IPython's shell.
        lines: The difference.
        head: The line above it.
        foot: The line beneath it, if there is to be one; a command in it stands in backticks.
        markdown: Whether a notebook keeps it as Markdown, for exports.
    """
    import sys

    from ..renderers.terminal import writable
    from .output import show_document, show_text

    plain = f"{head}\n\n{as_text(lines)}\n\n{foot.replace('`', '')}".rstrip()
    if not hasattr(shell, "kernel") and _takes_colors(shell, sys.stdout):
        show_text(head)
        print(writable(as_colors(lines), sys.stdout))  # noqa: T201
        return show_text(foot.replace("`", "")) if foot else None
    if hasattr(shell, "kernel") and markdown:
        text = f"{head}\n\n{fenced(as_text(lines), 'diff')}\n\n{foot}"
        return _show_markdown(text.rstrip(), plain)
    from ..markup import container

    told = re.sub(r"`([^`]{1,80})`", r"<code>\1</code>", escape(foot))
    below = f"<p>{told}</p>" if told else ""
    html = container(f"<p>{escape(head)}</p>{as_html(lines)}{below}", style=True)
    return show_document(shell, plain, html)


def _show_markdown(text: str, plain: str) -> None:
    from IPython.display import publish_display_data

    from ..markup import safe_markdown

    publish_display_data({"text/markdown": safe_markdown(text), "text/plain": printable(plain)})  # type: ignore[no-untyped-call]


def _takes_colors(shell: Any, out: Any) -> bool:
    colors = str(getattr(shell, "colors", "") or "").lower()
    return colors not in ("", "nocolor") and bool(getattr(out, "isatty", lambda: False)())


def _plain(mark: Mark, text: str) -> Line:
    return Line(mark, ((text, False),))


def _changed(old: list[str], new: list[str]) -> Iterator[Line]:
    """Lines that change: where as many come as go, and they are alike, with what is different in each."""
    pairs = list(zip(old, new, strict=False)) if len(old) == len(new) else []
    split = [_pieces(one, other) for one, other in pairs]
    yield from (Line("-", left) for left, _ in split) if pairs else (_plain("-", line) for line in old)
    yield from (Line("+", right) for _, right in split) if pairs else (_plain("+", line) for line in new)


_Pieces = tuple[tuple[str, bool], ...]


def _pieces(old: str, new: str) -> tuple[_Pieces, _Pieces]:
    """Two versions of a line in pieces, those that differ marked."""
    whole = (((old, False),), ((new, False),))
    if max(len(old), len(new)) > _LONGEST_LINE:
        return whole
    left, right = _WORD.findall(old), _WORD.findall(new)
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return whole
    found: tuple[list[tuple[str, bool]], list[tuple[str, bool]]] = ([], [])
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        for side, words in ((0, left[start:end]), (1, right[new_start:new_end])):
            if words:
                found[side].append(("".join(words), kind != "equal"))
    return tuple(found[0]), tuple(found[1])


def _html(line: Line) -> str:
    pieces = (f"<u>{escape(piece)}</u>" if differs else escape(piece) for piece, differs in line.pieces)
    text = f"{line.mark} {''.join(pieces)}"
    name = _NAMES.get(line.mark)
    return f'<span class="{name}">{text}</span>' if name else text


def _colored(line: Line) -> str:
    text = printable(f"{line.mark} {line.text}")
    color = _ANSI.get(line.mark)
    return f"{color}{text}\x1b[0m" if color else text
