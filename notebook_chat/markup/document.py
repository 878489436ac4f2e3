"""One answer on its way to HTML: what is finished is rendered once, what is open again while it grows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from . import LONGEST
from .characters import unix_lines, visible
from .citations import Citation, attached, settled, shares
from .code import Highlighter
from .code import language as named
from .incomplete import expected_table, held_back
from .parser import Block, InlineCache, parse_inline, split
from .references import Label, References
from .renderer import html_of, plain
from .sanitizer import sanitized
from .style import container

_GROWTH: Final = 0.05
"""By how much the open block grows before it is rendered again within a line."""

_TOKEN_WORK: Final = 6
"""How many characters of plain text a token costs as much as."""

_FREE: Final = 16_000
_WORK: Final = 3
"""An open block may be worked on for this many times its length, in characters, beyond what is free: a block
without an end, say a list of five hundred lines, costs no more than a few times its length."""


_ENDED_BY_BLANK_LINE: Final = frozenset(
    {
        "paragraph_open",
        "heading_open",
        "blockquote_open",
        "table_open",
        "fence",
        "math_block",
        "hr",
        "definition",
    }
)


@dataclass(frozen=True, slots=True)
class _Unsettled:
    """A finished block that a later definition may change: what it was made of, and what may change it."""

    source: str
    missing: frozenset[Label]  # asked for, and not defined so far
    shown: frozenset[Label]  # defined in it, and shown because nothing had asked for them
    cited: Sequence[Citation] = ()


class Document:
    """One growing answer.

    Text goes in with ``feed``, in pieces of any size; nothing is parsed before something is asked for. A
    block is finished when the next one has begun and no more text can join the two. It is rendered then, once,
    with the definitions of links and footnotes that the answer has given so far.

    When the answer has ended, ``finish`` gives the whole. That is the finished blocks, one after the
    other, but for those that referred to a definition that came later (``[docs][1]`` … ``[1]: https://…``):
    they are rendered once more, and ``blocks`` has the final ones from then on, in the same number and
    order. Footnotes are shown where they are written, under the labels they were written with, so nothing is
    numbered or moved.

    Nothing a model can write raises an exception here, and nothing is dropped: what cannot be rendered is
    shown as it was written.
    """

    def __init__(self) -> None:
        self._source: list[str] = []
        self._fed: list[str] = []  # not looked at yet
        self._tail = ""  # from the start of the open block on
        self._blocks: list[str] = []
        self._unsettled: dict[int, _Unsettled] = {}
        self._references = References()
        self._wanted: set[Label] = set()
        self._highlighter = Highlighter()
        self._cache = InlineCache()
        self._shown = ""  # what the open block was rendered to last
        self._seen = 0  # how much of the tail that shows
        self._open_html = ""
        self._work = 0  # spent on the open block, in characters of plain text
        self._cost = 0  # what rendering it the last time took of that
        self._base = 0  # where the tail begins in the text
        self._placed: list[
            tuple[int, str]
        ] = []  # what is placed behind the finished blocks, and where in the text
        self._within = 0  # how many of them are before the last of the open blocks
        self._fresh = False  # whether one has been placed since the last look
        self._ended = False

    def feed(self, text: str) -> None:
        """Takes the next piece of the answer.

        Args:
            text: Markdown as the model writes it, cut anywhere.

        Raises:
            ValueError: The document has been finished.
        """
        if self._ended:
            raise ValueError("the document is finished")
        if text:
            self._source.append(text)
            self._fed.append(text)

    def place(self, html: str) -> None:
        """Puts something else where the answer is now: between two blocks, behind the one that has begun. It becomes
        a block of its own.

        Args:
            html: Safe HTML of ours, which is shown as it is.

        Raises:
            ValueError: The document has been finished.
        """
        if self._ended:
            raise ValueError("the document is finished")
        self._take()
        self._placed.append((self._base + len(self._tail), html))
        self._fresh = True

    @property
    def source(self) -> str:
        """The answer so far, as the model wrote it."""
        if len(self._source) > 1:
            self._source = ["".join(self._source)]
        return self._source[0] if self._source else ""

    @property
    def blocks(self) -> Sequence[str]:
        """The HTML of each finished block: while the document is fed, blocks are only added, none changes."""
        self._update()
        return tuple(self._blocks)

    def open_block(self) -> str:
        """The HTML of what is not finished; "" when there is nothing.

        It is rendered again when a line has ended or it has grown by a twentieth; in between, the same string
        is given. When it has become very long it is rendered less often, and what has come since is shown as
        text.
        """
        self._update()
        return self._open_html

    def html(self) -> str:
        """The HTML of all that has come, without its container."""
        self._update()
        return "".join(self._blocks) + self._open_html

    def finish(self, citations: Iterable[Citation] = ()) -> str:
        """Says that the answer has ended. It may be called again.

        Args:
            citations: Where the text refers to its sources. Give them before anything else is asked for: blocks that
                are finished stay as they are.

        Returns:
            The safe HTML of the whole, without its container: the same whatever the pieces it was fed in.
        """
        if not self._ended:
            self._ended = True
            self._take()
            blocks = self._split(self._tail)
            marks = settled(self.source, citations) if citations and not self._base else []
            for block, cited in zip(blocks, shares([one.start for one in blocks], marks), strict=True):
                self._finish_block(self._tail, block, cited)
            self._settle(self._base + len(self._tail))
            for index, late in self._unsettled.items():
                if any(map(self._references.defines, late.missing)) or late.shown & self._wanted:
                    self._blocks[index] = self._render_late(late)
            self._tail = self._open_html = ""
        return "".join(self._blocks)

    def _take(self) -> None:
        """Move what was fed to the tail. A CR at the end waits: it may be the half of a line end."""
        text = "".join(self._fed)
        self._fed.clear()
        if text.endswith("\r") and not self._ended:
            text = text[:-1]
            self._fed.append("\r")
        self._tail += visible(unix_lines(text))

    def _update(self) -> None:
        if self._ended or not (self._fed or self._fresh):
            return
        self._take()
        fresh, self._fresh = self._fresh, False
        tail, new = self._tail, len(self._tail) - self._seen
        if not fresh and new < _GROWTH * len(tail) and "\n" not in tail[self._seen :]:
            return
        allowed = _FREE + _WORK * len(tail)
        if self._work > allowed:
            self._open_html = self._shown + _unread(tail[self._seen :]) + self._behind()
            return
        whole = tail.rfind("\n") + 1
        # When the next time will be too much, what is left for then begins with a line.
        seen = whole if whole and self._work + self._cost > allowed else len(tail)
        text = held_back(tail[:seen])
        blocks = self._split(text, growing=True)
        settled = _settled(blocks, whole)
        for block in blocks[:settled]:
            self._finish_block(text, block)
        if settled:
            start = blocks[settled].start
            tail, text, seen = tail[start:], text[start:], seen - start
            self._tail = tail
            self._base += start
            self._work = 0
            self._cache = InlineCache()
        before = self._work
        self._work += len(text) // 4
        self._shown = self._open(text, blocks[settled:])
        self._cost = self._work - before
        self._seen = seen
        self._open_html = self._shown + _unread(tail[seen:]) + self._behind()

    def _behind(self) -> str:
        """What is placed behind all blocks that have begun."""
        return "".join(html for _, html in self._placed[self._within :])

    def _settle(self, end: int) -> None:
        """Makes blocks of what is placed before some place of the text."""
        while self._placed and self._placed[0][0] <= end:
            self._blocks.append(self._placed.pop(0)[1])

    @staticmethod
    def _split(text: str, growing: bool = False) -> list[Block]:
        try:
            return split(text, growing)
        except Exception:  # a fault of the parser: no answer is lost to it
            return [Block(0, len(text), [])]

    def _finish_block(self, text: str, block: Block, cited: Sequence[Citation] = ()) -> None:
        if self._placed:
            self._settle(self._base + block.start)
        source = text[block.start : block.end]
        defined = self._references.learn(block.tokens)
        html = self._render(source, block, self._references, None if defined else self._cache, cited=cited)
        asked = self._references.take()
        if asked or defined:
            missing = frozenset(label for label in asked if not self._references.defines(label))
            shown = frozenset(defined - self._wanted)
            if missing or shown:
                self._unsettled[len(self._blocks)] = _Unsettled(source, missing, shown, cited)
        self._blocks.append(html)

    def _render_late(self, late: _Unsettled) -> str:
        """Render a finished block again, now that all definitions are known."""
        blocks = self._split(late.source)
        return "".join(
            self._render(late.source[block.start : block.end], block, self._references, cited=cited)
            for block, cited in zip(blocks, shares([one.start for one in blocks], late.cited), strict=True)
        )

    def _open(self, text: str, blocks: list[Block]) -> str:
        references = self._references.copy()
        html: list[str] = []
        cache: InlineCache | None = self._cache
        self._within = 0
        for block in blocks:
            while (
                self._within < len(self._placed) and self._placed[self._within][0] <= self._base + block.start
            ):
                html.append(self._placed[self._within][1])
                self._within += 1
            if references.learn(block.tokens):
                cache = None
            last = block is blocks[-1]
            table = expected_table(block.tokens) if last else None
            shown = block if table is None else self._split(table)[0]
            html.append(self._render(text[block.start : block.end], shown, references, cache, growing=last))
        return "".join(html)

    def _render(
        self,
        source: str,
        block: Block,
        references: References,
        cache: InlineCache | None = None,
        growing: bool = False,
        cited: Sequence[Citation] = (),
    ) -> str:
        try:
            if cited:
                block = Block(block.start, block.end, attached(block.tokens, source, cited))
            self._work += _TOKEN_WORK * len(block.tokens) + parse_inline(
                block.tokens, references, cache, growing
            )
            wanted = self._wanted
            if references is not self._references:
                wanted = wanted | references.asked
            else:
                wanted |= references.asked  # in place: it has been asked for from here on
            return sanitized(html_of(block.tokens, self._highlighter, wanted, growing))
        except Exception:  # a fault of the parser, of a lexer: no answer is lost to it
            return sanitized(plain(source))


def _settled(blocks: list[Block], whole: int) -> int:
    """How many of the blocks no later text can change.

    The last one may always go on. When it has half a line, or is a formula that may turn out to be none, it may
    also become part of the one before it, unless a blank line is between them that ends that one.

    Args:
        blocks: All blocks that are not finished yet, in order.
        whole: Where the last whole line ends, in characters.
    """
    if len(blocks) < 2:
        return 0
    before, last = blocks[-2:]
    if last.end <= whole and not last.is_open:
        return len(blocks) - 1
    ended = before.end < last.start and before.tokens[0].type in _ENDED_BY_BLANK_LINE
    return len(blocks) - (1 if ended else 2)


def _unread(text: str) -> str:
    """What has come to a very long block since it was rendered, as text."""
    if not text:
        return ""
    lines = escape(text, quote=False).replace("\n", "<br>\n")
    return sanitized(f"<p>{lines}</p>\n")


def render_code(code: str, language: str) -> str:
    """Some code as a block of it.

    Args:
        code: The code, which may be hostile.
        language: What it is said to be written in.

    Returns:
        Safe HTML without its container.
    """
    lines = visible(unix_lines(code))
    return sanitized(f"<pre><code>{Highlighter().html(lines, named(language))}</code></pre>\n")


def render_body(source: str) -> str:
    """Renders a whole answer, as a ``Document`` does that gets it in pieces. Of a huge one what is beyond ``LONGEST``
    is given as text.

    Args:
        source: Markdown as the model wrote it, which may be hostile.

    Returns:
        Safe HTML without its container.
    """
    document = Document()
    document.feed(source[:LONGEST])
    beyond = source[LONGEST:]
    return document.finish() + (render_plain(beyond) if beyond else "")


def render_plain(source: str) -> str:
    """A text as it was written, for where rendering it as Markdown would take too long.

    Args:
        source: Any text, which may be hostile.

    Returns:
        Safe HTML without its container.
    """
    return sanitized(plain(visible(unix_lines(source))))


def render(source: str) -> str:
    """Renders a whole answer as an output that stands alone.

    Args:
        source: Markdown as the model wrote it, which may be hostile.

    Returns:
        Safe HTML in its container, with the style that it needs in front.
    """
    return container(render_body(source), style=True)
