"""Which values are told to a model in which way: a table, in which the most derived class of a value is looked up."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from .classes import mro, qualified_name
from .data_kinds import DATA_KINDS
from .kind import Kind

_HERE = __name__.rpartition(".")[0]


def _kinds(module: str, here: bool = False, **names: str) -> dict[str, Kind]:
    """Kinds whose describers are in one module: the function's name, and the classes with spaces between them."""
    at = f"{_HERE}.{module}"
    return {
        name: Kind(f"{at}:{function}", here) for function, found in names.items() for name in found.split()
    }


KINDS: Mapping[str, Kind] = {
    **_kinds(
        "plain_values",
        describe_text="builtins.str",
        describe_number="builtins.int builtins.float builtins.complex builtins.bool builtins.NoneType "
        "builtins.ellipsis builtins.NotImplementedType numpy.generic",
        describe_bytes="builtins.bytes builtins.bytearray builtins.memoryview array.array",
        describe_moment="datetime.datetime datetime.date datetime.time datetime.timedelta datetime.tzinfo "
        "decimal.Decimal fractions.Fraction uuid.UUID builtins.range builtins.slice",
        describe_enum="enum.Enum",
    ),
    **_kinds(
        "containers",
        describe_sequence="builtins.list builtins.tuple collections.deque",
        describe_set="builtins.set builtins.frozenset builtins.dict_keys",
        describe_mapping="builtins.dict builtins.mappingproxy",
        describe_view="builtins.dict_values builtins.dict_items",
    ),
    **_kinds("structs_described", describe_struct="types.SimpleNamespace argparse.Namespace"),
    **_kinds(
        "functions",
        describe_function="builtins.function builtins.method builtins.builtin_function_or_method "
        "builtins.method_descriptor builtins.wrapper_descriptor builtins.method-wrapper functools.partial "
        "functools._lru_cache_wrapper functools.partialmethod builtins.classmethod builtins.staticmethod "
        "builtins.property numpy.ufunc",
    ),
    **_kinds("types_described", describe_class="builtins.type"),
    **_kinds("modules", describe_module="builtins.module"),
    **_kinds(
        "running",
        describe_generator="builtins.generator builtins.coroutine builtins.async_generator",
        describe_iterator="builtins.list_iterator builtins.tuple_iterator builtins.zip builtins.map builtins.filter "
        "builtins.enumerate builtins.reversed builtins.range_iterator builtins.dict_keyiterator itertools.chain "
        "itertools.count itertools.islice",
    ),
    **_kinds(
        "failures", describe_exception="builtins.BaseException", describe_traceback="builtins.traceback"
    ),
    **_kinds(
        "named_files",
        describe_path="pathlib.PurePath",
        describe_file="_io.TextIOWrapper _io.BufferedReader _io.BufferedWriter _io.BufferedRandom _io.FileIO "
        "_io.StringIO _io.BytesIO",
    ),
    **_kinds(
        "databases",
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

_BY_ROOT: dict[str, list[tuple[str, Kind]]] = {}
for _name, _kind in KINDS.items():
    _BY_ROOT.setdefault(_name.partition(".")[0], []).append((_name, _kind))


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
        for known, kind in _BY_ROOT.get(name.partition(".")[0], ()):
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
