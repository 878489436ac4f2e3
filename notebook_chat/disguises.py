"""Secrets in disguise: where a text holds a piece of one, as it is or in one of the ways in which texts are encoded.

A service that echoes a key may cut it off, break it into lines, quote it in an address, in JSON or in HTML, or write it
in base64 or hex. Whatever the way, a run of ``RUN`` characters of it is found.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

RUN = 8
"""How many characters of a secret in a row give it away. What is shorter as a whole counts where it stands alone."""

_ROUNDS = 3  # of escapes within escapes: a JSON text within JSON, an address within an address
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_URL_SAFE = str.maketrans("-_", "+/")
_ESCAPE = re.compile(
    r"%u(?P<a>[0-9a-f]{4})|[%=](?P<b>[0-9a-f]{2})|\\u\{(?P<c>[0-9a-f]{1,6})\}|\\(?-i:U)(?P<d>[0-9a-f]{8})"
    r"|\\u(?P<e>[0-9a-f]{4})|\\x(?P<f>[0-9a-f]{2})|&\#x(?P<g>[0-9a-f]{1,6});?|&\#(?P<decimal>[0-9]{1,7});?"
    r"|\\(?P<octal>[0-3][0-7]{2})|\\(?P<control>[nrtbfv0])|\\(?P<itself>[^\w\s])|(?P<entity>&[a-z]{2,8};)",
    re.IGNORECASE,
)
_HEX = re.compile(r"[0-9a-f]{2}(?:[:,. -][0-9a-f]{2}){3}", re.IGNORECASE)
# Blanks, line ends, controls, and what takes no room: a key may be broken anywhere by any of them.
_BREAKS = dict.fromkeys((0xAD, 0x61C, 0x180E, 0x3000, 0xFEFF))
for _first, _last in ((0, 0x20), (0x7F, 0xA0), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F)):
    _BREAKS |= dict.fromkeys(range(_first, _last + 1))
_BREAKS_OF_HEX = _BREAKS | dict.fromkeys(map(ord, ":,.-"))


def hidden(text: str, secrets: Iterable[str]) -> str:
    """A text with ``…`` in the place of every piece of some secrets.

    Args:
        text: Any text. It costs what it is long, so that of a text from elsewhere only the beginning should be given.
        secrets: The secrets, in clear.
    """
    runs: set[str] = set()
    for secret in secrets:
        if len(secret.translate(_BREAKS)) < RUN:
            text = _without_word(text, secret)
        else:
            runs |= runs_of(secret)
    if not runs or len(text) < RUN:
        return text
    shown: list[str] = []
    end = 0
    for start, stop in _joined(_found(text, runs)):
        shown += [text[end:start], "…"]
        end = stop
    return "".join([*shown, text[end:]])


def unescaped(text: str) -> Iterator[str]:
    """A text as it is, and with its escapes resolved, once and again: ``%41``, ``\\u0041``, ``&#65;``.

    Args:
        text: Any text.
    """
    yield text
    for _ in range(_ROUNDS):
        if _ESCAPE.search(text) is None:
            return
        text = _ESCAPE.sub(_meant, text)
        yield text


def _without_word(text: str, secret: str) -> str:
    if len(secret) < 4 or secret not in text:
        return text
    return re.sub(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", "…", text)


@lru_cache(maxsize=128)
def runs_of(secret: str) -> frozenset[str]:
    """All runs of a secret's characters, in lower case and without blanks, in each of the ways to write it."""
    data = secret.encode("utf-8", "replace")
    codes = [ord(character) for character in secret]
    forms = {
        secret,
        data.decode("latin-1"),  # what is left of UTF-8 in percent escapes
        data.hex(),
        "".join(f"%{byte:02x}" for byte in data),
        "".join(f"\\x{byte:02x}" for byte in data),
        "".join(f"\\u{code:04x}" for code in codes),
        "".join(f"&#{code};" for code in codes),
        "".join(f"&#x{code:x};" for code in codes),
        *_base64_forms(data),
    }
    found = (form.translate(_LOWER).translate(_BREAKS) for form in forms)
    return frozenset(form[place : place + RUN] for form in found for place in range(len(form) - RUN + 1))


def _base64_forms(data: bytes) -> Iterator[str]:
    """What of base64 is a secret's alone, whatever stands before and behind it: at each of the three places in which
    it may begin."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data).decode()
        yield encoded[-(-shift * 8 // 6) : (shift + len(data)) * 8 // 6]


def _found(text: str, runs: Collection[str]) -> list[tuple[int, int]]:
    """The places of a text that have a run, in any of its readings."""
    places: list[tuple[int, int]] = []
    reading, spans = text, None  # without escapes each character stands for itself
    for round in range(_ROUNDS + 1):
        for breaks in (_BREAKS, _BREAKS_OF_HEX) if _HEX.search(reading) else (_BREAKS,):
            plain = reading.translate(_LOWER).translate(breaks)
            for letters in {plain, plain.translate(_URL_SAFE)}:
                starts = [at for at in range(len(letters) - RUN + 1) if letters[at : at + RUN] in runs]
                if starts:
                    kept = [at for at, one in enumerate(reading) if ord(one) not in breaks]
                    ends = [(kept[at], kept[at + RUN - 1]) for at in starts]
                    places += [
                        (spans[first][0], spans[last][1]) if spans else (first, last + 1)
                        for first, last in ends
                    ]
        if round == _ROUNDS or _ESCAPE.search(reading) is None:
            break
        reading, spans = _unescaped(reading, spans)
    return places


def _unescaped(text: str, spans: list[tuple[int, int]] | None) -> tuple[str, list[tuple[int, int]]]:
    """A text with its escapes resolved, and where in the text at first each of its characters stands."""
    characters: list[str] = []
    found: list[tuple[int, int]] = []

    def add(piece: str, start: int) -> None:
        characters.append(piece)
        found.extend(
            spans[start : start + len(piece)]
            if spans
            else ((at, at + 1) for at in range(start, start + len(piece)))
        )

    end = 0
    for escape in _ESCAPE.finditer(text):
        add(text[end : escape.start()], end)
        end = escape.end()
        characters.append(_meant(escape))
        first, last = escape.start(), end - 1
        found.append((spans[first][0], spans[last][1]) if spans else (first, last + 1))
    add(text[end:], end)
    return "".join(characters), found


def _meant(escape: re.Match[str]) -> str:
    """The one character that an escape stands for."""
    kind, value = str(escape.lastgroup), escape[str(escape.lastgroup)]
    if kind == "control":
        return " "
    if kind == "itself":
        return value
    if kind == "entity":
        named = html.unescape(value)
        return named if len(named) == 1 else " "
    code = int(value, {"decimal": 10, "octal": 8}.get(kind, 16))
    return chr(code) if code <= 0x10FFFF else " "


def _joined(places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The places in order, those that overlap or touch as one."""
    start = end = -1
    for first, last in sorted(places):
        if first > end:
            if end > 0:
                yield start, end
            start = first
        end = max(end, last)
    if end > 0:
        yield start, end
