"""The names of the project's own provider classes, and where they are."""

from __future__ import annotations

BUILT_IN = {
    "openai": ".openai:OpenAI",
    "openai-responses": ".openai_responses:OpenAIResponses",
    "anthropic": ".anthropic:Anthropic",
    "gemini": ".gemini:Gemini",
    "ollama": ".ollama:Ollama",
    "local": ".local:Local",
    "aiask": ".aiask:AiAsk",
    "chatanywhere": ".chatanywhere:ChatAnywhere",
}
"""The module and class of each provider, by its name."""

ALIASES = {"google": "gemini"}
"""Further names of some of them."""
