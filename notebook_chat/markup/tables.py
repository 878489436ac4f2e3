"""Tables, as GitHub writes them, for the way models write them.

The parser's own rule drops the cells that are too many in a row, and splits a row at every pipe. A model
often leaves the pipe in ``a|b`` or ``$|x|$`` unescaped; when a row has too many cells for its table, the
pipes inside of code and math are taken as text, and what is still too much stays in the last cell.
"""

from __future__ import annotations

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

_DELIMITER: Final = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?")
_MARK: Final = re.compile(r"\\.|`+|\$|\|")
_BLOCK_STARTS: Final = frozenset("`~>*-+_#$\\0123456789")
_MOST_COLUMNS: Final = 200
_MOST_ADDED: Final = 1000
"""How many empty cells a table may be filled up with: a wide header over many short rows is a trap."""


def tables_plugin(md: MarkdownIt) -> None:
    """Put this rule in the place of the parser's; the tokens are the same, with ``align`` as attribute."""
    md.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})


def table_header(line: str) -> str | None:
    """The line that makes a table of a header that is still alone, or ``None`` when *line* is no such header.

    For an answer that is still growing: ``| a | b |`` is most likely the first line of a table.
    """
    if not line.lstrip(" ").startswith("|") or line.count("|") < 2:
        return None
    return "|" + "---|" * len(_split(line, whole_spans=False))


def _table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    if start_line + 2 > end_line or state.is_code_block(start_line) or state.is_code_block(start_line + 1):
        return False
    header = _line(state, start_line)
    if "|" not in header or state.sCount[start_line + 1] < state.blkIndent:
        return False
    aligns = _aligns(_line(state, start_line + 1))
    if aligns is None:
        return False
    columns = _split(header, whole_spans=False)
    if len(columns) != len(aligns):
        columns = _split(header, whole_spans=True)
    if len(columns) != len(aligns) or len(columns) > _MOST_COLUMNS:
        return False
    if not silent:
        _push(state, start_line, end_line, columns, aligns)
    return True


def _push(state: StateBlock, start_line: int, end_line: int, columns: list[str], aligns: list[str]) -> None:
    parent, state.parentType = state.parentType, "table"
    table = state.push("table_open", "table", 1)
    state.push("thead_open", "thead", 1)
    _push_row(state, start_line, columns, aligns, "th")
    state.push("thead_close", "thead", -1)
    piped = _line(state, start_line).startswith("|")
    line, added = start_line + 2, 0
    while line < end_line and not _ends(state, line, end_line, piped):
        if line == start_line + 2:
            state.push("tbody_open", "tbody", 1)
        cells = _cells(_line(state, line), len(aligns))
        missing = len(aligns) - len(cells)
        added += missing
        if added <= _MOST_ADDED:
            cells += [""] * missing
        _push_row(state, line, cells, aligns, "td")
        line += 1
    if line > start_line + 2:
        state.push("tbody_close", "tbody", -1)
    state.push("table_close", "table", -1)
    table.map = [start_line, line]
    state.parentType = parent
    state.line = line


def _push_row(state: StateBlock, line: int, cells: list[str], aligns: list[str], tag: str) -> None:
    state.push("tr_open", "tr", 1)
    for content, align in zip(cells, aligns, strict=False):
        cell = state.push(f"{tag}_open", tag, 1)
        if align:
            cell.attrSet("align", align)
        inline = state.push("inline", "", 0)
        inline.content = content
        inline.map = [line, line + 1]
        inline.children = []
        state.push(f"{tag}_close", tag, -1)
    state.push("tr_close", "tr", -1)


def _ends(state: StateBlock, line: int, end_line: int, piped: bool) -> bool:
    """Whether the table has ended before this line."""
    if state.isEmpty(line) or state.sCount[line] < state.blkIndent or state.is_code_block(line):
        return True
    row = _line(state, line)
    # A line without any pipe under a table drawn with them is the text that goes on.
    if piped and "|" not in row:
        return True
    return row[0] in _BLOCK_STARTS and any(
        rule(state, line, end_line, True) for rule in state.md.block.ruler.getRules("blockquote")
    )


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip(" \t")


def _aligns(line: str) -> list[str] | None:
    """The alignment of each column, from the line under the header."""
    if line[:1] not in ("|", "-", ":") or _DELIMITER.fullmatch(line) is None:
        return None
    if line[0] == "-" and line[1:2] in (" ", "\t"):
        return None
    columns = [column.strip(" \t") for column in line.strip("|").split("|")]
    if len(columns) == 1 and "|" not in line and ":" not in line:
        return None  # a heading's underline, or a rule
    named = {(True, True): "center", (False, True): "right", (True, False): "left", (False, False): ""}
    return [named[column.startswith(":"), column.endswith(":")] for column in columns]


def _cells(row: str, columns: int) -> list[str]:
    """The cells of a row, at most *columns*."""
    cells = _split(row, whole_spans=False)
    if len(cells) > columns:
        spared = _split(row, whole_spans=True)
        cells = spared if len(spared) <= columns else cells
    return cells if len(cells) <= columns else [*cells[: columns - 1], " | ".join(cells[columns - 1 :])]


def _split(row: str, whole_spans: bool) -> list[str]:
    """Split a row at its pipes; with *whole_spans*, not at those inside of code or math."""
    row = row.strip(" \t")
    start = 1 if row.startswith("|") else 0
    cells: list[str] = []
    pos = start
    while (mark := _MARK.search(row, pos)) is not None:
        pos = mark.end()
        if mark.group() == "|":
            cells.append(row[start : mark.start()])
            start = pos
        elif whole_spans and mark.group()[0] in "`$":
            end = row.find(mark.group(), pos)
            pos = end + len(mark.group()) if end >= 0 else pos
    if row[start:].strip(" \t") or not cells:
        cells.append(row[start:])
    return [cell.strip(" \t").replace("\\|", "|") for cell in cells]
