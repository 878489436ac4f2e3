"""Which of its two dialects OpenAI's own service is asked in, where the user has not said.

Chat completions is what most code in the world is written for, what takes ``seed`` and ``stop``, and what a caller's
``extra_body`` is usually meant for; so it stays where it can do what is asked. It cannot search the web, it tells
nothing of what a model thinks, it takes no files but PDF, some models are not in it at all, and the newest ones call no
tools in it: then it is responses.
A conversation whose answers have gone out that way goes on in it, since their reasoning can go back nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .. import errors
from ..messages import AudioPart, FilePart, Message, Part, ToolResultPart
from .call import Call
from .options import given
from .replays import replay_of

_ONLY_RESPONSES = re.compile(
    r"-(pro|codex|deep-research|cyber|rosalind|law)\b|^codex-|^computer-use|^gpt-(daybreak|rosalind)-"
)
_ONLY_CHAT = re.compile(r"-search-preview\b|-audio\b|^gpt-audio")
_CALLS_IN_CHAT = re.compile(r"gpt-(3\.5|4|5(?!\.[6-9]|\.\d\d))|chatgpt-|o[1-4](-|$)")
"""The models that call tools in chat completions: later ones refuse to, or only without a thought."""
_MEANS_RESPONSES = re.compile(r"\bv1/responses\b|\bresponses api\b|not a chat model", re.IGNORECASE)

_FIELDS_OF_RESPONSES = frozenset(
    {
        "input",
        "instructions",
        "max_output_tokens",
        "include",
        "reasoning",
        "text",
        "previous_response_id",
        "conversation",
        "background",
        "truncation",
        "context_management",
        "max_tool_calls",
    }
)
_FIELDS_OF_CHAT = frozenset(
    {
        "messages",
        "response_format",
        "reasoning_effort",
        "max_completion_tokens",
        "max_tokens",
        "modalities",
        "audio",
        "functions",
        "function_call",
        "frequency_penalty",
        "presence_penalty",
        "logit_bias",
        "logprobs",
        "n",
        "stop",
        "seed",
        "stream_options",
        "web_search_options",
    }
)


def needs_responses(call: Call, provider: str) -> bool:
    """Whether a call to OpenAI's own service is made in its responses.

    Args:
        call: The call.
        provider: The provider's name, which replays have.
    """
    options = call.ask.options
    if _ONLY_CHAT.search(_tuned_from(call.model)):
        return False
    if responses_alone(call.model, options):
        return True
    fields = options.get("extra_body") or {}
    if _FIELDS_OF_RESPONSES.intersection(fields) or any(map(_is_hosted, _tools(fields))):
        return True
    if _other_files(call.messages):
        return True
    if (
        given(options, "stop")
        or given(options, "seed")
        or _FIELDS_OF_CHAT.intersection(fields)
        or fields.get("tools")
    ):
        return False
    if any(isinstance(part, AudioPart) for part in _contents(call.messages)):
        return False
    if options.get("tools"):
        return True
    if options.get("effort") not in (None, "none", 0):
        return True
    return any(
        (replay := replay_of(message)) is not None
        and (replay.provider, replay.model) == (provider, call.model)
        for message in call.messages
    )


def responses_alone(model: str, options: Mapping[str, Any]) -> bool:
    """Whether OpenAI has a model, or what is asked of it, in responses alone.

    Args:
        model: The model's own name.
        options: The options by name.
    """
    name = _tuned_from(model)
    if _ONLY_CHAT.search(name):
        return False
    tools = options.get("tools") and not _CALLS_IN_CHAT.match(name)
    return bool(tools or options.get("web") or _ONLY_RESPONSES.search(name))


def refuse_elsewhere(call: Call, provider: str, *, searches: bool) -> None:
    """Refuses what only OpenAI's own service can, where a call goes to another address.

    Args:
        call: The call.
        provider: The provider's name.
        searches: Whether the provider has a way of its own to search the web.

    Raises:
        ConfigurationError: It asks for that.
    """
    if call.ask.options.get("web") and not searches:
        raise errors.InvalidOptionError(
            f"{provider} searches the web at OpenAI's own address alone",
            hint="Leave it out, or ask a model of openai, anthropic, gemini, openrouter, xai or perplexity.",
        )
    if file := _other_files(call.messages):
        raise errors.InvalidMessagesError(
            f"{file.name or 'a file'} ({file.media_type}) has no place in chat completions",
            hint="Send it as text or PDF, or ask openai at OpenAI's own address, anthropic or gemini.",
        )


def means_responses(error: errors.ChatError) -> bool:
    """Whether a service has refused a model in chat completions, and has it in responses.

    Args:
        error: How the request failed.
    """
    refusals = (errors.BadRequestError, errors.ModelNotFoundError)
    return isinstance(error, refusals) and bool(_MEANS_RESPONSES.search(error.message))


def _tuned_from(model: str) -> str:
    """The model that a tuned one was made of; itself where it is none."""
    name = model.lower()
    return name.split(":")[1] if name.startswith("ft:") else name


def _tools(fields: Mapping[str, Any]) -> list[Any]:
    tools = fields.get("tools")
    return tools if isinstance(tools, list) else []


def _is_hosted(tool: Any) -> bool:
    """Whether a tool is one that the service runs, or is written as responses have it."""
    if not isinstance(tool, Mapping):
        return False
    return tool.get("type") not in ("function", "custom", None) or "name" in tool


def _other_files(messages: tuple[Message, ...]) -> FilePart | None:
    """The first file that chat completions have no place for."""
    files = (part for part in _contents(messages) if isinstance(part, FilePart))
    return next((file for file in files if file.media_type != "application/pdf"), None)


def _contents(messages: Iterable[Message]) -> Iterator[Part]:
    """The parts of messages, those of tools' results one by one."""
    for message in messages:
        for part in message.content if not isinstance(message.content, str) else ():
            yield from part.parts if isinstance(part, ToolResultPart) else (part,)
