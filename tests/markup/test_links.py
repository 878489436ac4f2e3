"""Links and images: where they lead, and that nothing is loaded."""

from __future__ import annotations

import pytest

from notebook_chat.markup import render_body
from notebook_chat.markup.links import allowed, normalized

from .vocabulary import select, visible_text


def links(text: str) -> list[tuple[str, str]]:
    """The destination and the text of each link."""
    return [(link.get("href", ""), "".join(link.itertext())) for link in select(render_body(text), "a")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[a](https://e.org)", [("https://e.org", "a")]),
        ("[a](HTTPS://E.org/X)", [("HTTPS://E.org/X", "a")]),
        ("[*a* `b`](http://e.org/ 'T')", [("http://e.org/", "a b")]),
        ("[a](<http://e.org/b c>)", [("http://e.org/b%20c", "a")]),
        ("[a](mailto:x@e.org?subject=y)", [("mailto:x@e.org?subject=y", "a")]),
        ("[ä](https://münchen.example/straße)", [("https://xn--mnchen-3ya.example/stra%C3%9Fe", "ä")]),
        ("[](https://e.org)", [("https://e.org", "https://e.org")]),
        ("<https://e.org> <x@e.org>", [("https://e.org", "https://e.org"), ("mailto:x@e.org", "x@e.org")]),
        ("https://e.org.", [("https://e.org", "https://e.org")]),
        ("(https://e.org/a_(b)?c=d#e)!", [("https://e.org/a_(b)?c=d#e", "https://e.org/a_(b)?c=d#e")]),
        ("**https://e.org**", [("https://e.org", "https://e.org")]),
        ("https://e.org/路径。之后", [("https://e.org/%E8%B7%AF%E5%BE%84", "https://e.org/路径")]),
        ("见https://e.org，", [("https://e.org", "https://e.org")]),
        ("http://127.0.0.1:8888/lab", [("http://127.0.0.1:8888/lab", "http://127.0.0.1:8888/lab")]),
        ("https://e.org/&lt;b&gt;", [("https://e.org/", "https://e.org/")]),
        ("`https://e.org` xhttps://e.org http:// https://. ftp://e.org www.e.org e.org", []),
        ("[https://e.org](https://f.org)", [("https://f.org", "https://e.org")]),
        ("![a](https://e.org/i.png)", [("https://e.org/i.png", "a (image on e.org)")]),
        ("![](https://e.org/i.png)", [("https://e.org/i.png", "(image on e.org)")]),
        ("![a](https://u:p@e.org:8443/i.png)", [("https://u:p@e.org:8443/i.png", "a (image on e.org)")]),
        ("[![a](https://i.org/i.png)](https://e.org)", [("https://e.org", "a (image on i.org)")]),
        ("[![](https://i.org/i.png 'T')](https://e.org)", [("https://e.org", '(image on i.org "T")')]),
        (
            "![a ![b](https://b.org)](https://a.org)",
            [("https://a.org", "a b (image on b.org) (image on a.org)")],
        ),
    ],
)
def test_these_are_links(text: str, found: list[tuple[str, str]]) -> None:
    assert links(text) == found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[a](javascript:alert(1))", "a (javascript:alert(1))"),
        ("[a](notes.txt)", "a (notes.txt)"),
        ("[a](notes.txt 'T')", 'a (notes.txt "T")'),
        ("[a](#part)", "a"),
        ("[a](#part 'T')", 'a ("T")'),
        ("[a]()", "a"),
        ("[](notes.txt)", "(notes.txt)"),
        ("[a](//e.org/x)", "a (//e.org/x)"),
        ("[a](http://)", "a (http://)"),
        ("![a](notes.png)", "a (image: notes.png)"),
        ("![a](data:image/png;base64,AA)", "a (image: data:image/png;base64,AA)"),
        ("![a](https:///x)", "a (image: https:///x)"),
        ("<javascript:x> <int:pk> <a:b>", "<javascript:x> <int:pk> <a:b>"),
    ],
)
def test_these_are_text(text: str, shown: str) -> None:
    html = render_body(text)
    assert visible_text(html).strip() == shown
    assert select(html, "a") == []


def test_an_embedded_image_is_named_and_not_spelled_out() -> None:
    text = visible_text(render_body(f"![x](data:image/png;base64,{'A' * 100_000})"))
    assert text.startswith("x (image: data:image/png;base64,AAA")
    assert len(text) < 200
    assert "100,022 characters" in text


def test_every_link_opens_apart() -> None:
    html = render_body(
        "[a](https://e.org 'T') https://e.org <https://e.org> ![a](https://e.org)\n\n[r]\n\n[r]: https://e.org"
    )
    assert len(select(html, "a")) == 5
    for link in select(html, "a"):
        assert (link.get("target"), link.get("rel")) == ("_blank", "noopener noreferrer")


def test_nothing_is_ever_loaded() -> None:
    html = render_body(
        "![a](https://e.org/i.png) ![b][r] <img src=https://e.org>\n\n[r]: https://e.org/j.png"
    )
    assert not any(
        select(html, name) for name in ("img", "video", "iframe", "link", "object", "source", "svg")
    )


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://%zz/", "https://\udcff", "http://" + "a" * 5000, "\\\\x", "", "x" * 9]
)
def test_what_is_no_address_does_no_harm(url: str) -> None:
    assert isinstance(normalized(url), str)
    render_body(f"[a](<{url}>) ![b](<{url}>) <{url}> {url}")


@pytest.mark.parametrize(
    "url",
    [
        "https:e.org",
        "https:/e.org",
        "https:\\\\e.org",
        "//e.org",
        "https://",
        "http:///x",
        "mailto:",
        " https://e.org",
    ],
)
def test_a_destination_has_a_scheme_and_a_host(url: str) -> None:
    assert not allowed(url)
