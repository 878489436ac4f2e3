"""The tools that change cells: which cell is meant, when it may be changed, what is put there."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.secrets import Secret
from notebook_chat.tools import ArgumentsError, ToolOutput
from notebook_chat.tools.arguments import check
from notebook_chat.tools.editing import Asking, CellNotes
from notebook_chat.tools.editing.cell_names import name_of, named_cell
from notebook_chat.tools.editing.new_source import MOST, new_source

from .played_desk import PlayedDesk

ASKING = {"asks": "%%chat -T edit"}


def desk(*ran: tuple[str | None, str], **cells: str) -> PlayedDesk:
    return PlayedDesk({**ASKING, **cells}, ran)


def call(desk: PlayedDesk, name: str, notes: CellNotes | None = None, **arguments: Any) -> ToolOutput:
    tool = desk.tools(notes)[name]
    check(arguments, tool.spec.parameters)

    async def once() -> ToolOutput:
        try:
            return await tool.run(arguments, lambda words, fraction: None)
        except ArgumentsError as error:
            return ToolOutput.text(str(error), is_error=True)

    return asyncio.run(once())


def text(output: ToolOutput) -> str:
    return "".join(part.text for part in output.parts if hasattr(part, "text"))


def names(output: ToolOutput) -> list[str]:
    return re.findall(r"^## (\S+)", text(output), re.MULTILINE)


# --- which cell


def test_a_cell_is_named_by_its_run_by_its_id_or_with_its_text() -> None:
    for name in ("In[1]", "In [ 1 ]", "in[1]", "Out[1]", "[1]", "a", name_of("a", "x = 1")):
        screen = desk(("a", "x = 1"), a="x = 1")
        output = call(screen, "change_cell", cell=name, source="x = 2")
        assert not output.is_error, (name, text(output))
        assert screen.texts == ["%%chat -T edit", "x = 2"]
        assert name_of("a", "x = 2") in text(output)


@pytest.mark.parametrize("name", ["In[9]", "", "  ", "nowhere", "nowhere~abcdef", "a" * 500, "In[1", "../x"])
def test_a_name_that_means_none_is_told(name: str) -> None:
    screen = desk(("a", "x = 1"), a="x = 1")
    assert call(screen, "change_cell", cell=name, source="x = 2").is_error
    assert screen.texts[1] == "x = 1"


def test_a_cell_that_ran_before_its_id_was_known_is_found_by_its_text_if_that_is_one_alone() -> None:
    screen = desk((None, "x = 1"), a="x = 1", b="y = 1")
    assert not call(screen, "change_cell", cell="In[1]", source="x = 2").is_error
    assert screen.texts[1:] == ["x = 2", "y = 1"]
    screen = desk((None, "x = 1"), a="x = 1", b="x = 1")
    assert "cannot be told from others" in text(call(screen, "change_cell", cell="In[1]", source="x = 2"))
    assert screen.texts[1:] == ["x = 1", "x = 1"]


# --- when it may be changed


@pytest.mark.parametrize("name", ["In[1]", "a", name_of("a", "x = 1")])
def test_one_that_somebody_has_changed_is_never_overwritten_and_what_it_says_is_told(name: str) -> None:
    screen = desk(("a", "x = 1"), a="x = 1  # mine")
    output = call(screen, "change_cell", cell=name, source="x = 2")
    assert output.is_error
    assert "has been changed since you read it" in text(output)
    assert "x = 1  # mine" in text(output)
    assert screen.texts[1] == "x = 1  # mine"
    now = re.findall(r"\S+~[0-9a-f]{6}", text(output))[0]
    assert not call(screen, "change_cell", cell=now, source="x = 2  # mine").is_error
    assert screen.texts[1] == "x = 2  # mine"


def test_one_that_ran_again_with_another_text_is_not_the_one_that_was_read() -> None:
    screen = desk(("a", "x = 1"), ("a", "x = 3"), a="x = 3")
    for name in ("In[1]", name_of("a", "x = 1")):
        assert call(screen, "change_cell", cell=name, source="x = 2").is_error
    assert not call(screen, "change_cell", cell="In[2]", source="x = 4").is_error


def test_what_is_changed_at_that_very_moment_stays() -> None:
    screen = desk(("a", "x = 1"), a="x = 1")
    screen.meanwhile = lambda: screen.put("a", source="mine")
    assert "at this very moment" in text(call(screen, "change_cell", cell="In[1]", source="x = 2"))
    assert screen.texts[1] == "mine"


def test_one_that_is_gone_is_told_and_one_that_was_moved_is_changed_where_it_is() -> None:
    screen = desk(("a", "x = 1"), b="y", a="x = 1")
    assert not call(screen, "change_cell", cell="In[1]", source="x = 2").is_error
    assert screen.texts[1:] == ["y", "x = 2"]
    screen = desk(("a", "x = 1"), b="y")
    assert "not in the notebook any more" in text(call(screen, "change_cell", cell="In[1]", source="x = 2"))


def test_the_cell_that_asks_and_a_locked_one_stay() -> None:
    screen = desk(("asks", "%%chat -T edit"), ("a", "x = 1"), a="x = 1")
    screen.put("a", locked=True)
    assert "asks you" in text(call(screen, "change_cell", cell="In[1]", source="x"))
    assert "is locked" in text(call(screen, "change_cell", cell="In[2]", source="x"))
    assert screen.texts == ["%%chat -T edit", "x = 1"]


def test_the_second_change_of_an_answer_to_the_same_cell_is_refused() -> None:
    for name in ("In[1]", "a", name_of("a", "x = 1")):
        screen = desk(("a", "x = 1"), a="x = 1")
        tool = screen.tools()["change_cell"]

        async def both(tool: Any = tool, name: str = name) -> list[Any]:
            calls = [
                tool.run({"cell": name, "source": f"x = {n}"}, lambda words, fraction: None) for n in (2, 3)
            ]
            return await asyncio.gather(*calls, return_exceptions=True)

        first, second = asyncio.run(both())
        assert not first.is_error
        assert isinstance(second, ArgumentsError)
        assert screen.texts[1] == "x = 2"


def test_an_id_alone_is_no_name_once_its_text_was_told_with_it() -> None:
    """The text may have been told in an earlier turn, and be another one since."""
    screen, notes = desk(("a", "x = 1"), a="x = 1"), CellNotes()
    assert names(call(screen, "cells_to_edit", notes)) == [
        name_of("asks", "%%chat -T edit"),
        name_of("a", "x = 1"),
    ]
    screen.put("a", source="x = 5")
    screen.ran.append(("a", "x = 5"))
    output = call(screen, "change_cell", notes, cell="a", source="x = 2")
    assert output.is_error
    assert "is to be named with the text that you have read" in text(output)
    assert screen.texts[1] == "x = 5"


def test_an_id_alone_means_what_was_known_when_the_model_was_asked() -> None:
    screen = desk(("a", "x = 1"), a="x = 1")
    tool = screen.tools()["change_cell"]
    screen.put("a", source="x = 5")
    screen.ran.append(("a", "x = 5"))  # somebody has run it meanwhile
    with pytest.raises(ArgumentsError, match="has been changed"):
        asyncio.run(tool.run({"cell": "a", "source": "x = 2"}, lambda words, fraction: None))


def test_a_cell_with_a_secret_is_not_told_whole_and_not_changed() -> None:
    key = Secret("sk-planted-0123456789abcdef")
    screen = desk(("a", "k = 'sk-planted-0123456789abcdef'"), a="k = 'sk-planted-0123456789abcdef'")
    told = text(call(screen, "cells_to_edit"))
    assert "sk-planted" not in told
    output = call(screen, "change_cell", cell="In[1]", source="k = '…'")
    assert "holds a secret" in text(output)
    assert screen.texts[1].endswith("abcdef'")
    assert key is not None


def test_where_nothing_is_heard_of_it_that_is_said() -> None:
    screen = desk(("a", "x = 1"), a="x = 1")
    screen.answers = False
    for name, more in (("change_cell", {"cell": "In[1]"}), ("add_cell", {})):
        output = call(screen, name, source="x = 2", **more)
        assert output.is_error
        assert "read the cells again" in text(output)


# --- new cells


def add(screen: PlayedDesk, **arguments: Any) -> list[str]:
    output = call(screen, "add_cell", **arguments)
    assert not output.is_error, text(output)
    return screen.texts


def test_a_new_cell_stands_where_it_is_to() -> None:
    assert add(desk(a="a"), source="new") == ["%%chat -T edit", "new", "a"]
    assert add(desk(("a", "a"), a="a", b="b"), source="new", cell="In[1]")[1:] == ["a", "new", "b"]
    assert add(desk(("a", "a"), a="a", b="b"), source="new", cell="a", where="above")[1:] == ["new", "a", "b"]
    assert add(desk(a="a"), source="new", where="end")[1:] == ["a", "new"]
    changed = desk(("a", "a"), a="another text")  # beside it can stand something, whatever it says
    assert add(changed, source="new", cell="In[1]")[1:] == ["another text", "new"]


def test_new_cells_of_one_answer_stand_in_the_order_of_its_calls() -> None:
    screen = desk(a="a", b="b")
    tool = screen.tools()["add_cell"]

    async def all_of_them() -> None:
        calls = [tool.run({"source": str(n), "cell": "a"}, lambda words, fraction: None) for n in range(3)]
        calls += [tool.run({"source": f"own {n}"}, lambda words, fraction: None) for n in range(2)]
        await asyncio.gather(*calls)

    asyncio.run(all_of_them())
    assert screen.texts == ["%%chat -T edit", "own 0", "own 1", "a", "0", "1", "2", "b"]


def test_beside_one_that_is_gone_nothing_is_put() -> None:
    screen = desk(("a", "a"))
    assert "not in the notebook" in text(call(screen, "add_cell", source="new", cell="In[1]"))
    assert call(screen, "add_cell", source="new", where="above").is_error
    assert call(screen, "add_cell", source=" \n").is_error
    assert screen.texts == ["%%chat -T edit"]


def test_from_a_panel_it_stands_where_the_user_is() -> None:
    screen = desk(a="a")
    screen.asker = Asking()
    assert add(screen, source="new") == ["%%chat -T edit", "a", "new"]
    assert "the cell that asks" in screen.tools()["add_cell"].proposal({"source": "new"})


# --- where there is no screen


def test_without_a_screen_code_is_handed_on_and_all_else_shown_to_be_copied() -> None:
    screen = desk(("a", "x = 1"), a="x = 1")
    screen.has_screen = False
    told = text(call(screen, "add_cell", source="new", cell="In[1]"))
    assert told.startswith("The code is in the new cell below. It is below the cell that asks")
    assert screen.handed == ["new"]
    output = call(screen, "change_cell", cell="In[1]", source="x = 2")
    assert output.is_error
    assert text(output).startswith("Not done")
    assert call(screen, "add_cell", source="# text", kind="markdown").is_error
    screen.takes_next_input = False
    assert call(screen, "add_cell", source="new").is_error
    assert [(before, after) for _, before, after in screen.shown] == [
        ("x = 1", "x = 2"),
        ("", "# text"),
        ("", "new"),
    ]
    assert call(screen, "cells_to_edit").is_error


# --- what is proposed


def test_what_is_proposed_is_what_is_put_there() -> None:
    screen = desk(("a", "x = 1"), a="x = 1")
    tools = screen.tools()
    assert tools["change_cell"].proposal({"cell": "In[1]", "source": "x = 2\u202e"}) == (
        "In[1], changed:\n\nx = 1 -> x = 2‹U+202E›"
    )
    output = call(screen, "change_cell", cell="In[1]", source="x = 2\u202e")
    assert screen.texts[1] == "x = 2‹U+202E›"
    assert "written as a number" in text(output)
    proposed = tools["add_cell"].proposal({"source": "```python\ny = 1\n```", "where": "end"})
    assert proposed == "A new code cell at the end of the notebook:\n\ny = 1"
    with pytest.raises(ArgumentsError):
        tools["change_cell"].proposal({"cell": "In[7]", "source": "x"})


def test_a_change_shows_what_was_read_where_that_is_known() -> None:
    screen, notes = desk(a="x = 1"), CellNotes()
    name = name_of("a", "x = 1")
    assert "text is to be" in screen.tools(notes)["change_cell"].proposal({"cell": name, "source": "x = 2"})
    call(screen, "cells_to_edit", notes)
    assert (
        screen.tools(notes)["change_cell"]
        .proposal({"cell": name, "source": "x = 2"})
        .endswith("x = 1 -> x = 2")
    )


def test_long_cells_are_cut_and_told_whole_when_they_are_named() -> None:
    long = "x = 1\n" * 2000
    screen = desk(a=long, b="b")
    told = call(screen, "cells_to_edit")
    assert names(told)[1:] == ["a", name_of("b", "b")]
    assert "more characters" in text(told)
    whole = call(screen, "cells_to_edit", cells=["a"])
    assert names(whole) == [name_of("a", long)]
    assert long in text(whole)
    many = desk(**{f"c{n}": "y" * 2000 for n in range(200)})
    assert len(text(call(many, "cells_to_edit"))) < 60_000


# --- what is written


def test_lines_that_are_there_already_stay_as_they_are() -> None:
    own = "s = '\u202eabc'\nt = 1"
    assert new_source("s = '\u202eabc'\nt = 2\u202e", "code", own) == ("s = '\u202eabc'\nt = 2‹U+202E›", 1)
    assert new_source("a\r\nb\r", "code").text == "a\nb"
    with pytest.raises(ArgumentsError):
        new_source("x" * (MOST + 1), "code")


@pytest.mark.parametrize(
    "written",
    [
        "![x](https://example.org/?q=secret)",
        "![x][r]\n\n[r]: https://example.org/x.png",
        "<img src=https://example.org/x>",
        "a <IMG\nsrc='x'>",
        "< img src=x>",
        "<svg onload=alert(1)>",
        '![$" onerror="X" x="$](x)',
        "$\\mmlToken{mglyph}[src=https://example.org]{}$",
        "<div style='background:url(https://example.org)'>",
        "<table background = 'https://example.org'>",
        "<script>alert(1)</script>",
        "</style><link rel=stylesheet>",
        "![](/logout)",
    ],
)
def test_text_cells_get_nothing_that_is_fetched_or_run_when_they_are_shown(written: str) -> None:
    with pytest.raises(ArgumentsError, match="no images and no HTML"):
        new_source(written, "markdown")
    assert new_source(written, "code").text == written  # code is shown as text
    assert new_source(f"more\n{written}", "markdown", written).text == f"more\n{written}"  # it was there


@pytest.mark.parametrize(
    "written",
    [
        "# Title\n\n*a* [link](https://example.org) `<b>`",
        "$x^2$ and a < b",
        "| a | b |\n|---|---|",
        "List<int> x",
    ],
)
def test_ordinary_text_is_taken(written: str) -> None:
    assert new_source(written, "markdown").text == written


@given(st.text(max_size=200), st.sampled_from(["code", "markdown"]), st.text(max_size=60))
def test_whatever_is_written_is_a_text_that_stays_itself(written: str, kind: str, before: str) -> None:
    try:
        made = new_source(written, kind, before)
    except ArgumentsError:
        return
    assert new_source(made.text, kind, made.text).text == made.text
    assert "\r" not in made.text or any("\r" in line for line in before.split("\n"))


@given(st.text(max_size=300))
def test_whatever_a_model_calls_a_cell_means_one_or_is_refused(name: str) -> None:
    try:
        cell = named_cell(name, desk(("a", "x = 1")).known)
    except ArgumentsError:
        return
    assert cell.id or cell.source
    assert "\n" not in cell.shown
