"""Values in the prompts of cells, in a real IPython shell: what goes over the wire, and what the Tab key offers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter

from .servers import Answer
from .servers.fixtures import ServerFactory
from .test_magics import provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures


class Sales:
    """An object whose property must not run."""

    def __init__(self) -> None:
        self.rows = [3, 4]
        self.regions = {"north": 1, "north west": 2, 5: 6}

    @property
    def total(self) -> int:
        raise AssertionError("it ran")


@pytest.fixture
def variables(shell: Any) -> Iterator[dict[str, Any]]:
    """The notebook's variables, with some of ours."""
    ours = {
        "word": "good {morning}",
        "morning": "no",
        "sales": Sales(),
        "cities": {"north": ["Oslo"] * 20, "north west": ["Bergen"] * 20},
        "sample": 1,
        "save": print,
        "math": math,
    }
    before = dict(shell.user_ns)
    shell.user_ns.update(ours)
    yield shell.user_ns
    shell.user_ns.clear()
    shell.user_ns.update(before)


@pytest.fixture
def server(vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server that answers the shell's cells."""
    server = vendor_server("openai_chat", Answer("one"), Answer("two"), Answer("three"))
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    return server


@pytest.mark.usefixtures("variables")
def test_the_request_has_the_value(shell: Any, server: Any, capsys: Any) -> None:
    out, fine = run(shell, capsys, '%%chat -m openai:m\nTranslate "{word}" {sales.rows[1]} times.')
    assert fine
    assert server.requests[-1].turns[-1].text == 'Translate "good {morning}" 4 times.'
    assert "with word (14 characters), sales.rows[1] (4)" in out


@pytest.mark.usefixtures("variables")
def test_raw_sends_what_was_typed(shell: Any, server: Any, capsys: Any) -> None:
    out, fine = run(shell, capsys, "%%chat --raw -m openai:m\nTranslate {word}.")
    assert fine
    assert server.requests[-1].turns[-1].text == "Translate {word}."
    assert "with word" not in out


@pytest.mark.usefixtures("variables")
def test_code_in_a_cell_is_sent_as_it_is(shell: Any, server: Any, capsys: Any) -> None:
    prompt = 'Why?\n\nprint(f"{word}")\nconst {sales} = x;\n\n{{ word }} {{word}} `{word}` $x_{word}$'
    _, fine = run(shell, capsys, f"%%chat -m openai:m\n{prompt}")
    assert fine
    assert server.requests[-1].turns[-1].text == prompt


@pytest.mark.usefixtures("variables")
def test_what_does_not_fit_into_a_sentence_follows_it(shell: Any, server: Any, capsys: Any) -> None:
    run(shell, capsys, "%%chat -m openai:m\nWhat do {cities} say?")
    sent = server.requests[-1].turns[-1].text
    assert sent.startswith("What do `cities` say?\n\nThe value of `cities`:\n```\n")
    assert "north west" in sent


def offered(shell: Any, text: str) -> list[str]:
    """What the Tab key offers at the end of a cell, in order."""
    with provisionalcompleter():
        return [found.text for found in shell.Completer.completions(text, len(text))]


@pytest.mark.usefixtures("variables")
def test_tab_offers_variables_and_what_they_hold(shell: Any) -> None:
    names = offered(shell, "%%chat\nTell me about {")
    ours = [name for name in names if name in ("word", "morning", "sales", "sample", "save", "math")]
    assert ours == ["morning", "sales", "sample", "word", "save", "math"]
    assert not any(name.startswith("_") or name in ("In", "Out", "exit", "quit") for name in names)
    assert offered(shell, "# first\n%%chat -m x\nTell\n\nabout {sa") == ["sales", "sample", "save"]
    assert "In" in offered(shell, "%%chat\n{I")
    assert offered(shell, "%%chat\nTell me about $`sam") == ["sample"]
    assert offered(shell, "%%chat\n{sales.") == ["regions", "rows"]
    assert offered(shell, "%%chat\n{sales.ro") == ["rows"]
    assert offered(shell, '%%chat\n{sales.regions["') == ['north"]', 'north west"]']
    assert offered(shell, "%%chat\n{sales.regions['north w") == ["north west']"]


@pytest.mark.usefixtures("variables")
@pytest.mark.parametrize(
    "text",
    ["sales = {sa", "%%chat --raw\n{sa", "%%chat\n```\n{sa", "%%chat\nx = {sa", "%%chat\n{{sa", "%chat {sa"],
)  # fmt: skip
def test_tab_does_what_it_did_everywhere_else(shell: Any, text: str) -> None:
    with_ours = offered(shell, text)
    matchers = shell.Completer.custom_matchers
    ours = [one for one in matchers if one.matcher_identifier == "notebook_chat.values"]
    assert len(ours) == 1
    matchers.remove(ours[0])
    assert with_ours == offered(shell, text)
    matchers.append(ours[0])


def test_leaving_takes_completion_along(shared_shell: Any, provider: Any) -> None:
    from notebook_chat import load_ipython_extension, unload_ipython_extension

    before = len(shared_shell.Completer.custom_matchers)
    for _ in range(2):
        load_ipython_extension(shared_shell)
        load_ipython_extension(shared_shell)
        assert len(shared_shell.Completer.custom_matchers) == before + 1
        unload_ipython_extension(shared_shell)
        assert len(shared_shell.Completer.custom_matchers) == before
