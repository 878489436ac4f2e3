"""Vendors, gateways and servers that speak one of the dialects, as data: what each has of its own."""

from __future__ import annotations

import msgspec

from .options import GENERATION

DIALECTS = ("openai", "openai-responses", "anthropic", "gemini", "ollama")
"""The dialects that a server from elsewhere may speak, by the names of the providers that speak them."""

ALL_OPTIONS = tuple(GENERATION)
NO_SEED = tuple(name for name in GENERATION if name != "seed")


class Vendor(msgspec.Struct, frozen=True):
    """One vendor.

    Args:
        name: What it is called in ``name:model``.
        label: What it calls itself.
        base_url: Where it lives.
        key_variable: The environment variable with the key.
        needs_key: Whether it answers nobody without one; servers on one's own machine do.
        options: The common options it has a place for.
        field_names: The names it has for some of them, in pairs.
        asks_usage: Whether it must be asked for the usage with ``stream_options``.
        dialect: What it speaks, one of ``DIALECTS``.
        key_header: The header that has the key, where it is another than the dialect's.
        headers: Further headers in pairs; ``$NAME`` in a value stands for a variable of the environment.
        schemas: How it can be asked for data, as ``HTTPProvider.schema_forms``; empty for its dialect's own way.
        schema_subset: What of JSON schema it takes, one of ``schemas.SUBSETS``; empty for what its dialect's own
            service takes.
    """

    name: str
    label: str
    base_url: str
    key_variable: str = ""
    needs_key: bool = True
    options: tuple[str, ...] = ALL_OPTIONS
    field_names: tuple[tuple[str, str], ...] = ()
    asks_usage: bool = True
    dialect: str = "openai"
    key_header: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    schemas: tuple[str, ...] = ()
    schema_subset: str = ""

    def __repr__(self) -> str:
        return f"<Vendor {self.name}>"  # a frame may show it, and a header may hold a key


def _own_machine(name: str, label: str, port: int, key_variable: str, subset: str = "") -> Vendor:
    url = f"http://localhost:{port}/v1"
    return Vendor(name, label, url, key_variable, needs_key=False, schema_subset=subset)


KNOWN = {
    vendor.name: vendor
    for vendor in (
        Vendor(
            "openrouter",
            "OpenRouter",
            "https://openrouter.ai/api/v1",
            "OPENROUTER_API_KEY",
        ),
        Vendor(
            "groq",
            "Groq",
            "https://api.groq.com/openai/v1",
            "GROQ_API_KEY",
            schema_subset="groq",
        ),
        Vendor(
            "mistral",
            "Mistral",
            "https://api.mistral.ai/v1",
            "MISTRAL_API_KEY",
            field_names=(("seed", "random_seed"),),
            asks_usage=False,  # it tells unasked, and refuses stream_options.include_usage
        ),
        Vendor(
            "deepseek",
            "DeepSeek",
            "https://api.deepseek.com/v1",
            "DEEPSEEK_API_KEY",
            options=NO_SEED,
            schemas=("json", "words"),
            schema_subset="json",
        ),
        Vendor(
            "together",
            "Together",
            "https://api.together.xyz/v1",
            "TOGETHER_API_KEY",
        ),
        Vendor("xai", "xAI", "https://api.x.ai/v1", "XAI_API_KEY"),
        _own_machine("lmstudio", "LM Studio", 1234, "LM_API_TOKEN"),
        _own_machine("llamacpp", "llama.cpp", 8080, "LLAMA_API_KEY", "llama"),
        _own_machine("vllm", "vLLM", 8000, "VLLM_API_KEY"),
    )
}
"""The vendors that are known without being added."""
