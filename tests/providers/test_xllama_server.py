"""OpenAI's two dialects and Anthropic's against a real server: that of xllamacpp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notebook_chat.errors import AuthenticationError, ContextLengthError
from notebook_chat.events import TextDelta
from notebook_chat.providers import Anthropic, OpenAI, OpenAIResponses
from notebook_chat.providers.model_facts import facts_of
from notebook_chat.providers.registry import get_provider

if TYPE_CHECKING:
    from .local_fixtures import RunningServer

pytestmark = pytest.mark.model
every_dialect = pytest.mark.parametrize("provider", [OpenAI, OpenAIResponses, Anthropic])


@every_dialect
async def test_it_streams(provider: Any, xllama_server: RunningServer) -> None:
    result = provider.create_async_generator(
        xllama_server.model,
        "Hello!",
        base_url=xllama_server.base_url,
        api_key=xllama_server.api_key,
        max_tokens=16,
        temperature=0,
    )
    pieces = [event async for event in result.events() if isinstance(event, TextDelta)]
    assert len(pieces) > 4
    assert result.model == xllama_server.model
    assert result.finish_reason in ("stop", "length")
    assert result.usage is not None
    assert result.usage.input_tokens
    assert result.usage.output_tokens == 16 or result.finish_reason == "stop"


@every_dialect
async def test_wrong_key(provider: Any, xllama_server: RunningServer) -> None:
    with pytest.raises(AuthenticationError) as raised:
        await provider.create_async(
            "m", "Hello!", base_url=xllama_server.base_url, api_key="sk-planted-wrong"
        )
    assert raised.value.status == 401
    assert "planted" not in str(raised.value)


@every_dialect
async def test_too_long_a_conversation(provider: Any, xllama_server: RunningServer) -> None:
    with pytest.raises(ContextLengthError) as raised:
        await provider.create_async(
            "m",
            "word " * (xllama_server.context + 100),
            base_url=xllama_server.base_url,
            api_key=xllama_server.api_key,
        )
    assert raised.value.status == 400


async def test_list_of_models(xllama_server: RunningServer) -> None:
    names = await OpenAI.list_models(base_url=xllama_server.base_url, api_key=xllama_server.api_key)
    assert names == [xllama_server.model]


async def test_what_the_model_can_is_known_from_the_server(xllama_server: RunningServer) -> None:
    llamacpp: Any = get_provider("llamacpp")
    to: Any = {"base_url": xllama_server.base_url, "api_key": xllama_server.api_key}
    await llamacpp.list_models(**to)
    assert facts_of(llamacpp, xllama_server.model, to).context
    await llamacpp.look_up([xllama_server.model], **to)
    facts = facts_of(llamacpp, xllama_server.model, to)
    assert facts.context == xllama_server.context
    assert facts.images is False
    assert facts.tools is not None
