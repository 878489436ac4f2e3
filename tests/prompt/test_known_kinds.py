"""What a model is told of the kinds of values that the language has."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import functools
import io
import json
import logging
import os
import re
import threading
import types
import uuid
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import attrs
import msgspec
import pydantic
import pytest

from notebook_chat.prompt import describe
from notebook_chat.prompt.values.private_names import hides


@dataclasses.dataclass
class Point:
    """A place on the map."""

    x: int
    y: float = 2.0
    password: str = dataclasses.field(default="hunter2", repr=False)


@dataclasses.dataclass
class Wrapped:
    inner: Any

    def __repr__(self) -> str:
        return "Wrapped(…)"


class Pair(NamedTuple):
    first: int
    second: str


@attrs.define
class Attrs:
    a: int
    hidden: str = attrs.field(default="hunter2", repr=False)


class Model(pydantic.BaseModel):
    a: int = 1
    key: pydantic.SecretStr = pydantic.SecretStr("hunter2")
    hidden: str = pydantic.Field("hunter2", repr=False)


class Struct(msgspec.Struct):
    a: int = 1
    b: str = "two"


class Slots:
    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a = 1


class Color(enum.Enum):
    RED = 1
    GREEN = 2


class Level(enum.StrEnum):
    LOW = "low"


class Account:
    """Money of somebody."""

    rate = 0.5

    def __init__(self) -> None:
        self.balance = 5
        self.owners = ["a", "b"]
        self.api_key = "hunter2"
        self._private = "hunter2"

    def pay(self, amount: float, *, to: str = "me") -> bool:
        """Pays somebody."""
        return True

    @property
    def total(self) -> int:
        """All of it."""
        raise RuntimeError


def area(width: float, height: float = 2.0, *, unit: str = "m") -> str:
    """The area of a rectangle."""
    return f"{width * height} {unit}²"


@functools.lru_cache
def cached(n: int) -> int:
    """Counts."""
    return n


def decorated(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*arguments: Any) -> Any:
        return function(*arguments)

    return wrapper


@decorated
def inner(a: int) -> int:
    return a + 1


async def later(a: int) -> int:
    return a


def numbers() -> Iterator[int]:
    yield 1
    yield 2


def long_function() -> None:
    """Does much."""
    _ = list(range(10))
    _ = list(range(11))
    _ = list(range(12))
    _ = list(range(13))
    _ = list(range(14))
    _ = list(range(15))
    _ = list(range(16))


INLINE = [
    ("Ada", "Ada", "3 characters"),
    ("", "", "0 characters"),
    (5, "5", "5"),
    (-0.5, "-0.5", "-0.5"),
    (True, "True", "True"),
    (None, "None", "None"),
    (1 + 2j, "(1+2j)", "(1+2j)"),
    (b"abc", "b'abc'", "3 bytes"),
    ([1, "a", None], "[1, 'a', None]", "3 items"),
    ((1,), "(1,)", "1 item"),
    ((), "()", "0 items"),
    ({"a": [1, 2]}, "{'a': [1, 2]}", "1 item"),
    (set(), "set()", "0 items"),
    ({1}, "{1}", "1 item"),
    (datetime.date(2026, 1, 2), "2026-01-02", "2026-01-02"),
    (datetime.timedelta(hours=1), "1:00:00", "1:00:00"),
    (datetime.UTC, "UTC", "UTC"),
    (decimal.Decimal("1.10"), "1.10", "1.10"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001", "UUID"),
    (range(10), "range(0, 10)", "range(0, 10)"),
    (PurePosixPath("/a/b"), "/a/b", "PurePosixPath"),
    (Color.RED, "tests.Color.RED (value 1; the others are GREEN)", "tests.Color"),
    (Level.LOW, "tests.Level.LOW (value 'low')", "tests.Level"),
]


@pytest.mark.parametrize(("value", "text", "label"), INLINE)
def test_what_stands_in_a_sentence(value: Any, text: str, label: str) -> None:
    description = describe(value)
    assert (description.text, description.label, description.inline) == (text, label, True)


TOLD = {
    "a long list": (list(range(5000)), ["A list of 5,000 items", "int, from 0 to 4999", "0, 1, 2", "4999"]),
    "numbers with gaps": ([1.5, None, float("nan"), 3.0] * 50, ["50 None", "from 1.5 to 3.0", "50 NaN"]),
    "texts": (["a", "b"] * 500, ["A list of 1,000 items: str, 2 of them different"]),
    "records": (
        [{"id": n, "name": f"n{n}"} | ({"tag": 1.5} if n % 2 else {}) for n in range(400)],
        ["400 items: dict", "id (int), name (str), tag (float, missing in 200)", "'name': 'n399'"],
    ),
    "rows": ([[1, "a", None]] * 900, ["900 items: list", "Each has 3 items"]),
    "a deque": (collections.deque(range(3), maxlen=5), ["A deque of 3 items, at most 5", "0, 1, 2"]),
    "a large deque": (collections.deque(range(300_000)), ["300,000 items", "299999"]),
    "a large dict": (
        {f"k{n}": n for n in range(900)},
        ["A dict of 900 items", "keys: str", "values: int, from 0 to 899", "'k0': 0", "'k899'"],
    ),
    "a mixed dict": (
        {"a": list(range(1000)), "b": {"c": "x" * 900}},
        ["'a': [0, 1, 2,", "1,000 items", "900 characters"],
    ),
    "a default": (
        collections.defaultdict(list, a=[1]),
        ["A defaultdict of 1 item", "<class list> for keys that are missing"],
    ),
    "a counter": (collections.Counter("abracadabra"), ["A Counter of 5 items", "'a': 5, 'b': 2, 'r': 2"]),
    "a set": (set(range(1000)), ["A set of 1,000 items: int, from 0 to 999"]),
    "values of a dict": ({"a": 1}.values(), ["The values of a dict, 1 item", "1"]),
    "bytes": (bytes(range(256)) * 9, ["A bytes object of 2,304 bytes", r"\x00\x01", r"\xff"]),
    "bytes of a text": (b"name,age\nAda,36\n" * 30, ["480 bytes", "As UTF-8 text", "name,age\nAda,36"]),
    "bytes of an image": (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, ["begin as image/png does"]),
    "an array of numbers": (
        array.array("d", range(1000)),
        ["1,000 items of type code 'd'", "0.0, 1.0", "999.0"],
    ),
    "a dataclass": (Point(1), ["A tests.Point with 2 fields", "A place on the map.", "x: 1", "y: 2.0"]),
    "a dataclass with words of its own": (Wrapped([1]), ["A tests.Wrapped: Wrapped(…)"]),
    "a named tuple": (Pair(1, "b"), ["A tests.Pair with 2 fields", "first: 1", "second: 'b'"]),
    "attrs": (Attrs(1), ["A tests.Attrs with 1 field", "a: 1"]),
    "pydantic": (Model(), ["A tests.Model with 2 fields", "a: 1", "SecretStr('**********')"]),
    "msgspec": (Struct(), ["A tests.Struct with 2 fields", "a: 1", "b: 'two'"]),
    "slots": (Slots(), ["A tests.Slots with 1 attribute", "a: 1"]),
    "a namespace": (types.SimpleNamespace(a=1), ["A SimpleNamespace with 1 field", "a: 1"]),
    "an object": (
        Account(),
        [
            "A tests.Account with 3 attributes",
            "Money of somebody.",
            "balance: 5",
            "owners: list",
            "api_key: str (not shown)",
            "methods: pay",
        ],
    ),
    "a function": (
        area,
        ["The function area", "def area(width: float, height: float = 2.0", "The area of a rectangle."],
    ),
    "a cached function": (cached, ["The function cached", "def cached(n: int)"]),
    "a decorated function": (inner, ["The function inner", "return a + 1"]),
    "an asynchronous function": (later, ["The asynchronous function later", "async def later"]),
    "a lambda": (lambda x, y=2: x + y, ["lambda x, y=2: x + y"]),
    "a method": (
        Account().pay,
        ["The method of a tests.Account: Account.pay", "def pay(self, amount: float"],
    ),
    "a partial": (
        functools.partial(area, 3, unit="cm"),
        ["A partial of area that is given 3, unit='cm'", "def area"],
    ),
    "a built-in": (len, ["The built-in function len", "len; it is called as (obj, /)", "number of items"]),
    "a method of C": (str.join, ["join; it is called as (self, iterable, /)"]),
    "a property": (Account.total, ["The property Account.total", "All of it."]),
    "a class": (Account, ["The class tests.Account", "def pay(self, amount: float", "rate = 0.5"]),
    "a dataclass itself": (Point, ["The class tests.Point", "x: int", "y: float = 2.0"]),
    "a class of C": (dict, ["The class dict", "get(self, key, default=None, /)  # Return the value for key"]),
    "an enumeration": (Color, ["The class tests.Color, which derives from Enum", "RED = 1"]),
    "a module": (
        json,
        [
            "The module json, version 2.0.9",
            "JSON (JavaScript Object Notation)",
            "Functions: dump, dumps, load, loads",
        ],
    ),
    "a module of the environment": (pytest, ["The module pytest, version ", "public names"]),
    "an abstract class": (collections.abc.Mapping, ["The class", "Mapping"]),
    "an iterator": (iter([1, 2]), ["A list_iterator, an iterator, with 2 items left"]),
    "a zip": (zip([1], [2], strict=True), ["A zip, an iterator", "Nothing was taken"]),
    "a lock": (threading.Lock(), ["A lock: <unlocked _thread.lock"]),
    "a pattern": (re.compile("a+"), ["A Pattern: re.compile('a+')"]),
    "a logger": (logging.getLogger("x.y"), ["A Logger: <Logger x.y"]),
    "a text in memory": (io.StringIO("one\ntwo"), ["A StringIO of 7 characters", "one\ntwo"]),
    "bytes in memory": (io.BytesIO(b"abc"), ["A BytesIO of 3 bytes"]),
}


@pytest.mark.parametrize("kind", TOLD)
def test_what_is_told_of_a_kind(kind: str) -> None:
    value, expected = TOLD[kind]
    description = describe(value)
    assert [words for words in expected if words not in description.text] == []
    assert "hunter2" not in description.text or kind in ("a class", "a dataclass itself")
    assert description.label
    assert not description.inline


def test_a_long_text_is_cut_in_the_middle() -> None:
    text = "the beginning " + "word " * 10_000 + "the end"
    description = describe(text, tokens=60)
    assert description.text.startswith("the beginning")
    assert description.text.endswith("the end")
    out = re.search(r"\[… ([\d,]+) characters left out …\]", description.text)
    assert out is not None
    kept = len(description.text) - len(out.group()) - 2
    assert int(out.group(1).replace(",", "")) == len(text) - kept
    assert description.label == f"{len(text):,} characters"


def test_a_text_of_a_class_of_its_own_is_a_text() -> None:
    class Marked(str):
        def __str__(self) -> str:
            return "escaped"

    assert describe(Marked("as it is")).text == "as it is"


def test_more_room_means_more_words() -> None:
    value = [{"number": n, "text": "word " * 5} for n in range(500)]
    assert len(describe(value, tokens=2000).text) > 5 * len(describe(value, tokens=300).text)
    assert "_ = list(range(16))" in describe(long_function).text
    short = describe(long_function, tokens=60).text
    assert "Does much." in short
    assert "range(16)" not in short


def test_a_generator_stays_where_it_is() -> None:
    generator = numbers()
    assert "not started yet" in describe(generator).text
    assert next(generator) == 1
    text = describe(generator).text
    assert "A generator, made by numbers; it is suspended in line 2" in text
    assert "yield 2" in text
    assert list(generator) == [2]
    assert "at its end" in describe(generator).text


def test_a_coroutine_is_not_awaited() -> None:
    coroutine = later(1)
    try:
        assert "A coroutine, made by later; it is not started yet" in describe(coroutine).text
    finally:
        coroutine.close()


def test_what_a_path_leads_to(tmp_path: Path) -> None:
    table = tmp_path / "data.csv"
    table.write_text("name,age\n" + "Ada,36\n" * 5000)
    text = describe(table).text
    assert "is a file of 35 kB (35,009 bytes)" in text
    assert "5,001 lines:\nname,age\nAda,36" in text
    (tmp_path / "picture.bin").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    assert "an image (image/png)" in describe(tmp_path / "picture.bin").text
    assert "does not exist" in describe(tmp_path / "nothing").text
    assert "is a folder of 2 entries:\ndata.csv\npicture.bin" in describe(tmp_path).text
    assert (
        "does not exist" in describe(Path("a\0b")).text
        or "cannot be looked at" in describe(Path("a\0b")).text
    )
    (tmp_path / "latin.txt").write_bytes("é à".encode("latin-1"))
    assert "é à" in describe(tmp_path / "latin.txt").text


@pytest.mark.parametrize(
    "name", [".env", ".env.local", "id_rsa", "server.pem", "api_key.txt", "credentials.json"]
)
def test_a_file_that_holds_secrets_by_its_name_is_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("hunter2")
    assert "hunter2" not in describe(tmp_path / name).text
    assert "it was not read" in describe(tmp_path / name).text


def test_of_the_environment_only_the_names_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AAA_WHATEVER", "hunter2")
    text = describe(os.environ, tokens=3000).text
    assert "AAA_WHATEVER" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("password", "x", True),
        ("db_password", b"x", True),
        ("API_KEY", "x", True),
        ("token", "x", True),
        ("tokens", ["x"], False),
        ("token_count", 5, False),
        ("keyword", "x", False),
        ("passenger", "x", False),
    ],
)
def test_what_is_hidden_by_its_name(name: str, value: Any, hidden: bool) -> None:
    assert hides(name, value) is hidden


@pytest.mark.parametrize("mode", ["r", "rb"])
def test_an_open_file_is_told_and_not_read(tmp_path: Path, mode: str) -> None:
    (tmp_path / "lines.txt").write_text("one\ntwo\n")
    with (tmp_path / "lines.txt").open(mode) as file:
        assert len(file.readline()) == 4
        before = file.tell()
        text = describe(file).text
        assert "A file object (open, mode" in text
        assert "one\ntwo" in text
        assert file.tell() == before
    assert "closed" in describe(file).text


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is neither a file nor a folder" in describe(tmp_path / "pipe").text


def test_a_module_imports_nothing_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lazy_one.py").write_text(
        '"""Comes late."""\n__all__ = ["late"]\n__version__ = "3.1"\n'
        "def __getattr__(name):\n    raise SystemExit(name)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import lazy_one  # type: ignore[import-not-found]

    assert (
        describe(lazy_one).text
        == "The module lazy_one, version 3.1, with 1 public name.\nComes late.\nOthers: late"
    )


def test_a_default_that_is_an_object_is_written_shortly() -> None:
    def call(a: Any = list(range(1000)), b: Any = Account()) -> None:  # noqa: B006, B008
        pass

    namespace: dict[str, Any] = {"call": call}
    exec("def compiled(a=big, b=2): pass", {"big": list(range(1000))}, namespace)
    text = describe(namespace["compiled"]).text
    assert "The function compiled; it is called as (a=[0, 1, 2, " in text
    assert "1,000 items], b=2)" in text
