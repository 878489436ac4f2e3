"""What a model is told of a function, and what its arguments become."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import inspect
import math
import pathlib
import re
import typing
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal, NewType, NotRequired, TypedDict, Unpack

import msgspec
import numpy as np
import pandas as pd
import pydantic
import pytest

from notebook_chat import tool
from notebook_chat.errors import InvalidOptionError
from notebook_chat.tools import ArgumentsError, arguments
from notebook_chat.tools.functions import FunctionTool, Progress, function_tool


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Person(pydantic.BaseModel):
    name: str
    age: int = pydantic.Field(ge=0)


class Node(pydantic.BaseModel):
    label: str
    children: list[Node] = []


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


class Options(TypedDict):
    deep: bool
    depth: NotRequired[int]


class Row(msgspec.Struct):
    key: str


UserId = NewType("UserId", int)


def schema_of(function: Any, **more: Any) -> dict[str, Any]:
    return function_tool(function, **more).spec.parameters


def property_of(annotation: Any) -> dict[str, Any]:
    def f(x: Any) -> None: ...

    f.__annotations__["x"] = annotation
    return schema_of(f)["properties"]["x"]  # type: ignore[no-any-return]


def bound(function: Any, given: dict[str, Any]) -> inspect.BoundArguments:
    """What a function would be called with, after the check that a round makes."""
    made = function_tool(function)
    arguments.check(given, made.spec.parameters)
    places, names = made._signature.bound(given, lambda: lambda words, fraction: None)
    return inspect.signature(function).bind(*places, **names)


def value_of(annotation: Any, raw: Any) -> Any:
    def f(x: Any) -> None: ...

    f.__annotations__["x"] = annotation
    return bound(f, {"x": raw}).arguments["x"]


def test_the_whole_of_a_function() -> None:
    def head(table: str, rows: int = 5, *, sort: str | None = None) -> str:
        """Shows the first rows of a table.

        Args:
            table: Which table.
            rows (int): How many rows,
                at most.
            sort: The column to sort by.

        Returns:
            The rows.
        """
        return table

    spec = function_tool(head).spec
    assert spec.name == "head"
    assert spec.description == "Shows the first rows of a table.\n\nReturns:\nThe rows."
    assert spec.parameters == {
        "type": "object",
        "properties": {
            "table": {"type": "string", "description": "Which table."},
            "rows": {"type": "integer", "default": 5, "description": "How many rows, at most."},
            "sort": {
                "anyOf": [{"type": "string"}, {"type": "null"}],
                "default": None,
                "description": "The column to sort by.",
            },
        },
        "required": ["table"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("annotation", "raw", "value"),
    [
        (int, 3, 3),
        (int, 3.0, 3),
        (float, 3, 3.0),
        (str, "a", "a"),
        (bool, True, True),
        (list[int], [1, 2.0], [1, 2]),
        (dict[str, float], {"a": 1}, {"a": 1.0}),
        (tuple[int, str], [1, "a"], (1, "a")),
        (set[str], ["a"], {"a"}),
        (int | None, None, None),
        (typing.Optional[int], 4, 4),  # noqa: UP045
        (int | str, "a", "a"),
        (Literal["a", "b"], "b", "b"),
        (Color, "red", Color.RED),
        (list[Color], ["blue"], [Color.BLUE]),
        (Person, {"name": "Ada", "age": 36}, Person(name="Ada", age=36)),
        (list[Person], [{"name": "Ada", "age": 36}], [Person(name="Ada", age=36)]),
        (Person | None, None, None),
        (Point, {"x": 1}, Point(1.0)),
        (dict[str, Point], {"a": {"x": 1, "y": 2}}, {"a": Point(1.0, 2.0)}),
        (Options, {"deep": True}, {"deep": True}),
        (Row, {"key": "a"}, Row("a")),
        (datetime.date, "2026-01-02", datetime.date(2026, 1, 2)),
        (datetime.datetime, "2026-01-02T03:04:05", datetime.datetime(2026, 1, 2, 3, 4, 5)),
        (datetime.timedelta, "PT90S", datetime.timedelta(seconds=90)),
        (decimal.Decimal, "1.10", decimal.Decimal("1.10")),
        (uuid.UUID, "12345678123456781234567812345678", uuid.UUID("12345678123456781234567812345678")),
        (pathlib.Path, "a/b.txt", pathlib.Path("a/b.txt")),
        (pathlib.Path | str, "a/b.txt", pathlib.Path("a/b.txt")),
        (list[pathlib.Path], ["a"], [pathlib.Path("a")]),
        (pathlib.Path | None, None, None),
        (UserId, 7, 7),
        (Annotated[int, "how many"], 7, 7),
        (Annotated[int, msgspec.Meta(ge=1)], 7, 7),
        (Annotated[int, pydantic.Field(ge=1)], 7, 7),
        (bytes, "YWJj", b"abc"),
        (complex, "1+2j", 1 + 2j),
        (re.Pattern, "a+", re.compile("a+")),
        (pd.Timestamp, "2026-01-02", pd.Timestamp("2026-01-02")),
        (np.float64, 2, np.float64(2)),
        (Any, {"a": [1]}, {"a": [1]}),
        (object, [1], [1]),
        (None, None, None),
        ("list[int]", [1], [1]),
        (list["Person"], [{"name": "A", "age": 1}], [Person(name="A", age=1)]),
        (pd.DataFrame | str, "df", "df"),
    ],
)
def test_arguments_become_values_of_the_types_that_are_named(annotation: Any, raw: Any, value: Any) -> None:
    found = value_of(annotation, raw)
    assert found == value
    assert type(found) is type(value)


def test_an_array_of_numpy() -> None:
    found = value_of(np.ndarray, [[1, 2], [3, 4]])
    assert found.sum() == 10


@pytest.mark.parametrize(
    ("annotation", "raw", "words"),
    [
        (int, "3", "x: '3' is not of type 'integer'"),
        (int, 3.5, "3.5 is not of type 'integer'"),
        (Literal["a", "b"], "c", "'c' is not one of"),
        (Color, "green", "'green' is not one of"),
        (Person, {"name": "Ada"}, "'age' is a required property"),
        (Person, {"name": "Ada", "age": -1}, "minimum"),
        (Annotated[int, pydantic.Field(ge=1)], 0, "minimum"),
        (datetime.date, "tomorrow", "x: Invalid RFC3339 encoded date"),
        (decimal.Decimal, "much", "x: Invalid decimal string"),
        (uuid.UUID, "me", "x: Invalid UUID"),
        (complex, "i", "x: "),
        (re.Pattern, "(", "x: "),
    ],
)
def test_what_is_wrong_with_arguments_is_said(annotation: Any, raw: Any, words: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        value_of(annotation, raw)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_validator_of_the_users_own_is_heard() -> None:
    class Even(pydantic.BaseModel):
        number: int

        @pydantic.field_validator("number")
        @classmethod
        def even(cls, number: int) -> int:
            if number % 2:
                raise ValueError("it must be even")
            return number

    with pytest.raises(ArgumentsError, match=r"x: .*it must be even"):
        value_of(Even, {"number": 3})


def test_an_argument_that_there_is_not() -> None:
    def f(x: int) -> None: ...

    with pytest.raises(ArgumentsError, match="'y' was unexpected"):
        bound(f, {"x": 1, "y": 2})
    with pytest.raises(ArgumentsError, match="there is no argument 'y'; 'x' must be given"):
        function_tool(f)._signature.bound({"y": 2}, lambda: lambda words, fraction: None)


def test_definitions_stand_once_and_what_refers_to_one_alone_is_replaced() -> None:
    def f(first: Person, second: Annotated[Person, "the other"], tree: Node) -> None: ...

    schema = schema_of(f)
    assert schema["properties"]["second"]["description"] == "the other"
    assert schema["properties"]["first"]["properties"]["age"]["minimum"] == 0
    assert set(schema["$defs"]) == {"Node"}
    assert bound(f, {"first": {"name": "A", "age": 1}, "second": {"name": "B", "age": 2},
                     "tree": {"label": "a", "children": [{"label": "b"}]}}).arguments["tree"].children  # fmt: skip


def test_two_classes_of_one_name() -> None:
    def other() -> Any:
        @dataclasses.dataclass
        class Point:
            z: str

        return Point

    def f(a: list[Point], b: Any) -> None: ...

    f.__annotations__["b"] = list[other()]  # type: ignore[misc]
    schema = schema_of(f)
    assert set(schema["$defs"]) == {"Point", "Point_2"}
    assert schema["properties"]["b"]["items"] == {"$ref": "#/$defs/Point_2"}
    with pytest.raises(ArgumentsError):
        bound(f, {"a": [], "b": [{"x": 1}]})


def test_parameters_without_annotations() -> None:
    def f(a, b=3, c="x", d=None, e=1.5, g=(1, 2)):  # type: ignore[no-untyped-def]
        """
        Parameters
        ----------
        a : list of str
            The names.
        d : {'mean', 'sum'}, optional
        """

    found = schema_of(f)["properties"]
    assert found["a"] == {"type": "array", "items": {"type": "string"}, "description": "The names."}
    assert found["b"] == {"type": "integer", "default": 3}
    assert found["c"] == {"type": "string", "default": "x"}
    assert sorted(found["d"]["enum"]) == ["mean", "sum"]
    assert found["e"] == {"type": "number", "default": 1.5}
    assert found["g"] == {"default": [1, 2]}


def test_pydantics_fields_as_defaults() -> None:
    def f(
        n: int = pydantic.Field(description="how many", ge=1),
        k: int = pydantic.Field(default=3, ge=1),
        tags: list[str] = pydantic.Field(default_factory=list),  # noqa: B008
    ) -> None: ...

    schema = schema_of(f)
    assert schema["required"] == ["n"]
    assert schema["properties"]["n"] == {"type": "integer", "minimum": 1, "description": "how many"}
    found = bound(f, {"n": 2}).arguments
    assert found == {"n": 2, "k": 3, "tags": []}


def test_all_ways_to_take_arguments() -> None:
    def f(a: int, b: int = 2, /, c: int = 3, *rest: float, d: str, **others: int) -> None: ...

    schema = schema_of(f)
    assert schema["required"] == ["a", "d"]
    assert schema["properties"]["rest"] == {"type": "array", "items": {"type": "number"}}
    assert schema["additionalProperties"] == {"type": "integer"}
    found = bound(f, {"a": 1, "rest": [1, 2], "d": "x", "more": 5})
    assert found.args == (1, 2, 3, 1.0, 2.0)
    assert found.kwargs == {"d": "x", "more": 5}
    assert bound(f, {"a": 1, "d": "x", "c": 9}).args == (1, 2, 9)
    with pytest.raises(ArgumentsError, match=r"more: "):
        bound(f, {"a": 1, "d": "x", "more": "five"})


def test_options_that_a_typed_dict_names() -> None:
    def f(**options: Unpack[Options]) -> None: ...

    schema = schema_of(f)
    assert schema["required"] == ["deep"]
    assert set(schema["properties"]) == {"deep", "depth"}
    assert bound(f, {"deep": True, "depth": 2}).kwargs == {"deep": True, "depth": 2}
    assert bound(f, {"deep": True}).kwargs == {"deep": True}


def test_what_partial_has_given_is_out_of_reach() -> None:
    def query(connection: object, sql: str, *, limit: int = 10, **more: Any) -> None: ...

    given = functools.partial(query, "db", limit=5)
    assert set(schema_of(given)["properties"]) == {"sql"}
    assert function_tool(given).name == "query"
    with pytest.raises(ArgumentsError, match="no argument 'limit'"):
        function_tool(given)._signature.bound(
            {"sql": "x", "limit": 1000}, lambda: lambda words, fraction: None
        )


def test_what_no_model_can_write_is_left_out_or_refused() -> None:
    def optional(
        x: int, callback: Callable[[int], int] | None = None, df: pd.DataFrame | None = None
    ) -> None: ...

    assert set(schema_of(optional)["properties"]) == {"x"}

    def needed(df: pd.DataFrame) -> None: ...

    with pytest.raises(
        InvalidOptionError, match=r"a model cannot write the .*DataFrame that needed takes as df"
    ):
        function_tool(needed)


def test_what_tells_the_progress_is_not_told_of() -> None:
    def train(epochs: int, tell: Progress) -> None: ...

    def fit(epochs: int, tell: Progress | None = None) -> None: ...

    assert set(schema_of(train)["properties"]) == {"epochs"}
    assert set(schema_of(fit)["properties"]) == {"epochs"}


def test_names_that_no_service_takes() -> None:
    def größe(länge: int, 名: str) -> None: ...

    def 查找() -> None: ...

    def 查询() -> None: ...

    made = function_tool(größe)
    assert made.name == "grosse"
    assert made.original == "größe"
    first, second = made.spec.parameters["properties"]
    assert first == "lange"
    assert re.fullmatch(r"argument_[0-9a-f]{6}", second)
    assert bound(größe, {first: 3, second: "x"}).arguments == {"länge": 3, "名": "x"}
    names = {function_tool(one).name for one in (查找, 查询)}
    assert len(names) == 2
    assert all(re.fullmatch(r"tool_[0-9a-f]{6}", name) for name in names)

    def f() -> None: ...

    f.__name__ = "a" * 100
    assert len(function_tool(f).name) == 64


class Shop:
    """A shop."""

    def __init__(self, name: str, floors: int = 1) -> None:
        """Opens one."""
        self.name = name

    def look(self, thing: str) -> str:
        """Looks for a thing."""
        return f"{thing} at {self.name}"

    @classmethod
    def named(cls, name: str) -> str:
        """A shop by its name."""
        return name

    @staticmethod
    def hours(day: str) -> str:
        """When it is open."""
        return day

    def __call__(self, question: str) -> str:
        """Asks somebody."""
        return question


def test_methods_classes_and_objects_that_can_be_called() -> None:
    shop = Shop("Ada's")
    for one, name, parameters, words in (
        (shop.look, "look", ["thing"], "Looks for a thing."),
        (Shop.named, "named", ["name"], "A shop by its name."),
        (Shop.hours, "hours", ["day"], "When it is open."),
        (shop, "Shop", ["question"], "Asks somebody."),
        (Shop, "Shop", ["name", "floors"], "A shop."),
        (Point, "Point", ["x", "y"], ""),
    ):
        spec = function_tool(one).spec
        assert (spec.name, list(spec.parameters["properties"]), spec.description) == (name, parameters, words)
    with pytest.raises(InvalidOptionError, match="method of a class, without an object"):
        function_tool(Shop.look)


def test_what_wraps_a_function() -> None:
    def logged(function: Any) -> Any:
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return inner

    @functools.lru_cache
    @logged
    def area(width: float, height: float = 1.0) -> float:
        """The area."""
        return width * height

    spec = function_tool(area).spec
    assert (spec.name, spec.description) == ("area", "The area.")
    assert list(spec.parameters["properties"]) == ["width", "height"]
    assert spec.parameters["properties"]["width"] == {"type": "number"}


def test_functions_written_in_c() -> None:
    assert list(schema_of(math.sqrt)["properties"]) == ["x"]
    assert bound(math.sqrt, {"x": 4}).args == (4,)
    with pytest.raises(InvalidOptionError, match="max does not tell its parameters"):
        function_tool(max)


def test_a_lambda_needs_a_name() -> None:
    with pytest.raises(InvalidOptionError, match="a lambda has no name"):
        function_tool(lambda x: x)
    assert function_tool(lambda x: x, name="same").name == "same"
    assert function_tool(tool(lambda x: x, name="double")).name == "double"


def test_classes_that_are_local() -> None:
    @dataclasses.dataclass
    class Box:
        size: int

    def f(box: Box) -> int:
        return box.size

    assert isinstance(f.__annotations__["box"], str)
    with pytest.raises(InvalidOptionError, match="the annotation of box in f is not known"):
        function_tool(f)

    def g(box: Box) -> object:
        return Box

    assert bound(g, {"box": {"size": 2}}).arguments["box"] == Box(2)


def test_overloads_say_what_the_function_itself_says() -> None:
    @typing.overload
    def f(x: int) -> int: ...
    @typing.overload
    def f(x: str) -> str: ...
    def f(x: int | str) -> int | str:
        return x

    assert schema_of(f)["properties"]["x"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}


def test_singledispatch_and_signatures_that_were_put_there() -> None:
    @functools.singledispatch
    def show(value: str, size: int = 1) -> str:
        """Shows it."""
        return value

    assert list(schema_of(show)["properties"]) == ["value", "size"]


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Annotated[int, "how many"], "how many"),
        (Annotated[int, msgspec.Meta(description="how many")], "how many"),
        (Annotated[int, pydantic.Field(description="how many")], "how many"),
        (Annotated[int | None, "how many"], "how many"),
    ],
)
def test_descriptions_in_annotations(annotation: Any, words: str) -> None:
    assert property_of(annotation)["description"] == words


def test_what_is_said_with_the_decorator() -> None:
    @tool(name="search_shop", description="Looks around.", ask=True, seconds=5, thread="notebook")
    def look(x: int) -> int:
        """Not this."""
        return x

    made = function_tool(look)
    assert look(3) == 3
    assert inspect.isfunction(look)
    assert (made.name, made.spec.description, made.given, made.seconds) == (
        "search_shop",
        "Looks around.",
        False,
        5,
    )
    assert function_tool(tool(Shop("a").look, name="look_a")).name == "look_a"
    assert tool(Shop("a").look, name="look_a")("x") == "x at a"

    @tool
    def plain(x: int) -> int:
        return x

    assert plain(2) == 2
    assert function_tool(plain).given

    class Desk:
        @tool(ask=True)
        @staticmethod
        def ring() -> str:
            return "ring"

        @tool(ask=True)
        def lift(self) -> str:
            return "lift"

    assert not function_tool(Desk.ring).given
    assert not function_tool(Desk().lift).given
    assert Desk.ring() == "ring"


@pytest.mark.parametrize(
    "options",
    [
        {"name": "two words"}, {"name": 3}, {"description": 3}, {"ask": "yes"}, {"seconds": 0}, {"seconds": "1"},
        {"seconds": True}, {"thread": "main"},
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused_at_once(options: Any) -> None:
    with pytest.raises(InvalidOptionError):
        tool(**options)


@pytest.mark.parametrize("item", [3, "a", None, [1]])
def test_what_is_no_function(item: Any) -> None:
    with pytest.raises(InvalidOptionError):
        tool(name="x")(item)


def test_long_docstrings_are_cut_and_own_words_are_not() -> None:
    def f() -> None: ...

    f.__doc__ = "word " * 1000
    assert len(function_tool(f).spec.description) == 1024
    assert len(function_tool(tool(f, description="x" * 3000)).spec.description) == 3000


def test_a_callable_whose_own_code_fails_is_refused_in_a_line() -> None:
    class Odd:
        @property
        def __name__(self) -> str:
            raise OSError("no")

        def __call__(self) -> None: ...

    with pytest.raises(InvalidOptionError, match="a Odd cannot be a tool: OSError"):
        function_tool(Odd())


def test_it_is_another_tool_once_its_words_change() -> None:
    def one(x: int) -> None:
        """Words."""

    def made() -> FunctionTool:
        return function_tool(one)

    before = made().digest
    assert made().digest == before
    one.__doc__ = "Others."
    assert made().digest != before


README = pathlib.Path(__file__).parents[2] / "README.md"


def test_the_readmes_functions_do_what_it_says() -> None:
    first, second = re.findall(
        r"```python\n((?:# orders\.py\n|from notebook_chat import Chat, tool\n).*?)```",
        README.read_text("utf-8"),
        re.DOTALL,
    )
    names: dict[str, Any] = {"__name__": "orders"}
    exec(first, names)
    found = bound(names["orders"], {"customer": "Ada", "since": "2026-02-01"})
    assert names["orders"](*found.args, **found.kwargs).price.sum() == 80
    exec(second.replace("Chat(tools", "Chat('local', tools"), names)
    made = function_tool(names["train"])
    assert (made.name, made.given, made.seconds) == ("train_model", False, 600)
    assert list(made.spec.parameters["properties"]) == ["epochs"]
