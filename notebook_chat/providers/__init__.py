"""Providers: thin classes around an async generator. Each is loaded when it is first named."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .aiask import AiAsk as AiAsk
    from .base import AsyncGeneratorProvider as AsyncGeneratorProvider
    from .base import AsyncResult as AsyncResult
    from .chatanywhere import ChatAnywhere as ChatAnywhere
    from .http import HTTPProvider as HTTPProvider
    from .local import Local as Local
    from .openai import OpenAI as OpenAI
    from .registry import get_provider as get_provider
    from .registry import list_providers as list_providers

_HOMES = {
    "AiAsk": "aiask",
    "AsyncGeneratorProvider": "base",
    "AsyncResult": "base",
    "ChatAnywhere": "chatanywhere",
    "HTTPProvider": "http",
    "Local": "local",
    "OpenAI": "openai",
    "get_provider": "registry",
    "list_providers": "registry",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
