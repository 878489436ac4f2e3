"""All the dialects, by name."""

from __future__ import annotations

from .anthropic import Anthropic
from .dialect import Dialect
from .gemini import Gemini
from .gpt_site import GptSite
from .ollama import Ollama
from .openai_chat import OpenAIChat
from .openai_responses import OpenAIResponses

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (OpenAIChat(), OpenAIResponses(), Anthropic(), Gemini(), Ollama(), GptSite())
}
