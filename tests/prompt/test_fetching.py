"""Files from the web: fetched when their address is written, bounded, and without anything that is secret."""

from __future__ import annotations

import asyncio
import base64
import gzip
import logging
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import ChatError, InvalidMessagesError
from notebook_chat.messages import ImagePart, TextPart
from notebook_chat.prompt.attachments import Budget, Way, attach, fetching
from notebook_chat.prompt.attachments.fetching import shown_address
from notebook_chat.prompt.attachments.pages import page_text

from ..fakes import parrot
from ..servers.fixtures import ProxyFactory
from ..transports import Canned, InMemory
from .web import Web, serving

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
PASSWORD = "hunter2-and-more-of-it"


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as started:
        yield started


def text_of(url: str, way: Way | None = None) -> tuple[str, str, str]:
    """The text that stands at an address as it is sent, its name and its label."""
    [extra] = attach([url], Budget(), way or Way())
    [part] = extra.parts
    assert isinstance(part, TextPart)
    return part.text, extra.name, extra.label


def refused(url: str, way: Way | None = None) -> str:
    with pytest.raises(ChatError) as caught:
        attach([url], Budget(), way or Way())
    assert "\n" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def test_a_file_is_fetched_and_that_is_said(web: Web) -> None:
    url = web.has("/data/a.csv", b"a,b\n1,2\n", "text/csv; charset=utf-8")
    text, name, label = text_of(url)
    assert name == url
    assert label == "fetched, 8 bytes, 1 × 2"
    assert text.startswith(f"File {url} (1 × 2):\n```csv\n[Fields separated by commas.")
    [(path, headers)] = web.seen
    assert path == "/data/a.csv"
    assert not {"authorization", "cookie", "referer", "x-api-key"} & {header.lower() for header in headers}


@pytest.mark.parametrize(
    ("path", "kind", "body", "words"),
    [
        ("/a", "application/json", b'{"a": 1}', "```json\n"),
        ("/a.py", "text/plain", b"x = 1", "```python\n"),
        ("/a", "text/csv", b"a,b\n1,2", "separated by commas"),
        ("/a", "text/tab-separated-values", b"a\tb\n1\t2", "separated by tabs"),
        ("/a.ipynb", "application/octet-stream", b'{"cells": []}', "notebook, 0 cells"),
        ("/a", "", b"plain", "plain"),
        ("/a", "x" * 5000, b"plain", "plain"),
        ("/a", "text/plain; charset=latin-1", b"caf\xe9", "café"),
        ("/a", "text/plain; charset=nonsense", b"caf\xe9 and more of it", "café"),
        ("/a", "text/plain; charset=rot13", b"plain", "plain"),
        ("/a", "text/plain; charset=utf-16-le", "plain".encode("utf-16-le"), "plain"),
    ],
)
def test_the_kind_is_what_the_server_or_the_name_says(
    web: Web, path: str, kind: str, body: bytes, words: str
) -> None:
    assert words in text_of(web.has(path, body, kind))[0]


def test_images_and_documents(web: Web) -> None:
    [extra] = attach([web.has("/a.png", PNG, "image/png")], Budget(), Way())
    assert extra.parts[1] == ImagePart(PNG, "image/png")
    assert extra.label == "fetched, 28 bytes, PNG image"
    assert "is not sent: this model takes no PDF" in refused(
        web.has("/a", b"%PDF-1.4\n%%EOF", "application/pdf")
    )


def test_of_a_page_the_text_is_sent(web: Web) -> None:
    page = (
        b"<html><head><title>T</title><script>evil()</script></head><h2>Head</h2><p>a &lt;b&gt; c</p></html>"
    )
    text, _, label = text_of(web.has("/", page, "text/html; charset=utf-8"))
    assert text.endswith("```\nT\n\n## Head\n\na <b> c\n```")
    assert label.startswith(f"fetched, {len(page)} bytes, the page's text, ")


def test_several_are_fetched_at_once_and_the_same_one_once(web: Web) -> None:
    urls = [web.has(f"/{number}", str(number).encode()) for number in range(5)]
    assert len(attach([*urls, urls[0]], Budget(), Way())) == 5
    assert len(web.seen) == 5


def test_credentials_go_to_their_host_and_are_shown_nowhere(
    web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    web.has("/a", b"content")
    url = f"{web.origin}/a?token={PASSWORD}&x=1".replace("://", f"://ann:{PASSWORD}@")
    with caplog.at_level(logging.DEBUG, "notebook_chat"):
        text, name, label = text_of(url)
    assert name == f"{web.origin}/a?…"
    assert PASSWORD not in text + name + label + caplog.text
    [(path, headers)] = web.seen
    assert path == f"/a?token={PASSWORD}&x=1"
    assert headers["Authorization"] == "Basic " + base64.b64encode(f"ann:{PASSWORD}".encode()).decode()


def test_what_fails_tells_no_password(web: Web) -> None:
    secret = web.origin.replace("://", f"://ann:{PASSWORD}@")
    assert f"{web.origin}/nope is not fetched: the server answers with status 404" in refused(
        f"{secret}/nope"
    )
    assert "cannot connect to 127.0.0.1:9" in refused(f"http://ann:{PASSWORD}@127.0.0.1:9/x?key={PASSWORD}")
    assert "is not an address that can be fetched" in refused(f"http://ann:{PASSWORD}@:0/")


def test_blanks_in_a_path_are_written_as_servers_want_them(web: Web) -> None:
    web.has("/my%20data.txt", b"content")
    assert "content" in text_of(f"{web.origin}/my data.txt")[0]


def test_redirects_are_followed_within_bounds(web: Web) -> None:
    web.has("/end", b"the end")
    web.has("/one", status=302, Location="end")
    assert "the end" in text_of(web.has("/two", status=301, Location=f"{web.origin}/one"))[0]
    assert "leads on to other addresses more than 5 times" in refused(
        web.has("/loop", status=307, Location="/loop")
    )
    assert "leads on to nowhere" in refused(web.has("/nowhere", status=302))
    for where in ("file:///etc/passwd", "ftp://host/x", "javascript:alert(1)", "http://["):
        assert "leads on to what is no address of the web" in refused(
            web.has("/x", status=302, Location=where)
        )


def test_a_password_goes_to_no_other_host(web: Web) -> None:
    with serving() as other:
        to = other.has("/end", b"content")
        web.has("/a", status=302, Location=to)
        assert "content" in text_of(f"{web.origin}/a".replace("://", f"://ann:{PASSWORD}@"))[0]
        assert "Authorization" in web.seen[0][1]
        assert "Authorization" not in other.seen[0][1]


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1/",
        "http://localhost/x",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://2130706433/",
    ],
)
def test_a_public_address_leads_to_no_private_one(to: str) -> None:
    way = Way(transport=InMemory(Canned(status=302, headers={"Location": to}), Canned([b"private"])))
    assert "leads on into your own network" in refused("http://93.184.215.14/a", way)


def names(monkeypatch: pytest.MonkeyPatch, **known: list[str]) -> None:
    """Has names stand for addresses."""

    async def getaddrinfo(self: Any, host: str, *_: Any, **__: Any) -> list[Any]:
        if host not in known:
            raise OSError("unknown")
        return [(0, 0, 0, "", (address, 0)) for address in known[host]]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ("public", "private", False),
        ("public", "own", False),
        ("both", "private", False),
        ("both", "own", False),
        ("private", "private2", True),
        ("private", "own", False),
        ("private", "metadata", False),
        ("private", "public", True),
        ("unknown", "private", False),
        ("unknown", "public", True),
        ("public", "unknown", True),
        ("localhost", "private", True),
        ("localhost", "127.0.0.1", True),
        ("public", "[::ffff:127.0.0.1]", False),
        ("public", "[::]", False),
    ],
)
def test_where_a_redirect_may_lead(
    before: str, after: str, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(
        monkeypatch,
        public=["93.184.215.14", "2606:2800::1"],
        private=["10.1.2.3"],
        private2=["192.168.0.1"],
        both=["93.184.215.14", "127.0.0.1", "10.1.1.1"],
        own=["127.0.0.1"],
        localhost=["127.0.0.1", "::1"],
        metadata=["169.254.169.254"],
    )
    way = Way(
        transport=InMemory(Canned(status=302, headers={"Location": f"http://{after}/"}), Canned([b"content"]))
    )
    if allowed:
        assert "content" in text_of(f"http://{before}/a", way)[0]
    else:
        assert "leads on into your own network" in refused(f"http://{before}/a", way)


def test_encryption_is_not_given_up() -> None:
    way = Way(transport=InMemory(Canned(status=302, headers={"Location": "http://93.184.215.14/"})))
    assert "leads on to an address without encryption" in refused("https://93.184.215.14/a", way)


def test_sizes_are_bounded(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LARGEST", 1000)
    assert "is larger than 1,000 bytes. Download it" in refused(web.has("/told", b"x" * 1001))

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            for _ in range(1_000_000):
                request.wfile.write(b"x" * 10_000)
        except OSError:
            pass

    web.pages["/endless"] = endless
    assert "is larger than 1,000 bytes" in refused(f"{web.origin}/endless")
    bomb = gzip.compress(b"x" * 10_000_000)
    monkeypatch.setattr(fetching, "LARGEST", 1_000_000)
    assert "is larger" in refused(web.has("/bomb", bomb, Content_Encoding="gzip"))


def test_a_server_that_breaks_off_or_lies(web: Web) -> None:
    web.has("/short", b"abc", Content_Length="100")
    web.has("/odd", b"abc", Content_Length="3", Content_Encoding="gzip")
    for path in ("/short", "/odd"):
        assert refused(web.origin + path)


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///a",
        "https://host:x/",
        "http://host:99999999/",
        "http://a b/",
        "http://a\tb/",
        "http://[/",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    assert "is not an address that can be fetched" in refused(url)


def test_an_address_is_shown_short_and_in_one_line() -> None:
    shown = shown_address("https://u:p@host/a\n\x1b[2J?key=x#y" + "z" * 1000)
    assert "\n" not in shown
    assert shown.isprintable()
    assert len(shown_address("https://host/" + "z" * 1000)) < 200


# --- the way to the web


def test_a_proxy_of_the_chat_is_used(web: Web, forward_proxy: ProxyFactory) -> None:
    url = web.has("/a.txt", b"content")
    proxy = forward_proxy(user="ann", password=PASSWORD)
    provider = parrot(["fine"])
    chat = Chat(provider=provider)
    with pytest.raises(ChatError):
        chat.ask("read it", files=[url], proxy=proxy.url_for("ann", "wrong-password"))
    assert web.seen == []
    chat.ask("read it", files=[url], proxy=proxy.url_for("ann", PASSWORD))
    assert "content" in provider.requests[0][-1].text
    assert len(web.seen) == 1


def test_a_transport_of_the_chat_is_used_and_gets_no_key() -> None:
    transport = InMemory(Canned([b"content"], headers={"Content-Type": "text/plain"}))
    provider = parrot(["fine"])
    Chat(provider=provider, api_key="sk-planted-0123456789", headers={"X-Team": "blue"}).ask(
        "read it", files=["http://host/a.txt"], transport=transport
    )
    [request] = transport.requests
    assert request.method == "GET"
    assert dict(request.headers) == {"Accept": "*/*"}
    assert "content" in provider.requests[0][-1].text


async def test_the_forms_to_be_awaited_hold_nobody_up(web: Web) -> None:
    url = web.has("/a.txt", b"content")
    provider = parrot(["fine"])
    chat = Chat(provider=provider)
    assert await chat.ask_async("one", files=[url]) == "fine"
    assert [piece async for piece in chat.stream_async("two", files=[url])] == ["fine"]
    assert "".join(chat.stream("three", files=[url])) == "fine"
    assert len(web.seen) == 3
    assert all("content" in request[-1].text for request in provider.requests)
    with pytest.raises(InvalidMessagesError, match="status 404"):
        await chat.ask_async("four", files=[f"{web.origin}/nope"])


def test_what_a_model_writes_is_never_fetched(web: Web) -> None:
    url = web.has("/a.txt", b"content")
    provider = parrot([f"-a {url} {{{url}}} ![x]({url})"])
    chat = Chat(provider=provider)
    chat.ask("hello", values={})
    chat.ask("and now", values={})
    assert web.seen == []


# --- pages


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a<br>b</p>", "a\nb\n"),
        ("a  \n b\t c", "a b c\n"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n\n- two\n"),
        ("<table><tr><th>a</th><td>b</td></tr></table>", "| a | b\n"),
        ("<pre>a\n  b</pre>", "a\n  b\n"),
        ("a<!-- <p>no</p> -->b", "ab\n"),
        ("<a title=\"1 > 0\" href='>'>x</a>", "x\n"),
        ("<SCRIPT>x</p></ScRiPt >y", "y\n"),
        ("<style>p{}</style><svg><text>no</text></svg>y", "y\n"),
        ("1 < 2 &amp; 3 &gt; 2 &nbsp; &#65;", "1 < 2 & 3 > 2 A\n"),
        ("<!doctype html><?xml x?>y", "y\n"),
        ("<p>unfinished <b", "unfinished\n"),
        ("<script>never closed", "\n"),
        ("&lt;script&gt;text&lt;/script&gt;", "<script>text</script>\n"),
        ("", "\n"),
    ],
)
def test_the_text_of_a_page(page: str, text: str) -> None:
    assert page_text(page) == text


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<a ",
        "<a b='",
        '<a b="',
        "<![CDATA[",
        "</a ",
        "<script>",
        "<script></scrip",
        "<svg>",
        "<pre>",
        "<",
        "&",
        "&#",
        "<a/",
        "\n ",
        "| ",
        "<td>",
        "'>",
        "<a ='\"",
        "İ<script>",
    ],
)
def test_a_hostile_page_costs_what_it_weighs(piece: str) -> None:
    def seconds(length: int) -> float:
        page = piece * (length // len(piece))
        start = time.thread_time()
        page_text(page)
        return time.thread_time() - start

    seconds(1000)
    short, long = (min(seconds(length) for _ in range(3)) for length in (50_000, 200_000))
    assert long < max(9 * short, 0.05)


def test_lists_of_values_of_another_type_are_refused() -> None:
    chat: Any = Chat(provider=parrot(["fine"]))
    with pytest.raises(ChatError, match="files must be a list, not str"):
        chat.ask("x", files="a.csv")
    with pytest.raises(ChatError, match="file_tokens must be a whole number, 1 or more"):
        chat.ask("x", files=[b"x"], file_tokens=0)
