"""Vendors, gateways and servers that speak one of the dialects, as data: what each has of its own."""

from __future__ import annotations

from typing import Any

import msgspec

from .chat_dialect import Thinking, Web
from .file_types import PDF, WAV_AND_MP3
from .options import GENERATION

DIALECTS = ("openai", "openai-responses", "anthropic", "gemini", "ollama")
"""The dialects that a server from elsewhere may speak, by the names of the providers that speak them."""

ALL_OPTIONS = tuple(GENERATION)
NO_SEED = tuple(name for name in GENERATION if name != "seed")

_FOUR = ("none", "low", "medium", "high")
_THREE = ("low", "medium", "high")
_HEARD_AND_READ = (PDF, *sorted(WAV_AND_MP3))


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
        thinks_by: By which fields it is told how hard to think, as ``chat_fields`` has them.
        efforts: The words that it has for that where nothing is known of a model, each as ``word`` or
            ``our word:its word``.
        efforts_of: The words of some of its models, by a part of their names, the first that fits; none for models that
            cannot be told.
        web: How it is told to search the web, as ``chat_fields`` has it.
        files: The media types of the files that it has a place for, besides images.
        wants_replays: Whether it wants some answers back as they came.
        tools: Whether its models can call tools.
        chooses_by_name: Whether it can be told which tool must be called; others are given that one alone.
        schema_with_tools: Whether a schema of the answer leaves a model free to call tools; others are told it in words
            then.
        models: Models that are known, where it does not list them.
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
    thinks_by: Thinking = "reasoning_effort"
    efforts: tuple[str, ...] = _FOUR
    efforts_of: tuple[tuple[str, tuple[str, ...]], ...] = ()
    web: Web = ""
    files: tuple[str, ...] = ()
    wants_replays: bool = False
    tools: bool = True
    chooses_by_name: bool = True
    schema_with_tools: bool = True
    models: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    schema_subset: str = ""

    def __repr__(self) -> str:
        return f"<Vendor {self.name}>"  # a frame may show it, and a header may hold a key


def _own_machine(name: str, label: str, port: int, key_variable: str, **more: Any) -> Vendor:
    url, heard = f"http://localhost:{port}/v1", tuple(sorted(WAV_AND_MP3))
    return Vendor(name, label, url, key_variable, needs_key=False, files=heard, **more)


KNOWN = {
    vendor.name: vendor
    for vendor in (
        Vendor(
            "openrouter",
            "OpenRouter",
            "https://openrouter.ai/api/v1",
            "OPENROUTER_API_KEY",
            thinks_by="openrouter",
            efforts=("none", "minimal", "low", "medium", "high", "xhigh"),
            web="openrouter",
            files=_HEARD_AND_READ,
            wants_replays=True,
        ),
        Vendor(
            "groq",
            "Groq",
            "https://api.groq.com/openai/v1",
            "GROQ_API_KEY",
            efforts=_THREE,
            efforts_of=(("compound", ()), ("gpt-oss", _THREE), ("qwen", ("none", "medium:default"))),
            web="groq",
            schema_subset="groq",
        ),
        Vendor(
            "mistral",
            "Mistral",
            "https://api.mistral.ai/v1",
            "MISTRAL_API_KEY",
            field_names=(("seed", "random_seed"),),
            asks_usage=False,  # it tells unasked, and refuses stream_options.include_usage
            efforts=("none", "high"),
            efforts_of=(("magistral", ()), ("mistral-large", _THREE)),
            wants_replays=True,
        ),
        Vendor(
            "deepseek",
            "DeepSeek",
            "https://api.deepseek.com/v1",
            "DEEPSEEK_API_KEY",
            options=NO_SEED,
            thinks_by="deepseek",
            efforts=("none", "minimal:low", "low", "medium:high", "high", "xhigh:high", "max"),
            wants_replays=True,
            schemas=("json", "words"),
            schema_subset="json",
        ),
        Vendor(
            "together",
            "Together",
            "https://api.together.xyz/v1",
            "TOGETHER_API_KEY",
            efforts=_THREE,
        ),
        Vendor("xai", "xAI", "https://api.x.ai/v1", "XAI_API_KEY", web="responses"),
        Vendor(
            "perplexity",
            "Perplexity",
            "https://api.perplexity.ai",
            "PERPLEXITY_API_KEY",
            options=("temperature", "top_p", "max_tokens"),
            asks_usage=False,  # it tells unasked
            efforts=("minimal", *_THREE),
            efforts_of=(("sonar-reasoning", _THREE), ("deep-research", ("minimal", *_THREE)), ("sonar", ())),
            web="perplexity",
            tools=False,
            models=("sonar", "sonar-pro", "sonar-reasoning-pro", "sonar-deep-research"),
        ),
        _own_machine("lmstudio", "LM Studio", 1234, "LM_API_TOKEN", chooses_by_name=False),
        _own_machine(
            *("llamacpp", "llama.cpp", 8080, "LLAMA_API_KEY"),
            schema_subset="llama",
            chooses_by_name=False,  # it takes a name, and does as if it were none
            schema_with_tools=False,
        ),
        _own_machine("vllm", "vLLM", 8000, "VLLM_API_KEY"),
    )
}
"""The vendors that are known without being added."""
