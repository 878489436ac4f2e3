"""The fields of a request in chat completions that each vendor has in a way of its own: how hard to think, whether to
search the web; and what is not sent because a model refuses it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .. import errors
from . import function_tools
from .call import Adapted, Call
from .chat_dialect import ChatDialect
from .effort import nearest
from .model_facts import known_facts
from .options import EFFORTS

SAMPLING = ("temperature", "top_p")

_LEAST_THOUGHT = 1024  # tokens, the fewest that Anthropic's models take


# --- how hard to think ----------------------------------------------------------------------------------


def words(dialect: ChatDialect, model: str) -> dict[str, str]:
    """How hard a model can be asked to think: the service's words by ours; empty where it cannot be asked.

    Args:
        dialect: The provider.
        model: The model's own name.
    """
    name = model.lower()
    own = next((told for part, told in dialect.efforts_of if part in name), dialect.efforts)
    given = dict(_pair(word) for word in own)
    known = known_facts(model).efforts
    if known is None:
        return given
    return {ours: word for ours, word in given.items() if ours in known or word in known} or (
        given if known else {}
    )


def _pair(word: str) -> tuple[str, str]:
    ours, _, theirs = word.partition(":")
    return ours, theirs or ours


def thinking(dialect: ChatDialect, call: Call) -> dict[str, Any]:
    """The fields that say how hard to think.

    Args:
        dialect: The provider.
        call: The call.
    """
    effort = call.ask.options.get("effort")
    known = words(dialect, call.model)
    if effort is None or not known:
        return {}
    if dialect.thinks_by == "openrouter" and isinstance(effort, int) and effort > 0:
        return {"reasoning": {"max_tokens": max(effort, _LEAST_THOUGHT)}}
    word = known[nearest(effort, tuple(known))]
    match dialect.thinks_by:
        case "openrouter":
            return {"reasoning": {"effort": word}}
        case "deepseek":
            if word == "none":
                return {"thinking": {"type": "disabled"}}
            return {"thinking": {"type": "enabled"}, "reasoning_effort": word}
        case "reasoning_effort":
            return {"reasoning_effort": word}
    return {}


# --- what is not sent -----------------------------------------------------------------------------------


def left_out(dialect: ChatDialect, model: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the options that are given and not sent, since the model is known to refuse them.

    Args:
        dialect: The provider.
        model: The model's own name.
        options: The options by name.
    """
    facts, effort = known_facts(model), options.get("effort")
    thinks = effort not in (None, "none", 0) and bool(facts.efforts) and dialect.refuses_sampling
    refused = () if facts.sampling is not False and not thinks else SAMPLING
    mute = ("effort",) if effort is not None and not words(dialect, model) else ()
    return (*(name for name in refused if options.get(name) is not None), *mute)


_FIELDS = {
    "reasoning_effort": "effort",
    "reasoning": "effort",
    "thinking": "effort",
    "max_completion_tokens": "max_tokens",
    "random_seed": "seed",
    "response_format": "schema",
    "temperature": "temperature",
    "top_p": "top_p",
    "max_tokens": "max_tokens",
    "seed": "seed",
    "stop": "stop",
    "stream_options": "",
    "prompt_cache_key": "",
}
"""The fields without which a service can be asked as well, and the options that they are made of."""

_REFUSED = re.compile(
    r"unsupported|unrecognized|unknown|unexpected|not (be )?(supported|permitted|allowed|recognized|available)"
    r"|n[o']t support|invalid (argument|parameter|field)|no longer|mandatory",
    re.IGNORECASE,
)
_OTHERWISE = (errors.ContextLengthError, errors.ContentRefusedError)
_VALUES = re.compile(r"supported values are:?(.{1,200})", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r"[a-z]{3,7}")
_NO_STREAM = re.compile(
    r"verified to stream|(stream\w*|'stream'|\"stream\").{0,40}(not supported|unsupported|not allowed|disabled)"
    r"|(not|n't) support.{0,20}\bstream(ing)?\b(?!_)",
    re.IGNORECASE,
)


def refuses_to_stream(error: errors.ChatError) -> bool:
    """Whether a service has refused to send an answer in pieces: OpenAI does for some models as long as the
    organization is not verified.

    Args:
        error: How the request failed.
    """
    kinds = (errors.BadRequestError, errors.PermissionDeniedError)
    said = error.message
    return isinstance(error, kinds) and "stream_options" not in said and bool(_NO_STREAM.search(said))


def adapted(dialect: ChatDialect, call: Call, error: errors.ChatError) -> Adapted | None:
    """The call as a service may take it that has refused it for one of its fields; ``None`` where none is named.

    Args:
        dialect: The provider.
        call: The call.
        error: How it was refused.
    """
    sent = dialect.body(call, {})
    if (otherwise := function_tools.adapted(call, error, sent)) is not None:
        return otherwise
    if isinstance(error, errors.BadRequestError) and not isinstance(error, _OTHERWISE):
        said = error.message
        refused = bool(_REFUSED.search(said))
        for name, option in _FIELDS.items():
            if sent.get(name) is None or not _named(name, said) or not (refused or name == "stream_options"):
                continue
            if name == "max_tokens" and "max_completion_tokens" in said:
                fields = {"max_tokens": None, "max_completion_tokens": sent["max_tokens"]}
                return Adapted(call.with_fields(fields))
            if (word := _nearest_value(call, name, said)) not in (None, sent[name]):
                told = f"with effort {word}, the nearest that {call.model} takes"
                return Adapted(call.with_fields({name: word}), told, "effort")
            told = f"without {option}: {call.model} takes none" if option else ""
            return Adapted(call.with_fields(_without(name, sent)), told, option)
    if refuses_to_stream(error) and sent.get("stream"):
        return Adapted(call.with_fields({"stream": False, "stream_options": None}))
    return None


def _without(name: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What to change so that a field is not sent; DeepSeek's two belong together."""
    both = ("thinking", "reasoning_effort") if name in ("thinking", "reasoning_effort") else (name,)
    return {one: None for one in both if one in sent}


def _named(name: str, said: str) -> bool:
    """Whether a service's words name a field, written as it is or in one word."""
    names = {name, name.replace("_", "")}
    return any(re.search(rf"(?<!\w){one}(?!\w)", said, re.IGNORECASE) for one in names)


def _nearest_value(call: Call, name: str, said: str) -> str | None:
    """The word for the effort that is nearest to what is asked for, where a service says which it takes."""
    effort, told = call.ask.options.get("effort"), _VALUES.search(said)
    if name != "reasoning_effort" or told is None or effort is None:
        return None
    known = [word for word in _WORD.findall(told[1]) if word in EFFORTS]
    return nearest(effort, known) if known else None


# --- the web --------------------------------------------------------------------------------------


def web(dialect: ChatDialect, call: Call) -> dict[str, Any]:
    """The fields that have the service search the web, or keep it from it.

    Args:
        dialect: The provider.
        call: The call.

    Raises:
        InvalidOptionError: The service can, but not with this model.
    """
    asked = call.ask.options.get("web")
    match dialect.web:
        case "openrouter" if asked:
            return {"tools": [{"type": "openrouter:web_search"}]}
        case "perplexity" if asked is False:
            return {"disable_search": True}
        case "groq" if asked and "compound" not in call.model:
            if "gpt-oss" in call.model:
                return {"tools": [{"type": "browser_search"}]}
            raise errors.InvalidOptionError(
                f"{call.model} of {dialect.name} does not search the web",
                hint="Ask groq:groq/compound or groq:openai/gpt-oss-120b.",
            )
    return {}
