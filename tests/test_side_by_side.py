"""Several models side by side in a real IPython shell: one stays in the conversation, others can be put there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from notebook_chat.errors import ServerError
from notebook_chat.events import Usage
from notebook_chat.providers import registry

from .fakes import Parrot, parrot
from .test_magics import notebook, provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures

Named = Callable[..., type[Parrot]]


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch, provider: Any) -> Named:
    """Makes providers that can be named: ``named("ape", ["Hello"])``."""
    made: dict[str, type[Parrot]] = {}
    before = registry.get_provider
    monkeypatch.setattr(registry, "get_provider", lambda name: made.get(name) or before(name))

    def make(name: str, script: Any) -> type[Parrot]:
        made[name] = parrot(script)
        made[name].name = name
        monkeypatch.setitem(registry.BUILT_IN, name, ".nowhere:Parrot")
        return made[name]

    return make


def test_all_are_asked_the_same_and_the_first_stays(shell: Any, named: Named, capsys: Any) -> None:
    ape, bee = named("ape", ["Uh ", 0.05, "oh"]), named("bee", ["Bzz", Usage(3, 1, cost=0.25)])
    run(shell, capsys, "%%chat\nbefore")
    out, fine = run(shell, capsys, "%%chat ape:old -m bee:new -t 0.5 -o answers\nhello")
    assert fine
    first, second = out.split("── bee:new ──")
    assert first.startswith("── ape:old ──\nUh oh\nape:old · ")
    assert second.startswith("\nBzz\nbee:new · 3 + 1 tokens · $0.25 · ")
    assert "ape:old stays in the conversation" in second
    for model in (ape, bee):
        assert [message.text for message in model.requests[0]] == ["before", "You said: before", "hello"]
        assert model.options_seen[0]["temperature"] == 0.5
    assert list(shell.user_ns.pop("answers").items()) == [("ape:old", "Uh oh"), ("bee:new", "Bzz")]
    run(shell, capsys, "%%chat ape\nand on")
    assert [message.text for message in ape.requests[1]][-2:] == ["Uh oh", "and on"]


def test_another_one_is_kept(shell: Any, named: Named, capsys: Any) -> None:
    ape = named("ape", ["Uh"])
    named("bee", ["Bzz"])
    run(shell, capsys, "%%chat ape:1 -m bee:2 -m ape:3\nhello")
    out, _ = run(shell, capsys, "%chat keep")
    assert [line.split("  ")[0] for line in out.splitlines()[1:]] == ["1", "2", "3"]
    assert "ape:1 (in the conversation)" in out
    out, fine = run(shell, capsys, "%chat keep bee")
    assert fine
    assert out.startswith("The answer of bee:2 is in the conversation now")
    run(shell, capsys, "%%chat ape\nand on")
    assert [message.text for message in ape.requests[-1]] == ["hello", "Bzz", "and on"]
    out, _ = run(shell, capsys, "%chat keep 3")
    assert "ape:3 is in the conversation now" in out
    assert "stale" in out
    out, _ = run(shell, capsys, "%chat history")
    assert "(stale)" in out
    assert "ape:3 (+2 beside it)" in out
    run(shell, capsys, "%chat undo")
    assert notebook(shell).named(None).turns[0].model == "bee:2"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("ape", "several answers are of 'ape'"),
        ("4", "none of the answers is of '4'"),
        ("cow", "Write the number: 1 ape:1, 2 bee:2, 3 ape:3"),
        ("1 default --turn 9", "there is no turn 9"),
        ("--turn x", "'x' is not the number of a turn"),
    ],
)
def test_what_is_not_clear_is_said_in_a_line(
    shell: Any, named: Named, capsys: Any, wanted: str, words: str
) -> None:
    named("ape", ["Uh"])
    named("bee", ["Bzz"])
    run(shell, capsys, "%%chat ape:1 -m bee:2 -m ape:3\nhello")
    out, fine = run(shell, capsys, f"%chat keep {wanted}")
    assert not fine
    assert words in out
    assert "Traceback" not in out


def test_without_a_comparison_there_is_nothing_to_keep(shell: Any, named: Named, capsys: Any) -> None:
    run(shell, capsys, "%%chat\nhello")
    out, fine = run(shell, capsys, "%chat keep parrot")
    assert not fine
    assert "no turn of 'default' was answered by several models" in out


def test_one_that_fails_says_so_and_the_others_go_on(shell: Any, named: Named, capsys: Any) -> None:
    named("ape", [ServerError("down")])
    named("bee", ["Bzz"])
    out, fine = run(shell, capsys, "%%chat ape -m bee -o answers\nhello")
    assert fine
    assert "[no answer: ape: down. It is the service's fault; try again later.]" in out
    answers = shell.user_ns.pop("answers")
    assert answers["ape"].error.message == "down"
    assert answers["bee"].error is None
    [turn] = notebook(shell).named(None).turns
    assert (turn.model, turn.answer, turn.alternatives) == ("bee:grey", "Bzz", ())


def test_where_all_fail_the_cell_does(shell: Any, named: Named, capsys: Any) -> None:
    for name in ("ape", "bee"):
        named(name, [ServerError(f"{name} is down")])
    out, fine = run(shell, capsys, "%%chat ape -m bee\nhello")
    assert not fine
    assert "ServerError: none of the 2 models answered: ape:grey: ape is down; bee:grey: bee is down" in out
    assert not notebook(shell).named(None).turns


def test_a_model_that_there_is_not_is_refused_before_anything_is_sent(
    shell: Any, named: Named, capsys: Any
) -> None:
    ape = named("ape", ["Uh"])
    out, fine = run(shell, capsys, "%%chat ape -m nobody:x\nhello")
    assert not fine
    assert "no provider is called 'nobody:x'" in out
    assert not ape.requests


def test_one_that_is_named_twice_is_asked_twice(shell: Any, named: Named, capsys: Any) -> None:
    ape = named("ape", ["Uh"])
    run(shell, capsys, "%%chat ape -m ape -o answers\nhello")
    assert len(ape.requests) == 2
    assert list(shell.user_ns.pop("answers")) == ["ape", "ape (2)"]
    out, _ = run(shell, capsys, "%chat keep 2")
    assert "in the conversation now" in out


def test_more_than_can_be_read_are_refused(shell: Any, named: Named, capsys: Any) -> None:
    out, fine = run(shell, capsys, f"%%chat {'-m parrot ' * 9}\nhello")
    assert not fine
    assert "From 1 to 8 can be asked side by side" in out


def test_a_dry_run_shows_each_request(shell: Any, named: Named, capsys: Any) -> None:
    ape = named("ape", ["Uh"])
    out, fine = run(shell, capsys, "%%chat ape:1 -m bee:x --dry-run\nhello")
    assert not fine  # there is no bee yet
    named("bee", ["Bzz"])
    out, fine = run(shell, capsys, "%%chat ape:1 -m bee:x --dry-run -o would\nhello")
    assert fine
    assert out.count("nothing was sent") == 2
    assert list(shell.user_ns.pop("would")) == ["ape:1", "bee:x"]
    assert not ape.requests
    assert not notebook(shell).named(None).turns


def test_what_went_out_is_known_of_all_of_them(shell: Any, named: Named, capsys: Any) -> None:
    named("ape", ["Uh"])
    named("bee", ["Bzz"])
    run(shell, capsys, "%%chat ape -m bee\nhello")
    out, _ = run(shell, capsys, "%chat sent 1")
    assert "request 1 of 2: ape:grey, the first" in out
    assert "request 2 of 2 (this one): bee:grey, the first" in out
    out, _ = run(shell, capsys, "%chat sent 1 --request 1")
    assert out.startswith("ape:grey")


def test_a_rerun_is_a_conversation_of_its_own(shell: Any, named: Named, capsys: Any) -> None:
    ape = named("ape", lambda messages: [f"{len(messages)}", Usage(10, 2, cost=0.5)])
    run(shell, capsys, "%%chat -s kind\none\ntwo")
    run(shell, capsys, "%%chat -t 0.3\nthree")
    out, fine = run(shell, capsys, "%chat rerun -m ape:new")
    assert fine
    assert "1 · one two · 17 characters · 1 character · different" in out
    assert "2 different · before: 0." in out
    assert "now: 20 + 4 tokens, $1.00, " in out
    assert "%%chat -c default-on-ape:new goes on with it" in out
    assert [[message.text for message in request] for request in ape.requests] == [
        ["kind", "one\ntwo"],
        ["kind", "one\ntwo", "2", "three"],
    ]
    assert ape.options_seen[1]["temperature"] == 0.3
    kept = notebook(shell).named("default-on-ape:new")
    assert [turn.answer for turn in kept.turns] == ["2", "4"]
    assert [turn.answer for turn in notebook(shell).named(None).turns][1] == "You said: three"
    run(shell, capsys, "%chat rerun -m ape:new --turns 2")
    assert [message.text for message in ape.requests[2]] == [
        "kind",
        "one\ntwo",
        "You said: one\ntwo",
        "three",
    ]
    again = notebook(shell).named("default-on-ape:new")
    assert again is kept
    assert [turn.answer for turn in again.turns] == ["You said: one\ntwo", "4"]
    run(shell, capsys, "%%chat -c default-on-ape:new\nand on")
    assert len(again) == 3


def test_a_rerun_with_the_old_answers_before_each_turn(shell: Any, named: Named, capsys: Any) -> None:
    ape = named("ape", ["Uh"])
    for word in ("one", "two", "three"):
        run(shell, capsys, f"%%chat\n{word}")
    _, fine = run(shell, capsys, "%chat rerun -m ape --old-context --turns 2..3")
    assert fine
    assert [message.text for message in ape.requests[1]] == [
        "one",
        "You said: one",
        "two",
        "You said: two",
        "three",
    ]
    kept = notebook(shell).named("default-on-ape:grey")
    assert [turn.answer for turn in kept.turns] == ["You said: one", "Uh", "Uh"]


def test_a_dry_rerun_says_what_it_would_take(shell: Any, named: Named, capsys: Any) -> None:
    ape = named("ape", ["Uh"])
    run(shell, capsys, "%%chat\none")
    run(shell, capsys, "%%chat\ntwo")
    out, fine = run(shell, capsys, "%chat rerun --model ape --dry-run")
    assert fine
    assert out.startswith("2 requests to ape, with about ")
    assert "Nothing was sent." in out
    assert not ape.requests
    assert list(notebook(shell).conversations) == ["default"]


def test_failures_of_a_rerun_are_told_by_turn(shell: Any, named: Named, capsys: Any) -> None:
    named("ape", lambda messages: [ServerError("hiccup")] if messages[-1].text == "two" else ["Uh"])
    for word in ("one", "two", "three"):
        run(shell, capsys, f"%%chat\n{word}")
    out, fine = run(shell, capsys, "%chat rerun -m ape")
    assert fine
    assert "2 · two · 13 characters · failed: hiccup" in out
    assert "2 different · 1 failed" in out
    assert [turn.asked for turn in notebook(shell).named("default-on-ape:grey").turns] == ["one", "three"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "missing -m/--model"),
        ("-m nobody:x", "no provider is called"),
        ("-m parrot --turns 3", "there is no turn 3"),
        ("-m parrot --turns x", "'x' are no turns, as 2..5 are"),
        ("-m parrot --turns 2..1", "'2..1' are no turns"),
        ("-m parrot -c nowhere", "no conversation is called 'nowhere'"),
    ],
)
def test_a_rerun_that_cannot_be(shell: Any, capsys: Any, line: str, words: str) -> None:
    run(shell, capsys, "%%chat\none")
    out, fine = run(shell, capsys, f"%chat rerun {line}")
    assert not fine
    assert words in out
    assert "Traceback" not in out


def test_shells_are_real(shell: InteractiveShell) -> None:
    assert not hasattr(shell, "kernel")


def test_of_several_answers_that_were_to_be_data_those_that_are_none_are_told(
    shell: Any, named: Named, capsys: Any
) -> None:
    named("ape", ["Uh"])
    named("bee", ['{"name": "Bo"}'])
    out, fine = run(shell, capsys, "%%chat ape -m bee --schema 'name str' -o found\nwho?")
    assert fine
    assert "ape:grey: the answer is no JSON" in out
    assert shell.user_ns.pop("found") == {"ape": "Uh", "bee": {"name": "Bo"}}
    out, fine = run(shell, capsys, "%%chat ape -m ape --schema 'name str'\nwho?")
    assert not fine
    assert "none of the answers is the data that were asked for" in out


def test_a_rerun_asks_for_data_where_they_were_asked_for(shell: Any, named: Named, capsys: Any) -> None:
    named("bee", ['{"name": "Bo"}'])
    ape = named("ape", ["Uh"])
    ape.options = ape.options | {"schema", "effort"}
    run(shell, capsys, "%%chat bee --schema 'name str'\nwho?")
    out, fine = run(shell, capsys, "%chat rerun -m ape")
    assert fine
    assert ape.options_seen[0]["schema"]["required"] == ["name"]
    assert "failed: the answer is no JSON" in out
    assert "is replaced" not in out
    out, _ = run(shell, capsys, "%chat rerun -m ape")
    cat = named("cat", ['{"name": "Bo"}'])  # it has no place for schemas, and is told in words
    told, _ = run(shell, capsys, "%chat rerun -m cat")
    assert "without" not in told
    assert "JSON" in cat.requests[0][-1].text
    assert (
        "What 'default-on-ape:grey' held is replaced; %chat undo default-on-ape:grey brings it back." in out
    )


def test_a_rerun_thinks_as_hard_as_before(shell: Any, named: Named, capsys: Any) -> None:
    for name in ("ape", "bee"):
        model = named(name, ["Uh"])
        model.options = model.options | {"effort", "web"}
    plain = named("cat", ["Uh"])
    run(shell, capsys, "%%chat bee -e high --web\nwho?")
    out, _ = run(shell, capsys, "%chat rerun -m bee:new")
    assert model.options_seen[-1]["effort"] == "high"
    assert model.options_seen[-1]["web"] is True
    assert "without" not in out
    out, _ = run(shell, capsys, "%chat rerun -m cat")
    assert "without effort, web, which the model has no place for" in out
    assert "effort" not in plain.options_seen[-1]
