"""The sources of an answer: the marks in its text, and the list beneath it.

Addresses, titles and words were chosen by strangers. A source is a link only where links of an answer may lead; its
host is named beside what it calls itself, in ASCII.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from ..parts import Part, SourcePart, sources_of
from ..text import printable, replace_surrogates, single_line
from .quiet import QUIET

if TYPE_CHECKING:
    from ..markup import Citation

MOST = 200
"""How many sources are listed."""

_OPEN = 10
"""Up to how many stand there unfolded."""

_LONGEST_TITLE = 300
_LONGEST_QUOTE = 1_000


def citations_of(parts: Iterable[Part]) -> list[Citation]:
    """The marks of the sources among an answer's parts, for ``Document.finish``."""
    sources = sources_of(parts)
    if not any(source.marks for source in sources):
        return []
    from ..markup import Citation

    return [
        Citation(mark, number, source.url, source.title)
        for number, source in enumerate(sources, start=1)
        for mark in source.marks
    ]


def sources_html(parts: Iterable[Part]) -> str:
    """The list of the sources, as safe HTML; ``""`` where there are none."""
    sources = sources_of(parts)
    if not sources:
        return ""
    items = "".join(f"<li>{_item(source)}</li>" for source in sources[:MOST])
    more = f"<div>… and {len(sources) - MOST:,} more</div>" if len(sources) > MOST else ""
    body = f"<ol>{items}</ol>{more}"
    title = "Source" if len(sources) == 1 else "Sources"
    if len(sources) > _OPEN:
        return f'<details style="{QUIET}"><summary>{len(sources):,} sources</summary>{body}</details>'
    return f'<div style="{QUIET}">{title}:{body}</div>'


def source_lines(parts: Iterable[Part]) -> list[str]:
    """The sources as lines of text, ``[1] Title — address``. They are safe nowhere."""
    sources = sources_of(parts)
    lines = [f"[{number}] {_line(source)}" for number, source in enumerate(sources[:MOST], start=1)]
    return lines if len(sources) <= MOST else [*lines, f"… and {len(sources) - MOST:,} more sources"]


def sources_markdown(parts: Iterable[Part]) -> str:
    """The list of the sources as Markdown, which is as safe as the HTML."""
    from ..markup import safe_markdown

    sources = sources_of(parts)[:MOST]
    lines = [f"{number}. {_markdown(source)}" for number, source in enumerate(sources, start=1)]
    return safe_markdown("Sources:\n\n" + "\n".join(lines)).strip("\n") if lines else ""


def _item(source: SourcePart) -> str:
    href, host = _destination(source)
    title = _title(source)
    if href:
        name = f"<bdi>{escape(title or href)}</bdi>"
        item = f'<a href="{escape(href)}" target="_blank" rel="noopener noreferrer">{name}</a>'
        item += f" · {escape(host)}" if host and title not in ("", host) else ""
    else:
        address = _one_line(source.url)
        item = " · ".join(f"<bdi>{escape(one)}</bdi>" for one in dict.fromkeys((title, address)) if one)
    if quote := _quote(source):
        quoted = f'<div style="white-space:pre-wrap">{escape(quote)}</div>'
        item += f"<details><summary>Quotation</summary>{quoted}</details>"
    return item


def _line(source: SourcePart) -> str:
    told = " — ".join(dict.fromkeys(filter(None, (_title(source), _one_line(source.url)))))
    quote = "" if source.url else _one_line(source.quote)
    return told + (f": “{quote}”" if quote else "")


def _markdown(source: SourcePart) -> str:
    """A line of Markdown in which only the link is markup."""
    href, _ = _destination(source)
    title = _title(source) or href or _one_line(source.url)
    written = f"[{_escaped(title)}](<{href}>)" if href else _escaped(_line(source))
    quote = _one_line(source.quote) if href else ""
    return f"{written}: “{_escaped(quote)}”" if quote else written


def _escaped(text: str) -> str:
    """Text in which nothing is markup: signs as references, since a stroke before a bracket begins a formula."""
    return "".join(
        f"&#{ord(sign)};" if sign.isascii() and not (sign.isalnum() or sign == " ") else sign for sign in text
    )


def _destination(source: SourcePart) -> tuple[str, str]:
    from ..markup.links import destination, host_of

    href = destination(source.url)
    return href, host_of(href) if href else ""


def _title(source: SourcePart) -> str:
    return _one_line(source.title)


def _one_line(text: str) -> str:
    text = single_line(replace_surrogates(" ".join(text[: 4 * _LONGEST_TITLE].split())))
    return text if len(text) <= _LONGEST_TITLE else f"{text[:_LONGEST_TITLE]}…"


def _quote(source: SourcePart) -> str:
    quote = printable(replace_surrogates(source.quote[: _LONGEST_QUOTE + 1])).strip()
    return quote if len(source.quote) <= _LONGEST_QUOTE else f"{quote[:_LONGEST_QUOTE]}…"
