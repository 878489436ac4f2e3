"""Provider classes of vendors: of those that are known, and of those that a user adds."""

from __future__ import annotations

import contextlib
import functools
import importlib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from ..errors import InvalidOptionError
from ..parts import ImagePart, TextPart
from ..schemas import SUBSETS
from ..secrets import bare
from . import addresses
from .built_in import ALIASES, BUILT_IN
from .model_table import DEFAULTS
from .options import check_headers
from .structured import FORMS
from .vendor import DIALECTS, KNOWN, Vendor
from .vendor_file import kept

if TYPE_CHECKING:
    from .call import Call
    from .http import HTTPProvider

_added: dict[str, Vendor] = {}


def vendor_names() -> list[str]:
    """The names of all vendors, those that were added last."""
    return list({**KNOWN, **kept(), **_added})


def is_vendor(name: str) -> bool:
    """Whether there is a vendor of a name."""
    return name in _added or name in KNOWN or name in kept()


def get_vendor(name: str) -> type[HTTPProvider] | None:
    """The provider class of a vendor, the same one each time; ``None`` where there is no such vendor."""
    vendor = _added.get(name) or kept().get(name) or KNOWN.get(name)
    return None if vendor is None else _provider(vendor)


def added(name: str) -> Vendor | None:
    """What was added under a name in this process."""
    return _added.get(name.strip().lower())


def remove(name: str) -> bool:
    """Takes back what was added under a name in this process; whether there was something."""
    return _added.pop(name.strip().lower(), None) is not None


@contextlib.contextmanager
def set_aside() -> Iterator[None]:
    """Sets what was added in this process aside for a block, and takes back what is added in it."""
    before = dict(_added)
    _added.clear()
    try:
        yield
    finally:
        _added.clear()
        _added.update(before)


def add_vendor(
    name: str,
    *,
    base_url: str,
    key_env: str | None = None,
    dialect: str = "openai",
    key_header: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> type[HTTPProvider]:
    """Adds a vendor for as long as this process lives, or puts one in another's place.

    Args:
        name: What to call it in ``name:model``: letters, digits, ``.``, ``_`` and ``-``.
        base_url: Where it lives, such as ``http://localhost:8000/v1``.
        key_env: The environment variable with the key, where it needs one.
        dialect: What it speaks: ``openai`` (chat completions), ``openai-responses``, ``anthropic``, ``gemini`` or
            ``ollama``.
        key_header: The header that has the key, such as ``api-key``, where it is another than the dialect's.
        headers: Further headers by name. ``$NAME`` or ``${NAME}`` in a value stands for a variable of the environment,
            which is read when a request is sent.

    Returns:
        Its provider class, which ``get_provider(name)`` gives from now on.

    Raises:
        InvalidOptionError: A value cannot be used, or the name is that of a provider of its own.
    """
    try:
        return _add(name, base_url, key_env, dialect, key_header, headers)
    except InvalidOptionError as error:
        failure = bare(error)
    del base_url, headers, key_env, key_header  # a traceback shows the variables, and one may be a key
    raise failure


def _add(
    name: str,
    base_url: str,
    key_env: str | None,
    dialect: str,
    key_header: str | None,
    headers: Mapping[str, str] | None,
) -> type[HTTPProvider]:
    name = name.strip().lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        raise InvalidOptionError(
            f"{name!r} is no name for a provider", hint="Use letters, digits, '.', '_' and '-'."
        )
    if name in BUILT_IN or name in ALIASES:
        raise InvalidOptionError(f"{name} is a provider of its own", hint="Choose another name.")
    if dialect not in DIALECTS:
        raise InvalidOptionError(f"there is no dialect {dialect!r}", hint=f"There are {', '.join(DIALECTS)}.")
    if key_env is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key_env):
        # What was given may be the key itself, and is not repeated here.
        raise InvalidOptionError(
            "key_env must be the name of an environment variable", hint="Put the key into that variable."
        )
    check_headers({**dict(headers or {}), **({key_header: ""} if key_header else {})})
    url = _dialect(dialect).address(base_url)
    for one in (_dialect(dialect).url, *(vendor.base_url for vendor in KNOWN.values())):
        if addresses.is_downgrade(url, one):
            raise InvalidOptionError(f"{name} is not asked in clear", hint="Write https://.")
    known = KNOWN.get(name) if dialect == "openai" else None
    known = known or Vendor(name, name, url, needs_key=key_env is not None)
    # A vendor's key goes to the vendor. Elsewhere under its name, the user says which key goes there.
    own = known.key_variable if addresses.same_host(url, known.base_url) else ""
    vendor = msgspec.structs.replace(
        known,
        base_url=url,
        key_variable=key_env or own,
        needs_key=known.needs_key and bool(key_env or own),
        dialect=dialect,
        key_header=key_header or "",
        headers=tuple((headers or {}).items()),
    )
    _added[name] = vendor
    return _provider(vendor)


def compatible(name: str, base_url: str, key_variable: str = "") -> type[HTTPProvider]:
    """A provider class for a server that speaks OpenAI's chat completions.

    Args:
        name: What to call it.
        base_url: Where its chat completions live.
        key_variable: The environment variable with the key; empty where it needs none.

    Raises:
        InvalidOptionError: The address is none.
    """
    url = _dialect("openai").address(base_url)
    return _provider(Vendor(name, name, url, key_variable, bool(key_variable)))


def _dialect(name: str) -> type[HTTPProvider]:
    module, _, attribute = BUILT_IN[name].partition(":")
    found: type[HTTPProvider] = getattr(importlib.import_module(module, __package__), attribute)
    return found


def _account(vendor: Vendor) -> str:
    """The name under which the keyring has the key, where a vendor is elsewhere than it is known to be: the key that
    was kept for the vendor itself does not go there."""
    known = KNOWN.get(vendor.name)
    if known is None or addresses.same_host(vendor.base_url, known.base_url):
        return ""
    return f"{vendor.name}@{urlsplit(vendor.base_url).netloc.rpartition('@')[2]}"


def _searching(cls: type[HTTPProvider], call: Call) -> type[HTTPProvider]:
    """The dialect of a call: xAI searches the web in OpenAI's responses alone."""
    if not call.ask.options.get("web"):
        return cls
    vendor = _added.get(cls.name) or kept().get(cls.name) or KNOWN[cls.name]
    return _provider(msgspec.structs.replace(vendor, dialect="openai-responses"))


@functools.cache
def _provider(vendor: Vendor) -> type[HTTPProvider]:
    dialect = _dialect(vendor.dialect)
    namespace: dict[str, Any] = {
        "__doc__": f"{vendor.label}, by {dialect.speaks}.",
        "__module__": __name__,
        "name": vendor.name,
        "account": _account(vendor),
        "owns_host": vendor.base_url == getattr(KNOWN.get(vendor.name), "base_url", None),
        "url": vendor.base_url,
        "needs_auth": vendor.needs_key,
        "key_variables": (vendor.key_variable,) if vendor.key_variable else (),
        "key_header": vendor.key_header,
        "url_variables": (),
        "header_variables": {},
        "fixed_headers": dict(vendor.headers),
        "default_model": DEFAULTS.get(vendor.name, "") if vendor.name in KNOWN else "",
    }
    if vendor.base_url != dialect.url:
        namespace["largest_request"] = None
    if vendor.dialect == "openai":
        namespace |= {
            "options": frozenset(
                {
                    *(*vendor.options, "effort", "schema"),
                    *(("web",) if vendor.web else ()),
                    *(("tools", "tool_choice") if vendor.tools else ()),
                }
            ),
            "chooses_by_name": vendor.chooses_by_name,
            "schema_with_tools": vendor.schema_with_tools,
            "field_names": dict(vendor.field_names),
            "asks_usage": vendor.asks_usage,
            "thinks_by": vendor.thinks_by,
            "efforts": vendor.efforts,
            "efforts_of": vendor.efforts_of,
            "refuses_sampling": False,
            "web": vendor.web,
            "takes_files": frozenset(vendor.files),
            "part_kinds": dialect.part_kinds if vendor.files else (TextPart, ImagePart),
            "wants_replays": vendor.wants_replays,
            "models": vendor.models,
            "models_path": "" if vendor.models else dialect.models_path,
        }
        if vendor.web == "responses":
            namespace["speaking"] = classmethod(_searching)
    if forms := tuple(form for form in FORMS if form in vendor.schemas):
        namespace["schema_forms"] = forms
    if vendor.schema_subset in SUBSETS:
        namespace["schema_subset"] = SUBSETS[vendor.schema_subset]
    return type(re.sub(r"\W", "", vendor.label) or "Vendor", (dialect,), namespace)
