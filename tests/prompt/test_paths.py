"""Paths to values, and that no code runs on the way."""

from __future__ import annotations

import datetime
import enum
import functools
import pathlib
import types
from collections import ChainMap, Counter, OrderedDict, UserDict, defaultdict, deque, namedtuple
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from notebook_chat.prompt.paths.attributes import attribute_names
from notebook_chat.prompt.paths.entries import keys
from notebook_chat.prompt.paths.path import Path, resolve
from notebook_chat.prompt.paths.unresolved import UnresolvedError


def at(text: str, **variables: Any) -> Any:
    """What a path leads to."""
    path = Path.parse(text)
    assert path is not None
    return resolve(path, variables)


def leads_nowhere(text: str, **variables: Any) -> bool:
    """Whether it leads nowhere."""
    with pytest.raises(UnresolvedError):
        at(text, **variables)
    return True


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a", "a"),
        ("a.b.c", "a.b.c"),
        ("a[0]", "a[0]"),
        ("a[-12].b['x'][\"y z\"]", 'a[-12].b["x"]["y z"]'),
        ("a['\"']", "a['\"']"),
        ("größe", "größe"),
        ("ﬁ", "fi"),  # as Python reads it
        ("_", "_"),
        ("__", "__"),
        ("_3", "_3"),
        ("a[007]", "a[7]"),
    ],
)
def test_paths(text: str, written: str) -> None:
    assert str(Path.parse(text)) == written


@pytest.mark.parametrize(
    "text",
    ["", "1", "a.", ".a", "a[", "a[]", "a[b]", "a[1:2]", "a[1.5]", "a()", "a.b()", "a b", "a[1]b", "a['x\"]",
     "a[\"\\n\"]", "__name__", "__builtins__", "a+b", "a-b", "a[--1]", "a[ 1 ]", "a\n", "a[1", "a['{x}']",
     "a[" + "9" * 30 + "]"],
)  # fmt: skip
def test_what_is_no_path(text: str) -> None:
    assert Path.parse(text) is None


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_none(text: str) -> None:
    path = Path.parse(text)
    if path is not None:
        assert Path.parse(str(path)) == path


class Slotted:
    __slots__ = ("a", "empty")

    def __init__(self) -> None:
        self.a = 1


@dataclass
class Data:
    a: int = 1
    b: str = "x"


@dataclass(slots=True, frozen=True)
class Frozen:
    a: int = 1


class Color(enum.Enum):
    RED = 1


Point = namedtuple("Point", "x y")


class Plain:
    shared = 5

    def __init__(self) -> None:
        self.own = 6
        self._cached = 0

    @property
    def computed(self) -> int:
        raise AssertionError("it ran")

    @functools.cached_property
    def cached(self) -> int:
        return 7

    def method(self) -> None:
        """A method."""

    @staticmethod
    def static() -> None:
        """A static method."""


def test_attributes() -> None:
    plain = Plain()
    assert (at("p.own", p=plain), at("p.shared", p=plain), at("P.shared", P=Plain)) == (6, 5, 5)
    assert at("p.method", p=plain) is Plain.__dict__["method"]
    assert at("p.static", p=plain) is Plain.static
    assert leads_nowhere("p.computed", p=plain)
    assert leads_nowhere("p.cached", p=plain)
    assert plain.cached == at("p.cached", p=plain) == 7
    assert leads_nowhere("p.nothing", p=plain)
    assert (at("s.a", s=Slotted()), leads_nowhere("s.empty", s=Slotted())) == (1, True)
    assert (at("d.a", d=Data()), at("d.b", d=Data()), at("f.a", f=Frozen())) == (1, "x", 1)
    assert at("c.RED.value", c=Color) == 1
    assert at("c.RED", c=Color) is Color.RED
    assert (at("c.name", c=Color.RED), at("p.x", p=Point(3, 4)), at("p[1]", p=Point(3, 4))) == ("RED", 3, 4)
    assert at("m.path.sep", m=__import__("os")) == "/"
    assert at("m.__version__", m=np) == np.__version__
    assert at("d.year", d=datetime.date(2020, 1, 2)) == 2020
    assert at("p.name", p=pathlib.Path("a/b.txt")) == "b.txt"
    assert at("s.a", s=types.SimpleNamespace(a=1)) == 1
    assert at("e.args[0]", e=ValueError("x")) == "x"
    assert at("p.func", p=functools.partial(len)) is len
    assert at("f.__name__", f=len) == "len"
    assert at("x.real", x=3) == 3


def test_indices() -> None:
    made = defaultdict(list, a=[1])
    assert at('d["a"][0]', d=made) == 1
    assert leads_nowhere('d["b"]', d=made)
    assert list(made) == ["a"]
    assert leads_nowhere('c["x"]', c=Counter("a"))
    assert at('o["a"]', o=OrderedDict(a=1)) == 1
    assert (at("q[-1]", q=deque([1, 2])), at("s[1]", s="abc"), at("r[2]", r=range(9)), at("b[0]", b=b"a")) == (
        2, "b", 2, 97,
    )  # fmt: skip
    assert (at("d[5]", d={5: 1}), at("d[-5]", d={-5: 1}), at("o[2]", o={2: "out"})) == (1, 1, "out")
    for value in ([1], (1,), {}, "a", None, 3, UserDict(a=1), ChainMap({"a": 1}), {1}, list):
        assert leads_nowhere("v[9]", v=value)
        assert leads_nowhere('v["b"]', v=value)


def test_data_libraries() -> None:
    df = pd.DataFrame({"a": [1, 2], "b c": [3, 4], "shape": [5, 6]})
    assert at('d["a"]', d=df).tolist() == at("d.a", d=df).tolist() == [1, 2]
    assert at('d["b c"][1]', d=df) == 4
    assert (at("d.shape", d=df), list(at("d.columns", d=df))) == ((2, 3), ["a", "b c", "shape"])
    assert leads_nowhere("d.columns[0]", d=df)
    assert leads_nowhere("d.values", d=df)  # which may copy
    assert leads_nowhere("d[0]", d=df)
    assert leads_nowhere('d["a"]', d=pd.DataFrame([[1, 2]], columns=["a", "a"]))
    assert at("s[1]", s=pd.Series([7, 8])) == 8
    assert at('s["y"]', s=pd.Series([7, 8], index=["x", "y"])) == 8
    assert leads_nowhere("s[-1]", s=pd.Series([7, 8]))
    assert (at("t.year", t=pd.Timestamp("2020-01-02")), at("i.name", i=df.index)) == (2020, None)
    array = np.arange(6).reshape(2, 3)
    assert (at("a.shape", a=array), at("a[1][2]", a=array), at("a[-1]", a=array).base is not None) == (
        (2, 3),
        5,
        True,
    )
    assert at('a["x"]', a=np.zeros(2, dtype=[("x", int)])).tolist() == [0, 0]
    assert leads_nowhere('a["x"]', a=array)
    assert leads_nowhere("a[7]", a=array)
    frame = pl.DataFrame({"a": [1, 2]})
    assert (at("f.columns", f=frame), at('f["a"][1]', f=frame)) == (["a"], 2)
    assert leads_nowhere('f["b"]', f=frame)
    table = pa.table({"a": [1, 2]})
    assert (at("t.num_rows", t=table), at('t["a"][1]', t=table).as_py()) == (2, 2)
    dataset = xr.Dataset({"a": ("x", [1, 2])})
    assert (at('d["a"][1]', d=dataset).item(), at("d.sizes", d=dataset)["x"]) == (2, 2)
    assert at("m.nnz", m=scipy.sparse.csr_array(np.eye(3))) == 3
    iris = load_iris()
    assert at("i.data", i=iris) is at('i["data"]', i=iris) is iris["data"]


def test_a_column_is_not_copied() -> None:
    df = pd.DataFrame(np.zeros((1000, 3)), columns=list("abc"))
    assert np.shares_memory(at('d["b"]', d=df).to_numpy(), df.to_numpy())


def test_a_large_dictionary_is_quick_enough_to_look_into() -> None:
    assert at("d[77]", d=dict.fromkeys(range(1_000_000), 1)) == 1


def _ran(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("it ran")


SPECIAL = (
    *(
        "__getattr__",
        "__getattribute__",
        "__getitem__",
        "__missing__",
        "__format__",
        "__repr__",
        "__str__",
        "__eq__",
    ),
    *(
        "__hash__",
        "__bool__",
        "__len__",
        "__iter__",
        "__contains__",
        "__index__",
        "__int__",
        "__dir__",
        "__call__",
    ),
    *(
        "__instancecheck__",
        "__get__",
        "__set__",
        "__delete__",
        "__set_name__",
        "__class_getitem__",
        "__del__",
    ),
)
_TRAPS: dict[str, Any] = {name: _ran for name in SPECIAL if name not in ("__set_name__", "__del__")}
_TRAPS |= {"__class__": property(_ran), "__dict__": property(_ran), "prop": property(_ran)}


class Meta(type):
    """A metaclass whose every method is a trap."""

    armed = False

    def __getattribute__(cls, name: str) -> Any:
        if Meta.armed:
            _ran()
        return super().__getattribute__(name)

    def __eq__(cls, other: object) -> bool:
        return _ran() if Meta.armed else cls is other

    def __hash__(cls) -> int:
        return _ran() if Meta.armed else 1

    def __instancecheck__(cls, instance: Any) -> bool:
        _ran()


Trap = Meta("Trap", (), dict(_TRAPS))
Children = {
    base.__name__: Meta(f"Trapped{base.__name__}", (base,), dict(_TRAPS))
    for base in (dict, list, tuple, str, int, deque, OrderedDict, Exception, np.ndarray, pd.DataFrame)
}


class Key(str):
    """A key that is found by the same hash and then compared by a trap."""

    __slots__ = ()
    armed = False

    def __eq__(self, other: object) -> bool:
        return _ran() if Key.armed else str.__eq__(self, other)

    def __hash__(self) -> int:
        return _ran() if Key.armed else str.__hash__(self)


class Holder:
    """What holds traps in all ways."""

    trap = Trap.__new__(Trap)  # as a descriptor it would run
    __slots__ = ("__dict__", "slot")


PATHS = (
    "v",
    "v.a",
    "v.prop",
    "v.trap",
    "v.slot",
    "v[0]",
    "v[-1]",
    'v["a"]',
    "v.a.b",
    'v["a"]["b"]',
    "v.__class__",
    "v.name",
)


@pytest.fixture
def armed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Meta, "armed", True)
    monkeypatch.setattr(Key, "armed", True)


def values() -> list[Any]:
    """Objects whose code must not run."""
    holder = Holder()
    holder.__dict__["a"] = object.__new__(Trap)
    holder.slot = object.__new__(Trap)
    made: list[Any] = [object.__new__(Trap), Trap, holder, Holder]
    made += [
        Children["dict"],
        Children["int"],
        dict.__new__(Children["dict"]),
        list.__new__(Children["list"]),
    ]
    made += [
        tuple.__new__(Children["tuple"], (1, 2)),
        str.__new__(Children["str"], "ab"),
        int.__new__(Children["int"], 3),
    ]
    made += [np.ndarray.__new__(Children["ndarray"], (2,)), Exception.__new__(Children["Exception"], "x")]
    made += [deque.__new__(Children["deque"]), OrderedDict.__new__(Children["OrderedDict"])]
    made += [object.__new__(Children["DataFrame"])]
    made += [{Key("a"): 1}, {Key("a"): 1, "b": 2}, {object.__new__(Holder): 1, "a": object.__new__(Trap)}]
    made += [pd.DataFrame([[1]], columns=pd.Index([Key("a")], dtype=object)), [object.__new__(Trap)]]
    keyed = Plain()
    vars(keyed)[Key("a")] = 1
    made += [keyed, types.ModuleType("m")]
    made[-1].__dict__["__getattr__"] = _ran
    return made


VALUES = values()


@pytest.mark.parametrize("place", range(len(VALUES)))
@pytest.mark.usefixtures("armed")
def test_no_code_runs(place: int) -> None:
    for text in PATHS:
        path = Path.parse(text)
        assert path is not None
        with suppress(UnresolvedError):
            resolve(path, {"v": VALUES[place]})
    attribute_names(VALUES[place])
    keys(VALUES[place])


def test_traps_are_traps(armed: None) -> None:
    with pytest.raises(AssertionError, match="it ran"):
        VALUES[0].a  # noqa: B018
    with pytest.raises(AssertionError, match="it ran"):
        Trap.a  # type: ignore[attr-defined]  # noqa: B018


def test_who_is_only_called_like_a_librarys_class_is_not_asked() -> None:
    class DataFrame:
        @property
        def columns(self) -> Any:
            _ran()

    DataFrame.__module__ = "pandas"
    assert leads_nowhere("d.columns", d=DataFrame())


def test_names_that_may_follow() -> None:
    df = pd.DataFrame({"a": [1], "b c": [2]})
    names = attribute_names(df)
    assert names[0] == "a"
    assert {"columns", "shape"} <= set(names)
    assert "values" not in names
    assert keys(df) == ["a", "b c"]
    assert keys({"x": 1, 2: 3}) == ["x"]
    assert attribute_names(Plain())[:2] == ["own", "method"]
    assert "computed" not in attribute_names(Plain())
