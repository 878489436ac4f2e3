"""Coloring code with Pygments, within bounds.

A lexer is a pile of regular expressions, and many of them can be made to run for minutes. So only languages
whose lexers behaved on baits are colored, in pieces of bounded size, and an answer whose code takes far
longer than code does is shown without colors from there on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

_NAMES: Final = """
    python pycon pytb cython bash fish batch powershell javascript typescript jsx tsx json html css scss less
    xml yaml toml docker cmake sql mysql postgresql c cpp csharp java kotlin scala groovy go rust swift
    objective-c php ruby perl lua splus julia octave haskell fsharp elixir erlang clojure common-lisp scheme
    racket emacs-lisp dart zig nim fortran vbnet nasm tex rst diff graphql protobuf nginx vim solidity
    gdscript cuda glsl verilog systemverilog vhdl awk crystal prolog tcl sas stata sparql properties graphviz
    puppet coffeescript wast typst
"""
_LANGUAGES: Final = frozenset(_NAMES.split())
"""The lexers in use, each by one of its aliases."""

_ALSO: Final = {
    "console": "bash",
    "shell-session": "bash",
    "ipython": "python",
    "ipython3": "python",
    "jsonc": "json",
    "json5": "json",
    "svg": "xml",
    "vue": "html",
    "svelte": "html",
    "htm": "html",
    "matlab": "octave",  # the lexers for these two can be made to run for minutes, those of their kin cannot
    "ocaml": "fsharp",
}

_INFO: Final = re.compile(r"\{?[.=]?([A-Za-z0-9][A-Za-z0-9+#._-]{0,31})(?=$|[\s{},:;(])")
_LINE: Final = re.compile(r"\n(?=[^\s\])}])")

_PIECE: Final = 4000
"""How many characters a lexer is given at once."""
_SETTLE: Final = 2000
"""From how many characters of growing code on the first part is not colored again."""
_BASE_SECONDS: Final = 0.02
_SECONDS_PER_CHARACTER: Final = 10e-6
"""The time an answer's code may take on this thread; ordinary code takes a tenth of it or less."""


def language(info: str) -> str:
    """The language that a fence's info string names, as written, or "" when there is none or it is none.

    Only a plain name is taken, and only at the beginning: ``python``, ``c++``, ``{.python .numberLines}``.
    """
    match = _INFO.match(info)
    return match[1] if match and match[1].lower() in _aliases() else ""


def canonical(info: str) -> str:
    """The common name of the language that a fence's info string names; "" as for ``language``."""
    return _aliases().get(language(info).lower(), "")


@cache
def _aliases() -> dict[str, str]:
    """Every name of a language in use, in lower case, and the alias of its lexer."""
    from pygments.lexers import get_all_lexers

    aliases: dict[str, str] = {}
    endings: dict[str, str] = {}
    for _, names, patterns, _ in get_all_lexers(plugins=False):
        used = next((name for name in names if name in _LANGUAGES), None)
        if used is None:
            continue
        aliases.update((name.lower(), used) for name in names)
        for pattern in patterns:
            if re.fullmatch(r"\*\.[A-Za-z0-9+]{1,8}", pattern):
                endings.setdefault(pattern[2:].lower(), used)
    return {**endings, **_ALSO, **aliases}


class Highlighter:
    """Colors the code of one answer."""

    def __init__(self) -> None:
        self._characters = 0
        self._seconds = 0.0
        self._cache: dict[tuple[str, str], str] = {}
        self._settled = ("", "", "")  # the language, the code that is settled, and its HTML

    def html(self, code: str, name: str) -> str:
        """Colors code.

        Args:
            code: The code.
            name: Its language, as ``language`` gave it; ``""`` for none.

        Returns:
            HTML for a ``code`` element: all of the code, escaped.
        """
        key = (code, name)
        if key not in self._cache:
            if len(self._cache) > 50:
                self._cache.clear()
            self._cache[key] = "".join(html for html, _ in self._lines(code, name))
        return self._cache[key]

    def growing(self, code: str, name: str) -> str:
        """The same for code that grows at its end from call to call: most of it is not colored again.

        The colors can differ from the final ones where something that spans many lines was cut.
        """
        known, settled, html = self._settled
        if known != name or not code.startswith(settled):
            settled = html = ""
        parts = list(self._lines(code[len(settled) :], name))
        rest = "".join(part for part, _ in parts)
        self._settled = (name, settled, html)
        if len(code) - len(settled) > _SETTLE:
            count = len(parts) // 2  # the second half stays open: what it begins may reach further
            self._settled = (
                name,
                settled + "".join(source for _, source in parts[:count]),
                html + "".join(part for part, _ in parts[:count]),
            )
        return html + rest

    def _lines(self, code: str, name: str) -> Iterator[tuple[str, str]]:
        """The code's HTML and the code, in parts that begin with a line outside of strings and comments."""
        alias = _aliases().get(name.lower())
        if alias is None or self._seconds > self._allowed():
            yield escape(code, quote=False), code
            return
        self._characters += len(code)
        lexer = _lexer(alias)
        for piece in _pieces(code):
            yield from self._colored(lexer, piece)

    def _colored(self, lexer: Lexer, code: str) -> list[tuple[str, str]]:
        parts: list[tuple[str, str]] = []
        html: list[str] = []
        start = position = 0
        for style, text in self._runs(lexer, code):
            at_line = position > start and code[position - 1] == "\n" and not text[:1].isspace()
            if at_line and style not in ("s", "c"):
                parts.append(("".join(html), code[start:position]))
                html, start = [], position
            html.append(_styled(style, text))
            position += len(text)
        if position != len(code) or not code:
            return [(escape(code, quote=False), code)]
        return [*parts, ("".join(html), code[start:])]

    def _runs(self, lexer: Lexer, code: str) -> Iterator[tuple[str, str]]:
        """The code's tokens, those of one style joined; ends early when they take too long or do not fit."""
        began = time.thread_time()
        style, run, position = "", "", 0
        for count, (start, kind, text) in enumerate(lexer.get_tokens_unprocessed(code)):
            late = count % 16 == 15 and self._seconds + time.thread_time() - began > self._allowed()
            if late or start != position:
                break
            position += len(text)
            found = _style(kind)
            if not run.endswith("\n") and (found == style or (text.isspace() and "\n" not in text)):
                run += text
                continue
            if run:
                yield style, run
            style, run = found, text
        else:
            if run:
                yield style, run
        self._seconds += time.thread_time() - began

    def _allowed(self) -> float:
        return _BASE_SECONDS + _SECONDS_PER_CHARACTER * self._characters


def _lexer(alias: str) -> Lexer:
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(alias)


def _pieces(code: str) -> Iterator[str]:
    start = 0
    while len(code) - start > _PIECE:
        ends = [match.end() for match in _LINE.finditer(code, start + _PIECE // 2, start + _PIECE)]
        end = ends[-1] if ends else start + _PIECE
        yield code[start:end]
        start = end
    yield code[start:]


_TAGS: Final = {"k": "b", "c": "i"}
"""Elements for keywords and comments: shorter, and they stand out also where a front end has stripped the style."""


def _styled(style: str, text: str) -> str:
    escaped = escape(text, quote=False)
    if not style:
        return escaped
    if tag := _TAGS.get(style):
        return f"<{tag}>{escaped}</{tag}>"
    return f'<span class="{style}">{escaped}</span>'


@cache
def _style(kind: _TokenType) -> str:
    """The class for a token, or the key of its element, from its type or the nearest of the types above it."""
    name = str(kind).removeprefix("Token.")
    while name:
        if name in _STYLES:
            return _STYLES[name]
        name = name.rpartition(".")[0]
    return ""


_STYLES: Final = {
    "Comment": "c",
    "Comment.Preproc": "m",
    "Comment.PreprocFile": "s",
    "Keyword": "k",
    "Keyword.Constant": "b",
    "Keyword.Type": "b",
    "Operator.Word": "k",
    "Literal.String": "s",
    "Literal.Number": "n",
    "Literal.Date": "n",
    "Name.Builtin": "b",
    "Name.Exception": "b",
    "Name.Function": "f",
    "Name.Class": "f",
    "Name.Decorator": "m",
    "Name.Entity": "b",
    "Name.Tag": "k",
    "Name.Attribute": "f",
    "Name.Variable": "b",
    "Generic.Deleted": "d",
    "Generic.Error": "d",
    "Generic.Traceback": "d",
    "Generic.Inserted": "a",
    "Generic.Heading": "f",
    "Generic.Subheading": "f",
    "Generic.Prompt": "m",
}
