"""What looks like a secret is not handed to a model that looks by itself."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest

from notebook_chat.prompt.secrets.disclosure import Disclosure
from notebook_chat.tools import ArgumentsError

from ..prompt.planted_keys import FORMATS, Keys
from ..session.conftest import notebook
from ..session.notebook import Notebook
from .test_notebook_tools import Played

__all__ = ["notebook"]  # a fixture

KEY = FORMATS["OpenAI project"](Keys(1))
GITHUB = FORMATS["GitHub"](Keys(2))
PASSWORD = "correct horse"  # which looks like nothing: its name alone tells


@pytest.fixture
def played(notebook: Notebook) -> Played:
    found = Played(notebook)
    found.values |= {
        "api_key": PASSWORD,
        "k": KEY,
        "short": GITHUB,
        "db_password": b"correct horse",
        "config": {"user": "ann", "password": PASSWORD, "nested": {"token": KEY}},
        "keys": [KEY, GITHUB],
        "text": f"first line\nkey={KEY}\nlast line",
        "long": "x" * 150_000 + KEY + "y" * 150_000,
        "df": pd.DataFrame({"user": ["ann"], "password": [PASSWORD], "note": [GITHUB]}),
        "pf": pl.DataFrame({"user": ["ann"], "password": [PASSWORD]}),
        "s": pd.Series([KEY]),
        "client": Client(),
    }
    found.cell(f"import os\nkey = {KEY!r}", f"using {GITHUB}\n")
    return found


class Client:
    """Somebody's client, which does not hide its key."""

    def __init__(self) -> None:
        self.token = PASSWORD
        self.other = KEY

    def __repr__(self) -> str:
        return f"Client(token={self.token!r}, other={self.other!r})"


def is_told(text: str) -> bool:
    """Whether a text has any of the secrets, or a long piece of a key."""
    pieces = [key[at : at + 12] for key in (KEY, GITHUB) for at in range(8, len(key) - 12)]
    return PASSWORD in text or any(piece in text for piece in pieces)


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_variables", {}),
    *(
        (name, {"variable": variable})
        for name in ("look_at_variable", "list_columns", "show_rows")
        for variable in (
            *("api_key", "k", "short", "db_password", "config", "keys", "text", "long", "df", "pf", "s"),
            *("client", "config['password']", "config['nested']", "config['nested']['token']"),
            *("keys[0]", "client.token", "client.other", "df['password']", "df['note']", "df.password"),
        )
    ),
    *(("show_rows", {"variable": "text", "start": start, "stop": start + 1}) for start in range(3)),
    ("show_rows", {"variable": "df", "columns": ["password", "note"]}),
    ("read_cells", {}),
    ("read_cells", {"numbers": [1]}),
    ("search_notebook", {"text": "key"}),
    ("search_notebook", {"text": "using"}),
    ("show_help", {"name": "client"}),
    ("show_help", {"name": "api_key"}),
    ("show_help", {"name": "client.token"}),
]


@pytest.mark.parametrize(("name", "values"), CALLS)
async def test_no_call_tells_a_secret(played: Played, name: str, values: dict[str, Any]) -> None:
    try:
        text = await played.text(name, **values)
    except ArgumentsError as error:
        text = str(error)
    assert not is_told(text), text


async def test_what_is_left_out_is_said(played: Played) -> None:
    told = await played.text("look_at_variable", variable="api_key")
    assert told == "api_key: str, not sent: its name says that it is secret"
    assert "[redacted OpenAI key]" in await played.text("look_at_variable", variable="k")
    assert "user: str" in await played.text("list_columns", variable="config")
    assert "not sent: secret" in await played.text("show_rows", variable="df")


async def test_a_search_tells_no_secret_letter_by_letter(played: Played) -> None:
    for size in (6, 10, 20, len(KEY)):
        assert "Nothing in the cells" in await played.text("search_notebook", text=KEY[:size])


async def test_what_the_user_sends_anyway_or_has_said_yes_to_is_told(played: Played) -> None:
    session: Any = played.notebook.session
    session.disclosure = lambda: Disclosure(lambda: "send", advice="")
    assert KEY in await played.text("look_at_variable", variable="k")
    assert PASSWORD in await played.text("look_at_variable", variable="api_key")
    session.disclosure = lambda: Disclosure(lambda: "ask", advice="", allowed={hash(KEY)})
    assert KEY in await played.text("look_at_variable", variable="k")
    assert GITHUB not in await played.text("look_at_variable", variable="short")
