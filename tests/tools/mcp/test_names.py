"""What a model calls the tools of servers by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.tool_spec import is_name
from notebook_chat.tools.mcp.names import tool_names

WORDS = st.text(st.sampled_from("ab_-1é. /A\u0430"), min_size=1, max_size=12) | st.text(
    min_size=1, max_size=90
)


def test_ordinary_names_stay_as_they_are() -> None:
    assert tool_names("time", ["get_current_time", "a-b", "a__b"]) == [
        "time__get_current_time",
        "time__a-b",
        "time__a__b",
    ]


@given(WORDS, st.lists(WORDS, unique=True, max_size=8))
def test_every_name_is_one_that_services_take_and_none_is_given_twice(server: str, tools: list[str]) -> None:
    names = tool_names(server, tools)
    assert all(map(is_name, names))
    assert len(set(names)) == len(tools)
    assert names == tool_names(server, tools)


@given(st.lists(st.tuples(WORDS, WORDS), unique=True, min_size=2, max_size=12))
def test_no_two_servers_have_a_name_in_common(pairs: list[tuple[str, str]]) -> None:
    names = [tool_names(server, [tool])[0] for server, tool in pairs]
    assert len(set(names)) == len(pairs)


def test_names_that_would_be_the_same_are_told_apart() -> None:
    alike = [("a", "b__c"), ("a__b", "c"), ("a_", "b"), ("a", "_b"), ("a b", "c"), ("a_b", "c"), ("a.b", "c")]
    names = [tool_names(server, [tool])[0] for server, tool in alike]
    assert len(set(names)) == len(alike)
    [made] = tool_names("a b", ["c"])
    [copied] = tool_names("a_b", [made.removeprefix("a_b__")])
    assert made != copied
