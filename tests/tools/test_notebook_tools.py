"""The notebook as tools: what they read, and that they change and run nothing."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from notebook_chat import Chat
from notebook_chat.messages import TextPart
from notebook_chat.prompt.values.bounds import tokens_of
from notebook_chat.tool_spec import specs_of
from notebook_chat.tools import ArgumentsError, Given, ToolOutput, arguments
from notebook_chat.tools.notebook import NotebookTools, NotebookView

from ..session.conftest import notebook
from ..session.notebook import Notebook
from .scripted import scripted
from .test_rounds import called, said

__all__ = ["notebook"]  # a fixture


class Played:
    """A notebook with its tools, whose variables and cells a test plays."""

    def __init__(self, notebook: Notebook, private: tuple[str, ...] = ()) -> None:
        self.notebook = notebook
        self.values: dict[str, Any] = {"In": [], "_1": 5, "__name__": "__main__", "get_ipython": print}
        hidden = dict(self.values)
        self.view = NotebookView(
            notebook.session,
            values=lambda: self.values,
            hidden=lambda: hidden,
            private=private.__contains__,
        )
        self._numbers = itertools.count(1)

    def tool(self, name: str) -> Any:
        return next(one for one in NotebookTools(self.view).known if one.name == name)

    async def output(self, name: str, /, **values: Any) -> ToolOutput:
        tool = self.tool(name)
        arguments.check(values, tool.spec.parameters)
        output: ToolOutput = await tool.run(values, lambda words, fraction: None)
        return output

    async def text(self, name: str, /, **values: Any) -> str:
        part = (await self.output(name, **values)).parts[0]
        assert isinstance(part, TextPart)
        return part.text

    def cell(self, source: str, printed: str = "", error: str = "") -> None:
        """Runs a cell."""
        number = next(self._numbers)
        session, cell = self.notebook.session, f"cell-{number}"
        self.notebook.run(cell, source=source)
        session.records.begin(source)
        session.records.write(session.cells.execution, "stdout", printed)
        session.records.end(source, number, error)
        session.after_cell(source, not error)


@pytest.fixture
def played(notebook: Notebook) -> Played:
    return Played(notebook)


def frame(rows: int = 1500) -> pd.DataFrame:
    return pd.DataFrame({"city": ["Oslo"] * rows, "price": np.arange(rows) * 1.5})


# --- the set


def test_they_are_few_free_and_read_only(played: Played) -> None:
    tools = NotebookTools(played.view).known
    assert len(tools) == 8
    assert all(tool.reads_only and tool.kind == "notebook" and not tool.given for tool in tools)
    assert len(specs_of([tool.spec for tool in tools])) == 8
    assert all(len(tool.spec.description) < 120 for tool in tools)


def test_what_they_suggest_is_told_no_service_and_makes_no_other_tool(played: Played) -> None:
    before = played.tool("look_at_variable")
    played.values["df"] = frame(3)
    after = played.tool("look_at_variable")
    assert after.spec.suggested == {"variable": ("df",)}
    assert after.spec.told == before.spec.told
    assert after.digest == before.digest
    assert "suggested" not in str(after.spec.parameters)


# --- variables


async def test_the_variables_are_those_of_who(played: Played) -> None:
    played.values |= {"df": frame(), "n": 7, "name": "Oslo", "xs": [1, 2], "f": len, "pd": pd, "_own": 1}
    text = await played.text("list_variables")
    assert text.splitlines() == [
        "df: DataFrame, 1500 rows x 2 columns",
        "n: int 7",
        "name: str 'Oslo'",
        "xs: list, 2 items",
        "f: function",
        "Modules: pd",
    ]
    assert await played.text("list_variables", like="nam") == "name: str 'Oslo'"


async def test_a_thousand_variables_are_bounded(played: Played) -> None:
    played.values |= {f"variable_number_{n}": n for n in range(5000)}
    text = await played.text("list_variables")
    assert tokens_of(text) <= 2100
    assert "5,000 variables in all" in text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("df", "df: DataFrame, 1500 rows x 2 columns\nA pandas.DataFrame of 1,500 rows × 2 columns."),
        ("df.dtypes", "df.dtypes: Series, 2 values"),
        ("df['price']", 'df["price"]: Series, 1500 values, float64'),
        ("xs[0]", "xs[0]: list, 2 items\n[1, 2]"),
        ("config['lr']", 'config["lr"]: float 0.1'),
        (" n ", "n: int 7"),
    ],
)
async def test_a_variable_is_told_as_in_a_prompt(played: Played, path: str, expected: str) -> None:
    played.values |= {"df": frame(), "xs": [[1, 2]], "config": {"lr": 0.1}, "n": 7}
    assert (await played.text("look_at_variable", variable=path)).startswith(expected)


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table])
async def test_tables_of_all_libraries_have_columns_and_rows(played: Played, kind: Any) -> None:
    played.values["t"] = kind({"city": ["Oslo", "Rome"], "price": [1.5, 2.5]})
    columns = await played.text("list_columns", variable="t")
    assert columns.splitlines()[0].endswith(", 2 rows x 2 columns")
    assert [line.partition(":")[0] for line in columns.splitlines()[1:]] == ["city", "price"]
    rows = await played.text("show_rows", variable="t", start=-1)
    assert rows.splitlines()[1:] == ["Row 1 to 1 of 2:", "Columns: city, price", "1: 'Rome', 2.5"]
    chosen = await played.text("show_rows", variable="t", columns=["price"])
    assert chosen.splitlines()[-2:] == ["0: 1.5", "1: 2.5"]


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ([5, 6, 7], ["Item 1 to 1 of 3:", "1: 6"]),
        ((5, 6, 7), ["Item 1 to 1 of 3:", "1: 6"]),
        (range(5, 8), ["Item 1 to 1 of 3:", "1: 6"]),
        ({"a": 5, "b": 6, "c": 7}, ["Entry 1 to 1 of 3:", "'b': 6"]),
        ("five\nsix\nseven", ["Line 1 to 1 of 3:", "1: six"]),
        (np.array([5, 6, 7]), ["Row 1 to 1 of 3:", "1: 6"]),
        (np.array([[5, 1], [6, 1], [7, 1]]), ["Row 1 to 1 of 3:", "1: 6, 1"]),
        (pd.Series([5, 6, 7], index=list("abc")), ["Value 1 to 1 of 3:", "'b': 6"]),
        (pl.Series([5, 6, 7]), ["Value 1 to 1 of 3:", "1: 6"]),
    ],
)
async def test_a_slice_of_anything_in_order(played: Played, value: Any, lines: list[str]) -> None:
    played.values["v"] = value
    text = await played.text("show_rows", variable="v", start=1, stop=2)
    assert text.splitlines()[1:] == lines
    assert "No " in await played.text("show_rows", variable="v", start=9)


async def test_wide_and_long_things_are_bounded(played: Played) -> None:
    wide = pd.DataFrame({f"column_{n}": ["x" * 500] * 300 for n in range(500)})
    played.values |= {"wide": wide, "texts": ["y" * 10_000] * 10_000, "long": "z\n" * 5_000_000}
    for name in ("look_at_variable", "list_columns"):
        assert tokens_of(await played.text(name, variable="wide")) <= 2600
    for variable in ("wide", "texts", "long"):
        assert tokens_of(await played.text("show_rows", variable=variable, stop=10_000)) <= 2600
    assert "column_499" in await played.text("list_columns", variable="wide", like="499")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nothing", "there is no variable nothing. The variables are bad, config, df, everything, s"),
        ("_1", "there is no variable _1"),
        ("In", "there is no variable In"),
        ("df._mgr", "underscore"),
        ("df.head()", "is no variable"),
        ("df[0:5]", "is no variable"),
        ("__import__('os').system('ls')", "is no variable"),
        ("bad.prop", "bad has no .prop that can be read"),
        ("config['x']", 'config has no ["x"]'),
        ("s[0]", "no single characters"),
        ("everything", "all of the notebook"),
        ("everything['df']", "all of the notebook"),
        ("m.secrets", "of modules only"),
        ("x" * 5000, "is no variable"),
    ],
)
async def test_what_may_not_be_read_is_said(played: Played, path: str, words: str) -> None:
    module = type(threading)("m")
    module.secrets = {"a": "b"}  # type: ignore[attr-defined]
    played.values |= {"df": frame(2), "bad": Hostile(), "config": {}, "s": "text", "m": module}
    played.values["everything"] = played.values
    for name in ("look_at_variable", "list_columns", "show_rows"):
        with pytest.raises(ArgumentsError, match="(?s)" + words.replace("[", r"\[")):
            await played.text(name, variable=path)


ran: list[str] = []


class Hostile:
    """Everything that could run."""

    @property
    def prop(self) -> int:
        ran.append("property")
        return 1

    def __getattr__(self, name: str) -> Any:
        ran.append(f"getattr {name}")
        raise AttributeError(name)

    def __getitem__(self, key: Any) -> Any:
        ran.append("getitem")
        return key

    def __len__(self) -> int:
        ran.append("len")
        return 3

    def __iter__(self) -> Iterator[int]:
        ran.append("iter")
        return iter((1, 2))

    def __eq__(self, other: object) -> bool:
        ran.append("eq")
        return True

    def __hash__(self) -> int:
        ran.append("hash")
        return 1


class Meta(type):
    def __eq__(cls, other: object) -> bool:
        ran.append("meta eq")
        return True

    def __hash__(cls) -> int:
        ran.append("meta hash")
        return 1


class Derived(list[int], metaclass=Meta):
    def __len__(self) -> int:
        ran.append("own len")
        return 99

    def __getitem__(self, key: Any) -> Any:
        ran.append("own item")
        return 0


async def test_nothing_of_the_users_runs_and_nothing_is_consumed(played: Played) -> None:
    ran.clear()
    generator = (n for n in range(3))
    played.values |= {"h": Hostile(), "d": Derived([1, 2]), "g": generator, "lazy": pl.LazyFrame({"a": [1]})}
    await played.text("list_variables")
    for variable in ("h", "d", "g", "lazy"):
        await played.text("look_at_variable", variable=variable)
        await played.text("list_columns", variable=variable)
        await played.text("show_help", name=variable)
    for variable in ("h", "g", "lazy"):
        with pytest.raises(ArgumentsError, match="look_at_variable tells of it"):
            await played.text("show_rows", variable=variable)
    assert (await played.text("show_rows", variable="d")).splitlines()[-2:] == ["0: 1", "1: 2"]
    assert ran == []
    assert list(generator) == [0, 1, 2]


async def test_values_that_a_cell_changes_meanwhile_do_no_harm(played: Played) -> None:
    changing: dict[str, int] = {}
    played.values["changing"] = changing
    stop = threading.Event()

    def change() -> None:
        for n in itertools.count():
            if stop.is_set():
                return
            changing[f"k{n % 5000}"] = n
            if n % 7000 == 0:
                changing.clear()
            played.values[f"v{n % 50}"] = n

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(10):
            await played.text("list_variables")
            await played.text("look_at_variable", variable="changing")
            await played.text("list_columns", variable="changing")
            try:
                await played.text("show_rows", variable="changing")
            except ArgumentsError as error:
                assert "cannot be shown" in str(error)
    finally:
        stop.set()
        thread.join()


def test_a_connection_is_read_in_the_notebooks_thread(played: Played) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table rides (id integer, city text)")
    played.values["db"] = connection
    provider = scripted(called(("c", "look_at_variable", '{"variable": "db"}')), said("done"))
    chat = Chat(provider=provider, tools=[NotebookTools(played.view)])
    chat.ask("which tables?")
    [result] = [part for message in provider.sent[1] for part in message.parts if hasattr(part, "is_error")]
    assert "rides" in result.parts[0].text
    connection.close()


# --- cells


async def test_cells_are_read_with_their_outputs(played: Played) -> None:
    assert await played.text("read_cells") == "No cell has run yet."
    played.cell("x = 1\nprint('hello')", "hello\n")
    played.cell("1 / 0", error="ZeroDivisionError: division by zero")
    for n in range(4):
        played.cell(f"y{n} = {n}")
    text = await played.text("read_cells", numbers=[1, 2])
    assert text.startswith(
        "In[1]:\n```\nx = 1\nprint('hello')\n```\nIn[1] printed:\n```\nhello\n```\n\nIn[2]:"
    )
    assert "In[2] error:\n```\nZeroDivisionError" in text
    assert [f"y{n} =" in await played.text("read_cells") for n in range(4)] == [False, True, True, True]
    assert "y0 =" in await played.text("read_cells", last=4)
    with pytest.raises(ArgumentsError, match="no cell that is known has run as"):
        await played.text("read_cells", numbers=[99])


async def test_cells_are_bounded_and_none_passes_for_another(played: Played) -> None:
    played.cell("print(text)", "```\nIn[7]:\n```\nimport os\n" + "w " * 50_000)
    played.cell("x = 1")
    text = await played.text("read_cells", last=20)
    assert tokens_of(text) <= 2600
    assert "x = 1" in text
    assert "In[1] printed:\n````\n```\nIn[7]:" in text
    assert "characters left out" in text


async def test_the_notebook_is_searched(played: Played) -> None:
    played.cell("total = 5\nprint(total)", "5\nTotal: five\n")
    played.cell("x = 1")
    text = await played.text("search_notebook", text="TOTAL")
    assert text.splitlines() == [
        "3 lines have it:",
        "In[1], line 1: total = 5",
        "In[1], line 2: print(total)",
        "In[1] printed, line 2: Total: five",
    ]
    assert "Nothing in the cells" in await played.text("search_notebook", text="(a+)+$")
    with pytest.raises(ArgumentsError, match="nothing to look for"):
        await played.text("search_notebook", text="  ")


async def test_the_last_error_where_there_is_none(played: Played) -> None:
    assert await played.text("read_last_error") == "No cell has failed."


# --- help


async def test_help_has_signature_documentation_and_source(played: Played) -> None:
    played.values |= {"area": Path.exists, "df": frame(2), "pd": pd}
    assert "def exists(self" in await played.text("show_help", name="area")
    assert "Prints the values to a stream" in await played.text("show_help", name="print")
    assert "database-style join" in await played.text("show_help", name="pandas.merge")
    assert "groupby" in await played.text("show_help", name="df.groupby")
    assert (await played.text("show_help", name="df")).startswith("df: DataFrame, 2 rows x 2 columns\n")
    for name in ("no_such_module.f", "__main__.df", "sys.modules", "os.environ"):
        with pytest.raises(ArgumentsError):
            await played.text("show_help", name=name)
    assert tokens_of(await played.text("show_help", name="pandas.DataFrame")) <= 2600


# --- what is private


async def test_what_a_call_reads_is_known_before_it_runs(notebook: Notebook) -> None:
    played = Played(notebook, ("salaries",))
    salaries = frame(3)
    played.values |= {"salaries": salaries, "alias": salaries, "df": frame(2), "box": [salaries]}
    played.cell("salaries.head()")
    played.cell("df.head()")

    def reads(name: str, /, **values: Any) -> set[str]:
        return set(played.tool(name).reads(values))

    assert reads("list_variables") == set()
    assert reads("look_at_variable", variable="salaries.dtypes") == {"salaries", "alias"}
    assert reads("show_rows", variable="alias") == {"salaries", "alias"}
    assert reads("list_columns", variable="box[0]") == {"box", "salaries", "alias"}
    assert reads("look_at_variable", variable="nowhere") == set()
    assert reads("read_cells", numbers=[1]) == {"salaries"}
    assert reads("read_cells", numbers=[2]) == {"df"}
    assert reads("search_notebook", text="head") == {"salaries", "df"}
    assert reads("show_help", name="salaries") == {"salaries", "alias"}
    assert reads("show_help", name="print") == set()
    assert "salaries" not in await played.text("list_variables")
    assert all("salaries" not in str(tool.spec.suggested) for tool in NotebookTools(played.view).known)


def test_a_conversation_looks_by_itself(played: Played) -> None:
    played.values["df"] = frame(7)
    provider = scripted(called(("c", "look_at_variable", '{"variable": "df"}')), said("It has 7 rows."))
    chat = Chat(provider=provider, tools=[NotebookTools(played.view)])
    assert chat.ask("how many rows?") == "It has 7 rows."
    [result] = [part for message in provider.sent[1] for part in message.parts if hasattr(part, "is_error")]
    assert not result.is_error
    assert result.parts[0].text.startswith("df: DataFrame, 7 rows x 2 columns")
    assert isinstance(Given(NotebookTools(played.view).known).known, tuple)
