"""Rules and their tricks: names that look alike, arguments that are nearly the same, patterns of any kind."""

from __future__ import annotations

import fnmatch
import json
import string
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.conversation import Conversation
from notebook_chat.errors import InvalidOptionError
from notebook_chat.policy import KINDS, Pattern, canonical
from notebook_chat.policy.wildcards import matches, widely
from notebook_chat.tools.permissions import Rule
from notebook_chat.tools.permissions.rules import Identity, digest_of, subject_of

from .deciding import Thing, decided, with_user


def admits(pattern: str, arguments: dict[str, Any] | None = None, **of: Any) -> bool:
    return Pattern.read(pattern).admits(subject_of(Thing(**of), arguments or {}))


def touches(pattern: str, arguments: dict[str, Any] | None = None, **of: Any) -> bool:
    return Pattern.read(pattern).touches(subject_of(Thing(**of), arguments or {}))


@pytest.mark.parametrize(
    ("pattern", "of"),
    [
        ("git__log", {}),
        ("git*", {}),
        ("*", {}),
        ("mcp", {}),
        ("git:*", {}),
        ("git:git__log", {}),
        ("git:log", {"original": "log"}),
        ("mcp:git__*", {}),
        ("run", {"kind": "run", "name": "run_code", "server": ""}),
        ("run:*", {"kind": "run", "name": "run_code", "server": ""}),
        ("function:add", {"kind": "function", "name": "add", "server": ""}),
    ],
)
def test_what_patterns_mean(pattern: str, of: dict[str, Any]) -> None:
    assert admits(pattern, **of)
    assert touches(pattern, **of)


@pytest.mark.parametrize(
    ("pattern", "of"),
    [
        ("git__log", {"name": "git__log2"}),
        ("git__log", {"name": "Git__log"}),
        ("git__log", {"name": "gіt__log"}),  # a Cyrillic letter
        ("git__log", {"name": "git__log\u200b"}),
        ("git__log", {"name": "ｇｉｔ__log"}),
        ("git*", {"name": "gіt__log"}),
        ("*", {"name": "g\u202eit"}),
        ("git:*", {"server": "gіt"}),
        ("git:*", {"server": "git2"}),
        ("git:*", {"server": "git", "kind": "function"}),
        ("run", {"name": "run", "kind": "mcp"}),
        ("run:*", {"server": "run", "kind": "mcp"}),
        ("edit", {"name": "edit", "kind": "function"}),
        ("function:add", {"name": "add", "server": "function"}),
    ],
)
def test_what_only_looks_alike_is_not_allowed(pattern: str, of: dict[str, Any]) -> None:
    assert not admits(pattern, **of)


@pytest.mark.parametrize(
    ("pattern", "of"),
    [
        ("git__log", {"name": "Git__Log"}),
        ("git__log", {"name": "git__log\u200b"}),
        ("git__log", {"name": "ｇｉｔ__log"}),
        ("GIT:*", {}),
        ("git:*", {"server": "g\u00adit"}),
        ("run", {"name": "run", "kind": "mcp"}),
        ("run:*", {"server": "run"}),
    ],
)
def test_what_looks_alike_is_denied(pattern: str, of: dict[str, Any]) -> None:
    assert touches(pattern, **of)


QUERY = "sqlite__query(query=SELECT *)"


@pytest.mark.parametrize(
    ("pattern", "arguments", "allowed", "denied"),
    [
        (QUERY, {"query": "SELECT 1"}, True, True),
        (QUERY, {"query": "select 1"}, False, True),
        (QUERY, {"query": "  SELECT\t1"}, False, True),
        (QUERY, {"query": "SELECT 1\nDROP TABLE x"}, False, True),
        (QUERY, {"query": "SELECT 1\r--"}, False, True),
        (QUERY, {"query": "SELECT \u202e1"}, False, True),
        (QUERY, {"query": "SELECT 1\x00"}, False, True),
        (QUERY, {"query": "SELECT\u00a01"}, False, True),
        (QUERY, {"query": "SELECT 1", "more": 1}, False, True),
        (QUERY, {"query": ["SELECT 1"]}, False, True),
        (QUERY, {"query": {"x": "SELECT 1"}}, False, True),
        (QUERY, {"Query": "SELECT 1"}, False, True),
        (QUERY, {"query": "DROP TABLE x"}, False, False),
        (QUERY, {}, False, False),
        ("sqlite__query(query=SELECT *, *)", {"query": "SELECT 1", "more": 1}, True, True),
        ("sqlite__query(*)", {"a": 1}, True, True),
        ("sqlite__query()", {}, True, True),
        ("sqlite__query()", {"a": 1}, False, True),
        ("sqlite__query(n=10)", {"n": 10}, True, True),
        ("sqlite__query(n=10)", {"n": 10.0}, False, False),
        ("sqlite__query(n=10)", {"n": "10"}, False, True),
        ("sqlite__query(n=1)", {"n": True}, False, False),
        ("sqlite__query(n=true)", {"n": True}, True, True),
        ("sqlite__query(n=true)", {"n": 1}, False, False),
        ('sqlite__query(n="10")', {"n": "10"}, True, True),
        ('sqlite__query(n="10")', {"n": 10}, False, True),
        ('sqlite__query(n="a*")', {"n": "ab"}, False, True),
        ('sqlite__query(n="a\\nb")', {"n": "a\nb"}, True, True),
        ('sqlite__query(x={"b": 1, "a": [2]})', {"x": {"a": [2], "b": 1}}, True, True),
        ('sqlite__query(x={"b": 1, "a": [2]})', {"x": {"a": [2], "b": 1, "c": 0}}, False, False),
        ("sqlite__query(q=count(*))", {"q": "count(*)"}, True, True),
        ("sqlite__query(n=NaN)", {"n": "NaN"}, True, True),
    ],
)
def test_arguments(pattern: str, arguments: dict[str, Any], allowed: bool, denied: bool) -> None:
    assert admits(pattern, arguments, name="sqlite__query") is allowed
    assert touches(pattern, arguments, name="sqlite__query") is denied


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_what_is_nested_too_deeply_is_not_allowed_and_is_denied() -> None:
    arguments = {"n": nested(100_000)}
    try:
        assert not admits("git__log(n=1)", arguments)
        assert touches("git__log(n=1)", arguments)
        assert digest_of(arguments) == "-"
    finally:
        value = arguments.pop("n")
        while isinstance(value, list):
            value = value.pop()


@pytest.mark.parametrize(
    "text",
    ["", " ", ":", "git:", ":log", "gіt", "a b", "x(", "x(a", "x(a=1", "x(a=1,a=2)", "x(a)", "x(=1)", 'x(a="b)',
     'x(a="b" c)', "x(a=1,b)", "x\u200b", "x(a=\u202e)", "x(a=1)y", "x(*, a=1)", "a" * 5000, "x(a=[1)"],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(InvalidOptionError, match="no pattern of tools"):
        Pattern.read(text)


@given(st.text(max_size=60))
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    try:
        pattern = Pattern.read(text)
    except InvalidOptionError:
        return
    assert pattern.name


@given(st.text("ab*", max_size=12), st.text("ab", max_size=12))
def test_a_star_is_any_number_of_characters(pattern: str, text: str) -> None:
    assert matches(pattern, text) == fnmatch.fnmatchcase(text, pattern)


def test_stars_cost_what_the_text_is_long() -> None:
    def cost(length: int) -> float:
        start = time.process_time()
        for _ in range(5):
            assert not matches("*a" * 200 + "*b", "a" * length)
            assert not matches("*" + "a" * 200 + "c*b", "a" * length + "b")
        return time.process_time() - start

    cost(1000)
    assert cost(400_000) < 16 * max(cost(100_000), 0.001)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([0.0, 1.0, -0.0])
    | st.text("01a", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=6,
)


@given(values, values)
def test_two_values_are_written_alike_only_if_they_are_the_same(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) == (
        json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


names = st.sampled_from(["git__log", "git__Log", "gіt__log", "git__log2", "run", "run_code", "add", "edit"])
servers = st.sampled_from(["", "git", "gіt", "Git", "run", "git2"])
things = st.builds(
    Thing,
    names,
    st.sampled_from(KINDS),
    server=servers,
    home=st.sampled_from(["uvx git", "uvx evil"]),
    description=st.sampled_from(["one", "two"]),
)
arguments = st.dictionaries(
    st.sampled_from(["q", "n", "Q"]), st.sampled_from(["a", "b\n", "b", 1, 1.0, True, "1"])
)
patterns = st.sampled_from(
    ["git__log", "git:*", "run", "edit:*", "mcp", "git__*(q=b)", "*(q=b*)", "function:add(n=1)", "*(n=1, *)"]
)


@given(st.data())
def test_nothing_runs_that_no_rule_allows(data: st.DataObject) -> None:
    """Whatever rules there are, in any order: a call runs unasked only by a rule that means just it, and never where
    another one denies it."""
    import asyncio

    made = data.draw(
        st.lists(st.tuples(st.sampled_from(["allow", "ask", "deny"]), patterns, st.none() | things))
    )
    tool, given_ = data.draw(things), data.draw(arguments)
    rules = [
        Rule(action, pattern, Identity.of(of) if of is not None and action == "allow" else None)  # type: ignore[arg-type]
        for action, pattern, of in made
    ]
    permissions, user = with_user()
    talk = Conversation()
    permissions.grants.change(talk, tuple(rules))

    allowed = asyncio.run(decided(permissions, tool, given_, talk)).allowed

    call = subject_of(tool, given_)
    admitting = [
        rule
        for rule in rules
        if rule.action == "allow"
        and Pattern.read(rule.pattern).admits(call)
        and (rule.identity is None or rule.identity == Identity.of(tool))
    ]
    barring = [rule for rule in rules if rule.action != "allow" and Pattern.read(rule.pattern).touches(call)]
    assert allowed == (bool(admitting) and not barring)
    assert allowed or user.asked or any(rule.action == "deny" for rule in barring)
    if allowed:
        assert tool.name.isascii() or any(rule.pattern in KINDS for rule in admitting)
        assert all(tool.server.isascii() for rule in admitting if rule.pattern == "git:*")


@given(st.text(string.printable, max_size=20))
def test_what_closes_a_door_closes_it_for_what_opens_it(text: str) -> None:
    assert widely(text, text)
