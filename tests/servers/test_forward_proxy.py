"""The forward proxy and the certificates, as aiohttp's client and the standard library see them."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from . import Answer, Pause, Reset, Stall, VendorServer, serve
from .fixtures import ProxyFactory, ServerFactory
from .forward_proxy import ForwardProxy
from .raw_client import BODIES, PATHS
from .tls import CertificateAuthority

AUTHORITY = CertificateAuthority()


async def post(server: VendorServer, host: str | None = None, **options: Any) -> tuple[int, str]:
    """One request for an answer: status and text."""
    url = (host or server.origin) + PATHS[server.dialect.name]
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=BODIES[server.dialect.name], **options) as response,
    ):
        return response.status, await response.text()


async def test_a_request_passes_in_absolute_form() -> None:
    with serve("gpt_site", Answer("Hel", "lo")) as server, ForwardProxy() as proxy:
        assert await post(server, proxy=proxy.url, headers={"X-One": "1"}) == (200, "Hello")
        (passage,) = proxy.passages
        assert (passage.method, passage.target) == ("POST", server.origin + "/v1/chat/gpt/")
        assert (passage.status, passage.header("x-one")) == (None, "1")
        assert passage.sent == len(server.requests[0].body)
        assert passage.received > len("Hello")
        request = server.requests[0]
        assert request.target == "/v1/chat/gpt/"
        assert (request.header("Via"), request.header("X-One")) == ("1.1 tests", "1")


async def test_https_passes_through_a_tunnel() -> None:
    with serve("gpt_site", tls=AUTHORITY.server_context()) as server, ForwardProxy() as proxy:
        status, text = await post(server, proxy=proxy.url, ssl=AUTHORITY.client_context)
        assert (status, text) == (200, "Hello")
        (passage,) = proxy.passages
        assert (passage.method, passage.target) == ("CONNECT", f"127.0.0.1:{server.port}")
        assert passage.status == 200
        assert server.requests[0].header("Via") is None


async def test_a_proxy_that_is_spoken_to_over_tls() -> None:
    with (
        serve("gpt_site", tls=AUTHORITY.server_context()) as server,
        ForwardProxy(tls=AUTHORITY.server_context()) as proxy,
    ):
        assert proxy.url.startswith("https://")
        assert await post(server, proxy=proxy.url, ssl=AUTHORITY.client_context) == (200, "Hello")


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
async def test_authentication(secure: bool) -> None:
    tls = AUTHORITY.server_context() if secure else None
    options: dict[str, Any] = {"ssl": AUTHORITY.client_context} if secure else {}
    with serve("gpt_site", tls=tls) as server, ForwardProxy(user="ann", password="p:w") as proxy:
        for url in (proxy.url, proxy.url_for("ann", "wrong")):
            if secure:
                with pytest.raises(aiohttp.ClientHttpProxyError) as caught:
                    await post(server, proxy=url, **options)
                assert caught.value.status == 407
            else:
                assert await post(server, proxy=url) == (407, "")
        assert not server.requests
        assert await post(server, proxy=proxy.url_for("ann", "p%3Aw"), **options) == (200, "Hello")
        assert [passage.status for passage in proxy.passages][:2] == [407, 407]
        assert server.requests[0].header("Proxy-Authorization") is None


async def test_names_that_only_the_proxy_knows() -> None:
    name = "api.vendor.test"
    with (
        serve("gpt_site", tls=AUTHORITY.server_context([name])) as server,
        ForwardProxy(hosts={f"{name}:443": ("127.0.0.1", server.port)}) as proxy,
    ):
        got = await post(server, f"https://{name}", proxy=proxy.url, ssl=AUTHORITY.client_context)
        assert got == (200, "Hello")
        assert proxy.passages[0].target == f"{name}:443"


async def test_what_the_proxy_does_not_let_through() -> None:
    with serve("gpt_site") as server:
        gone = server.origin
    with serve("gpt_site") as server, ForwardProxy() as proxy, ForwardProxy(refuse=403) as strict:
        assert await post(server, "http://example.org", proxy=proxy.url) == (502, "")
        assert await post(server, gone, proxy=proxy.url) == (502, "")
        assert await post(server, proxy=strict.url) == (403, "")
        assert server.connections == 0


async def test_resets_and_early_leavers_pass_too() -> None:
    replies = (Answer("a", Pause(0.05), Reset()), Answer("a", Stall()))
    with serve("gpt_site", *replies) as server, ForwardProxy() as proxy:
        with pytest.raises(aiohttp.ClientPayloadError):
            await post(server, proxy=proxy.url)
        async with aiohttp.ClientSession() as session:
            url = server.base_url + PATHS["gpt_site"]
            response = await session.post(url, json=BODIES["gpt_site"], proxy=proxy.url)
            assert await response.content.readany() == b"a"
            response.close()
            assert await server.exchange(1).disconnected.wait_async()


# --- certificates ---------------------------------------------------------------------------------------


async def test_a_server_over_tls() -> None:
    with serve("gpt_site", tls=AUTHORITY.server_context()) as server:
        assert server.origin.startswith("https://")
        assert await post(server, ssl=AUTHORITY.client_context) == (200, "Hello")
        with pytest.raises(aiohttp.ClientConnectorCertificateError, match="unable to get local issuer"):
            await post(server)
        assert server.connections == 1


@pytest.mark.parametrize(
    ("context", "words"),
    [
        (AUTHORITY.server_context(["other.test"]), "IP address mismatch"),
        (AUTHORITY.server_context(expired=True), "certificate has expired"),
        (CertificateAuthority().server_context(), "unable to get local issuer|self.signed|signature failure"),
    ],
)
async def test_certificates_that_clients_refuse(context: ssl.SSLContext, words: str) -> None:
    with (
        serve("gpt_site", tls=context) as server,
        pytest.raises(aiohttp.ClientConnectorCertificateError, match=words),
    ):
        await post(server, ssl=AUTHORITY.client_context)


async def test_a_file_that_openssl_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY.write(tmp_path / "authority.pem")))
    with serve("gpt_site", tls=AUTHORITY.server_context()) as server:
        assert await post(server, ssl=ssl.create_default_context()) == (200, "Hello")


# --- as fixtures ----------------------------------------------------------------------------------------


async def test_the_fixtures(
    vendor_server: ServerFactory,
    forward_proxy: ProxyFactory,
    certificate_authority: CertificateAuthority,
    dialect_name: str,
) -> None:
    server = vendor_server(dialect_name, tls=certificate_authority.server_context())
    headers = {"anthropic-version": "2023-06-01"}
    options: dict[str, Any] = {"ssl": certificate_authority.client_context, "headers": headers}
    status, text = await post(server, proxy=forward_proxy().url, **options)
    assert (status, "Hello" in text) == (200, True)
