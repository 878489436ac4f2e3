"""OpenAI's two dialects and Anthropic's against a real server: that of xllamacpp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notebook_chat.errors import AuthenticationError, ContextLengthError
from notebook_chat.events import TextDelta
from notebook_chat.providers import Anthropic, OpenAI, OpenAIResponses

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
