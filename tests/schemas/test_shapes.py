"""What an answer is to be, in all the ways of saying it."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import sys
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest

from notebook_chat.errors import DataError, InvalidOptionError, MissingDependencyError
from notebook_chat.schemas import ANTHROPIC, GEMINI, LLAMA, OPENAI, adapt, shape_of
from notebook_chat.schemas import rows as rows_module
from notebook_chat.schemas.patterns import check_patterns
from notebook_chat.schemas.rows import columns_of, rows_of, table_of

T = TypeVar("T")


class Model(pydantic.BaseModel):
    name: str
    age: int = pydantic.Field(ge=0)
    when: datetime.date | None = None


@dataclasses.dataclass
class Data:
    name: str
    age: int = 3
    tags: list[str] = dataclasses.field(default_factory=list)


class Typed(TypedDict):
    name: str
    age: int


class Struct(msgspec.Struct):
    name: str
    price: decimal.Decimal
    kids: list[Struct] = []


@attrs.define
class Attrs:
    name: str
    age: int = attrs.field(validator=attrs.validators.ge(0))


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(NamedTuple):
    x: int
    y: int


class Box(msgspec.Struct, Generic[T]):
    content: T


@dataclasses.dataclass
class Checked:
    age: Annotated[int, pydantic.Field(gt=3)]


@dataclasses.dataclass
class Company:
    title: str


CASES: list[tuple[Any, str, Any]] = [
    (
        Model,
        '{"name": "Ann", "age": 3, "when": "2020-01-02"}',
        Model(name="Ann", age=3, when=datetime.date(2020, 1, 2)),
    ),
    (Data, '{"name": "Ann", "tags": ["x"]}', Data("Ann", 3, ["x"])),
    (Typed, '{"name": "Ann", "age": 3}', {"name": "Ann", "age": 3}),
    (Struct, '{"name": "Ann", "price": "1.10", "kids": []}', Struct("Ann", decimal.Decimal("1.10"), [])),
    (Attrs, '{"name": "Ann", "age": 3}', Attrs("Ann", 3)),
    (Color, '"red"', Color.RED),
    (Literal["a", "b"], '"b"', "b"),
    (Point, "[1, 2]", Point(1, 2)),
    (Box[int], '{"content": 3}', Box(3)),
    (list[Model], '[{"name": "Ann", "age": 3}]', [Model(name="Ann", age=3)]),
    (list[Data], '[{"name": "Ann"}]', [Data("Ann")]),
    (dict[str, Data], '{"x": {"name": "Ann"}}', {"x": Data("Ann")}),
    (Data | None, "null", None),
    (Data | Company, '{"title": "Acme"}', Company("Acme")),
    (Model | Company, '{"title": "Acme"}', Company("Acme")),
    (int, "3", 3),
    (list[int], "[3]", [3]),
    (Checked, '{"age": 4}', Checked(4)),
    (Any, '{"x": [1]}', {"x": [1]}),
]


@pytest.mark.parametrize(("kind", "text", "value"), CASES, ids=[str(one[0])[:40] for one in CASES])
def test_types_of_python(kind: Any, text: str, value: Any) -> None:
    shape = shape_of(kind)
    assert shape.decode(json.loads(text), text) == value
    assert shape.decode(json.loads(text)) == value
    for subset in (OPENAI, ANTHROPIC, GEMINI, LLAMA):
        assert adapt(shape.json_schema, subset).asked is not None
    assert shape.name.replace("_", "").replace("-", "").isalnum()
    assert shape_of(shape) is shape


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        (Model, '{"name": "Ann", "age": -1}', r"greater than or equal to 0 - at \$\.age"),
        (Model, '{"age": 1}', r"Field required - at \$\.name"),
        (list[Model], '[{"name": "a", "age": 1}, {"name": "b", "age": "x"}]', r"\$\[1\]\.age"),
        (Data, '{"name": 3}', r"\$\.name"),
        (Attrs, '{"name": "a", "age": -1}', "must be >= 0"),
        (Checked, '{"age": 3}', "greater than 3"),
        (Color, '"green"', "green"),
        ("name, age int", '{"name": "a"}', r"'age' is a required property - at \$"),
        ("[name, age int]", '[{"name": "a", "age": "3"}]', r"'3' is not of type 'integer' - at \$\[0\]\.age"),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(kind: Any, text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        shape_of(kind).decode(json.loads(text), text)


def test_json_schemas_in_all_their_forms(tmp_path: Path) -> None:
    schema = {
        "title": "A person",
        "type": "object",
        "properties": {"name": {"type": "string", "format": "date"}},
    }
    path = tmp_path / "person.json"
    path.write_text("\ufeff" + json.dumps(schema), "utf-8")
    for given in (schema, json.dumps(schema), path, str(path)):
        shape = shape_of(given)
        assert shape.json_schema == schema
        assert shape.name == "A_person"
    with pytest.raises(ValueError, match="is not a 'date'"):
        shape_of(schema).decode({"name": "yesterday"})
    path.write_text('{"type": "object"}', "utf-8")
    assert shape_of(path).name == "person"
    assert shape_of({}).json_schema == {}
    assert shape_of({}).decode([1, "x"]) == [1, "x"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (Data("Ann"), "one Data, and not the class"),
        (Struct("a", decimal.Decimal(1)), "one Struct, and not the class"),
        (Attrs("a", 1), "one Attrs, and not the class"),
        (Point(1, 2), "cannot be Point"),
        (Model(name="a", age=1), "one Model, and not the class"),
        (Color.RED, "one Color, and not the class"),
        (None, "cannot be NoneType"),
        ([Model], "cannot be list"),
        (3, "cannot be int"),
        ({"name": str}, "no JSON"),
        ({"name": "str", "age": "int"}, "none of its keywords, but name, age"),
        ({"type": "strin"}, "no JSON schema"),
        ({"$ref": "https://example.com/schema.json"}, "only refer to its own parts"),
        ({"$ref": "#/$defs/Missing"}, "is not in it"),
        ({"type": "object", "properties": {"default": {"$ref": "file:///etc/passwd"}}}, "its own parts"),
        ('{"type": "object"', "no JSON"),
        ("no/such/file.json", "cannot be read"),
        ("a foo", "type 'foo'"),
        (print, "cannot be a schema"),
        (json, "cannot be a schema"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_schema_is_refused_in_a_line(given: Any, told: str) -> None:
    with pytest.raises(InvalidOptionError, match=told.replace("$", r"\$")) as caught:
        shape_of(given)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


def test_a_schema_that_is_a_folder_or_no_schema(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    with pytest.raises(InvalidOptionError, match=r"x\.json cannot be read"):
        shape_of(str(tmp_path / "x.json"))
    (tmp_path / "y.json").write_text("[1]")
    with pytest.raises(InvalidOptionError, match="no JSON schema"):
        shape_of(tmp_path / "y.json")


def test_deep_schemas_are_refused_or_taken_and_never_crash() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(300):
        deep = {"type": "object", "properties": {"a": deep}}
    try:
        shape = shape_of(deep)
    except InvalidOptionError:
        return
    assert adapt(shape.json_schema, OPENAI).asked


@pytest.mark.parametrize(
    "pattern", [r"^(a+)+$", r"^(\w+\s?)*$", r"(a|aa)+$", r"^(?:a*)*b", r"(x+x+)+y", "(", r"a*b*c*d*"]
)
def test_patterns_from_elsewhere_that_may_take_for_ever(pattern: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}
    with pytest.raises(InvalidOptionError, match="may take for ever"):
        check_patterns(schema)
    with pytest.raises(InvalidOptionError, match=r"may take for ever|no JSON schema"):
        shape_of({"type": "object", "patternProperties": {pattern: {"type": "string"}}}, own=False)


@pytest.mark.parametrize("pattern", [r"^[a-z]+$", r"^\d{4}-\d{2}$", r"^[A-Z]\w*-[0-9]+$", "^(a|b)$"])
def test_patterns_from_elsewhere_that_are_harmless(pattern: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}
    assert shape_of(schema, own=False).json_schema == schema


# --- rows and tables ----------------------------------------------------------------------------------------


def test_rows_of_all_kinds_of_objects() -> None:
    for one in (Model(name="a", age=1), Data("a", 1), Attrs("a", 1), {"name": "a", "age": 1}):
        rows = rows_of([one])
        assert rows is not None
        assert (rows[0]["name"], rows[0]["age"]) == ("a", 1)
    assert rows_of([Struct("a", decimal.Decimal("1"), [Struct("b", decimal.Decimal("2"))])]) == [
        {
            "name": "a",
            "price": decimal.Decimal("1"),
            "kids": [{"name": "b", "price": decimal.Decimal("2"), "kids": []}],
        }
    ]
    assert rows_of({"items": [{"a": 1}]}) == [{"a": 1}]
    assert rows_of([]) == []
    for other in (3, "x", [1], [{"a": 1}, 2], {"a": 1}, {"a": [1], "b": [2]}, {"items": []}, None):
        assert rows_of(other) is None


def test_a_table_of_whichever_library_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas
    import polars

    rows = [{"name": "Ann", "color": Color.RED.value}, {"name": "Bob"}]
    frame = table_of(rows)
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["name"]) == ["Ann", "Bob"]
    assert list(table_of([], ["a", "b"]).columns) == ["a", "b"]
    monkeypatch.delitem(sys.modules, "pandas")
    assert isinstance(table_of(rows), polars.DataFrame)
    monkeypatch.setattr(rows_module, "_LIBRARIES", ("no_such_library",))
    with pytest.raises(MissingDependencyError, match="neither pandas nor polars"):
        table_of(rows)
    with pytest.raises(DataError, match="no list of objects, but int"):
        table_of(3)


def test_the_columns_of_an_empty_table() -> None:
    assert columns_of(shape_of(list[Data]).json_schema) == ("name", "age", "tags")
    assert columns_of(shape_of("[a, b int]").json_schema) == ("a", "b")
    assert columns_of(shape_of(int).json_schema) == ()
    assert columns_of({}) == ()
