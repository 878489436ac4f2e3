"""What is known of the vendors' models without asking anybody: one table, dated.

What a service's own list says goes before it. Nothing stands here that is not known, lest a model be refused what it
can. The prices are US dollars for a million tokens of the prompt, of the answer, and of what was read from the cache,
at the usual rate for a prompt of usual length.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from .file_types import AUDIO, DOCUMENTS, PDF, TEXT, VIDEO, WAV_AND_MP3

AS_OF = date(2026, 11, 30)
"""When this table was last held against what the vendors say."""

_NOTHING: frozenset[str] = frozenset()
_PDF = frozenset({PDF, TEXT})
_GEMINI = AUDIO | VIDEO | _PDF
_PLAIN = {"images": False, "files": _NOTHING, "efforts": ()}  # reads text, and does not think
_SEES = {"images": True, "files": DOCUMENTS, "tools": True, "schema": True, "web": True}
_OLD = {**_PLAIN, "tools": True, "schema": False, "web": False, "sampling": True}
_UP_TO_HIGH = ("low", "medium", "high")
_UP_TO_XHIGH = (*_UP_TO_HIGH, "xhigh")
_UP_TO_MAX = (*_UP_TO_XHIGH, "max")

FAMILIES: tuple[tuple[str, dict[str, Any]], ...] = (
    # OpenAI. What the models read is their window without the longest answer.
    ("gpt-3.5", {"context": 16_385, "output": 4_096, **_OLD}),
    ("gpt-4", {"context": 8_192, "output": 4_096, **_OLD}),
    ("gpt-4-turbo", {"context": 128_000, "images": True}),
    ("gpt-4-vision", {"context": 128_000, "images": True}),
    ("gpt-4-1106", {"context": 128_000}),
    ("gpt-4-0125", {"context": 128_000}),
    ("gpt-4o", {"context": 128_000, "output": 16_384, **_SEES}),
    *((f"{name}-search-preview", {"tools": False}) for name in ("gpt-4o", "gpt-4o-mini")),
    ("gpt-4o-audio", {"images": False, "files": WAV_AND_MP3, "gives": frozenset({"audio"}), "web": False}),
    ("gpt-4o-mini-audio", {"images": False, "files": WAV_AND_MP3, "gives": frozenset({"audio"}), "web": False}),
    ("gpt-audio", {"context": 128_000, "output": 16_384, **_PLAIN, "files": WAV_AND_MP3, "tools": True,
                   "schema": False, "web": False, "gives": frozenset({"audio"})}),
    ("gpt-4.1", {"context": 1_047_576, "output": 32_768, **_SEES}),
    ("gpt-4.1-nano", {"web": False}),
    ("gpt-4.5", {"context": 128_000, "output": 16_384, **_SEES}),
    ("chatgpt-4o", {"context": 128_000, "output": 16_384, **_OLD, "images": True, "tools": False}),
    ("gpt-5", {"context": 272_000, "output": 128_000, **_SEES, "efforts": ("minimal", *_UP_TO_HIGH),
               "sampling": False}),
    ("gpt-5-pro", {"efforts": ("high",)}),
    ("gpt-5-chat", {"context": 128_000, "output": 16_384, "efforts": (), "tools": None, "sampling": True}),
    ("gpt-5.1", {"efforts": ("none", *_UP_TO_HIGH), "sampling": True}),
    ("gpt-5.2", {"efforts": ("none", *_UP_TO_XHIGH), "sampling": True}),
    ("gpt-5.3", {"efforts": ("none", *_UP_TO_XHIGH), "sampling": True}),
    ("gpt-5.3-codex", {"efforts": _UP_TO_XHIGH, "sampling": False}),
    ("gpt-5.4", {"context": 922_000, "efforts": ("none", *_UP_TO_XHIGH), "sampling": True}),
    ("gpt-5.4-mini", {"context": 272_000}),
    ("gpt-5.4-nano", {"context": 272_000}),
    ("gpt-5.5", {"context": 872_000, "efforts": ("none", *_UP_TO_XHIGH)}),
    ("gpt-5.6", {"context": 922_000, "efforts": ("none", *_UP_TO_XHIGH)}),
    *((f"gpt-5.{minor}-pro", {"efforts": ("medium", "high", "xhigh"), "sampling": False}) for minor in (2, 4, 5)),
    ("gpt-6", {"context": 922_000, "output": 128_000, **_SEES, "efforts": ("none", *_UP_TO_XHIGH),
               "sampling": False}),
    ("gpt-6.2", {"efforts": _UP_TO_XHIGH}),
    ("o1", {"context": 200_000, "output": 100_000, **_SEES, "efforts": _UP_TO_HIGH, "web": False,
            "sampling": False}),
    ("o1-mini", {"context": 128_000, "output": 65_536, **_OLD, "tools": False, "sampling": False}),
    ("o1-preview", {"context": 128_000, "output": 32_768, **_OLD, "tools": False, "sampling": False}),
    ("o3", {"context": 200_000, "output": 100_000, **_SEES, "efforts": _UP_TO_HIGH, "sampling": False}),
    ("o3-mini", {"images": False, "files": _NOTHING, "web": False}),
    ("o4", {"context": 200_000, "output": 100_000, **_SEES, "efforts": _UP_TO_HIGH, "sampling": False}),
    ("gpt-oss", {"context": 131_072, "images": False, "files": _NOTHING, "tools": True, "efforts": _UP_TO_HIGH}),
    # Anthropic. Up to 4.6 the effort is a number of tokens, of which every word is one.
    ("claude", {"context": 200_000, "images": True, "tools": True}),
    ("claude-3", {"output": 4_096, "efforts": (), "schema": False, "sampling": True}),
    ("claude-3-5", {"output": 8_192, "files": _PDF}),
    ("claude-3-7", {"output": 64_000, "files": _PDF, "efforts": ("none", *_UP_TO_MAX)}),
    *(
        (f"claude-{name}", {"files": _PDF, "web": True, "efforts": ("none", *_UP_TO_MAX)})
        for name in ("fable", "haiku", "mythos", "opus", "sonnet")
    ),
    *(
        (f"claude-{name}", {"output": output, "schema": schema, "sampling": True})
        for name, output, schema in (
            ("opus-4", 32_000, None),
            ("sonnet-4", 64_000, None),
            ("opus-4-1", 32_000, True),
            ("sonnet-4-5", 64_000, True),
            ("opus-4-5", 64_000, True),
            ("haiku-4-5", 64_000, True),
        )
    ),
    ("claude-opus-4-6", {"context": 1_000_000, "output": 128_000, "schema": True, "sampling": True}),
    ("claude-sonnet-4-6", {"context": 1_000_000, "output": 64_000, "schema": True, "sampling": True}),
    *(
        (f"claude-{name}", {"context": 1_000_000, "output": 128_000, "schema": True, "sampling": False})
        for name in ("opus-4-7", "opus-4-8", "fable-5", "haiku-5", "mythos-5", "opus-5", "sonnet-5")
    ),
    *((f"claude-{name}", {"efforts": _UP_TO_MAX}) for name in ("opus-5-5", "fable-5", "mythos-5", "mythos-preview")),
    # Google
    ("gemini", {"context": 1_048_576, "images": True, "tools": True, "schema": True, "sampling": True}),
    *(
        (f"gemini-{version}", {"output": 65_536, "files": _GEMINI, "web": True})
        for version in ("2.5", "3", "4", "flash", "pro")
    ),
    ("gemini-1.5", {"output": 8_192, "files": _GEMINI, "efforts": ()}),
    ("gemini-2.0", {"output": 8_192, "files": _GEMINI, "efforts": (), "web": True}),
    ("gemini-2.5", {"efforts": ("none", "minimal", *_UP_TO_HIGH)}),
    ("gemini-2.5-pro", {"efforts": ("minimal", *_UP_TO_HIGH)}),
    ("gemini-3", {"efforts": _UP_TO_HIGH}),
    ("gemini-3-flash", {"efforts": ("minimal", *_UP_TO_HIGH)}),
    ("gemini-4", {"efforts": _UP_TO_HIGH}),
    ("gemini-flash", {"efforts": _UP_TO_HIGH}),
    ("gemini-pro-latest", {"efforts": _UP_TO_HIGH}),
    *(
        (name, {"context": None, "tools": None, "schema": None, "web": None, "gives": frozenset({"image"}),
                "efforts": None})
        for name in ("gemini-2.5-flash-image", "gemini-3-pro-image", "gemini-3.1-flash-image",
                     "gemini-3.1-flash-lite-image", "gemini-nano-banana")
    ),
    ("gemma", {"efforts": ()}),
    # xAI
    # Perplexity's search models, by its pages of them.
    ("sonar", {"context": 128_000, "images": True, "files": _NOTHING, "tools": False, "efforts": ()}),
    ("sonar", {"schema": True, "web": True}),
    ("sonar-pro", {"context": 200_000}),
    ("sonar-reasoning", {"efforts": ("low", "medium", "high")}),
    ("sonar-deep-research", {"efforts": ("minimal", "low", "medium", "high")}),
    ("grok", {"tools": True, "schema": True}),
    ("grok-2", {"context": 32_768, "images": False, "files": _NOTHING, "efforts": ()}),
    ("grok-2-vision", {"images": True}),
    ("grok-3", {"context": 131_072, **_PLAIN}),
    ("grok-3-mini", {"efforts": ("low", "high")}),
    ("grok-4", {"context": 256_000, "images": True}),
    ("grok-4-fast", {"context": 2_000_000}),
    ("grok-4-1-fast", {"context": 2_000_000}),
    *((f"grok-{name}-non-reasoning", {"efforts": ()}) for name in ("4-fast", "4-1-fast")),
    ("grok-4.2", {"context": 1_000_000}),
    ("grok-4.3", {"context": 1_000_000}),
    *((f"grok-4.{minor}", {"context": 500_000}) for minor in (5, 6, 7)),
    ("grok-code", {"context": 256_000, "images": False}),
    # Mistral
    *((name, {"tools": True, "schema": True, "sampling": True}) for name in ("mistral-", "ministral", "codestral")),
    ("mistral-small-latest", {"context": 262_144, "images": True, "efforts": ("none", "high")}),
    ("mistral-small-2603", {"context": 262_144, "images": True, "efforts": ("none", "high")}),
    ("mistral-medium-latest", {"context": 262_144, "images": True, "efforts": ("none", "high")}),
    ("mistral-medium-3-5", {"context": 262_144, "images": True, "efforts": ("none", "high")}),
    ("mistral-large-2512", {"context": 262_144, "images": True, "efforts": ()}),
    ("mistral-large-4", {"context": 1_048_576}),
    ("codestral", {"context": 256_000, "images": False, "efforts": ()}),
    ("voxtral-small", {"context": 32_768, "images": False, "efforts": ()}),
    # DeepSeek
    ("deepseek-flash", {"context": 1_000_000, "output": 384_000, "tools": True,
                        "efforts": ("none", "low", "high", "max")}),
    ("deepseek-v4", {"context": 1_000_000, "output": 384_000, "tools": True,
                     "efforts": ("none", "low", "high", "max")}),
    ("deepseek-chat", {"context": 64_000, "images": False, "tools": True, "efforts": ()}),
    ("deepseek-reasoner", {"context": 64_000, "images": False}),
    # Groq's systems, which run tools of their own alone
    ("compound", {"context": 131_072, "tools": False}),
    # models of several hosts
    ("llama-3", {"context": 131_072, "images": False, "files": _NOTHING, "tools": True, "efforts": ()}),
    ("llama-3.2-11b-vision", {"images": True}),
    ("llama-3.2-90b-vision", {"images": True}),
    ("llama3", {"images": False, "files": _NOTHING, "efforts": ()}),
    ("llama3.2-vision", {"images": True}),
    ("llama-4", {"images": True, "files": _NOTHING, "tools": True, "efforts": ()}),
)  # fmt: skip
"""What families of models can, by the beginning of their names. A longer one adds to the shorter ones, and takes the
place of what they say; ``None`` takes it back."""

PRICES: dict[str, tuple[float, float, float | None]] = {
    "gpt-6-astra": (10, 50, 1),
    "gpt-6-sol": (2, 10, 0.2),
    "gpt-6-luna": (0.1, 0.5, 0.01),
    "gpt-6.1-sol": (2, 10, 0.1),
    "gpt-6.1-terra": (1, 5, 0.05),
    "gpt-5.6-sol": (4, 20, 0.4),
    "gpt-5.6-terra": (2, 12, 0.2),
    "gpt-5.6-luna": (0.2, 1.2, 0.02),
    "gpt-5.5": (5, 30, 0.5),
    "gpt-5.5-pro": (30, 180, None),
    "gpt-5.4": (2.5, 15, 0.25),
    "gpt-5.4-pro": (30, 180, None),
    "gpt-5.4-mini": (0.75, 4.5, 0.075),
    "gpt-5.4-nano": (0.2, 1.25, 0.02),
    "gpt-5.2": (1.75, 14, 0.175),
    "gpt-5.2-pro": (21, 168, None),
    "gpt-5.1": (1.25, 10, 0.125),
    "gpt-5": (1.25, 10, 0.125),
    "gpt-5-pro": (15, 120, None),
    "gpt-5-mini": (0.25, 2, 0.025),
    "gpt-5-nano": (0.05, 0.4, 0.005),
    "gpt-4.1": (2, 8, 0.5),
    "gpt-4.1-mini": (0.4, 1.6, 0.1),
    "gpt-4o": (2.5, 10, 1.25),
    "gpt-4o-mini": (0.15, 0.6, 0.075),
    "gpt-audio": (2.5, 10, None),
    "gpt-audio-mini": (0.6, 2.4, None),
    "o3": (2, 8, 0.5),
    "o3-pro": (20, 80, None),
    "claude-fable-5": (10, 50, 1),
    "claude-fable-5-1": (10, 50, 0.25),
    "claude-fable-5-2": (8, 40, 0.2),
    "claude-mythos-5-2": (8, 40, 0.2),
    "claude-opus-5-5": (4, 20, 0.2),
    "claude-opus-5": (5, 25, 0.5),
    "claude-opus-4-8": (5, 25, 0.5),
    "claude-opus-4-7": (5, 25, 0.5),
    "claude-opus-4-6": (5, 25, 0.5),
    "claude-opus-4-5": (5, 25, 0.5),
    "claude-sonnet-5-5": (2, 10, 0.1),
    "claude-sonnet-5": (2, 10, 0.2),
    "claude-sonnet-4-6": (3, 15, 0.3),
    "claude-sonnet-4-5": (3, 15, 0.3),
    "claude-haiku-5-5": (0.1, 0.5, 0.01),
    "claude-haiku-4-5": (1, 5, 0.1),
    "gemini-4-argon": (2, 10, 0.1),
    "gemini-flash": (0.75, 3.75, 0.075),
    "gemini-3.8-flash": (0.75, 3.75, 0.075),
    "gemini-3.7-flash": (0.75, 3.75, 0.075),
    "gemini-3.6-flash": (0.75, 3.75, 0.075),
    "gemini-3.5-flash": (1.5, 9, 0.15),
    "gemini-flash-lite": (0.3, 2.5, 0.03),
    "gemini-3.5-flash-lite": (0.3, 2.5, 0.03),
    "gemini-3.1-flash-lite": (0.25, 1.5, 0.025),
    "gemini-pro": (2, 12, 0.2),
    "gemini-3.1-pro": (2, 12, 0.2),
    "gemini-3-flash": (0.5, 3, 0.05),
    "gemini-2.5-pro": (1.25, 10, 0.125),
    "gemini-2.5-flash": (0.3, 2.5, 0.03),
    "gemini-2.5-flash-lite": (0.1, 0.4, 0.01),
    "grok-4.7": (2, 6, 0.5),
    "grok-4.6": (2, 6, 0.5),
    "grok-4.5": (2, 6, 0.3),
    "grok-4.3": (1.25, 2.5, 0.2),
    "grok-4.20": (1.25, 2.5, 0.2),
    "grok-4-1-fast-reasoning": (0.2, 0.5, 0.05),
    "grok-4-1-fast-non-reasoning": (0.2, 0.5, 0.05),
    "grok-code-fast-1": (0.2, 1.5, 0.02),
    "mistral-small": (0.15, 0.6, 0.015),
    "mistral-medium": (1.5, 7.5, 0.15),
    "mistral-large-2512": (0.5, 1.5, 0.05),
    "mistral-large-4": (0.7, 2.1, 0.07),
    "codestral": (0.3, 0.9, None),
    "deepseek-flash": (0.15, 0.6, 0.003),
    "deepseek-v4-flash": (0.15, 0.6, 0.003),
    "deepseek-v4-pro": (0.66, 1.98, 0.022),
}
"""What models cost at their own vendors, by their names without ``-latest``, ``-preview`` and the date of a release."""
