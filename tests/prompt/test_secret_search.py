"""Secrets are found in whatever stands around them, and nothing else is."""

from __future__ import annotations

import base64
import itertools
import json
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.prompt.secrets.key_likeness import is_password, is_placeholder
from notebook_chat.prompt.secrets.secret_formats import Format, formats
from notebook_chat.prompt.secrets.secret_search import find, is_name_of_secret, masked, replaced
from notebook_chat.secrets import Secret

from ..hostile.test_patterns import SEEDS, Use, growth
from .ordinary_prompts import PROMPTS
from .planted_keys import ALNUM, FORMATS, Keys

SURROUNDINGS = {
    "alone": "{}",
    "in a sentence": "Why does it refuse me? I use {} for it. Thanks!",
    "between lines": "Here it is:\n\n{}\n\nWhat is wrong?",
    "in code": "```python\nfoo = bar()\n{}\n```\nExplain.",
    "among text": "Lorem ipsum dolor sit amet 123e4567-e89b-12d3-a456-426614174000 " * 50
    + "{}"
    + " amet" * 50,
}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_found(name: str) -> None:
    for seed in range(12):
        secret = FORMATS[name](Keys(seed))
        for surrounding in SURROUNDINGS.values():
            text = surrounding.replace("{}", secret)
            found = find(text)
            assert found, (name, text)
            left = replaced(text, found)
            assert "[redacted " in left
            assert find(left) == (), left
            assert secret not in left


@pytest.mark.parametrize("name", [name for name in FORMATS if " " not in FORMATS[name](Keys(0))])
def test_keys_are_found_in_json_addresses_and_reprs(name: str) -> None:
    secret = FORMATS[name](Keys(3))
    for text in (
        json.dumps({"said": f"x\n{secret}\ny"}),
        repr([f"x\n{secret}"]),
        f"<td>{secret}</td>",
        f"`{secret}`",
        f"({secret})",
        f"“{secret}”",
    ):
        assert find(text), text


def test_there_are_more_than_fifty() -> None:
    assert len(FORMATS) >= 50
    assert len({one.label for one in formats()}) > 100


@pytest.mark.parametrize("place", range(len(PROMPTS)))
def test_an_ordinary_prompt_has_none(place: int) -> None:
    assert find(PROMPTS[place]) == ()


def test_ordinary_prompts_are_many_and_of_many_kinds() -> None:
    assert len(set(PROMPTS)) >= 200


def test_the_package_itself_has_none() -> None:
    for path in (Path(__file__).parents[2] / "notebook_chat").rglob("*.py"):
        assert find(path.read_text("utf-8")) == (), path


@pytest.mark.parametrize(
    "text",
    [
        "sk-...", "sk-proj-...", "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "YOUR_API_KEY", "<your-token-here>",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "api_key = 'YOUR_API_KEY'", "password: ********",
        "OPENAI_API_KEY=sk-your-key-goes-here-1234567890", "token = os.environ['MY_TOKEN_2']",
        "password = getpass.getpass('Password 1: ')", "api_key: ${API_KEY_2}", "postgres://user:password@localhost/db",
        "postgresql://postgres:postgres@localhost:5432",
        "mysql://<user>:<password>@host/db", "secret = {{ vault_secret1 }}",
        "AKIA" + "IOSFODNN7" + "EXAMPLE", "Authorization: Bearer <token>", "redis://:${REDIS_PASSWORD}@cache",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "export HF_TOKEN=hf_...", 'password="changeme123example"',
    ],
)  # fmt: skip
def test_a_placeholder_is_none(text: str) -> None:
    assert find(text) == ()


def test_a_finding_shows_nothing_of_the_secret() -> None:
    secret = FORMATS["GitHub"](Keys(1))
    [finding] = find(f"x {secret} y")
    assert secret not in repr(finding)
    assert finding.label == "GitHub token"
    assert masked(f"x {secret} y") == "x [GitHub token of 40 characters] y"


def test_several_of_them_one_after_the_other() -> None:
    keys = [FORMATS[name](Keys(9)) for name in ("GitHub", "Stripe", "Google", "Anthropic", "RSA")]
    text = " / ".join(keys)
    assert len(find(text)) == 5
    assert all(key not in replaced(text, find(text)) for key in keys)


def test_the_secret_beside_an_id_of_aws_needs_no_name() -> None:
    id, secret = FORMATS["AWS id"](Keys(2)), Keys(2).some(40)
    assert find(secret) == ()
    assert [one.value for one in find(f"{id}\t{secret}")] == [id, secret]


# --- variables, and keys in use


@pytest.mark.parametrize("form", ["{}", "x={}&y", '{{"a": "{}"}}', "…{}…"])
def test_values_of_secret_variables(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = "correct horse-9"
    monkeypatch.setenv("WAREHOUSE_PASSWORD", value)
    [finding] = find(form.format(value))
    assert finding.label == "value of WAREHOUSE_PASSWORD"
    assert find("correct horse battery") == ()


def test_values_in_disguise(monkeypatch: pytest.MonkeyPatch) -> None:
    value = "s3cr3t/value+of mine"
    monkeypatch.setenv("MY_TOKEN", value)
    for shift in range(4):
        assert find(base64.b64encode(b"x" * shift + value.encode() + b"yz").decode())
    assert find(f"https://x.y/?q={quote(value, safe='')}")
    assert find(value.encode().hex())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSH_AUTH_SOCK", "/tmp/ssh-1/agent.7"), ("PWD", "/home/ann/work-2"), ("KEY_FILE", "certs-2025.pem"),
        ("DB_PASSWORD", "postgres"), ("API_TOKEN", "changeme"), ("TOKEN_URL", "token-service-2"),
        ("SECRET_PATH", "/run/x9/yz12"),
        ("GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D"), ("TOKENIZERS_PARALLELISM", "disabled-2"),
        ("KEYBOARD_LAYOUT", "de-nodeadkeys-2"), ("MONKEYTYPE", "fast-typist-3"), ("PUBLIC_KEY", "abcdefgh1234"),
        ("HOME", "something-1"), ("NO_PROXY", "localhost,10.0.0.1"), ("X_TOKEN", "short-1"), ("AUTH_SECRET", "true"),
    ],
)  # fmt: skip
def test_variables_that_tell_nothing(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert find(f"It says {value} there.") == ()


def test_names_of_secrets() -> None:
    for name in (
        "API_KEY",
        "OPENAI_API_KEY",
        "DB_PASSWORD",
        "PGPASSWORD",
        "GH_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "apikey",
    ):
        assert is_name_of_secret(name), name
    for name in (
        "SECRET",
        "MY_SECRET_2",
        "CREDENTIALS",
        "SMTP_PASS",
        "DATABASE_DSN",
        "JWT_SECRET_KEY",
        "HF_TOKEN",
    ):
        assert is_name_of_secret(name), name


def test_a_key_that_is_in_use() -> None:
    key = Secret("mine-7f3K9q2XwL")
    assert [one.label for one in find("it is mine-7f3K9q2XwL here")] == ["key that is in use here"]
    assert find("it is mine here") == ()
    assert "7f3K9q2" not in masked("a piece: mine-7f3K9q")
    del key
    assert find("it is mine-7f3K9q2XwL here") == ()


# --- what it costs


def _hostile(one: Format) -> list[str]:
    return [
        *SEEDS,
        *one.hints,
        *(f"{hint}a" for hint in one.hints),
        *(f"{hint} " for hint in one.hints),
        "aB3",
        "eyJ",
        "a.b@",
    ]


@pytest.mark.parametrize("place", range(len(formats())))
def test_a_format_costs_what_its_text_weighs(place: int) -> None:
    one = formats()[place]
    for seed in _hostile(one):
        look = Use(one.pattern, frozenset({"finditer"})).look
        assert growth(look, seed) < 9, f"{one.label}: {one.expression} goes back over a text of {seed!r}"


def test_a_long_text_is_done_at_once() -> None:
    text = ("the api key and the token of password = value_1 " + "x" * 50 + "\n") * 1000
    began = time.thread_time()
    find(text)
    assert time.thread_time() - began < 10


@given(st.text(), st.text())
def test_whatever_stands_there_is_kept(before: str, after: str) -> None:
    secret = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6"
    text = f"{before} {secret} {after}"
    found = find(text)
    assert all(text[one.start : one.end] == one.value for one in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert secret not in replaced(text, found)


def test_a_long_word_is_judged_at_once() -> None:
    for word in (
        "a" * 5000 + "!",
        "Ab" * 3000 + "!",
        "ABCDE" * 900 + "!",
        "a1" * 3000 + "\n",
        "a.b" * 2000 + "!",
    ):
        assert is_password(word) in (True, False)


@given(st.text(alphabet=ALNUM + "-_ .:/", max_size=60))
def test_any_value_is_judged(value: str) -> None:
    assert is_password(value) in (True, False)
    assert is_placeholder(value) in (True, False)
