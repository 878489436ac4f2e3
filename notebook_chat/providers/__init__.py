"""Providers: thin classes around an async generator. Each is loaded when it is first named."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .aiask import AiAsk as AiAsk
    from .anthropic import Anthropic as Anthropic
    from .async_result import AsyncResult as AsyncResult
    from .base import AsyncGeneratorProvider as AsyncGeneratorProvider
    from .chatanywhere import ChatAnywhere as ChatAnywhere
    from .gemini import Gemini as Gemini
    from .http import HTTPProvider as HTTPProvider
    from .local import Local as Local
    from .ollama import Ollama as Ollama
    from .openai import OpenAI as OpenAI
    from .openai_responses import OpenAIResponses as OpenAIResponses
    from .registry import get_provider as get_provider
    from .registry import list_providers as list_providers
    from .vendors import add_vendor as add_vendor
    from .vendors import compatible as compatible

_HOMES = {
    "AiAsk": "aiask",
    "Anthropic": "anthropic",
    "AsyncGeneratorProvider": "base",
    "AsyncResult": "async_result",
    "ChatAnywhere": "chatanywhere",
    "Gemini": "gemini",
    "HTTPProvider": "http",
    "Local": "local",
    "Ollama": "ollama",
    "OpenAI": "openai",
    "OpenAIResponses": "openai_responses",
    "add_vendor": "vendors",
    "compatible": "vendors",
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
