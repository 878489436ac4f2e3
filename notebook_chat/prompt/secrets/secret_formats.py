"""The formats of keys, tokens and passwords, as their makers write them.

Most of them are in ``secret_formats.txt``. A format is looked for only where a text has one of its hints, so that a
long text without any costs next to nothing. Expressions are linear: what is repeated is bounded, and nothing goes back
over the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from .key_likeness import has_cases, has_distinct, is_login, is_mixed, is_password


@dataclass(frozen=True, slots=True)
class Format:
    """How secrets of one kind are written.

    Attributes:
        label: What the user is told it looks like, such as ``GitHub token``.
        expression: Where it stands: its group ``s`` (or ``t``) where it has one, else all of it.
        hints: Texts in lower case of which one is in every text that has such a secret.
        is_one: Tells, of what is written so, whether it is one.
    """

    label: str
    expression: str
    hints: tuple[str, ...]
    is_one: Callable[[str], bool]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The expression, compiled when it is first needed."""
        return _compiled(self.expression)


@lru_cache(maxsize=512)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


# --- those that the table has

_CHECKS = {"plain": has_distinct, "mixed": is_mixed, "cases": has_cases}
_SHORT = {
    "@W": "[A-Za-z0-9_-]",
    "@A": "[A-Za-z0-9]",
    "@UUID": "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
}
# What stands before a key may be the end of an escape: ``\n`` in JSON, ``%3D`` in an address.
_START = r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
_END = r"(?![A-Za-z0-9])"
_BEHIND = re.compile(r"\(\?<!\[[^\]]{1,40}\]\)")


def _read() -> Iterator[Format]:
    """The formats of the table.

    Its columns are the label; where the secret stands (``begins``: it has a beginning of its own, ``whole``: the
    expression says all, ``beside``: it follows the name of its maker, which has one column more); what it must look
    like (``plain``: random, ``mixed``: with letters and digits, ``cases``: with small and capital letters, too); the
    hints; the expression. ``@W`` stands for letters, digits, ``_`` and ``-``; ``@A`` for letters and digits.
    """
    for line in files(__package__).joinpath("secret_formats.txt").read_text("utf-8").splitlines():
        if not line or line.startswith("# "):
            continue
        label, where, check, hints, *words, expression = re.split(r" {2,}", line)
        for short, long in _SHORT.items():
            expression = expression.replace(short, long)
        if where == "begins":
            expression = f"{_START}(?P<s>{expression}){_END}"
        elif where == "beside":
            expression = _beside(words[0], expression)
        elif behind := _BEHIND.match(expression):
            expression = rf"(?:{behind[0]}|(?<=\\[nrt])){expression[behind.end() :]}"
        yield Format(label, expression, tuple(hints.split(",")), _CHECKS[check])


def _beside(words: str, key: str) -> str:
    """The expression for a key that nothing but the words before it tells from any other number."""
    return (
        rf"(?i:{words})(?i:[^\n]{{0,24}}?(?:key|token|secret|passw|auth|login|client|\bpat\b))[^\n]{{0,16}}?"
        rf"(?<![A-Za-z0-9/+_.-])(?P<s>{key})(?![A-Za-z0-9/+_-])"
    )


# --- private keys, and what is given for a password

_NAMES = (
    r"(?i:api[_ -]?key|(?:secret|access|private|signing|encryption|master|license|auth|client|shared|app)[_ -]?key"
    r"|client[_ -]?secret|app[_ -]?secret|secret|token|passw(?:or)?d|passphrase|passwort|pwd|credentials?)"
    r"s?(?:_?\d{1,2})?"
)
_GIVEN = r"""(?:\\?["'`])?\]?[ \t]{0,4}(?::[ \t]{0,2}\w{1,20}[ \t]{0,2})?(?:=>|:=|[:=](?!=))[ \t]{0,4}"""
_HINTS = ("key", "secret", "token", "passw", "passphrase", "pwd", "credential")


def _sent(value: str) -> bool:
    return is_mixed(value) and is_password(value)


def _any(value: str) -> bool:
    return True


_OTHERS = (
    Format(
        "private key",
        r"-{4,5} ?BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}(?:\s|\\[nr]){0,9}"
        r"(?:[A-Za-z-]{1,40}: [^\n]{0,200}\n\s{0,4}){0,6}+(?:[A-Za-z0-9+/=]{20,20000}(?:\s|\\[nr]){0,8}){1,2000}+"
        r"(?:[A-Za-z0-9+/=]{1,40})?(?:\s|\\[nr]){0,4}(?:-{4,5} ?END [A-Z0-9 ]{0,60}-{4,5})?",
        ("private key",),
        has_distinct,
    ),
    Format(
        "PuTTY private key",
        r"PuTTY-User-Key-File-\d: (?:[^\n]{0,200}\n){3,200}",
        ("putty-user-key-file",),
        _any,
    ),
    Format(
        "password in an address",
        r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/?#@\"'<>`]{0,100}:"
        r"(?P<s>[^\s/?#\"'<>`@]{3,200}(?:@[^\s/?#\"'<>`@]{1,100}){0,2})@[A-Za-z0-9_\[.-]",
        ("://",),
        is_login,
    ),
    Format(
        "token in an address",
        r"(?<![A-Za-z0-9+.-])https?://(?P<s>[A-Za-z0-9_-]{20,200})@[A-Za-z0-9_\[.-]",
        ("://",),
        is_mixed,
    ),
    Format(
        "password in a connection string",
        r";[ \t]{0,2}(?i:pwd|password)[ \t]{0,2}=[ \t]{0,2}(?P<s>[^;\s\"'&,)]{4,200})(?=[;\s\"',)]|\Z)",
        ("pwd", "password"),
        is_login,
    ),
    Format(
        "password in a connection string",
        r"(?i:\bhost(?:addr)?)[ ]?=[^\n]{1,200}?(?i:\bpassword)[ ]?=[ ]?'?(?P<s>[^\s'\";&,)]{4,200})",
        ("password=", "password ="),
        is_login,
    ),
    Format(
        "authorization header",
        r"(?i:authorization[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?(?:bearer|basic|token|apikey)|\bbearer)[ \t]{1,3}"
        r"(?P<s>[A-Za-z0-9_.~+/-]{16,2000}={0,2})(?![A-Za-z0-9])",
        ("authorization", "bearer"),
        _sent,
    ),
    Format(
        "password on a command line",
        r"(?<![\w-])--?(?i:api[_-]?key|token|password|passwd|secret|access[_-]?token)[ =]{1,3}[\"']?"
        r"(?P<s>[^\s\"'`;|<>(){}$]{8,200})(?=[\s\"'`;|)]|\Z)",
        _HINTS,
        is_password,
    ),
    Format(
        "login on a command line",
        r"\bcurl\b[^\n]{0,200}?[ \t](?:-u|--user)[ =]{0,3}[\"']?[^\s:\"']{1,80}:(?P<s>[^\s\"']{4,200})",
        ("curl",),
        is_login,
    ),
    Format(
        "netrc password",
        r"\bmachine\s{1,8}\S{1,100}\s{1,8}login\s{1,8}\S{1,100}\s{1,8}password\s{1,8}(?P<s>\S{4,200})",
        ("machine",),
        is_login,
    ),
    Format(
        "key or password",
        r"(?<![A-Za-z0-9])[A-Z][A-Z0-9_]{1,40}_(?:KEY|PAT|PW|PASS|AUTH)" + _GIVEN + r"[\"']?"
        r"(?P<s>[A-Za-z0-9+/=_.-]{20,200})(?![A-Za-z0-9+/=_.(\[-])",
        ("_key", "_pat", "_pw", "_pass", "_auth"),
        has_cases,
    ),
    Format(
        "Docker login",
        r"\"auth\"\s{0,4}:\s{0,4}\"(?P<s>[A-Za-z0-9+/]{12,400}={0,2})\"",
        ('"auth"',),
        has_cases,
    ),
    Format(
        "key or password",
        rf"{_NAMES}{_GIVEN}[rbuf]{{0,2}}"
        r"(?:\\?\"(?P<s>[^\"\n\\]{8,400})\\?\"|\\?'(?P<t>[^'\n\\]{8,400})\\?')",
        _HINTS,
        is_password,
    ),
    Format(
        "key or password",
        rf"{_NAMES}{_GIVEN}(?P<s>[^\s\"'`,;<>(){{}}\[\]$\\]{{8,400}})(?=[\s\"'`,;)}}\]\\]|\Z)",
        _HINTS,
        is_password,
    ),
)


def hinted(text: str) -> list[Format]:
    """The formats that a text may have, in their order.

    Args:
        text: The text, in lower case.
    """
    places = {place for hint, those in _by_hint().items() if hint in text for place in those}
    return [formats()[place] for place in sorted(places)] if places else []


@cache
def _by_hint() -> dict[str, list[int]]:
    """Where the formats of each hint are."""
    found: dict[str, list[int]] = {}
    for place, one in enumerate(formats()):
        for hint in one.hints:
            found.setdefault(hint, []).append(place)
    return found


@cache
def formats() -> tuple[Format, ...]:
    """All formats; where two find the same, the first one names it."""
    return (*_read(), *_OTHERS)
