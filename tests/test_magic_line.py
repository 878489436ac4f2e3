"""The line of ``%%chat`` as people write it, and what stands around it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.errors import InvalidOptionError
from notebook_chat.magics.arguments import parse_cell_line
from notebook_chat.magics.words import has_comment, split

from .test_magics import notebook, provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]  # fixtures

SYSTEM_IN_QUOTES = [
    "-s “Be brief”",
    "-s ”Be brief”",
    "-s „Be brief“",
    "-s ‘Be brief’",
    "-s ’Be brief’",
    "--system=“Be brief”",
    '-s “Be brief"',
    '-s "Be brief”',
    "-s 'Be brief’",
    "-s\u00a0“Be brief”",
    "-s “Be brief” # a comment",
    "\\\n-s “Be brief”",
    "-t 1 \\\n   -s 'Be brief'  \\  \n --max-tokens 9",
    "-t 1 \\\r\n -s 'Be brief'",
    "-s 'Be \\\n brief'",
    "–s “Be brief” —max-tokens 9",
    "—system=“Be brief”",
    "–-system 'Be brief'",
]


@pytest.mark.parametrize("line", SYSTEM_IN_QUOTES)
def test_the_line_as_people_write_it(shell: Any, provider: Any, capsys: Any, line: str) -> None:
    out, fine = run(shell, capsys, f"%%chat {line}\nhi\n \\ there")
    assert fine, out
    assert [message.text for message in provider.requests[0]] == ["Be brief", "hi\n \\ there"]


@pytest.mark.parametrize(
    ("line", "system"),
    [
        ('-s “Say "hi", don’t ask”', 'Say "hi", don’t ask'),
        ("-s ‘Don’t ask’", "Don’t ask"),
        ('-s "Say “hi”"', "Say “hi”"),
        ("-s Don’t", "Don’t"),
        ("-s ’tis", "’tis"),
        ('-s "–t"', "–t"),
        ("-s –", "–"),
        ("-s a–b", "a–b"),
        ("-s C#", "C#"),
        ("-s a#b", "a#b"),
        ('-s "# no comment"', "# no comment"),
        ('-s ""', ""),
        ("-s “”", ""),
        ("-s C:\\dir", "C:\\dir"),
    ],
)
def test_quotes_and_what_only_looks_like_them(line: str, system: str) -> None:
    assert parse_cell_line(line).system == system


@pytest.mark.parametrize(
    "line", ["# one", "# one \\", "#", "-t 1 # why? \\", "# -s “open", '-t 1 # don"t', "-n #"]
)
def test_a_comment_on_the_line_is_one(shell: Any, provider: Any, capsys: Any, line: str) -> None:
    out, fine = run(shell, capsys, f"%%chat {line}\nhi")
    assert fine, out
    assert [message.text for message in provider.requests[0]] == ["hi"]


@pytest.mark.parametrize("line", ["%chat # one", "%chat history # “one", "%chat status #"])
def test_a_comment_on_the_line_of_a_subcommand(shell: Any, capsys: Any, line: str) -> None:
    assert run(shell, capsys, line)[1]


def test_a_name_that_a_comment_would_hide_is_offered_in_quotes(shell: Any) -> None:
    from notebook_chat.magics.arguments import conversation_names

    for name in ("plain", "#1", "it's", "C#"):
        notebook(shell).conversation(name)
    assert conversation_names(notebook(shell)) == ["plain", '"#1"', '"it\'s"', "C#"]


@pytest.mark.parametrize(
    "above",
    ["# one\n", "\n# one\n  # two\n\n", "#| label: chat\n", "#%%chat\n", "\r\n# a\r\n", "   \n\t# x\n"],
)
def test_comments_may_stand_above(shell: Any, provider: Any, capsys: Any, above: str) -> None:
    out, fine = run(shell, capsys, f"{above}%%chat -t 1\n# hi")
    assert fine, out
    assert [message.text for message in provider.requests[0]] == ["# hi"]


@pytest.mark.parametrize(
    "cell",
    [
        'x = """\n%%chat\nhi\n"""',
        "x = [\n'''\n%%chat\n''']",
        "# one\nx = 1",
        "%%capture\n%%chat\nhi",
        "%%capture\nx = 1",
        "def f():\n    '''\n%%chat\n'''",
    ],
)
def test_other_cells_are_left_alone(shell: Any, capsys: Any, cell: str) -> None:
    assert run(shell, capsys, cell) == ("", True)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_the_line_ends_of_other_systems_are_not_sent(
    shell: Any, provider: Any, capsys: Any, end: str
) -> None:
    out, fine = run(shell, capsys, end.join(["%%chat -t 1", "one", "", "two", ""]))
    assert fine, out
    assert provider.requests[0][-1].text == "one\n\ntwo"
    shell.run_cell_magic("chat", "", f"{end}one{end}two{end}")
    assert provider.requests[-1][-1].text == "one\ntwo"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('x={"a":1}', {"a": 1}),
        ('x={"a": [1, {"b c": "}"}]}', {"a": [1, {"b c": "}"}]}),
        ("x={“a”: “b”}", {"a": "b"}),
        ('x=["a b", "c"]', ["a b", "c"]),
        ("x='{\"a\": 1}'", {"a": 1}),
        ("'x={\"a\": 1}'", {"a": 1}),
        ("x='\"[END]\"'", "[END]"),
        ("x=“a b”", "a b"),
        ("x=#fff", "#fff"),
        ("x=5", 5),
        ("x=C:\\dir", "C:\\dir"),
        ("x=it’s", "it’s"),
        ("x=", ""),
    ],
)
def test_a_parameter_keeps_its_value(written: str, value: Any) -> None:
    assert parse_cell_line(f"--param {written} -t 1").param == [("x", value)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


@given(JSON, st.booleans())
def test_any_json_is_a_value_as_it_stands(value: Any, ascii_only: bool) -> None:
    written = json.dumps({"v": value}, ensure_ascii=ascii_only)
    assert split(f"--param x={written} -n # end") == ["--param", f"x={written}", "-n"]


@given(st.lists(st.text().map(lambda word: word.replace('"', ""))))
def test_what_is_quoted_is_one_word(words: list[str]) -> None:
    assert split(" ".join(f'"{word}"' for word in words)) == words


@given(st.text(st.sampled_from("ab =\"'“”‘’#{}[]:,\\\n")))
def test_any_line_is_split_or_refused(line: str) -> None:
    try:
        words = split(line)
    except InvalidOptionError as error:
        assert "a quote is not closed" in str(error)
        assert not has_comment(line)
        return
    assert split(f"{line} # more") == words or has_comment(line)


def test_a_variable_in_another_script_is_the_one_that_python_reads(shell: Any, capsys: Any) -> None:
    run(shell, capsys, "%%chat -o ﬁrst\nhi")
    assert shell.user_ns.pop("first") == "You said: hi"
