"""Conversations as files: each format is what it says, hostile text included, and JSON comes back."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notebook_chat import exports
from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.errors import ChatError, HistoryError, InvalidOptionError
from notebook_chat.magics.arguments import parse_cell_line
from notebook_chat.messages import Message
from notebook_chat.store import read_notebook

from .test_conversation import TURNS, say

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(1)> $x$ --> ``` {1/0}"


def talk() -> Conversation:
    conversation = Conversation("tea time", system="be kind")
    say(conversation, "**why**?\n\nI ask", answer="Because `x < y`.")
    say(conversation, HOSTILE, answer=HOSTILE, system="line\nbreak 'and' \"quotes\"")
    say(conversation, "\n", answer="")
    return conversation


def test_json_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    conversation = talk()
    exports.write(conversation, path)
    read = exports.read(path)
    assert read.turns == conversation.turns
    assert (read.name, read.system) == ("tea time", "be kind")
    assert read.id != conversation.id


def test_a_page_stands_alone_and_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.html"
    exports.write(talk(), path)
    page = path.read_text()
    assert "<script" not in page
    assert "<img" not in page
    assert "default-src 'none'" in page
    assert "x &lt; y" in page


def test_markdown_has_the_answers_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    exports.write(talk(), path)
    assert "> **why**?\n>\n> I ask\n\nBecause `x < y`." in path.read_text()


def test_the_notebook_is_one_and_asks_the_same_again(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    conversation = talk()
    exports.write(conversation, path)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    asked = []

    class Shell:
        @staticmethod
        def run_cell_magic(name: str, line: str, cell: str) -> None:
            asked.append((parse_cell_line(line), cell.strip("\n")))

    for cell in notebook.cells[1:]:
        if cell.source.startswith("%%chat"):
            line, _, body = cell.source.partition("\n")
            Shell.run_cell_magic("chat", line.removeprefix("%%chat"), body)
        else:
            exec(cell.source, {"get_ipython": Shell})
    assert [body for _, body in asked] == [turn.prompt.text.strip("\n") for turn in conversation.turns]
    assert asked[0][0].system == "be kind"
    assert asked[1][0].conversation == "tea time"
    assert asked[1][0].system is not None
    assert asked[1][0].system.startswith("line\nbreak 'and'")
    restored = read_notebook(path).conversations()[0]
    assert [turn.answer for turn in restored.turns] == [turn.answer for turn in conversation.turns[:2]]


def asked_again(tmp_path: Path, turn: Turn) -> str:
    """The cell of the exported notebook that asks what a turn asked."""
    exports.write(Conversation(turns=[turn]), tmp_path / "x.ipynb")
    return str(nbformat.read(tmp_path / "x.ipynb", as_version=4).cells[1].source)


@pytest.mark.parametrize("typed", ["%chat fix", "%chat explain 2 why?", "@explain topic=x"])
def test_what_no_cell_of_the_export_can_ask_stands_there_as_it_went_out(tmp_path: Path, typed: str) -> None:
    turn = Turn(Message("user", "In[2], the cell that failed: see {rows}"), answered("Because."), typed=typed)
    assert asked_again(tmp_path, turn) == "%%chat --raw\nIn[2], the cell that failed: see {rows}"


def test_braces_mean_what_they_meant(tmp_path: Path) -> None:
    meant = Turn(Message("user", "See `df`\n\nThe value …"), answered("Yes."), typed="See {df}")
    literal = Turn(Message("user", "See {df}"), answered("Yes."))
    assert asked_again(tmp_path, meant) == "%%chat\nSee {df}"
    assert asked_again(tmp_path, literal) == "%%chat --raw\nSee {df}"


def test_only_an_export_is_replaced(tmp_path: Path) -> None:
    for ending in exports.FORMS:
        path = tmp_path / f"x{ending}"
        exports.write(talk(), path)
        exports.write(talk(), path)
        path.write_text("mine")
        assert exports.write(talk(), path) == (tmp_path / f"x-2{ending}", "has changed since it was exported")
        assert path.read_text() == "mine"
    with pytest.raises(InvalidOptionError, match=r"does not end in one of \.md"):
        exports.write(talk(), tmp_path / "x.docx")
    with pytest.raises(HistoryError, match="cannot be written"):
        exports.write(talk(), tmp_path / "nowhere" / "x.md")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(turns=st.lists(TURNS, max_size=3), name=st.text(min_size=1))
def test_whatever_was_said_can_be_exported(tmp_path: Path, turns: list[Turn], name: str) -> None:
    conversation = Conversation(name, turns=turns)
    for ending in exports.FORMS:
        exports.write(conversation, tmp_path / f"x{ending}")
    nbformat.validate(nbformat.read(tmp_path / "x.ipynb", as_version=4))
    read = exports.read(tmp_path / "x.json")
    assert [turn.answer for turn in read.turns] == [turn.answer for turn in conversation.turns]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["name", "turns", "prompt", "answer", "role", "content", "cells", "outputs", "metadata", "id",
             "notebook_chat", "position", "conversation_origin", "conversation_id", "system"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip
GOOD = Turn(Message("user", "hello"), answered("there")).to_dict()


def broken(values: object, edit: object, where: list[str | int]) -> object:
    """The values with something else at one place."""
    if not where:
        return edit
    key, *rest = where
    if isinstance(values, dict):
        return {**values, str(key): broken(values.get(str(key)), edit, rest)}
    if isinstance(values, list) and values:
        return [broken(values[0], edit, rest), *values[1:]]
    return edit


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    values=JSON,
    where=st.sampled_from(
        [
            [],
            ["cells"],
            ["cells", 0],
            ["cells", 0, "id"],
            ["cells", 0, "outputs"],
            ["cells", 0, "outputs", 0],
            ["cells", 0, "outputs", 0, "metadata"],
            *(
                ["cells", 0, "outputs", 0, "metadata", "notebook_chat", *rest]
                for rest in ([], ["prompt"], ["answer"], ["position"], ["id"], ["conversation"], ["cell"])
            ),
            ["cells", 0, "outputs", 0, "metadata", "notebook_chat", "conversation_origin"],
            ["cells", 0, "outputs", 0, "metadata", "notebook_chat", "conversation_id"],
        ]
    ),
)
def test_a_hand_edited_notebook_is_read_or_refused_in_a_line(
    tmp_path: Path, values: object, where: list[str | int]
) -> None:
    path = tmp_path / "x.ipynb"
    notebook = {"cells": [{"id": "a", "outputs": [{"metadata": {"notebook_chat": GOOD}}]}]}
    path.write_text(json.dumps(broken(notebook, values, where)))
    try:
        for conversation in read_notebook(path).conversations():
            assert all(turn.checked() for turn in conversation.turns)
            conversation.to_dict()
    except ChatError as error:
        assert "\n" not in str(error)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    values=JSON,
    where=st.sampled_from([[], ["name"], ["turns"], ["turns", 0], ["turns", 0, "prompt"], ["system"]]),
)
def test_a_hand_edited_import_is_read_or_refused_in_a_line(
    tmp_path: Path, values: object, where: list[str | int]
) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(broken({"name": "x", "turns": [GOOD]}, values, where)))
    try:
        exports.read(path)
    except ChatError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"null", b"[]", b'"x"', b"{}", b"\x00" * 9],
)
def test_what_is_no_such_file_is_refused_in_a_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    for reader in (exports.read, read_notebook):
        with pytest.raises(ChatError) as caught:
            reader(path)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300
    with pytest.raises(HistoryError):
        read_notebook(tmp_path)
    with pytest.raises(HistoryError):
        exports.read(tmp_path / "nothing.json")
