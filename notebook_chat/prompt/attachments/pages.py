"""The text of a web page."""

from __future__ import annotations

import html
import re

# What is between these tags is no text of the page.
_SILENT = frozenset(("script", "style", "template", "noscript", "svg", "iframe", "object", "select"))
_BREAKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote br dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5"
        " h6 header hr legend li main nav ol option p pre section summary table tbody tfoot thead title tr ul",
    )
)
_TAG = re.compile(r"/?([a-zA-Z][a-zA-Z0-9-]{0,30})")
_STOP = re.compile(r"[>\"']")
_BLANKS = re.compile(r"[ \t\f\v\u00a0]+")


class _Scanner:
    """Goes over a page once, from its beginning to its end, whatever is missing in it. The standard library's parser
    goes back over what has no end, and a page may be made to cost hours by that."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._lower = page.lower() if len(page.lower()) == len(page) else page
        self._place = 0
        self._without_end: set[str] = set()
        self.pieces: list[str] = []
        self._preformatted = 0

    def scan(self) -> None:
        """Takes the texts out of the page."""
        while (start := self._page.find("<", self._place)) >= 0:
            self._say(self._page[self._place : start])
            self._place = start + 1
            self._tag()
        self._say(self._page[self._place :])

    def _say(self, text: str) -> None:
        if text:
            text = html.unescape(text)
            self.pieces.append(text if self._preformatted else _BLANKS.sub(" ", text.replace("\n", " ")))

    def _tag(self) -> None:
        """What begins behind a ``<``."""
        if self._page.startswith("!--", self._place):
            self._skip_to("-->")
        elif self._page.startswith(("!", "?"), self._place):
            self._skip_to(">")
        elif (tag := _TAG.match(self._page, self._place)) is None:
            self.pieces.append("<")
        else:
            name, opens = tag[1].lower(), self._page[self._place] != "/"
            self._place = tag.end()
            self._end_of_tag()
            self._mark(name, opens)
            if opens and name in _SILENT:
                self._skip_to(f"</{name}")
                self._skip_to(">")

    def _mark(self, name: str, opens: bool) -> None:
        """What a tag does to the text."""
        if name in ("td", "th") and opens:
            self.pieces.append(" | ")
        elif name == "li" and opens:
            self.pieces.append("\n- ")
        elif name in ("h1", "h2", "h3", "h4", "h5", "h6") and opens:
            self.pieces.append(f"\n\n{'#' * int(name[1])} ")
        elif name in _BREAKS:
            self.pieces.append("\n\n" if name in ("p", "table", "ul", "ol", "title") else "\n")
        if name == "pre":
            self._preformatted = max(self._preformatted + (1 if opens else -1), 0)

    def _end_of_tag(self) -> None:
        """Goes behind the ``>`` of a tag, past those in the values of attributes."""
        while (stop := _STOP.search(self._page, self._place)) is not None:
            self._place = stop.end()
            if stop[0] == ">":
                return
            if self._page[stop.start() - 1] in "= \n\t" and stop[0] not in self._without_end:
                end = self._page.find(stop[0], self._place)
                if end < 0:
                    self._without_end.add(stop[0])
                else:
                    self._place = end + 1
        self._place = len(self._page)

    def _skip_to(self, end: str) -> None:
        found = self._lower.find(end, self._place)
        self._place = len(self._page) if found < 0 else found + len(end)


def page_text(page: str) -> str:
    """The text of a page of HTML: its headings, paragraphs, lists and tables, without scripts and styles.

    Args:
        page: The page.
    """
    scanner = _Scanner(page)
    scanner.scan()
    lines: list[str] = []
    for line in "".join(scanner.pieces).split("\n"):
        line = line.rstrip().removeprefix(" " if line.startswith(" |") else "")
        if line.strip(" |-#") or (lines and lines[-1]):
            lines.append(line if line.strip(" |-#") else "")
    return "\n".join(lines).strip("\n") + "\n"
