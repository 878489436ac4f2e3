r"""The text in a formula: what stands in ``\text{…}`` and its kin, in which TeX's signs are escaped.

latex2mathml takes such text as it is, to its first closing brace. So it is read here, and given on in a form in which
no sign means anything any more: ``\text{50\%}`` as ``\text{50&#x25;}``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_COMMANDS: Final = {
    **dict.fromkeys(("text", "textmd", "textnormal", "textrm", "textup", "textsc", "mbox", "hbox"), "text"),
    **dict.fromkeys(("textit", "textsl", "emph"), "textit"),
    **{name: name for name in ("textbf", "textsf", "texttt", "fbox", "tag", "tag*")},
}
"""The commands that take text, and what latex2mathml is given for each."""

_NAMES: Final = "|".join(re.escape(name) for name in sorted(_COMMANDS, key=len, reverse=True))
_OPENER: Final = re.compile(rf"\\(?:({_NAMES})\s*{{|[A-Za-z]+|.)", re.DOTALL)
_BRACE: Final = re.compile(r"\\.|[{}]", re.DOTALL)

_PIECE: Final = re.compile(
    rf"\\(?P<command>{_NAMES})\s*{{"
    r"|\$(?P<dollars>(?:\\.|[^$\\])+)\$|\\\((?P<brackets>(?:\\[^()]|[^\\])+)\\\)"
    r"|\\(?P<accent>['`^\"~=.])(?:{(?P<braced>[A-Za-z])}|(?P<letter>[A-Za-z]))"
    r"|\\(?P<name>[A-Za-z]+)[ \t]*|\\(?P<sign>.)|(?P<bare>[{}~]|``|'')",
    re.DOTALL,
)
_ACCENTS: Final = dict(zip("'`^\"~=.", "\u0301\u0300\u0302\u0308\u0303\u0304\u0307", strict=True))
_SIGNS: Final = {",": "\u2009", ";": " ", ":": " ", "!": "", "-": "", "/": "", "\\": " ", "\n": " "}
_BARE: Final = {"{": "", "}": "", "~": "\u00a0", "``": "“", "''": "”"}
_CHARACTERS: Final = {
    "quad": "\u2003",
    "qquad": "\u2003\u2003",
    "textbackslash": "\\",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textunderscore": "_",
    "textdollar": "$",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textdegree": "°",
    "textquotesingle": "'",
    "textendash": "–",
    "textemdash": "—",
    "textellipsis": "…",
    "ldots": "…",
    "dots": "…",
    "ss": "ß",
    "ae": "æ",
    "o": "ø",
    "aa": "å",
}
"""Commands in text that are no symbols of math, or other ones there."""

_MEANT: Final = re.compile(r"[\\%{}&#$~^_]|^\d")
"""What means something to latex2mathml, a number before a unit included, whose space it takes away."""


def plain_text(tex: str) -> str:
    r"""The TeX with each ``\text{…}`` in it, and its kin, as latex2mathml shows it as it is meant."""
    out: list[str] = []
    pos = 0
    while (match := _OPENER.search(tex, pos)) is not None:
        out.append(tex[pos : match.start()])
        end = closing_brace(tex, match.end()) if match[1] else -1
        out.append(_group(match[1], tex[match.end() : end]) if end >= 0 else match.group())
        pos = end + 1 if end >= 0 else match.end()
    return "".join(out) + tex[pos:]


def closing_brace(tex: str, start: int) -> int:
    """Where the brace is that closes the one right before *start*; -1 if there is none."""
    depth = 1
    for match in _BRACE.finditer(tex, start):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.start()
    return -1


def _group(command: str, content: str) -> str:
    name = _COMMANDS[command]
    parts = _parts(content)
    if name.startswith("tag"):  # which takes nothing but text
        return f"\\{name}{{{_escaped(''.join(part if is_text else part[1:-1] for part, is_text in parts))}}}"
    font = "text" if name == "fbox" else name
    written = [f"\\{font}{{{_escaped(part)}}}" if is_text else part for part, is_text in parts]
    if name == "fbox":
        return f"\\boxed{{{''.join(written)}}}"
    return written[0] if len(written) == 1 else f"{{{''.join(written)}}}"


def _parts(content: str) -> list[tuple[str, bool]]:
    """The runs of text in it, no more escaped, and the TeX between them; and whether each is text."""
    parts: list[tuple[str, bool]] = []
    text = ""
    pos = 0
    content = re.sub(r"\s+", " ", content)
    while (match := _PIECE.search(content, pos)) is not None:
        text += content[pos : match.start()]
        pos = match.end()
        math = match["dollars"] or match["brackets"]
        end = closing_brace(content, pos) if match["command"] else -1
        if end < 0 and not math:
            text += _character(match)
            continue
        if text:
            parts.append((text, True))
            text = ""
        if math:
            parts.append((f"{{{plain_text(math)}}}", False))
        else:
            parts.append((_group(match["command"], content[pos:end]), False))
            pos = end + 1
    text += content[pos:]
    return [*parts, (text, True)] if text or not parts else parts


def _character(match: re.Match[str]) -> str:
    if match["bare"]:
        return _BARE[match["bare"]]
    if match["sign"]:
        return _SIGNS.get(match["sign"], match["sign"])
    if match["accent"]:
        return unicodedata.normalize("NFC", (match["braced"] or match["letter"]) + _ACCENTS[match["accent"]])
    from latex2mathml.symbols_parser import convert_symbol

    name = match["name"]
    if name is None or name in _CHARACTERS:
        return match.group() if name is None else _CHARACTERS[name]
    symbol = convert_symbol(f"\\{name}")
    return chr(int(symbol, 16)) if symbol else match.group()


def _escaped(text: str) -> str:
    return _MEANT.sub(lambda match: f"&#x{ord(match.group()):X};", text)
