"""The names of the project's own provider classes, and where they are."""

from __future__ import annotations

BUILT_IN = {
    "openai": ".openai:OpenAI",
    "openai-responses": ".openai_responses:OpenAIResponses",
    "anthropic": ".anthropic:Anthropic",
    "gemini": ".gemini:Gemini",
    "azure": ".azure:AzureOpenAI",
    "colab": ".colab:Colab",
    "ollama": ".ollama:Ollama",
    "local": ".local:Local",
    "aiask": ".aiask:AiAsk",
    "chatanywhere": ".chatanywhere:ChatAnywhere",
}
"""The module and class of each provider, by its name."""

ALIASES = {
    "google": "gemini",
    "vertex_ai": "gemini",
    "openai_responses": "openai-responses",
    "azure_openai": "azure",
    "ollama_chat": "ollama",
    "together_ai": "together",
    "lm_studio": "lmstudio",
    "hosted_vllm": "vllm",
    "llama_cpp": "llamacpp",
    "x-ai": "xai",
}
"""Further names of some of them, as other tools call them (LiteLLM, OpenRouter)."""

BARE_NAMES = (
    (r"(gpt-\d|chatgpt-|o[1-9](-|$)|codex-)", "openai"),
    (r"claude-", "anthropic"),
    (r"gemini-", "gemini"),
    (r"deepseek-(chat|reasoner|flash|v\d)", "deepseek"),
    (r"grok-", "xai"),
    (r"sonar$|sonar-", "perplexity"),
    (r"(mistral|ministral|magistral|codestral|devstral|pixtral)-", "mistral"),
)
"""How the names of models begin whose vendor is known without its name before them."""
