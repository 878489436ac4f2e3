"""Secrets, held so that no ``repr``, traceback or log can show them, and texts without them."""

from __future__ import annotations

import base64
import binascii
import functools
import inspect
import re
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ParamSpec, TypeVar, cast
from urllib.parse import parse_qsl, unquote

from .disguises import RUN, hidden

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=BaseException)

# Every option that there is, but those that hold a secret. Whatever has another name may be one that is misspelt.
_KNOWN_OPTIONS = frozenset(
    re.findall(
        r"\w+",
        "base_url cell context conversation extra_body file_tokens files fresh images max_tokens messages model nested"
        " pace prompt provider replaces retries secrets seed ssl stop stream system temperature timeout top_p transport"
        " wait",
    )
)
_SECRET_NAME = re.compile(
    r"key|token|secret|pass(wor|phras|wd)|pwd|auth(?!or(?!iz))|bearer|credential|cookie|signature",
    re.IGNORECASE,
)
_OWN_NAMES = ("api_key", "apikey", "token", "proxy", "headers")
# Headers that everybody may read: what is in them is no secret, and is found in ordinary words.
_PUBLIC_HEADER = re.compile(
    r"(accept|content|http)(-.*)?|user-agent|referer|origin|x-title|.*-(version|beta)", re.I
)
_PLACEHOLDERS = re.compile(
    r"not[-_]needed|(sk-)?no-key-(needed|required)|lm-studio|localhost|anything|placeholder|your[-_]api[-_]key",
    re.IGNORECASE,
)
_SCHEMES = frozenset(("bearer", "basic", "digest", "token", "apikey", "negotiate"))

_USERINFO = re.compile(
    r"(?<=://)(?:[^\s/?#@]{0,500}@|[^\s/?#@:]{0,500}:[^\s\"'<>`@]{0,500}@)(?:[^\s\"'<>`]{0,500}@)?"
)
_QUERY_SECRET = re.compile(
    r"([?&;](?:[\w.-]{0,40}[-_.])?(?:api[-_]?key|key|token|secret|auth|authorization|password|passwd|pwd|signature|sig"
    r"|credential)=)[^&#\s\"'<>]+",
    re.IGNORECASE,
)
# Keys as vendors make them, also those that nobody has told us of: they have a digit somewhere.
_VENDORS_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sk|rk|pk|gsk|xai|hf|r8|nvapi|pplx|csk|tgp|gh[opsu]|github_pat|glpat|xox[abprs])[-_]"
    r"(?=[\w-]{0,200}\d)[\w-]{12,}|AIza[\w-]{20,}|AKIA[A-Z0-9]{12,}|ya29\.[\w.-]{12,}"
    r"|eyJ[\w-]{10,}\.[\w-]{5,}(?:\.[\w-]*)?)"
)

_living: weakref.WeakValueDictionary[int, Secret] = weakref.WeakValueDictionary()


class Secret:
    """A key that is shown as ``Secret('…')`` wherever it might be printed. As long as it lives, ``redact`` knows it.

    Args:
        value: The key itself; whitespace around it (a newline of a pasted key) is dropped.
        public: Whether it is only held back from frames, and nothing to be taken out of texts.
    """

    __slots__ = ("__weakref__", "_value", "public")

    public: bool

    def __init__(self, value: str | Secret, *, public: bool = False) -> None:
        self._value: str = value._value if isinstance(value, Secret) else str(value).strip()
        self.public = public or (isinstance(value, Secret) and value.public)
        if not self.public and len(self._value) >= 4:
            _living[id(self)] = self

    def reveal(self) -> str:
        """The key itself. Call it where the key is put on the wire, and nowhere else."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "Secret('…')"

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        # A pickle or a deep copy would write the key out.
        raise TypeError("a Secret cannot be pickled")

    def __deepcopy__(self, memo: object) -> Secret:
        return self


class Fields(dict[str, Any]):
    """The further fields of a request, as a dict that shows none of its values; those that are named as a key are known
    to ``redact``."""

    __slots__ = ("_secrets",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__(fields)
        self._secrets = [Secret(value) for value in _secret_values(fields)]

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{name!r}: …' for name in self)}}}"

    def __reduce__(self) -> tuple[type[Fields], tuple[dict[str, Any]]]:
        return Fields, (dict(self),)


def _secret_values(value: Any, named: bool = False, depth: int = 6) -> Iterator[str]:
    """The texts in a value that stand under the name of a secret."""
    if isinstance(value, str) and named:
        yield value
    elif depth and isinstance(value, Mapping):
        for name, one in value.items():
            yield from _secret_values(one, named or _SECRET_NAME.search(str(name)) is not None, depth - 1)
    elif depth and isinstance(value, (list, tuple)):
        for one in value:
            yield from _secret_values(one, named, depth - 1)


# --- in frames ------------------------------------------------------------------------------------------


def hides_secrets(function: Callable[P, R]) -> Callable[P, R]:
    """Keeps keys out of tracebacks: a decorator for every public function that takes options as keywords.

    A traceback shows the variables of each frame that it passes. The decorated function gets its secrets held as
    ``Secret``, as ``wrap_secrets`` does, and no frame before it keeps the plain ones.
    """
    code = inspect.unwrap(function).__code__
    names = code.co_varnames[: code.co_argcount]

    def held(args: tuple[Any, ...]) -> tuple[Any, ...]:
        return (
            tuple(_held(name, value) for name, value in zip(names, args, strict=False)) + args[len(names) :]
        )

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def hiding_async(*args: Any, **options: Any) -> Any:
            args, kept = held(args), _hidden(options)
            options.clear()
            return await function(*args, **kept)

        return cast("Callable[P, R]", hiding_async)

    @functools.wraps(function)
    def hiding(*args: Any, **options: Any) -> R:
        args, kept = held(args), _hidden(options)
        options.clear()
        return function(*args, **kept)

    return cast("Callable[P, R]", hiding)


def wrap_secrets(options: Mapping[str, Any]) -> dict[str, Any]:
    """A provider's options with those held as ``Secret`` that may be or hold one: the key, the proxy with its
    password, the values of the headers, and texts whose name looks like a key's, which may be a misspelt one.
    ``extra_body`` shows none of its values. Options that are ``None`` are left out."""
    return _hidden({name: value for name, value in options.items() if value is not None})


def _hidden(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _held(name, value) for name, value in options.items()}


def _held(name: str, value: Any) -> Any:
    """The value of an option so that no frame shows a secret in it."""
    if name == "extra_body" and isinstance(value, Mapping):
        return value if isinstance(value, Fields) else Fields(value)
    if name == "base_url" and isinstance(value, str) and ("@" in value or _QUERY_SECRET.search(value)):
        return Secret(value)  # an address with a password or a key in it
    if name in _KNOWN_OPTIONS or not isinstance(value, (str, Mapping, list, tuple)):
        return value
    if name == "headers" and isinstance(value, Mapping):
        return {header: held_header(header, one) for header, one in value.items()}
    return _held_all(value) if is_secret_name(name) else value


def _held_all(value: Any) -> Any:
    if isinstance(value, str):
        return Secret(value)
    if isinstance(value, Mapping):
        return {name: _held_all(one) for name, one in value.items()}
    return type(value)(map(_held_all, value)) if type(value) in (list, tuple) else value


def held_header(name: object, value: Any) -> Any:
    """The value of a header as a ``Secret``; where the header's name says that anybody may read it, a public one."""
    if not isinstance(value, str):
        return value
    return Secret(value, public=_PUBLIC_HEADER.fullmatch(str(name)) is not None)


@functools.lru_cache(maxsize=256)
def is_secret_name(name: str) -> bool:
    """Whether a name is that of something secret, such as ``token`` or ``X-Api-Key``, or nearly that of an option which
    is."""
    if name in _OWN_NAMES or _SECRET_NAME.search(name):
        return True
    import difflib  # for names that nobody knows

    return bool(difflib.get_close_matches(name.lower(), _OWN_NAMES, n=1, cutoff=0.7))


def secrets_in(options: Mapping[str, Any]) -> tuple[Secret, ...]:
    """The secrets among a provider's options, as ``wrap_secrets`` holds them."""
    headers = options.get("headers")
    values = (*options.values(), *(headers.values() if isinstance(headers, Mapping) else ()))
    return tuple(value for value in values if isinstance(value, Secret))


def unwrap_secrets(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as before ``wrap_secrets``: for code from elsewhere, which does not know ``Secret``."""
    return {name: _plain(value) for name, value in options.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Fields):
        return dict(value)
    if type(value) is dict:
        return {name: _plain(one) for name, one in value.items()}
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


def bare(error: E) -> E:
    """An error without the frames that it has come through, and without those before it: their variables may hold a key
    in clear, as those of the libraries that send it do."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


# --- in texts -------------------------------------------------------------------------------------------


def redact(text: str, *secrets: Secret | None) -> str:
    """A text without secrets: neither those that live nor those given, in any of the ways to write them and no piece of
    them; without ``user:password@`` in its addresses and keys in their queries; and without what looks like a vendor's
    key. Redact first, and cut then: ``excerpt`` does both.

    Args:
        text: Any text.
        secrets: Further secrets that are known.
    """
    # What looks like a key goes as a whole before parts of it go, without which it would look like none.
    return _VENDORS_KEY.sub("…", hidden(address_alone(text), held_values(*secrets)))


def held_values(*secrets: Secret | None) -> list[str]:
    """What is secret of all that is held as a ``Secret`` now, in clear, the longest first: to look for it in a text.

    Args:
        secrets: Further secrets that are known.
    """
    known = [one for one in (*secrets, *(ref() for ref in _living.valuerefs())) if one is not None]
    values = {part for one in known for part in _parts(one.reveal()) if _PLACEHOLDERS.fullmatch(part) is None}
    return sorted(values, key=len, reverse=True)


def _without_value(query: re.Match[str]) -> str:
    # A function, since a template has ``re`` import something, which an interpreter that ends does not do.
    return f"{query[1]}…"


def excerpt(text: str | bytes, longest: int, *secrets: Secret | None) -> str:
    """The beginning of something from elsewhere, without secrets: redacted first, and cut then.

    Args:
        text: What a service, or whoever else, has written; bytes as UTF-8.
        longest: How many characters to keep at most.
        secrets: As for ``redact``.
    """
    head = text[: 8 * longest + 4096]  # what is cut off here leaves pieces of secrets, which redact finds
    return redact(head.decode("utf-8", "replace") if isinstance(head, bytes) else head, *secrets)[:longest]


def redact_address(text: str, *secrets: Secret | None) -> str:
    """As ``redact``, for what was meant to be one address, however broken: all before its last ``@`` may be a
    password."""
    scheme, separator, rest = text.partition("://")
    scheme, rest = (scheme + separator, rest) if separator else ("", text)
    _, at, place = rest.rpartition("@")
    return redact(f"{scheme}…@{place}" if at else text, *secrets)


def address_alone(text: str) -> str:
    """An address without what in it is a credential by where it stands or what it looks like. It is the same whether or
    not a secret is known, so that a place is known again by it.

    Args:
        text: The address.
    """
    return _VENDORS_KEY.sub("…", _QUERY_SECRET.sub(_without_value, _USERINFO.sub("…@", text)))


@functools.lru_cache(maxsize=128)
def _parts(value: str) -> tuple[str, ...]:
    """What of a value is secret: of ``Bearer KEY`` the key, of a proxy's address the password."""
    found: list[str] = []
    pieces = value.split()
    if len(pieces) == 2 and pieces[0].lower() == "basic":
        try:
            pair = base64.b64decode(pieces[1], validate=True).decode()
        except (binascii.Error, ValueError):
            pair = ""
        found += [pair, *_of_pair(pair)]
    _, address, place = value.partition("://")
    user, at, _ = (place if address else value).rpartition("@")
    if at:
        found += _of_pair(user)
    if address:
        found += [one for name, one in parse_qsl(place.partition("?")[2]) if is_secret_name(name)]
    else:
        found += [piece for piece in pieces if piece.lower() not in _SCHEMES]
    return tuple(dict.fromkeys(part for part in found if len(part) >= 4))


def _of_pair(pair: str) -> list[str]:
    """The secret parts of ``user:password``. A short user's name is none, unless it stands alone."""
    user, separator, password = pair.partition(":")
    users = [user, unquote(user)] if not separator or not password or len(user) >= RUN else []
    return [password, unquote(password), *users]
