"""What services say of their models in their lists, in whichever of the usual forms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from .file_types import AUDIO, PDF, VIDEO, WAV_AND_MP3
from .model_facts import ModelFacts
from .options import EFFORTS

_CONTEXT = (
    "context_length",  # OpenRouter, Together
    "context_window",  # Groq
    "max_context_length",  # Mistral
    "max_input_tokens",  # Anthropic
    "max_model_len",  # vLLM
    "inputTokenLimit",  # Gemini
)
_OUTPUT = ("max_completion_tokens", "outputTokenLimit")
_MILLION = 1_000_000


def facts_in(model: Any) -> ModelFacts:
    """What an entry of a list says of a model. What is of another type than it should be counts as absent.

    Args:
        model: The entry, as it stands in the list.
    """
    if not isinstance(model, Mapping):
        return ModelFacts()
    abilities = model.get("capabilities")
    if isinstance(abilities, Mapping):
        nested = any(isinstance(value, Mapping) for value in abilities.values())
        told = _of_anthropic(model, abilities) if nested else _of_mistral(abilities)
    elif isinstance(abilities, list):
        told = of_ollama(abilities)
    else:
        told = {}
    told |= _of_openrouter(model) | _prices(model.get("pricing"))
    context = next(filter(None, (count(model.get(name)) for name in _CONTEXT)), None)
    meta = _mapping(
        model.get("meta")
    )  # llama.cpp: what it was started with, and what the model was trained with
    context = count(meta.get("n_ctx")) or context or count(meta.get("n_ctx_train"))
    output = next(filter(None, (count(model.get(name)) for name in _OUTPUT)), None)
    if model.get("thinking") is False:  # Gemini
        told["efforts"] = ()
    told["output"] = output or told.get("output")
    return ModelFacts(context=context, **told)


def of_ollama(abilities: list[Any]) -> dict[str, Any]:
    """What Ollama's words for what a model can mean, as fields of ``ModelFacts``.

    Args:
        abilities: The words.
    """
    if not all(isinstance(word, str) for word in abilities) or not abilities:
        return {}
    told: dict[str, Any] = {"images": "vision" in abilities or "multimodal" in abilities}
    if "completion" in abilities and "multimodal" not in abilities:
        told["tools"] = "tools" in abilities
        if "thinking" not in abilities:
            told["efforts"] = ()
    return told if told["images"] or "tools" in told else {}


def of_props(props: Any) -> ModelFacts:
    """What llama.cpp's ``/props`` says of the model that the server has.

    Args:
        props: The response.
    """
    props = _mapping(props)
    media, template = _mapping(props.get("modalities")), _mapping(props.get("chat_template_caps"))
    sound = media.get("audio")
    return ModelFacts(
        context=count(_mapping(props.get("default_generation_settings")).get("n_ctx")),
        images=_switch(media.get("vision")),
        files=None if not isinstance(sound, bool) else WAV_AND_MP3 if sound else frozenset(),
        tools=_switch(template.get("supports_tools")),
    )


def of_show(shown: Any) -> ModelFacts:
    """What Ollama's ``/api/show`` says of a model. How much it reads at once is as its own file says; where that says
    nothing, the server may have been set to less.

    Args:
        shown: The response.
    """
    shown = _mapping(shown)
    abilities = shown.get("capabilities")
    told = of_ollama(abilities) if isinstance(abilities, list) else {}
    parameters = shown.get("parameters")
    lines = parameters.splitlines() if isinstance(parameters, str) else []
    words = next((line.split() for line in lines if line.startswith("num_ctx")), [])
    read = int(words[1]) if len(words) == 2 and words[1].isdecimal() and len(words[1]) < 12 else None
    info = _mapping(shown.get("model_info"))
    trained = next(
        (count(value) for name, value in info.items() if str(name).endswith(".context_length")), None
    )
    return ModelFacts(context=read or trained, **told)


def count(value: Any) -> int | None:
    """A number of tokens; ``None`` for whatever is none."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 < value < 1 << 53 else None


def _switch(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _of_anthropic(model: Mapping[str, Any], abilities: Mapping[str, Any]) -> dict[str, Any]:
    def can(*path: str) -> bool | None:
        at: Any = abilities
        for name in path:
            at = _mapping(at).get(name)
        return _switch(_mapping(at).get("supported"))

    told: dict[str, Any] = {
        "images": can("image_input"),
        "schema": can("structured_outputs"),
        "web": can("server_tools", "web_search"),
        "output": count(model.get("max_tokens")),
        "ends": _day(model.get("retires_at")),
    }
    if (pdf := can("pdf_input")) is not None:
        told["files"] = frozenset({PDF, "text/plain"}) if pdf else frozenset({"text/plain"})
    if can("effort"):
        off = ("none",) if can("thinking", "types", "disabled") else ()
        told["efforts"] = off + tuple(word for word in EFFORTS if can("effort", word))
    elif can("thinking") is False:
        told["efforts"] = ()
    return told


def _of_mistral(abilities: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "images": _switch(abilities.get("vision")),
        "tools": _switch(abilities.get("function_calling")),
    }
    if abilities.get("reasoning") is False:
        told["efforts"] = ()
    return told


def _of_openrouter(model: Mapping[str, Any]) -> dict[str, Any]:
    made = _mapping(model.get("architecture"))
    told: dict[str, Any] = {}
    if takes := _words(made.get("input_modalities")):
        told["images"] = "image" in takes
        files = frozenset({PDF}) if "file" in takes else frozenset()
        files |= AUDIO if "audio" in takes else frozenset()
        told["files"] = files | (VIDEO if "video" in takes else frozenset())
    if gives := _words(made.get("output_modalities")):
        told["gives"] = frozenset({"image", "audio"}) & set(gives)
    if known := _words(model.get("supported_parameters")):
        told["tools"] = "tools" in known
        told["schema"] = "structured_outputs" in known
        told["sampling"] = "temperature" in known
        if "reasoning" not in known:
            told["efforts"] = ()
    if most := count(_mapping(model.get("top_provider")).get("max_completion_tokens")):
        told["output"] = most
    if day := _day(model.get("expiration_date")):
        told["ends"] = day
    return told


def _words(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _prices(pricing: Any) -> dict[str, Any]:
    """Prices for a million tokens: OpenRouter has texts for one token, Together numbers for a million."""
    pricing = _mapping(pricing)
    if "prompt" in pricing:
        names, factor = ("prompt", "completion", "input_cache_read"), _MILLION
    else:
        names, factor = ("input", "output", "cached_input"), 1
    found = (_price(pricing.get(name), factor) for name in names)
    fields = zip(("input_price", "output_price", "cached_price"), found, strict=True)
    return {name: price for name, price in fields if price is not None}


def _price(value: Any, factor: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        price = round(float(value) * factor, 6)
    except (ValueError, OverflowError):
        return None
    return (
        price if math.isfinite(price) and 0 <= price < _MILLION else None
    )  # OpenRouter's own routers have -1


def _day(value: Any) -> date | None:
    """The day of a date or a time in ISO's form."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
