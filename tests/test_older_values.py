"""A turn that was answered from a value says so when the value has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from notebook_chat.conversation import Included, Turn, answered
from notebook_chat.magics.older_values import older_names, older_news
from notebook_chat.messages import Message
from notebook_chat.prompt import Extra, Filled, describe

from .test_magics import provider as provider
from .test_magics import run
from .test_magics import shared_shell as shared_shell
from .test_magics import shell as shell


def turn(number: int, values: Mapping[str, Any], *names: str, **fields: Any) -> Turn:
    """A turn that was answered from some values."""
    included = tuple(Included(name, "", describe(values[name]).digest) for name in names)
    return Turn(
        Message("user", "?"), answered("!"), cell=f"c{number}", position=number, included=included, **fields
    )


def test_what_has_changed_is_named_and_what_is_gone_is_not() -> None:
    values = {"rows": [1, 2], "n": 5, "gone": 3, "object": object()}
    turns = [turn(0, values, "rows", "n", "gone", "object"), turn(1, values, "n"), turn(2, values)]
    assert older_names(turns, values) == {}
    values["rows"].append(3)  # type: ignore[attr-defined]
    del values["gone"]
    assert older_names(turns, values) == {turns[0].id: ["rows"]}
    values["rows"].pop()  # type: ignore[attr-defined]
    assert older_names(turns, values) == {}


def test_of_turns_of_an_earlier_kernel_nothing_is_said() -> None:
    values = {"n": 5}
    earlier = turn(0, values, "n")
    digest = f"00000000:{earlier.included[0].digest.partition(':')[2]}"
    for strange in (digest, "", "x", ":"):
        included = (Included("n", "", strange),)
        assert older_names([Turn(Message("user", "?"), answered("!"), included=included)], {"n": 6}) == {}


def test_news_come_once_and_only_of_turns_that_the_answer_goes_on_from() -> None:
    values: dict[str, Any] = {"df": [1], "n": 5}
    turns = [turn(0, values, "df"), turn(1, values, "df", "n"), turn(2, values, "n")]
    told: set[str] = set()
    assert older_news(turns, "new", values, told) == []
    values["df"] = [2]
    assert older_news(turns, "c0", values, told) == []
    assert older_news(turns, "c1", values, told) == ["turn 1 was answered from an older df"]
    assert older_news(turns, "new", values, told) == ["turn 2 was answered from an older df"]
    assert older_news(turns, "new", values, told) == []
    values["df"] = [3]
    assert older_news(turns, None, values, told) == []
    values["n"] = 6
    assert older_news(turns, None, values, told) == ["turns 2 and 3 were answered from an older n"]


def test_what_was_said_before_a_new_start_does_not_count() -> None:
    values: dict[str, Any] = {"df": [1]}
    turns = [turn(0, values, "df"), turn(1, values, "df", fresh=True)]
    values["df"] = [2]
    assert older_news(turns, None, values, set()) == ["turn 2 was answered from an older df"]


@pytest.fixture
def filling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has ``{df}`` in a prompt stand for the variable."""

    def fill(typed: str, namespace: Mapping[str, Any], **options: Any) -> Filled:
        if "{df}" not in typed:
            return Filled(typed)
        found = describe(namespace["df"])
        return Filled(typed.replace("{df}", found.text), (Extra("df", (), found.label, found.digest),))

    monkeypatch.setattr("notebook_chat.composition.fill", fill)


def test_the_history_and_the_next_answer_say_so(
    shell: Any, provider: Any, filling: None, capsys: Any
) -> None:
    shell.run_cell("df = [1, 2]")
    shell.run_cell("%%chat\nsum {df}")
    shell.run_cell("%%chat\nthanks")
    assert "older" not in run(shell, capsys, "%chat history")[0]
    shell.run_cell("df.append(3)")
    history = run(shell, capsys, "%chat history")[0]
    assert history.count("(answered from an older df)") == 1
    assert "turn 1 was answered from an older df" in run(shell, capsys, "%%chat\nand now?")[0]
    assert "older" not in run(shell, capsys, "%%chat\nand now {df}?")[0]
    assert run(shell, capsys, "%chat history")[0].count("older df") == 1
    shell.run_cell("df.append(4)")
    assert "older" not in run(shell, capsys, "%%chat -n\nanew")[0]
    assert "turn 4 was answered from an older df" not in run(shell, capsys, "%%chat\nmore")[0]
    shell.run_cell("%reset_selective -f ^df$")
    assert "older" not in run(shell, capsys, "%chat history")[0]
