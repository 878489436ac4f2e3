"""Secrets in a text: what is written as one, the values of secret variables, and the keys that are in use."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

from ...disguises import hidden
from ...secrets import held_values
from .key_likeness import has_cases, is_mixed, is_placeholder, is_trivial
from .secret_formats import hinted

_SHORTEST = 8  # characters of a variable's value
_SHORTEST_HELD = 12  # of a key in use: a header of the user's may hold a short word
_LONG = 16  # from so many characters on a value is found inside of words, too

_NAME = re.compile(
    r"(^|_)(API_?KEYS?|KEYS?|ACCESS_KEY|TOKENS?|SECRETS?|PASS(WORD|WD|PHRASE|WRD)?|PW|PWD|CREDENTIALS?|AUTH|PAT|DSN|BEARER"
    r"|COOKIE|SIGNATURE|CONNECTION_STRING|CONN_STR)(_?\d+|_(VALUE|BASE64|B64|PROD|DEV|TEST|STAGING|LIVE|KEY|TOKEN|STRING))?$"
    r"|(API|SECRET|ACCESS|PRIVATE)_?KEY|PASSWORD|SECRET|CREDENTIAL",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"^(GPG_KEY|PWD|OLDPWD|SSH_AUTH_SOCK)$|PUBLIC|(_|^)(ID|IDS|NAME|FILE|PATH|DIR|SOCK|TYPE|ALGORITHM|LENGTH|SIZE|LIMIT|COUNT"
    r"|TTL|EXPIRY|EXPIRES|HOST|PORT|URL|ENDPOINT|METHOD|ENABLED|REGION|VERSION|USER|MODE)$",
    re.IGNORECASE,
)
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_CUT = re.compile(r"[A-Za-z0-9_.+/=-]{6,300}+…[A-Za-z0-9_.+/=-]{0,300}+")
_PADDING = (
    "a7Qx9Kf2ZpL4mW8e" * 8,
    "a7c9e2f4b8d1036" * 8,
)  # letters and digits, and those of hexadecimal numbers
_MOST_CUT = 100
_MARK = "[{} of {:,} characters]"


@dataclass(frozen=True, slots=True)
class Finding:
    """What looks like a secret in a text.

    Attributes:
        label: What it looks like, such as ``GitHub token``.
        start, end: Where it stands.
        value: It itself, which no repr shows.
    """

    label: str
    start: int
    end: int
    value: str = field(repr=False)


def find(text: str) -> tuple[Finding, ...]:
    """What looks like a secret in a text, in order; no two overlap.

    Args:
        text: Any text.
    """
    found: list[Finding] = []
    for finding in (*_known(text), *_written(text)):
        if not any(finding.start < other.end and other.start < finding.end for other in found):
            found.append(finding)
    return tuple(sorted(found, key=lambda finding: finding.start))


def find_cut(text: str) -> tuple[Finding, ...]:
    """The beginnings of what looks like a secret, where an ellipsis stands for the rest, as in descriptions of
    values.

    Args:
        text: Any text.
    """
    found: list[Finding] = []
    if "…" not in text:
        return ()
    for match in _CUT.finditer(text):
        head = match[0].partition("…")[0]
        if (label := _beginning(head)) and len(found) < _MOST_CUT:
            found.append(Finding(label, *match.span(), match[0]))
    return tuple(found)


def _beginning(head: str) -> str:
    """What a text is the beginning of; ``""`` for nothing secret."""
    for one in hinted(head.lower()):
        for padding in _PADDING:
            for size in range(len(padding)):
                match = one.pattern.search(head + padding[:size])
                if match is not None and match.start() < len(head) and one.is_one(match[0]):
                    return one.label
    return ""


def replaced(text: str, findings: Iterable[Finding], marker: str = "[redacted {}]") -> str:
    """A text with a marker in the place of each secret.

    Args:
        text: The text.
        findings: Its secrets, in order, as ``find`` gives them.
        marker: What stands for one; ``{}`` for its label.
    """
    pieces: list[str] = []
    end = 0
    for finding in findings:
        pieces += [text[end : finding.start], marker.format(finding.label)]
        end = finding.end
    return "".join([*pieces, text[end:]])


def masked(text: str) -> str:
    """A text as it is shown where it stays: without secrets, which are told by what they look like and their size, and
    without pieces of the keys that are in use.

    Args:
        text: The text.
    """
    pieces: list[str] = []
    end = 0
    for one in find(text):
        pieces += [text[end : one.start], _MARK.format(one.label, one.end - one.start)]
        end = one.end
    return hidden(
        "".join([*pieces, text[end:]]), [one for one in held_values() if len(one) >= _SHORTEST_HELD]
    )


def _written(text: str) -> Iterator[Finding]:
    """What is written as a secret is."""
    aws = False
    for one in hinted(text.lower()):
        for match in one.pattern.finditer(text):
            groups = match.groupdict()
            group: str | int = next((name for name in ("s", "t") if groups.get(name) is not None), 0)
            value = match[group]
            if one.is_one(value) and not is_placeholder(value):
                aws = aws or one.label == "AWS access key"
                yield Finding(one.label, *match.span(group), value)
    if aws:  # beside its id, the secret may stand without a word
        for match in _AWS_SECRET.finditer(text):
            if has_cases(match[0]):
                yield Finding("AWS secret key", *match.span(), match[0])


def _known(text: str) -> Iterator[Finding]:
    """The values of secret variables, and the keys that are in use, also in the usual disguises."""
    values = {value: f"value of {name}" for name, value in _variables()}
    for value in held_values():
        if len(value) >= _SHORTEST_HELD and is_mixed(value) and not is_trivial(value):
            values.setdefault(value, "key that is in use here")
    for value, label in sorted(values.items(), key=lambda item: -len(item[0])):
        for form in _forms(value):
            place = text.find(form)
            while place >= 0:
                end = place + len(form)
                if len(form) >= _LONG or not _is_inside(text, place, end):
                    yield Finding(label, place, end, text[place:end])
                place = text.find(form, end)


def _variables() -> Iterator[tuple[str, str]]:
    """The variables of the environment whose names say that they are secret, and whose values may be."""
    for name, value in os.environ.items():
        value = value.strip()
        if len(value) >= _SHORTEST and is_name_of_secret(name) and not is_trivial(value):
            yield name, value


@lru_cache(maxsize=1024)
def is_name_of_secret(name: str) -> bool:
    """Whether a variable's name says that its value is secret: ``DB_PASSWORD``, and neither ``KEY_FILE`` nor ``PWD``.

    Args:
        name: The name.
    """
    return _NO_NAME.search(name) is None and _NAME.search(name) is not None


@lru_cache(maxsize=256)
def _forms(value: str) -> tuple[str, ...]:
    """A secret as it is, and in the ways in which texts hold it: in an address, in JSON, in hex, in base64 whatever
    stands before it."""
    data = value.encode("utf-8", "replace")
    forms = [value, quote(value, safe=""), quote(value), value.replace("\\", "\\\\").replace('"', '\\"')]
    if len(data) >= _SHORTEST_HELD:
        forms += [data.hex(), data.hex().upper()]
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + data).decode()
            alone = encoded[-(-shift * 8 // 6) : (shift + len(data)) * 8 // 6]
            forms += [alone, alone.translate(str.maketrans("+/", "-_"))]
    return tuple(dict.fromkeys(forms))


def _is_inside(text: str, start: int, end: int) -> bool:
    """Whether a place is the middle of a word."""
    return text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()
