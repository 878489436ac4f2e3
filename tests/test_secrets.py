"""Secrets stay secret."""

from __future__ import annotations

import copy
import pickle

import pytest

from notebook_chat.secrets import Secret, redact, wrap_secrets

KEY = "sk-abcdef123456"


@pytest.mark.parametrize("shown", [repr, str, "{}".format, "{0!r}".format])
def test_a_secret_is_never_shown(shown: object) -> None:
    assert KEY not in shown(Secret(KEY))  # type: ignore[operator]
    assert KEY not in shown([{"key": Secret(KEY)}])  # type: ignore[operator]


def test_a_secret_is_the_pasted_key_without_its_line_end() -> None:
    assert Secret(f" {KEY}\n").reveal() == KEY
    assert Secret(Secret(KEY)) == Secret(KEY)
    assert not Secret("  ")


def test_a_secret_cannot_be_written_out() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(KEY))
    assert copy.deepcopy({"key": Secret(KEY)}) == {"key": Secret(KEY)}


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"bad key {KEY}!", "bad key …!"),
        ("http://user:pass@proxy:8080/x", "http://…@proxy:8080/x"),
        ("https://host/v1?key=abc123&alt=sse", "https://host/v1?key=…&alt=sse"),
        ("https://host/v1?alt=sse&api_key=abc123#x", "https://host/v1?alt=sse&api_key=…#x"),
        ("mail me@example.com", "mail me@example.com"),
    ],
)
def test_redacted(text: str, clean: str) -> None:
    assert redact(text, Secret(KEY), None) == clean


def test_options_are_guarded() -> None:
    safe = wrap_secrets(
        {"api_key": KEY, "headers": {"X-Key": KEY}, "proxy": f"http://u:{KEY}@p", "temperature": 1}
    )
    assert KEY not in repr(safe)
    assert safe["temperature"] == 1
    assert wrap_secrets(safe) == safe
