"""Whether a text can be a key or a password, or is a placeholder, a name or a path that stands in its place."""

from __future__ import annotations

import math
import re
from collections import Counter

_WORDS_OF_EXAMPLES = re.compile(
    r"your[-_ a-z]|example|placeholder|redacted|changeme|change[-_]me|replace[-_]?(?:me|with|this)"
    r"|insert[-_]?(?:your|here)|dummy|not[-_]?a[-_]?real|fake[-_]|goes[-_]here|<[^>]{0,80}>|\.\.\.|…|\*{3}|\{\{|\$\{|%\(",
    re.IGNORECASE,
)
_TRIVIAL = frozenset(
    re.findall(
        r"\w+",
        "abc123 admin administrator authentication authorization bearer changeit changeme default development"
        " disabled enabled foobar guest hunter2 letmein localhost minioadmin mypass mypassword mysecret"
        " nopassword null optional pass passwd password postgres postgresql production pwd qwerty rabbitmq"
        " redacted required root secret sessionid staging string test testing testpass token undefined unknown"
        " user username welcome",
    )
)
_SEGMENTS = re.compile(r"[-_./:@|\\~+ ]+")
_NAME = re.compile(r"[A-Za-z]*\d{0,3}|\d+[a-z]{0,2}")
_CAMEL = re.compile(r"(?:[A-Z]?[a-z]{2,}+|[A-Z]{2,5}(?![a-z]))++\d{0,3}")
_ATTRIBUTE = re.compile(r"[a-z_]{1,30}\d{0,4}(?:\.[A-Za-z_]\w{0,60}){1,8}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ][\d:.+Z-]{0,30})?")
_PATH = re.compile(r"(?:[A-Za-z]:)?[\\/.~]")


def is_placeholder(value: str) -> bool:
    """Whether it says itself that it stands for something else: ``YOUR_API_KEY``, ``sk-...``, ``xxxxxxxx``.

    Args:
        value: What may be a secret.
    """
    if _WORDS_OF_EXAMPLES.search(value) is not None:
        return True
    letters = Counter(value.lower())
    [(_, most)] = letters.most_common(1) or [("", 0)]
    return 2 * most > len(value) >= 6


def has_distinct(value: str) -> bool:
    """Whether enough of its characters differ for it to be random.

    Args:
        value: What may be a secret.
    """
    letters = Counter(value)
    [(_, most)] = letters.most_common(1) or [("", 0)]
    return len(letters) >= 4 and 2 * most < len(value)


def is_mixed(value: str) -> bool:
    """Whether it has letters and digits, as nearly all that is random has and few words have.

    Args:
        value: What may be a secret.
    """
    return has_distinct(value) and any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def has_cases(value: str) -> bool:
    """As ``is_mixed``, with small and capital letters among them: what is written in hex has not.

    Args:
        value: What may be a secret.
    """
    return is_mixed(value) and any(map(str.islower, value)) and any(map(str.isupper, value))


def is_login(value: str) -> bool:
    """Whether it can be the password in an address or a connection string, where nothing else stands.

    Args:
        value: What stands there.
    """
    if len(value) < 4 or value.lower() in _TRIVIAL or value[0] in "$<{%[" or _ATTRIBUTE.fullmatch(value):
        return False
    return not is_placeholder(value)


def is_password(value: str) -> bool:
    """Whether what is given for a key or a password is one: it is random enough, and no name, path, date or number.

    Args:
        value: What is given.
    """
    if value.lower() in _TRIVIAL or "://" in value or _PATH.match(value) or _TIME.fullmatch(value):
        return False
    if value.count(" ") > 1 or is_placeholder(value) or is_name(value):
        return False
    letters, digits = sum(map(str.isalpha, value)), sum(map(str.isdigit, value))
    others = sum(not one.isalnum() and one not in "-_. :/,|=" for one in value)
    if not letters or not (digits or others):
        return False
    return len(set(value)) >= 6 and _entropy(value) >= (2.75 if len(value) < 12 else 3.0)


def is_name(value: str) -> bool:
    """Whether it is made of words as names are: ``api_key_v2``, ``tokenizer.model``, ``GPT2Tokenizer``.

    Args:
        value: What may be a secret.
    """
    if _ATTRIBUTE.fullmatch(value):
        return True
    pieces = [piece for piece in _SEGMENTS.split(value) if piece]
    if len(pieces) > 12:
        return False
    return all(_is_word(piece) for piece in pieces)


def _is_word(piece: str) -> bool:
    if _CAMEL.fullmatch(piece):
        return True
    return len(piece) <= 24 and _NAME.fullmatch(piece) is not None


def is_trivial(value: str) -> bool:
    """Whether a value of the environment tells nothing, whatever its name is: a word, a number, a path, an address.

    Args:
        value: The value.
    """
    if value.lower() in _TRIVIAL or is_placeholder(value) or _PATH.match(value) or _TIME.fullmatch(value):
        return True
    if "://" in value:
        return "@" not in value
    is_number = value.replace(".", "").replace("-", "").isdigit() and len(value) < 12
    return is_number or value.count(" ") > 3


def _entropy(value: str) -> float:
    """How many bits each of its characters tells."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values())
