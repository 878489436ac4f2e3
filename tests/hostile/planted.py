"""A planted key: a server that gives it back in every way it knows, and a search for any piece of it."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote

KEY = "Qz7-PLx9_Kw/vB3+nM5rT8yU2iO4pA6sD1fGhJ0kLe"
RUN = 8


def percent(text: str) -> str:
    """Every byte as a percent escape."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "lower": str.lower,
    "percent": percent,
    "percent in lower case": lambda key: percent(key).lower(),
    "quoted": lambda key: quote(key, safe=""),
    "quoted twice": lambda key: quote(quote(key, safe=""), safe=""),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 for addresses": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "base64 with a user": lambda key: base64.b64encode(f"ann:{key}".encode()).decode(),
    "base64 of a header": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "hex": lambda key: key.encode().hex(),
    "HEX": lambda key: key.encode().hex().upper(),
    "hex with colons": lambda key: key.encode().hex(":"),
    "JSON": lambda key: json.dumps(key).replace("/", "\\/"),
    "JSON in JSON": lambda key: json.dumps(json.dumps("".join(f"\\u{ord(one):04x}" for one in key))),
    "unicode escapes": lambda key: "".join(f"\\u{ord(one):04X}" for one in key),
    "bytes": lambda key: "".join(f"\\x{ord(one):02x}" for one in key),
    "octal": lambda key: "".join(f"\\{ord(one):03o}" for one in key),
    "HTML": lambda key: "".join(f"&#{ord(one)};" for one in key),
    "HTML in hex": lambda key: "".join(f"&#x{ord(one):X};" for one in key),
    "lines": lambda key: "\n".join(key[place : place + 5] for place in range(0, len(key), 5)),
    "words": lambda key: " ".join(key),
    "lines in JSON": lambda key: json.dumps(
        "\r\n".join(key[place : place + 7] for place in range(0, len(key), 7))
    ),
    "no width": lambda key: "\u200b".join(key),
    "zeros": lambda key: "\0".join(key),
}


def _runs() -> frozenset[str]:
    forms = {
        KEY,
        KEY.encode().hex(),
        percent(KEY),
        ENCODINGS["unicode escapes"](KEY),
        ENCODINGS["bytes"](KEY),
        ENCODINGS["HTML"](KEY),
        ENCODINGS["HTML in hex"](KEY),
    }
    for shift in range(3):
        whole = base64.b64encode(b"~" * shift + KEY.encode()).decode()
        forms.add(whole[-(-shift * 8 // 6) : (shift + len(KEY)) * 8 // 6])
    lower = [form.lower() for form in forms]
    return frozenset(form[place : place + RUN] for form in lower for place in range(len(form) - RUN + 1))


_RUNS = _runs()


def leaks(text: str) -> list[str]:
    """The pieces of the planted key that are in a text, in whichever encoding, with what stands around them."""
    found = []
    for reading in _readings(text):
        plain = re.sub(r"[\s\x00-\x20\x7f-\xa0\u200b-\u200f\ufeff]", "", reading).lower().replace(":", "")
        for letters in {plain, plain.translate(str.maketrans("-_", "+/"))}:
            pieces = {letters[place : place + RUN] for place in range(len(letters) - RUN + 1)} & _RUNS
            places = (letters.index(piece) for piece in pieces)
            found += [letters[max(0, place - 60) : place + 60] for place in places]
    return found


def _readings(text: str) -> Iterator[str]:
    readings = [text]
    for _ in range(3):
        readings += [_unescaped(readings[-1])]
    yield from dict.fromkeys([*readings, unquote(text), html.unescape(text)])


def _unescaped(text: str) -> str:
    text = html.unescape(unquote(text, errors="replace"))
    text = re.sub(r"\\(?:u|x)([0-9a-fA-F]{4}|[0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)
    text = re.sub(r"\\([0-3][0-7]{2})", lambda found: chr(int(found[1], 8)), text)
    return re.sub(r"\\([\\/\"'nrt])", lambda found: "" if found[1] in "nrt" else found[1], text)


# --- the server -----------------------------------------------------------------------------------------


def _http(status: str, body: str, *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *headers, "", ""])
    return head.encode("latin-1", "replace") + body.encode()


def _error(status: str, message: str, *headers: str) -> bytes:
    return _http(
        status, json.dumps({"error": {"message": message}}), "Content-Type: application/json", *headers
    )


def _events(*data: str) -> bytes:
    return _http("200 OK", "".join(f"data: {one}\n\n" for one in data), "Content-Type: text/event-stream")


ECHOES: dict[str, Callable[[], bytes]] = {
    "a bad request": lambda: _error("400 Bad Request", f"bad header Bearer {KEY}"),
    "a wrong key, cut at the end of what is kept": lambda: _error("401 No", "x" * 1975 + KEY),
    "a wrong key, without its end": lambda: _error("401 No", f"Incorrect API key provided: {KEY[:-1]}"),
    "not permitted, in percent escapes": lambda: _error("403 No", ENCODINGS["percent"](KEY)),
    "not found, in base64, as text": lambda: _http(
        "404 No", f"no route {ENCODINGS['base64 with a user'](KEY)}"
    ),
    "too many requests, told in a note": lambda: _error("429 No", f"slow down, {KEY[3:]}", "Retry-After: 0"),
    "a server's error, in a page": lambda: _http("500 No", f"<html><title>{'&#32;' * 9}{KEY}</title></html>"),
    "a redirect to the key": lambda: _http(
        "302 Found", "", f"Location: https://{KEY[:9]}.{KEY[9:]}.example/{KEY}"
    ),
    "a redirect with a user": lambda: _http(
        "307 No", "", f"Location: https://ann:{KEY}@{KEY}@login.example/"
    ),
    "a page with status 200": lambda: _http("200 OK", f"<!doctype html><title>{KEY}</title>"),
    "a malformed piece": lambda: _events(f'{{"choices": "{KEY}'),
    "a malformed piece, cut in the key": lambda: _events("{" + "y" * 60 + KEY),
    "an error in the stream": lambda: _events(
        json.dumps({"error": {"message": f"bad {ENCODINGS['hex'](KEY)}"}})
    ),
    "another dialect": lambda: _events(json.dumps({"hello": ENCODINGS["lines"](KEY)})),
    "no HTTP": lambda: f"{KEY} {KEY}\r\n\r\n".encode(),
    "a header": lambda: _error("503 No", "busy", f"x-echo: {KEY}", f"x-echo-2: {quote(KEY, safe='')}"),
    "in unicode escapes": lambda: _http("400 No", json.dumps({"error": ENCODINGS["JSON in JSON"](KEY)})),
    "controls": lambda: _error("400 No", f"\x1b]0;{KEY}\x07\x1b[31m{ENCODINGS['zeros'](KEY)}"),
    "cut off": lambda: _http("200 OK", f'data: {{"error": "{KEY}', "Content-Length: 100000"),
    "silence": lambda: b"",
}
"""What the server answers, by the first part of the path, in the place of its blanks ``-``."""


@contextmanager
def echoing_server() -> Iterator[str]:
    """A server that knows the key from before, so to speak: its address, beneath which each of ``ECHOES`` has one."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    answers = {name.replace(" ", "-"): answer for name, answer in ECHOES.items()}
    threads: list[threading.Thread] = []
    over = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=answer, args=(connection,), daemon=True))
            threads[-1].start()

    def answer(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            head = connection.recv(65536).decode("latin-1")
            time.sleep(0.005)
            asked = re.match(r"[A-Z]+ /([^/ ]+)", head)
            name = asked[1] if asked else ""
            said = answers[name]() if name in answers else b""
            if not said:
                over.wait(30)  # TLS from somebody, or silence
                return
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(0.5)  # a client may keep it for a next request
            while connection.recv(65536):
                pass

    threads.append(threading.Thread(target=serve, daemon=True))
    threads[0].start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in threads:
            thread.join(10)
