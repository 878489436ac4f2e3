"""AiAsk and ChatAnywhere as their specifications have them, against a server on loopback."""

from __future__ import annotations

import importlib.util
import inspect
import json
from typing import Any

import pytest

from notebook_chat.errors import (
    ContextLengthError,
    InvalidMessagesError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
)
from notebook_chat.providers import AiAsk, AsyncGeneratorProvider, ChatAnywhere

from ..servers import Answer, Pause, Response, Stall, Wire, every
from ..servers.fixtures import ProxyFactory, ServerFactory

QUOTA = "您的免费额度不够使用这个模型啦，请点击右上角登录继续使用！"
MESSAGES = [
    {"role": "user", "content": "Hello, how are you?"},
    {"role": "assistant", "content": "I am doing well, thank you for asking!"},
    {"role": "user", "content": "Tell me a joke 😀"},
]
BOTH = pytest.mark.parametrize("provider", [AiAsk, ChatAnywhere])


def test_flags_and_signatures() -> None:
    assert (AiAsk.url, ChatAnywhere.url) == ("https://e.aiask.me", "https://chatanywhere.cn")
    for provider in (AiAsk, ChatAnywhere):
        assert issubclass(provider, AsyncGeneratorProvider)
        assert provider.supports_message_history is provider.supports_gpt_35_turbo is True
        assert provider.working is False
    aiask = inspect.signature(AiAsk.create_async_generator).parameters
    assert list(aiask) == ["model", "messages", "proxy", "kwargs"]
    anywhere = inspect.signature(ChatAnywhere.create_async_generator).parameters
    assert list(anywhere) == ["model", "messages", "proxy", "timeout", "temperature", "kwargs"]
    assert (anywhere["timeout"].default, anywhere["temperature"].default) == (120, 0.5)
    assert aiask["proxy"].default is None


async def test_the_examples_of_the_aiask_specification(
    vendor_server: ServerFactory, forward_proxy: ProxyFactory, capsys: Any, monkeypatch: Any
) -> None:
    server, proxy = vendor_server("gpt_site", Answer("Hi", " there")), forward_proxy()
    monkeypatch.setattr(AiAsk, "url", server.base_url)

    async def example_usage() -> None:
        model = "gpt-3.5-turbo"
        messages = [
            {"role": "user", "content": "Hello, how are you?"},
            {"role": "assistant", "content": "I am doing well, thank you for asking!"},
        ]
        async_generator = await AiAsk.create_async_generator(model, messages)
        async for chunk in async_generator:
            print(chunk)

    async def example_with_proxy() -> None:
        model = "gpt-3.5-turbo"
        messages = [{"role": "user", "content": "What is the capital of France?"}]
        async_generator = await AiAsk.create_async_generator(model, messages, proxy=proxy.url)
        async for chunk in async_generator:
            print(chunk)

    await example_usage()
    assert capsys.readouterr().out.replace("\n", "") == "Hi there"
    await example_with_proxy()
    assert capsys.readouterr().out.replace("\n", "") == "Hi there"
    assert len(proxy.passages) == 1


async def test_the_examples_of_the_chatanywhere_specification(
    vendor_server: ServerFactory, forward_proxy: ProxyFactory, monkeypatch: Any
) -> None:
    server, proxy = vendor_server("gpt_site", Answer("A", " joke")), forward_proxy()
    monkeypatch.setattr(ChatAnywhere, "url", server.base_url)
    async_generator = await ChatAnywhere.create_async_generator(model="gpt-3.5-turbo", messages=MESSAGES)
    assert "".join([chunk async for chunk in async_generator]) == "A joke"
    async_generator = await ChatAnywhere.create_async_generator(
        model="gpt-3.5-turbo", messages=MESSAGES, proxy=proxy.url, timeout=60
    )
    assert "".join([chunk async for chunk in async_generator]) == "A joke"
    assert len(proxy.passages) == 1


async def test_what_aiask_sends(vendor_server: ServerFactory) -> None:
    server = vendor_server("gpt_site")
    await AiAsk.create_async("gpt-3.5-turbo", MESSAGES, base_url=server.base_url)
    [request] = server.requests
    assert (request.method, request.target) == ("POST", "/v1/chat/gpt/")
    assert request.header("accept") == "application/json, text/plain, */*"
    assert request.header("origin") == server.base_url
    assert request.header("referer") == f"{server.base_url}/chat"
    body = request.json
    assert body == {
        "continuous": True,
        "id": "fRMSQtuHl91A4De9cCvKD",
        "list": MESSAGES,
        "models": "0",
        "prompt": "",
        "temperature": 0.5,
        "title": "",
    }
    assert list(body) == ["continuous", "id", "list", "models", "prompt", "temperature", "title"]
    assert "😀" in request.body.decode()


async def test_what_chatanywhere_sends(vendor_server: ServerFactory) -> None:
    server = vendor_server("gpt_site")
    await ChatAnywhere.create_async("gpt-3.5-turbo", MESSAGES, base_url=server.base_url, temperature=0.9)
    [request] = server.requests
    brotli = any(importlib.util.find_spec(name) for name in ("brotli", "brotlicffi"))
    expected = {
        "User-Agent": "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/119.0",
        "Accept": "application/json, text/plain, */*",
        "Accept-Language": "de,en-US;q=0.7,en;q=0.3",
        "Accept-Encoding": "gzip, deflate, br" if brotli else "gzip, deflate",
        "Content-Type": "application/json",
        "Referer": f"{server.base_url}/",
        "Origin": server.base_url,
        "Sec-Fetch-Dest": "empty",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Site": "same-origin",
        "Authorization": "",
        "Connection": "keep-alive",
        "TE": "trailers",
    }
    sent = dict(request.headers)
    assert {name: sent.get(name) for name in expected} == expected
    assert set(sent) == {*expected, "Host", "Content-Length"}
    body = json.loads(request.body)
    assert body == {
        "list": MESSAGES,
        "id": "s1_qYuOLXjI3rEpc7WHfQ",
        "title": "Tell me a joke 😀",
        "prompt": "",
        "temperature": 0.9,
        "models": "61490748",
        "continuous": True,
    }
    assert list(body) == ["list", "id", "title", "prompt", "temperature", "models", "continuous"]


@BOTH
async def test_any_keyword_is_taken(provider: Any, vendor_server: ServerFactory) -> None:
    server = vendor_server("gpt_site", Answer("fine"))
    whatever = {
        "provider": "x",
        "stream": True,
        "max_tokens": 5,
        "stop": None,
        "api_key": "k",
        "wild": object(),
    }
    assert await provider.create_async("", "hi", base_url=server.base_url, **whatever) == "fine"
    assert b"wild" not in server.requests[0].body
    assert all(value != "k" for _, value in server.requests[0].headers)


@BOTH
@pytest.mark.parametrize("size", [1, 2, 5, 7, 1000])
async def test_characters_are_whole_however_the_bytes_come(
    provider: Any, size: int, vendor_server: ServerFactory
) -> None:
    server = vendor_server("gpt_site", Answer("é你好👩‍👩‍👧 ", QUOTA, wire=Wire(cut=every(size))))
    pieces = [piece async for piece in provider.create_async_generator("", "hi", base_url=server.base_url)]
    assert "".join(pieces) == f"é你好👩‍👩‍👧 {QUOTA}"


@BOTH
@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize("ending", ["", "\n"])
async def test_the_quota_text_is_a_rate_limit(
    provider: Any, size: int, ending: str, vendor_server: ServerFactory
) -> None:
    server = vendor_server("gpt_site", Answer(QUOTA + ending, wire=Wire(cut=every(size))))
    with pytest.raises(RateLimitError) as caught:
        await provider.create_async("", "hi", base_url=server.base_url, retries=0)
    assert isinstance(caught.value, RuntimeError)
    assert caught.value.partial == ""
    assert caught.value.provider == provider.name


@BOTH
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("请求失败啦，消息内容超过模型最大字数咯，请清空记录或者新开会话！", ContextLengthError),
        ("请求失败啦，别的原因", ProviderError),
    ],
)
async def test_a_failed_request_is_an_error(
    provider: Any, text: str, kind: type[Exception], vendor_server: ServerFactory
) -> None:
    server = vendor_server("gpt_site", Answer(text, wire=Wire(cut=every(5))))
    with pytest.raises(kind) as caught:
        await provider.create_async("", "hi", base_url=server.base_url)
    assert text.partition("，")[2] in str(caught.value)


@BOTH
async def test_the_content_type_is_not_looked_at(provider: Any, vendor_server: ServerFactory) -> None:
    html = Response(200, b"<!DOCTYPE html> is how a page begins", {"Content-Type": "text/html"})
    server = vendor_server("gpt_site", html)
    text = await provider.create_async("", "hi", base_url=server.base_url)
    assert text == "<!DOCTYPE html> is how a page begins"


@BOTH
async def test_no_messages_are_an_error_before_any_request(
    provider: Any, vendor_server: ServerFactory
) -> None:
    server = vendor_server("gpt_site")
    with pytest.raises(InvalidMessagesError, match="no messages"):
        await provider.create_async("", [], base_url=server.base_url)
    assert server.requests == ()


async def test_chatanywheres_timeout_bounds_the_whole_answer(vendor_server: ServerFactory) -> None:
    pieces = [piece for number in range(40) for piece in (f"{number} ", Pause(0.05))]
    server = vendor_server("gpt_site", Answer(*pieces))
    with pytest.raises(RequestTimeoutError, match=r"within 0\.3 s") as caught:
        await ChatAnywhere.create_async("", "hi", base_url=server.base_url, timeout=0.3)
    assert caught.value.partial.startswith("0 1 ")


@BOTH
def test_synchronous_and_stopped_early(provider: Any, vendor_server: ServerFactory) -> None:
    server = vendor_server("gpt_site", Answer("first", Stall()))
    for piece in provider.create_completion("", "hi", base_url=server.base_url):
        assert piece == "first"
        break
    assert server.exchange().disconnected.wait()
