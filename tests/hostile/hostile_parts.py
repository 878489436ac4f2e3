"""Parts of answers that would do harm: the ones that are shown, and bytes that are no image or a bomb."""

from __future__ import annotations

import json
import struct
import zlib

from notebook_chat.parts import (
    AudioPart,
    CodePart,
    CodeResultPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    SearchPart,
    SourcePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
)

from ..parts import png, wav

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="CANARY"><script>CANARY</script><image href="URL/svg"/></svg>'
POLYGLOT = (
    b'GIF89a/*\x00\x01\x00\x00\x00\x00*/=1;CANARY//<script>CANARY</script><img src="URL/gif" onerror=CANARY>;'
)

WORDS = (
    "<script>CANARY</script>",
    '"><img src="URL/quote" onerror="CANARY">',
    "'><svg onload=CANARY>",
    "</summary></details></ol><iframe srcdoc='<script>parent.CANARY</script>'></iframe>",
    "<style>@import 'URL/style';body{display:none}</style>",
    "![x](URL/image) [y](javascript:CANARY) <URL/bare>",
    "\u202egnp.exe\u2066 \x1b]0;title\x07 \x1b[2J \x00 \ud800",
    "$\\href{javascript:CANARY}{x}$ \\(\\unicode{<img src=URL/math>}\\)",
    "]]>--><!--",
    "```\n</code></pre><script>CANARY</script>",
)

URLS = (
    "javascript:CANARY",
    "JAVASCRIPT:CANARY//https://e.org",
    " java\nscript:CANARY",
    "data:text/html,<script>CANARY</script>",
    "file:///etc/passwd",
    "vbscript:CANARY",
    'https://e.org/"onmouseover="CANARY',
    "https://e.org/'><script>CANARY</script>",
    "https://e.org\\@evil.example",
    "https://google.com@evil.example/",
    "https://gооgle.com/",
    "//evil.example/x",
    "blob:https://e.org/1",
    "https://[::1",
    "\u202ehttps://e.org",
)

BYTES = (
    SVG,
    b"<!DOCTYPE html><script>CANARY</script>",
    png(50_000, 50_000),
    png(0, 0),
    png(1, 2**31 - 1),
    png()[:20],
    png()[:-20],
    b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
    b"\xff\xd8\xff\xe0" + b"\xff\xff" * 40_000,
    b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03" + b"\0" * 20,
    b"GIF89a\x01\x00\x01\x00\x00\x00\x00\x2c\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x01\x00\x00;",
    b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + b"\xff" * 6,
    b"RIFF\x00\x00\x00\x00WEBP",
    POLYGLOT,
    zlib.compress(b"\0" * 10_000_000),
    b"BM" + struct.pack("<IHHI", 100, 0, 0, 54),
    b"%PDF-1.7",
    b"",
)


def hostile_parts(canary: str = "alert(1)", url: str = "https://evil.example") -> tuple[Part, ...]:
    """An answer of nothing but harm.

    Args:
        canary: The script that would run.
        url: The server that would be asked.
    """

    def made(text: str) -> str:
        return text.replace("CANARY", canary).replace("URL", url)

    parts: list[Part] = [TextPart("One `two` three.\n\n")]
    for number, word in enumerate(map(made, WORDS)):
        parts += [
            SearchPart((word, word)),
            SearchPart((word,), word),
            CodePart(word, word),
            CodeResultPart(word, True),
        ]
        parts += [
            ReasoningPart(word),
            UnknownPart(word, -1),
            FilePart(b"x", word, word),
            TextPart(f"{number}\n\n"),
        ]
        parts += [SourcePart(f"https://e.org/{number}", word, word, (3, number)), SourcePart("", word, word)]
        # Names that are none, arguments that are JSON and that are not, results with and without a call.
        inner = (TextPart(word), ImagePart(png(), word), FilePart(b"x", word, word), TextPart(word * 500))
        parts += [
            ToolCallPart(f"a{number}", word, word),
            ToolCallPart(f"b{number}", f"look_{number}", json.dumps({word: [word, {word: word}]})),
            ToolCallPart(word, word, f'{{"a": "{word}", "a": 1}}'),
            ToolResultPart(f"b{number}", word, inner, seconds=float("nan")),
            ToolResultPart(f"a{number}", word, (TextPart(f"not run: {word}"),), is_error=True),
            ToolResultPart(word + word, word, inner[:2], is_error=True, seconds=-1e300),
        ]
        parts += [
            ImagePart(png(), word),
            AudioPart(wav(), word),
            AudioPart(made(word).encode("utf-8", "replace"), word),
        ]
    parts += [SourcePart(made(one), "title", "quote", (2, 5, 10**12, -7)) for one in URLS]
    for data in BYTES:
        data = data.replace(b"CANARY", canary.encode()).replace(b"URL", url.encode())
        parts += [ImagePart(data, kind) for kind in ("image/png", "image/svg+xml", "text/html")]
        parts += [AudioPart(data, kind) for kind in ("audio/wav", "text/html")]
    return tuple(parts)
