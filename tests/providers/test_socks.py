"""SOCKS proxies, against a real one."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from notebook_chat import errors
from notebook_chat.providers import OpenAI

from ..servers import Answer
from ..servers.fixtures import ServerFactory
from ..socks_proxy import SocksProxy

ELSEWHERE = "http://api.example.test/v1"


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "SOCKS5", "socks"])
@pytest.mark.parametrize("how", ["given", "environment"])
async def test_names_are_the_proxys_to_resolve(
    scheme: str, how: str, vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = vendor_server("openai_chat", Answer("Hi"))
    place = ("127.0.0.1", urlsplit(server.base_url).port or 0)
    with SocksProxy({"api.example.test": place}) as proxy:
        url = f"{scheme}://127.0.0.1:{proxy.port}"
        options: dict[str, Any] = {"proxy": url} if how == "given" else {}
        if how == "environment":
            monkeypatch.setenv("ALL_PROXY", url)
        for _ in range(2):
            assert await OpenAI.create_async("m", "hi", base_url=ELSEWHERE, **options) == "Hi"
        assert proxy.targets == [("api.example.test", 80)]  # the connection is kept
        if how == "environment":
            assert await OpenAI.create_async("m", "hi", base_url=server.base_url) == "Hi"
            assert len(proxy.targets) == 1


async def test_over_tls_and_with_a_password(vendor_server: ServerFactory, certificate_authority: Any) -> None:
    server = vendor_server("openai_chat", Answer("Hi"), tls=certificate_authority.server_context())
    with SocksProxy(login=("ann", "pa55word")) as proxy:
        url = f"socks5://ann:pa55word@127.0.0.1:{proxy.port}"
        context = certificate_authority.client_context
        assert await OpenAI.create_async("m", "hi", base_url=server.base_url, proxy=url, ssl=context) == "Hi"
        with pytest.raises(errors.TLSError):
            await OpenAI.create_async("m", "hi", base_url=server.base_url, proxy=url, retries=0)
        with pytest.raises(errors.ProxyError) as error:
            wrong = url.replace("pa55word", "wr0ng")
            await OpenAI.create_async("m", "hi", base_url=server.base_url, proxy=wrong, retries=0)
    assert "wr0ng" not in str(error.value)


async def test_a_proxy_that_cannot_is_told() -> None:
    with SocksProxy() as proxy:
        url = f"socks5://127.0.0.1:{proxy.port}"
        with pytest.raises(errors.ProxyError, match="refused to connect to api"):
            await OpenAI.create_async("m", "hi", base_url=ELSEWHERE, proxy=url)
    with pytest.raises(errors.ProxyError, match="does not answer"):
        await OpenAI.create_async("m", "hi", base_url=ELSEWHERE, proxy="socks5://127.0.0.1:9")


async def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "aiohttp_socks" else real(name)
    )
    with pytest.raises(errors.MissingDependencyError, match=r"notebook_chat\[socks\]") as error:
        await OpenAI.create_async("m", "hi", base_url=ELSEWHERE, proxy="socks5://ann:pa55word@127.0.0.1:7")
    assert "pa55word" not in str(error.value)
