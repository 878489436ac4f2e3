"""Where an answer's text refers to its sources.

A service says behind how many characters of the text a source is meant. Nothing is written into the Markdown for it,
so that no block, link, table or formula can be broken by a mark: the text is split into blocks as ever, each mark is
given to the text token that it stands in, and is put between the tokens while that is parsed. A mark inside of code, a
link or a formula comes behind it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Final, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from .characters import unix_lines, visible

MOST: Final = 1_000
"""How many marks an answer shows."""

_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)
_LONGEST_SCHEME: Final = 8
_LONGEST_CLUSTER: Final = 32
_FAR: Final = 1_000
"""How far apart two cells of a table may be in their line, in characters."""
_SIGN: Final = re.compile(r"[\n!#$%&*+\-:<=>@\[\\\]^_`{}~]")
"""Where something may begin that is not text."""
_LEAVES: Final = frozenset({"fence", "code_block", "math_block", "plain", "hr", "definition"})


@dataclass(frozen=True, slots=True)
class Citation:
    """A mark of a source in a text.

    Attributes:
        place: Behind how many characters of the text it stands.
        number: The source's number.
        url: Its address, as the service gave it.
        title: What the source calls itself.
    """

    place: int
    number: int
    url: str = ""
    title: str = ""


def settled(source: str, citations: Iterable[Citation]) -> list[Citation]:
    """The marks of a text, in its order, with their places in the text as it is parsed: within it, between the
    characters that a reader sees, and moved by what ``visible`` and ``unix_lines`` make longer or shorter.

    Args:
        source: The text as the model wrote it.
        citations: Its marks, at any places.
    """
    found: list[Citation] = []
    seen = set()
    done = length = 0
    for citation in sorted(citations, key=lambda one: (one.place, one.number))[:MOST]:
        place = _between(source, min(max(citation.place, 0), len(source)))
        if place > done:
            length += len(visible(unix_lines(source[done:place])))
            done = place
        if (length, citation.number) not in seen:
            seen.add((length, citation.number))
            found.append(replace(citation, place=length))
    return found


def _between(text: str, place: int) -> int:
    """The next place that is not within what a reader sees as one character, or within the end of a line."""
    if text[max(place - 1, 0) : place + 1] == "\r\n":
        return place + 1
    end = min(len(text), place + _LONGEST_CLUSTER)
    while 0 < place < end and _joins(text, place):
        place += 1
    return place


def _joins(text: str, place: int) -> bool:
    """Whether a character belongs to the one before it."""
    character, before = text[place], text[place - 1]
    if character.isascii():
        return False
    if before == "\u200d" or character in "\u200d\ufe0e\ufe0f":
        return True
    if "\U0001f1e6" <= character <= "\U0001f1ff":  # two of them are one flag
        start = place
        while start > max(0, place - _LONGEST_CLUSTER) and "\U0001f1e6" <= text[start - 1] <= "\U0001f1ff":
            start -= 1
        return (place - start) % 2 == 1
    skin = "\U0001f3fb" <= character <= "\U0001f3ff"
    tag = "\U000e0020" <= character <= "\U000e007f"
    return skin or tag or unicodedata.category(character).startswith("M")


def shares(starts: Sequence[int], citations: Sequence[Citation]) -> list[tuple[Citation, ...]]:
    """The marks of each block of a text, with their places in the block. A mark between two blocks is the first one's.

    Args:
        starts: Where the blocks start.
        citations: The marks, with places in the text.
    """
    found: list[list[Citation]] = [[] for _ in starts]
    for citation in citations if starts else ():
        block = max(bisect_left(starts, citation.place) - 1, 0)
        found[block].append(replace(citation, place=max(citation.place - starts[block], 0)))
    return list(map(tuple, found))


class Line(NamedTuple):
    """A piece of a block's text that is shown: where it starts in the block, how long it is, and of which token it is.

    Attributes:
        start, length: Where it stands in the block's source, in characters.
        token: The token's place among the block's.
        offset: Where it stands in the token's content; ``-1`` for what has no text of its own, such as code.
    """

    start: int
    length: int
    token: int
    offset: int


def attached(tokens: Sequence[Token], source: str, citations: Sequence[Citation]) -> list[Token]:
    """A block's tokens with its marks: each text token has those that stand in it under ``citations``, with places in
    its content, and what has no text is followed by a token of its own for them.

    Args:
        tokens: The block's tokens, the text in them not parsed yet.
        source: What the block was made of.
        citations: Its marks, with places in ``source``.
    """
    lines = _lines(tokens, source)
    starts = [line.start for line in lines]
    behind: dict[int, list[Citation]] = {}
    for citation in citations:
        line = lines[max(bisect_left(starts, citation.place) - 1, 0)] if lines else None
        if line is None or line.offset < 0:
            behind.setdefault(len(tokens) - 1 if line is None else line.token, []).append(citation)
            continue
        offset = line.offset + min(max(citation.place - line.start, 0), line.length)
        meta = tokens[line.token].meta
        meta["lines"] = (
            [one for one in lines if one.token == line.token] if "lines" not in meta else meta["lines"]
        )
        meta.setdefault("citations", []).append(replace(citation, place=offset))
    found: list[Token] = []
    for index, token in enumerate(tokens):
        found.append(token)
        if index in behind:
            found.append(_token("citation_line", behind[index], token.level))
    return found


def _token(kind: str, citations: list[Citation], level: int) -> Token:
    return Token(kind, "", 0, level=level, meta={"cited": citations})


def _lines(tokens: Sequence[Token], source: str) -> list[Line]:
    """Where the texts of a block stand in its source, in order."""
    starts = [0, *accumulate(len(line) + 1 for line in source.split("\n"))]
    first = (tokens[0].map or [0])[0] if tokens else 0
    found: list[Line] = []
    cursor = 0
    for index, token in enumerate(tokens):
        line = token.map[0] - first if token.map else None
        if token.type in _LEAVES:
            cursor = max(cursor, starts[min(line or 0, len(starts) - 1)])
            found.append(Line(cursor, 0, index, -1))
        elif token.type == "inline":
            in_table = index > 0 and token.level > 0 and tokens[index - 1].tag in ("th", "td")
            offset = 0
            for number, text in enumerate(token.content.split("\n")):
                if line is not None:
                    cursor = max(cursor, starts[min(line + number, len(starts) - 1)])
                if text:
                    start, length = _found(source, text, cursor, in_table)
                    found.append(Line(start, length, index, offset if length else offset + len(text)))
                    cursor = start + length
                offset += len(text) + 1
    return found


def _found(source: str, text: str, cursor: int, in_table: bool) -> tuple[int, int]:
    """Where a line of a text stands in the source, and its length there; of what is written otherwise, such as an
    escaped pipe, only about where."""
    if in_table:
        for written in (text, text.replace("|", "\\|")):
            if (start := source.find(written, cursor, cursor + len(written) + _FAR)) >= 0:
                return start, len(text)
        return cursor, 0
    end = source.find("\n", cursor)
    start = source.rfind(text, cursor, len(source) if end < 0 else end)
    return (start, len(text)) if start >= 0 else (cursor, 0)


def parsed(md: MarkdownIt, content: str, env: dict[str, Any], citations: Sequence[Citation]) -> list[Token]:
    """A text's inline tokens as the parser's own ``inline.parse`` gives them, with tokens of type ``citation`` between.
    Each has the marks as ``cited`` and its place in the content as ``at``.

    Args:
        md: The parser.
        content: The text.
        env: The parser's environment.
        citations: The marks, with places in the text.
    """
    tokens: list[Token] = []
    state = StateInline(content, md, env, tokens)
    rules = md.inline.ruler.getRules("")
    due = sorted(((_outside(content, one.place), one) for one in citations), key=lambda pair: pair[0])
    done = 0
    while state.pos < state.posMax:
        done = _pushed(state, due, done)
        pos = state.pos
        mark = due[done][0] if done < len(due) else state.posMax
        if mark < state.posMax and _SIGN.search(content, pos, mark) is None:  # nothing but text is before it
            state.pending += content[pos:mark]
            state.pos = mark
            continue
        if not any(rule(state, False) for rule in rules):
            state.pending += content[pos]
            state.pos = pos + 1
    if state.pending:
        state.pushPending()
    _pushed(state, [(min(place, state.posMax), one) for place, one in due[done:]], 0)
    for rule in md.inline.ruler2.getRules(""):
        rule(state)
    return tokens


def _pushed(state: StateInline, due: Sequence[tuple[int, Citation]], done: int) -> int:
    """Puts a token for the marks that stand here, if some do. How many marks have one then."""
    start = done
    while done < len(due) and due[done][0] <= state.pos:
        done += 1
    if done > start:
        token = state.push("citation", "", 0)
        token.meta = {"cited": [one for _, one in due[start:done]], "at": state.pos}
    return done


def _outside(content: str, place: int) -> int:
    """A mark's place, where what is before it must be known as it is: at the scheme of an address, and at the spaces
    that end a line."""
    near = max(place - _LONGEST_SCHEME, 0)
    for address in _SCHEME.finditer(content, near, place + _LONGEST_SCHEME):
        if address.start() < place < address.end():
            place = address.end()
    end = place
    while content.startswith(" ", end):
        end += 1
    if content.startswith("\n", end):
        while place and content[place - 1] == " ":
            place -= 1
    return place


def without_marks(tokens: Iterable[Token]) -> list[tuple[Any, ...]]:
    """What inline tokens are without their marks, neighboring texts joined: to see that marks have changed nothing."""
    found: list[tuple[Any, ...]] = []
    for token in tokens:
        if token.type == "citation":
            continue
        if token.type == "text":
            if not token.content:
                continue
            if found and found[-1][0] == "text":
                found[-1] = ("text", found[-1][1] + token.content)
                continue
            found.append(("text", token.content))
        else:
            found.append((token.type, token.content, token.tag, token.nesting, dict(token.attrs)))
    return found


def behind(content: str, citations: Sequence[Citation]) -> Token:
    """The token for marks behind the whole of a text."""
    token = _token("citation", list(citations), 0)
    token.meta["at"] = len(content)
    return token


def source_places(tokens: Iterable[Token]) -> list[tuple[int, list[Citation]]]:
    """Where the marks of a block that has been parsed stand in its source; those behind code are left out.

    Args:
        tokens: The block's tokens, as ``attached`` gave them, with the text in them parsed.
    """
    found: list[tuple[int, list[Citation]]] = []
    for token in tokens:
        for child in (token.children or ()) if "citations" in token.meta else ():
            if child.type == "citation":
                offset = child.meta["at"]
                for line in token.meta["lines"]:
                    if line.length and line.offset <= offset <= line.offset + line.length:
                        found.append((line.start + offset - line.offset, child.meta["cited"]))
                        break
    return found
