"""Vendors that speak OpenAI's chat completions, as data: they differ in address, key and a few names."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import msgspec

from ..errors import InvalidOptionError
from .built_in import ALIASES, BUILT_IN
from .options import GENERATION

if TYPE_CHECKING:
    from .openai import OpenAI

ALL_OPTIONS = tuple(GENERATION)
NO_SEED = tuple(name for name in GENERATION if name != "seed")


class Vendor(msgspec.Struct, frozen=True):
    """One vendor.

    Args:
        name: What it is called in ``name:model``.
        label: What it calls itself.
        base_url: Where its chat completions live.
        key_variable: The environment variable with the key.
        needs_key: Whether it answers nobody without one; servers on one's own machine do.
        default_model: The model used when none is named; empty where it is up to the server.
        options: The common options it has a place for.
        field_names: The names it has for some of them, in pairs.
        asks_usage: Whether it must be asked for the usage with ``stream_options``.
    """

    name: str
    label: str
    base_url: str
    key_variable: str = ""
    needs_key: bool = True
    default_model: str = ""
    options: tuple[str, ...] = ALL_OPTIONS
    field_names: tuple[tuple[str, str], ...] = ()
    asks_usage: bool = True


def _own_machine(name: str, label: str, port: int, key_variable: str) -> Vendor:
    return Vendor(name, label, f"http://localhost:{port}/v1", key_variable, needs_key=False)


_KNOWN = {
    vendor.name: vendor
    for vendor in (
        Vendor(
            "openrouter",
            "OpenRouter",
            "https://openrouter.ai/api/v1",
            "OPENROUTER_API_KEY",
            default_model="openrouter/auto",
        ),
        Vendor(
            "groq",
            "Groq",
            "https://api.groq.com/openai/v1",
            "GROQ_API_KEY",
            default_model="openai/gpt-oss-120b",
        ),
        Vendor(
            "mistral",
            "Mistral",
            "https://api.mistral.ai/v1",
            "MISTRAL_API_KEY",
            default_model="mistral-small-latest",
            field_names=(("seed", "random_seed"),),
            asks_usage=False,  # it tells unasked, and refuses stream_options.include_usage
        ),
        Vendor(
            "deepseek",
            "DeepSeek",
            "https://api.deepseek.com/v1",
            "DEEPSEEK_API_KEY",
            default_model="deepseek-flash",
            options=NO_SEED,
        ),
        Vendor(
            "together",
            "Together",
            "https://api.together.xyz/v1",
            "TOGETHER_API_KEY",
            default_model="openai/gpt-oss-20b",
        ),
        Vendor("xai", "xAI", "https://api.x.ai/v1", "XAI_API_KEY", default_model="grok-4.3"),
        _own_machine("lmstudio", "LM Studio", 1234, "LM_API_TOKEN"),
        _own_machine("llamacpp", "llama.cpp", 8080, "LLAMA_API_KEY"),
        _own_machine("vllm", "vLLM", 8000, "VLLM_API_KEY"),
    )
}
_added: dict[str, Vendor] = {}


def vendor_names() -> list[str]:
    """The names of all vendors, those that were added last."""
    return list({**_KNOWN, **_added})


def is_vendor(name: str) -> bool:
    """Whether there is a vendor of a name."""
    return name in _added or name in _KNOWN


def get_vendor(name: str) -> type[OpenAI] | None:
    """The provider class of a vendor, the same one each time; ``None`` where there is no such vendor."""
    vendor = _added.get(name) or _KNOWN.get(name)
    return None if vendor is None else _provider(vendor)


def add_vendor(name: str, *, base_url: str, key_env: str | None = None) -> type[OpenAI]:
    """Adds a vendor for as long as this process lives, or puts one in another's place.

    Args:
        name: What to call it in ``name:model``: letters, digits, ``.``, ``_`` and ``-``.
        base_url: Where its chat completions live, such as ``http://localhost:8000/v1``.
        key_env: The environment variable with the key, where it needs one.

    Returns:
        Its provider class, which ``get_provider(name)`` gives from now on.

    Raises:
        InvalidOptionError: A value cannot be used, or the name is that of a dialect of its own.
    """
    name = name.strip().lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        raise InvalidOptionError(
            f"{name!r} is no name for a provider", hint="Use letters, digits, '.', '_' and '-'."
        )
    if name in BUILT_IN or name in ALIASES:
        raise InvalidOptionError(f"{name} is a provider of its own", hint="Choose another name.")
    if key_env is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key_env):
        # What was given may be the key itself, and is not repeated here.
        raise InvalidOptionError(
            "key_env must be the name of an environment variable", hint="Put the key into that variable."
        )
    url = _address(base_url)
    known = _KNOWN.get(name) or Vendor(name, name, url, needs_key=key_env is not None)
    vendor = msgspec.structs.replace(known, base_url=url, key_variable=key_env or known.key_variable)
    _added[name] = vendor
    return _provider(vendor)


def compatible(name: str, base_url: str, key_variable: str = "") -> type[OpenAI]:
    """A provider class for a server that speaks OpenAI's chat completions.

    Args:
        name: What to call it.
        base_url: Where its chat completions live.
        key_variable: The environment variable with the key; empty where it needs none.

    Raises:
        InvalidOptionError: The address is none.
    """
    return _provider(Vendor(name, name, _address(base_url), key_variable, bool(key_variable)))


def _address(url: str) -> str:
    from .openai import OpenAI

    return OpenAI.address(url)


@functools.cache
def _provider(vendor: Vendor) -> type[OpenAI]:
    from .openai import OpenAI

    namespace = {
        "__doc__": f"{vendor.label}, by OpenAI's chat completions.",
        "__module__": __name__,
        "name": vendor.name,
        "url": vendor.base_url,
        "needs_auth": vendor.needs_key,
        "key_variables": (vendor.key_variable,) if vendor.key_variable else (),
        "url_variable": "",
        "default_model": vendor.default_model,
        "options": frozenset(vendor.options),
        "field_names": dict(vendor.field_names),
        "asks_usage": vendor.asks_usage,
    }
    return type(re.sub(r"\W", "", vendor.label) or "Vendor", (OpenAI,), namespace)
