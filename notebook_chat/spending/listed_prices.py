"""Prices of vendors as the package ``genai-prices`` has them, which is an extra. It is never asked to look for newer ones:
that would be a request of its own."""

from __future__ import annotations

import threading
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from ..events import Usage

_VENDORS = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "google",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral",
    "api.deepseek.com": "deepseek",
    "api.together.xyz": "together",
    "api.x.ai": "x-ai",
    "api.perplexity.ai": "perplexity",
    "openrouter.ai": "openrouter",
}
"""How that package calls a vendor, by the host of the vendor's own service. What somebody else's address charges for
the same model is not known: a gateway, a subscription, a server of one's own."""

_SHARES = {
    "cache_read_tokens": "cached_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "input_audio_tokens": "audio_input_tokens",
    "output_audio_tokens": "audio_output_tokens",
    "output_image_tokens": "image_output_tokens",
}
"""What that package calls the tokens that have a price of their own, and what they are called here."""


def vendor_at(base_url: str) -> str:
    """How the package calls the vendor whose own service an address is; empty where it is nobody's, or not known.

    Args:
        base_url: The address.
    """
    try:
        parts = urlsplit(base_url)
        return _VENDORS.get(parts.hostname or "", "") if parts.port in (None, 443) else ""
    except ValueError:
        return ""


@cache
def prepare() -> None:
    """Has the package loaded beside what else is done, which takes a quarter of a second, once."""
    threading.Thread(target=_package, name="notebook_chat prices", daemon=True).start()


def amount(model: str, vendor: str, usage: Usage) -> float | None:
    """What a request costs, in US dollars; ``None`` where that is not known.

    Args:
        model: The model's own name.
        vendor: What ``vendor_at`` has given.
        usage: The tokens.
    """
    package = _package()
    if package is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    for figures in (_figures(usage, whole=True), _figures(usage, whole=False)):
        try:
            return float(package.calc_price(package.Usage(**figures), model, provider_id=vendor).total_price)
        except LookupError:
            return None  # it does not know the model
        except Exception:  # of a price that wants to know more than the service has told
            continue
    return None


@cache
def _package() -> Any:
    """The package; ``None`` where it is not installed, or cannot be used."""
    try:
        return import_module("genai_prices")
    except Exception:
        return None


def _figures(usage: Usage, *, whole: bool) -> dict[str, int]:
    """The figures by the package's names. It refuses what cannot be, such as more from the cache than came in.

    Args:
        usage: The figures.
        whole: Whether to tell the parts apart that have a price of their own, besides the cache.
    """
    given, out = usage.input_tokens or 0, usage.output_tokens or 0
    shares = {name: getattr(usage, own) or 0 for name, own in _SHARES.items()}
    shares["cache_read_tokens"] = min(shares["cache_read_tokens"], given)
    shares["cache_write_tokens"] = min(shares["cache_write_tokens"], given - shares["cache_read_tokens"])
    shares["cache_write_1h_tokens"] = min(shares["cache_write_1h_tokens"], shares["cache_write_tokens"])
    shares["input_audio_tokens"] = min(shares["input_audio_tokens"], given)
    shares["output_audio_tokens"] = min(shares["output_audio_tokens"], out)
    shares["output_image_tokens"] = min(shares["output_image_tokens"], out - shares["output_audio_tokens"])
    if not whole:
        shares = {name: count for name, count in shares.items() if name.startswith("cache_")}
    elif shares["input_audio_tokens"] and shares["cache_read_tokens"]:
        # Nobody tells how much of the sound was in the cache: as little as there can have been.
        both = shares["cache_read_tokens"] + shares["input_audio_tokens"] - given
        shares["cache_audio_read_tokens"] = max(both, 0)
    counts = {"input_tokens": given, "output_tokens": out, "web_searches": usage.searches or 0}
    optional = {"cache_audio_read_tokens"} if shares.get("input_audio_tokens") else set()
    return counts | {name: count for name, count in shares.items() if count or name in optional}
