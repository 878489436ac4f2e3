"""Whatever is given as an address, a proxy, an option or a name: it is refused in words, before anything is sent."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.errors import ChatError, ConfigurationError, InvalidOptionError, UnexpectedError
from notebook_chat.providers import get_provider
from notebook_chat.providers.doctor import examine
from notebook_chat.providers.ollama import host_address
from notebook_chat.request import HttpRequest, Timeouts
from notebook_chat.secrets import Secret
from notebook_chat.transport.client import AiohttpTransport
from notebook_chat.transport.proxies import proxy_for

from ..transports import InMemory, completion

KEY = "sk-planted-secret-0123456789"
PROVIDERS = ("openai", "openai-responses", "anthropic", "gemini", "ollama", "aiask", "chatanywhere", "azure")
DIGITS = "9" * 5_000

ADDRESSES = (
    "http://[::g]",
    "http://[",
    "http://]",
    "http://[::1",
    "http://[v1.x]/",
    "http://[]",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:-1",
    "http://127.0.0.1:0",
    "http://127.0.0.1:²",
    f"http://127.0.0.1:{DIGITS}",
    "http://127.0.0.1:80:80",
    "http://a b/",
    "http://a\x00b/",
    "http://a\x1b]0;x\x07/",
    "http://a\nb/",
    "http://\ud800/",
    "http://a/\ud800",
    "http://xn--\u0661.invalid",
    "http://\uff0f/",
    "http://a..invalid/",
    "http://.invalid",
    f"http://{'a' * 64}.invalid",
    f"http://{'a.' * 5_000}invalid",
    "http://%zz.invalid/%zz",
    "http://u:p@/",
    "http://:@",
    "http://",
    "http:///v1",
    "http:127.0.0.1",
    "://",
    "ftp://127.0.0.1",
    "file:///etc/passwd",
    "javascript:1",
    "\x00",
    " ",
    "²",
    "localhost",
    "[::1]:80",
    f"http://127.0.0.1/{'a' * 1_000_000}",
)

OF_OTHER_TYPES: tuple[Any, ...] = (
    5,
    1.5,
    True,
    b"http://127.0.0.1",
    ["http://127.0.0.1"],
    {"http": "http://127.0.0.1"},
    ("a",),
    object(),
    Path("/x"),
    print,
    float("nan"),
    10**5_000,
)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.binary(max_size=5)
    | st.sampled_from([*OF_OTHER_TYPES[:-1], 10**400])
    | st.sampled_from(["\ud800", "a\x00b", "http://[::g]", "²", "nan", "1e999"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)


def refused(call: Callable[[], Any]) -> ConfigurationError | None:
    """The refusal of a call; ``None`` where it was taken."""
    try:
        call()
    except ConfigurationError as error:
        assert len(str(error)) < 8_000
        return error
    return None


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("address", ADDRESSES, ids=range(len(ADDRESSES)))
def test_any_address_of_a_service(name: str, address: str) -> None:
    provider: Any = get_provider(name)
    refused(lambda: provider.connection({"base_url": address, "api_key": KEY}))


@given(text=st.text(max_size=30), start=st.sampled_from(["", "http://", "https://u:p@", "http://["]))
def test_any_text_as_an_address(text: str, start: str) -> None:
    for name in ("openai", "gemini", "ollama"):
        provider: Any = get_provider(name)

        def look(provider: Any = provider) -> None:
            to = provider.connection({"base_url": start + text, "api_key": KEY})
            assert HttpRequest("POST", to.base_url).host

        refused(look)
    refused(lambda: host_address(start + text))
    refused(lambda: proxy_for(HttpRequest("POST", "http://service/v1", proxy=Secret(start + text))))


@pytest.mark.parametrize("address", ADDRESSES, ids=range(len(ADDRESSES)))
def test_any_address_in_the_environment(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "\x00" in address or "\ud800" in address:
        return  # which no environment can hold
    monkeypatch.setenv("OLLAMA_HOST", address)
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("HTTPS_PROXY", address)
    for name in ("openai", "ollama"):
        provider: Any = get_provider(name)
        refused(lambda provider=provider: provider.connection({}))
    refused(lambda: proxy_for(HttpRequest("POST", "https://service.invalid/v1")))


@pytest.mark.parametrize("proxy", ADDRESSES, ids=range(len(ADDRESSES)))
async def test_any_address_of_a_proxy(proxy: str) -> None:
    """Nothing is sent to what is none."""
    if refused(lambda: proxy_for(HttpRequest("POST", "http://127.0.0.1:9/v1", proxy=Secret(proxy)))) is None:
        return  # it could be one: nothing is looked up here
    chat = Chat("openai:m", api_key=KEY, base_url="http://127.0.0.1:9/v1", proxy=proxy, retries=0, timeout=5)
    with pytest.raises(ConfigurationError):
        await chat.ask_async("hi")


@pytest.mark.parametrize("value", OF_OTHER_TYPES, ids=range(len(OF_OTHER_TYPES)))
@pytest.mark.parametrize("option", ["proxy", "base_url", "api_key", "headers", "model", "transport"])
def test_a_value_of_another_type_is_refused_before_anything_is_sent(option: str, value: Any) -> None:
    if option == "headers" and isinstance(value, dict):
        return
    transport = InMemory(completion("hi"))
    options = {"api_key": KEY, "transport": transport, option: value}
    model = options.pop("model", "openai:m")
    with pytest.raises(ConfigurationError) as caught:
        Chat(model, **options).ask("hi")
    assert not transport.requests
    assert len(str(caught.value)) < 400
    for name in ("local", "aiask"):
        if option == "proxy":
            provider: Any = get_provider(name)
            with pytest.raises(ConfigurationError):
                list(provider.create_completion("", "hi", base_url="http://127.0.0.1:9", proxy=value))


NAMES = (
    *("proxy", "base_url", "api_key", "headers", "timeout", "retries", "ssl", "extra_body", "temperature"),
    *("top_p", "max_tokens", "seed", "stop"),
)


def _exists(path: str | Path) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


@given(option=st.sampled_from(NAMES), value=anything, provider=st.sampled_from(PROVIDERS[:6]))
def test_any_value_of_any_option(option: str, value: Any, provider: str) -> None:
    """It is refused in words, or what is sent is a request."""
    made: Any = get_provider(provider)
    options = {"base_url": "http://service/v1", "api_key": KEY, option: value}
    if option == "ssl" and isinstance(value, (str, Path)) and _exists(value):
        return

    def build() -> None:
        made.build_request(made.check("m", "hi", options))

    refused(build)


@given(
    prompt=anything,
    system=anything,
    images=anything,
    model=anything,
    context=anything,
)
def test_any_argument_of_a_chat(prompt: Any, system: Any, images: Any, model: Any, context: Any) -> None:
    transport = InMemory(completion("hi"))
    for given_, asked in (
        ({"system": system}, {}),
        ({"context": context}, {}),
        ({}, {"images": images}),
        ({}, {"model": model}),
        ({}, {"system": system}),
    ):
        try:
            Chat("openai:m", api_key=KEY, transport=transport, **given_).ask("hi", **asked)
        except ChatError as error:
            assert not isinstance(error, UnexpectedError), repr(error)
    try:
        Chat("openai:m", api_key=KEY, transport=transport).ask(prompt)
    except ChatError as error:
        assert not isinstance(error, UnexpectedError), repr(error)


@given(messages=anything)
def test_any_messages(messages: Any) -> None:
    provider: Any = get_provider("openai")
    for one in (
        messages,
        [messages],
        [{"role": messages, "content": "a"}],
        [{"role": "user", "content": messages}],
    ):
        refused(lambda one=one: provider.build_request(provider.check("m", one, {"api_key": KEY})))


def test_messages_that_are_nested_without_an_end() -> None:
    deep: Any = []
    deep.append(deep)
    for content in (deep, [deep], {"a": deep}):
        for message in ({"role": "user", "content": content}, {"role": "user", "content": "a", "x": content}):
            with pytest.raises(ConfigurationError):
                Chat("openai:m", api_key=KEY, transport=InMemory(completion("hi"))).ask(message)
            provider: Any = get_provider("openai")
            with pytest.raises(ConfigurationError):
                list(
                    provider.create_completion(
                        "m", [message], api_key=KEY, transport=InMemory(completion("hi"))
                    )
                )
    with pytest.raises(ConfigurationError):
        Chat("openai:m", api_key=KEY, transport=InMemory(completion("hi")), extra_body={"a": deep}).ask("hi")


@pytest.mark.parametrize(
    "body", [{"a": object()}, {"a": float("nan"), "b": {1, object()}}, {"a": {(1, 2): 3}}, {"a": lambda: 1}]
)
def test_a_body_that_is_no_json_is_refused(body: Any) -> None:
    transport = InMemory(completion("hi"))
    with pytest.raises(InvalidOptionError, match="cannot be written as JSON"):
        Chat("openai:m", api_key=KEY, transport=transport, extra_body=body).ask("hi")
    assert not transport.requests


@pytest.mark.parametrize("field", ["connect", "idle", "total"])
@pytest.mark.parametrize("bound", ["x", -1, 0, float("nan"), float("inf"), 10**400, True, b""], ids=range(8))
def test_any_bound_on_time(field: str, bound: Any) -> None:
    for timeout in (Timeouts(**{field: bound}), bound):
        with pytest.raises(InvalidOptionError, match="timeout"):
            Chat("openai:m", api_key=KEY, transport=InMemory(completion("hi")), timeout=timeout).ask("hi")


@pytest.mark.parametrize(
    "value", ["a\x00b", "\ud800", "", "/nowhere", b"x", 5, ["x"], "x" * 100_000], ids=range(8)
)
def test_any_file_of_certificates(value: Any) -> None:
    with pytest.raises(InvalidOptionError, match="ssl must be"):
        Chat("openai:m", api_key=KEY, ssl=value).ask("hi")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_no_file_of_certificates(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidOptionError, match="ssl must be"):
        Chat("openai:m", api_key=KEY, ssl=tmp_path / "pipe").ask("hi")


@pytest.mark.parametrize("url", ["http://[::g]", "", "\x00", "http://a:²/", "http://\ud800/"])
async def test_a_request_to_an_address_that_nobody_checked(url: str) -> None:
    """As a dialect from elsewhere may make one."""
    with pytest.raises(ChatError) as caught:
        async with AiohttpTransport().send(HttpRequest("POST", url)):
            pass
    assert not isinstance(caught.value, UnexpectedError)


async def test_the_doctor_tells_of_a_bad_proxy_and_a_bad_address() -> None:
    provider: Any = get_provider("openai")
    for options in ({"proxy": "http://[::g]"}, {"proxy": {"http": "x"}}, {"base_url": "http://[::g]"}):
        found = [finding async for finding in examine(provider, "m", {"api_key": KEY, **options})]
        assert [finding.verdict for finding in found] == ["bad"]


def test_a_model_that_is_no_text() -> None:
    for model in (5, b"openai:m", ["openai:m"], object()):
        with pytest.raises(ConfigurationError, match="model must be a text"):
            Chat(model)  # type: ignore[arg-type]
        provider: Any = get_provider("gemini")
        with pytest.raises(ConfigurationError, match="model must be a text"):
            asyncio.run(provider.create_async(model, "hi", api_key=KEY))
