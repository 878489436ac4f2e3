"""Tools that look at the notebook's variables."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

from ...prompt import describe
from ...prompt.paths.attributes import attribute_names
from ...prompt.values.bounds import lines_within
from ...prompt.values.kinds import kind_of
from ...prompt.values.patience import FailedError, GaveUpError, within
from ...prompt.values.short_repr import short_repr
from ..tool import ArgumentsError
from .headings import heading
from .reading import TOKENS, ReadingTool, Told
from .rows import Rows, columns_of, rows_of
from .view import Found, NotebookView, rank

VARIABLE = {
    "type": "string",
    "description": "A variable, or a path from one: df, df.dtypes, model.coef_, rows[0], config['lr']",
}
LIKE = {"type": "string", "description": "Only names that contain this"}

_LOOK_TOKENS = 1000
_MOST_ROWS = 200
_USUAL_ROWS = 10
_MOST_SUGGESTED = 200
_SECONDS = 3.0
_ENDS = 100_000  # characters of each end of a long text that are looked at


class ListVariables(ReadingTool):
    """Lists the variables."""

    called = "list_variables"
    description = "Lists the variables of the notebook with their types and sizes."
    properties: ClassVar[Mapping[str, Any]] = {"like": LIKE}

    def read(self, arguments: Mapping[str, Any]) -> Told:
        """A line for each variable; modules in one together."""
        like = str(arguments.get("like") or "").lower()
        found = {name: value for name, value in self.view.listed.items() if like in name.lower()}
        if not found:
            return Told(f"There are no variables{' of such a name' if like else ' yet'}.")
        modules = [name for name, value in found.items() if rank(value) == 2]
        own = {name: value for name, value in found.items() if rank(value) != 2}
        lines = [_line(self.view, name, value) for name, value in islice(own.items(), 1000)]
        if modules:
            lines.append(f"Modules: {', '.join(modules[:100])}")
        more = f"… {len(found):,} variables in all: give like= for those of a name"
        return Told(self.view.cleaned(lines_within(lines, TOKENS, more=more)))


class _OfVariable(ReadingTool):
    """The base of the tools that read a variable, or what a path from one leads to."""

    needed = ("variable",)

    def suggested(self) -> dict[str, tuple[str, ...]]:
        """The variables that it is for."""
        names = (name for name, value in self.view.listed.items() if self.suits(value))
        return {"variable": tuple(islice(names, _MOST_SUGGESTED))}

    def suits(self, value: Any) -> bool:
        """Whether the tool is for a value above all."""
        return rank(value) == 0

    def variables(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """The variable that the path begins with, and others that hold the same."""
        return self.view.same_as(self.view.find(arguments["variable"]))

    def belongs(self, arguments: Mapping[str, Any]) -> bool:
        """Whether the value belongs to the notebook's thread."""
        try:
            kind = kind_of(type(self.view.find(arguments["variable"]).value))
        except ArgumentsError:
            return False
        return kind is not None and kind.here

    def read(self, arguments: Mapping[str, Any]) -> Told:
        """What there is to tell of the value."""
        found = self.view.find(arguments["variable"])
        if found.secret:
            return Told(f"{found.path}: {found.secret}")
        return self.told(found, arguments)

    @abstractmethod
    def told(self, found: Found, arguments: Mapping[str, Any]) -> Told:
        """As ``read``, of a value that is no secret."""


class LookAtVariable(_OfVariable):
    """Tells what a value is, as a prompt that names it would."""

    called = "look_at_variable"
    description = "Tells what a variable is: its type and size, its columns, values or source."
    properties: ClassVar[Mapping[str, Any]] = {"variable": VARIABLE}

    def suits(self, value: Any) -> bool:
        """Whether it is no module."""
        return rank(value) < 2

    def told(self, found: Found, arguments: Mapping[str, Any]) -> Told:
        """Its size in a line, and its description."""
        value, view = found.value, self.view
        first = heading(found.path, value)
        if (table := columns_of(value)) is not None and any(view.secret(name, "") for name in table.names):
            rows = rows_of(found.path, value, (), view)
            lines = [first, *_columns(table.names, table.types), *map(rows.line, range(min(5, rows.count)))]
            return Told(view.cleaned(lines_within(lines, _LOOK_TOKENS)))
        if type(value) is str:  # else a secret that stands where it is cut would not be seen
            long = len(value) > 2 * _ENDS
            value = view.cleaned(f"{value[:_ENDS]}\n[…]\n{value[-_ENDS:]}" if long else value)
        described = describe(value, name=found.path, tokens=_LOOK_TOKENS)
        return Told(view.cleaned(f"{first}\n{described.text}", value), described.images)


class ListColumns(_OfVariable):
    """Lists all columns of a table, the keys of a dictionary, the attributes of an object."""

    called = "list_columns"
    description = (
        "Lists all columns of a table with their types, the keys of a dict, or the attributes of an object."
    )
    properties: ClassVar[Mapping[str, Any]] = {"variable": VARIABLE, "like": LIKE}

    def suits(self, value: Any) -> bool:
        """Whether it is a table or a dictionary."""
        return type(value) is dict or columns_of(value) is not None

    def told(self, found: Found, arguments: Mapping[str, Any]) -> Told:
        """A line for each."""
        value, view = found.value, self.view
        like = str(arguments.get("like") or "").lower()
        if (table := columns_of(value)) is not None:
            lines = _columns(table.names, table.types)
        elif type(value) is dict:
            keys = islice(dict(value).items(), 5000)  # as it is at once: a cell may change it
            lines = (_line(view, key if type(key) is str else short_repr(key), one) for key, one in keys)
        else:
            lines = iter(attribute_names(value))
        chosen = [line for line in lines if like in line.lower()] or ["(none)"]
        more = f"… {len(chosen):,} in all: give like= for those of a name"
        told = lines_within([heading(found.path, value), *chosen], TOKENS, more=more)
        return Told(view.cleaned(told, value))


class ShowRows(_OfVariable):
    """Shows a slice of a value."""

    called = "show_rows"
    description = (
        "Shows rows of a table, items of a list, entries of a dict or lines of a text: from start up to stop."
    )
    properties: ClassVar[Mapping[str, Any]] = {
        "variable": VARIABLE,
        "start": {
            "type": "integer",
            "description": "The first row, from 0; negative counts from the end. Default 0",
        },
        "stop": {"type": "integer", "description": f"Before which row to end. Default start + {_USUAL_ROWS}"},
        "columns": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Only these columns of a table. Default all",
        },
    }

    def suits(self, value: Any) -> bool:
        """Whether it has rows."""
        return any(type(value) is one for one in (list, tuple, dict)) or columns_of(value) is not None

    def told(self, found: Found, arguments: Mapping[str, Any]) -> Told:
        """The rows, as many as there is room for."""
        view, value = self.view, found.value
        rows = rows_of(found.path, value, arguments.get("columns") or (), view)
        lines = [heading(found.path, value)]
        try:
            lines += within(_SECONDS, lambda: list(_shown(rows, arguments)))
        except GaveUpError:
            raise ArgumentsError("it took too long: ask for fewer rows or columns") from None
        except FailedError as error:  # such as of a list that a cell changes meanwhile
            raise ArgumentsError(f"it cannot be shown: {error}") from None
        return Told(view.cleaned(lines_within(lines, TOKENS, more="… (no room for more rows)"), value))


def _shown(rows: Rows, arguments: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a slice."""
    start = int(arguments.get("start") or 0)
    start = max(rows.count + start, 0) if start < 0 else start
    stop = arguments.get("stop")
    stop = start + _USUAL_ROWS if stop is None else rows.count + stop if stop < 0 else stop
    last = min(stop, rows.count, start + _MOST_ROWS)
    if last <= start:
        yield f"No {rows.what} there: there are {rows.count}, from 0 on."
        return
    yield f"{rows.what.capitalize()} {start} to {last - 1} of {rows.count}:"
    if rows.head:
        yield rows.head
    yield from map(rows.line, range(start, last))


def _columns(names: Any, types: Any) -> Iterator[str]:
    return (f"{name}: {kind}" for name, kind in zip(names, types, strict=True))


def _line(view: NotebookView, name: str, value: Any) -> str:
    secret = view.secret(name, value)
    return f"{name}: {secret}" if secret else heading(name, value)
