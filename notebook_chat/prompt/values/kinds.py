"""Which values are told to a model in which way: a table, in which the most derived class of a value is looked up."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from .classes import mro, qualified_name
from .data_kinds import DATA_KINDS
from .kind import Kind

_PROMPT = __name__.rpartition(".values.")[0]


def _kinds(module: str, here: bool = False, **names: str) -> dict[str, Kind]:
    """Kinds whose describers are in one module: the function's name, and the classes with spaces between them."""
    at = f"{_PROMPT}.{module}"
    return {
        name: Kind(f"{at}:{function}", here) for function, found in names.items() for name in found.split()
    }


KINDS: Mapping[str, Kind] = {
    **_kinds(
        "values.python.plain_values",
        describe_text="builtins.str",
        describe_number="builtins.int builtins.float builtins.complex builtins.bool builtins.NoneType "
        "builtins.ellipsis builtins.NotImplementedType numpy.generic",
        describe_bytes="builtins.bytes builtins.bytearray builtins.memoryview array.array",
        describe_moment="datetime.datetime datetime.date datetime.time datetime.timedelta datetime.tzinfo "
        "decimal.Decimal fractions.Fraction uuid.UUID builtins.range builtins.slice",
        describe_enum="enum.Enum",
    ),
    **_kinds(
        "values.python.containers",
        describe_sequence="builtins.list builtins.tuple collections.deque",
        describe_set="builtins.set builtins.frozenset builtins.dict_keys",
        describe_mapping="builtins.dict builtins.mappingproxy",
        describe_view="builtins.dict_values builtins.dict_items",
    ),
    **_kinds(
        "values.python.structs_described",
        describe_struct="types.SimpleNamespace argparse.Namespace",
        describe_environment="os._Environ",
    ),
    **_kinds(
        "values.python.functions",
        describe_function="builtins.function builtins.method builtins.builtin_function_or_method "
        "builtins.method_descriptor builtins.wrapper_descriptor builtins.method-wrapper functools.partial "
        "functools._lru_cache_wrapper functools.partialmethod builtins.classmethod builtins.staticmethod "
        "builtins.property numpy.ufunc",
    ),
    **_kinds("values.python.types_described", describe_class="builtins.type"),
    **_kinds("values.python.modules", describe_module="builtins.module"),
    **_kinds(
        "values.python.running",
        describe_generator="builtins.generator builtins.coroutine builtins.async_generator",
        describe_iterator="builtins.list_iterator builtins.tuple_iterator builtins.zip builtins.map builtins.filter "
        "builtins.enumerate builtins.reversed builtins.range_iterator builtins.dict_keyiterator itertools.chain "
        "itertools.count itertools.islice",
    ),
    **_kinds(
        "failures.failure",
        describe_failure="builtins.BaseException",
        describe_traceback="builtins.traceback",
    ),
    **_kinds(
        "values.python.named_files",
        describe_path="pathlib.PurePath",
        describe_file="_io.TextIOWrapper _io.BufferedReader _io.BufferedWriter _io.BufferedRandom _io.FileIO "
        "_io.StringIO _io.BytesIO",
    ),
    **_kinds(
        "values.python.databases",
        here=True,
        describe_sqlite="sqlite3.Connection",
        describe_cursor="sqlite3.Cursor",
        describe_duckdb="duckdb.DuckDBPyConnection",
        describe_engine="sqlalchemy.engine.base.Engine",
        describe_connection="sqlalchemy.engine.base.Connection",
        describe_session="sqlalchemy.orm.session.Session",
    ),
    **DATA_KINDS,
}
"""By the dotted name of a class: the one that users know, or that of the class itself."""


def _root(name: str) -> str:
    """The package of a name; one that is written in C may be in a module with an underscore before it."""
    return name.partition(".")[0].lstrip("_")


_BY_ROOT: dict[str, list[tuple[str, Kind]]] = {}
for _name, _kind in KINDS.items():
    _BY_ROOT.setdefault(_root(_name), []).append((_name, _kind))


def kind_of(cls: type) -> Kind | None:
    """How a value of a class is told to a model; ``None`` where that is not known. An enumeration is one first, also
    where its members are texts or numbers.

    Args:
        cls: The class of the value.
    """
    classes = mro(cls)
    if any(qualified_name(one) == "enum.Enum" for one in classes):
        return KINDS["enum.Enum"]
    for one in classes:
        name = qualified_name(one)
        if (kind := KINDS.get(name)) is not None:
            return kind
        for known, kind in _BY_ROOT.get(_root(name), ()):
            if names(known, one):
                return kind
    return None


def names(name: str, cls: type) -> bool:
    """Whether a dotted name is that of a class: its own, or one under which a module that is loaded has it. Nothing is
    imported for it.

    Args:
        name: The name, such as ``pandas.DataFrame``.
        cls: The class.
    """
    if name == qualified_name(cls):
        return True
    module, _, last = name.rpartition(".")
    home = sys.modules.get(module)
    return home is not None and vars(home).get(last) is cls
