"""Which addresses are reached without the environment's proxy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.request import HttpRequest
from notebook_chat.secrets import Secret
from notebook_chat.transport.no_proxy import bypasses, is_own_machine
from notebook_chat.transport.proxies import proxy_for

PROXY = "http://proxy.example.test:3128"


@pytest.mark.parametrize(
    ("rules", "host", "port", "applies"),
    [
        ("example.org", "example.org", 443, True),
        ("example.org", "api.example.org", 443, True),
        ("example.org", "myexample.org", 443, False),
        (".example.org", "api.example.org", 443, True),
        (".example.org", "example.org", 443, True),
        ("*.example.org", "api.example.org", 443, True),
        ("*.example.org", "example.org", 443, True),
        ("*.example.org", "example.com", 443, False),
        ("api-*.example.org", "api-7.example.org", 443, True),
        ("10.0.*", "10.0.3.4", 443, True),
        ("EXAMPLE.org.", "Example.ORG", 443, True),
        ("*", "anything", 80, True),
        ("a.test, example.org", "example.org", 443, True),
        ("a.test example.org;b.test", "example.org", 443, True),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("10.0.0.1/8", "10.9.9.9", 443, True),
        ("127.0.0.0/8", "127.0.0.53", 80, True),
        ("fd00::/8", "[fd12::1]", 443, True),
        ("[fd00::]/8", "fd12::1", 443, True),
        ("::ffff:10.0.0.1", "10.0.0.1", 443, False),
        ("10.0.0.1", "::ffff:10.0.0.1", 443, True),
        ("192.168.1.7", "192.168.1.7", 443, True),
        ("192.168.1.7", "192.168.1.77", 443, False),
        ("8.1.7", "192.168.1.7", 443, False),
        ("example.org:8080", "example.org", 8080, True),
        ("example.org:8080", "example.org", 443, False),
        ("10.0.0.1:8080", "10.0.0.1", 8080, True),
        ("10.0.0.0/8:8080", "10.0.0.1", 8080, True),
        ("[fd12::1]:8080", "fd12::1", 8080, True),
        ("fd12::1", "fd12::1", 8080, True),
        ("https://example.org/", "example.org", 443, True),
        ("", "example.org", 443, False),
        (",, ;", "example.org", 443, False),
        (".", "example.org", 443, False),
        ("exam ple", "example", 443, False),
    ],
)
def test_rules_as_people_write_them(rules: str, host: str, port: int, applies: bool) -> None:
    assert bypasses(rules, host, port) is applies


@given(rules=st.text(max_size=30), host=st.text(max_size=20), port=st.integers(0, 65535))
def test_no_rule_fails(rules: str, host: str, port: int) -> None:
    assert bypasses(rules, host, port) in (True, False)
    assert is_own_machine(host) in (True, False)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"],
)
def test_ones_own_machine(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_own_machine(host)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, PROXY)
    place = f"[{host.strip('[]')}]" if ":" in host else host
    assert proxy_for(HttpRequest("GET", f"http://{place}:8000/v1")) is None
    given = HttpRequest("GET", f"http://{place}:8000/v1", proxy=Secret(PROXY))
    assert proxy_for(given) == PROXY


@pytest.mark.parametrize(
    "host", ["localhost.example.org", "128.0.0.1", "mylocalhost", "127.0.0.1.example.org", ""]
)
def test_other_machines(host: str) -> None:
    assert not is_own_machine(host)


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({"HTTPS_PROXY": PROXY}, "https://example.org/v1", PROXY),
        ({"HTTPS_PROXY": PROXY}, "http://example.org/v1", None),
        ({"ALL_PROXY": PROXY}, "https://example.org/v1", PROXY),
        ({"all_proxy": "proxy.example.test:3128"}, "https://example.org/v1", PROXY),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, "https://10.1.2.3/v1", None),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "example.org:443"}, "https://example.org/v1", None),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "example.org:80"}, "https://example.org/v1", PROXY),
        ({"HTTP_PROXY": PROXY, "no_proxy": "example.org:80"}, "http://example.org/v1", None),
    ],
)
def test_the_environments_proxy(
    variables: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(HttpRequest("GET", url)) == proxy
