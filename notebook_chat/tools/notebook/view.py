"""What of a notebook its reading tools see: what the user sees, and no more."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from ...errors import InvalidOptionError
from ...prompt.failures.frame_values import withheld, without_secrets
from ...prompt.paths.attributes import attribute
from ...prompt.paths.entries import item
from ...prompt.paths.path import Path
from ...prompt.paths.statics import inherits, is_class
from ...prompt.paths.unresolved import UnresolvedError
from ...prompt.secrets.disclosure import Disclosure, disclosure
from ...prompt.values.private_names import hides
from ...session import NotebookSession
from ...session.shells import hidden_names, namespace
from ...text import printable, replace_surrogates, single_line
from ..tool import ArgumentsError
from .contents import held_by, is_shared

_MOST_NAMED = 40
_TEXTS = (str, bytes, bytearray)
_OF_MODULES = (FunctionType, BuiltinFunctionType, MethodType, ModuleType, type, int, float, bool, complex)
_LONGEST_PATH = 500


@dataclass(frozen=True, slots=True)
class Found:
    """What a path leads to.

    Attributes:
        path: The path, as Python writes it.
        value: The value.
        secret: What is told in its place, where a name on the way says that it is secret.
        way: The variable and what was read from it, the value last.
    """

    path: str
    value: Any
    secret: str = ""
    way: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """The variable that the path begins with."""
        return self.path.partition(".")[0].partition("[")[0]


class NotebookView:
    """A notebook, as its reading tools see it.

    Args:
        session: The notebook's session.
        values: Gives the notebook's variables, IPython's own among them.
        hidden: Gives those that IPython has in the notebook itself.
        private: Whether the user has marked a variable as private, by its name: it is not among those that are listed.
    """

    def __init__(
        self,
        session: NotebookSession,
        *,
        values: Callable[[], Mapping[str, Any] | None] = namespace,
        hidden: Callable[[], Mapping[str, Any]] = hidden_names,
        private: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self.session = session
        self._values = values
        self._hidden = hidden
        self._private = private

    # --- variables

    @property
    def variables(self) -> dict[str, Any]:
        """The variables that the user has made, as ``%who`` lists them, data before code; those that are marked as
        private among them."""
        values, hidden = self._values() or {}, self._hidden()
        found = [
            (name, value)
            for name, value in dict(values).items()
            if type(name) is str
            and not name.startswith("_")
            and not (name in hidden and hidden[name] is value)
        ]
        return dict(sorted(found, key=lambda pair: (rank(pair[1]), pair[0])))

    @property
    def listed(self) -> dict[str, Any]:
        """The variables that a model is told of unasked."""
        variables = self.variables
        private = [value for name, value in variables.items() if self._private(name)]
        held = {id(value) for value in private if not is_shared(value)}
        return {
            name: value
            for name, value in variables.items()
            if not self._private(name) and id(value) not in held
        }

    def is_private(self, name: str) -> bool:
        """Whether the user has marked a variable as private."""
        return self._private(name)

    def find(self, text: str) -> Found:
        """What a path leads to. No code of the user's runs.

        Args:
            text: The path, such as ``df``, ``df.dtypes`` or ``rows[0]``.

        Raises:
            ArgumentsError: It leads nowhere that may be read.
        """
        path = self._parsed(text)
        variables = self.variables
        if path.name not in variables:
            raise ArgumentsError(f"there is no variable {path.name}. {self._names()}")
        return self._followed(path, variables[path.name])

    def find_anything(self, text: str) -> Found:
        """As ``find``, and what a name stands for that is no variable: what Python has, and modules that are loaded.

        Args:
            text: The name or path, such as ``print`` or ``pandas.merge``.

        Raises:
            ArgumentsError: It leads nowhere that may be read.
        """
        path = self._parsed(text)
        variables = self.variables
        if path.name in variables:
            return self._followed(path, variables[path.name])
        if path.name in vars(builtins) and not path.name.startswith("_"):
            return self._followed(path, vars(builtins)[path.name])
        if type(module := sys.modules.get(path.name)) is ModuleType and path.name != "__main__":
            return self._followed(path, module)
        raise ArgumentsError(f"there is nothing called {path.name}, or it is not loaded. {self._names()}")

    def same_as(self, found: Found) -> tuple[str, ...]:
        """The names of the variables that hold a value, one on the way to it, or, if they are private, one that it
        holds itself."""
        way = set(map(id, found.way))
        within = held_by(found.way[-1:])
        same = (
            name
            for name, value in (self._values() or {}).items()
            if type(name) is str
            and (
                (id(value) in way and name in self.variables) or (id(value) in within and self._private(name))
            )
        )
        return tuple(dict.fromkeys((found.name, *same)))

    def _parsed(self, text: str) -> Path:
        path = Path.parse(text.strip()) if len(text) <= _LONGEST_PATH else None
        if path is None:
            raise ArgumentsError(
                f"{single_line(text)[:80]!r} is no variable: write a name such as df, or a path such as df.dtypes, "
                'rows[0] or config["lr"]; no calls and no slices'
            )
        if any(step.dotted and str(step.key).startswith("_") for step in path.steps):
            raise ArgumentsError("what begins with an underscore is not read")
        return path

    def _followed(self, path: Path, value: Any) -> Found:
        secret, way = self.secret(path.name, value), [value]
        everything, beneath = self._values(), type(value) is ModuleType
        self._refuse(value, everything)
        for place, step in enumerate(path.steps, start=1):
            if inherits(type(value), *_TEXTS):
                raise ArgumentsError("of a text no single characters are read: show_rows gives its lines")
            try:
                value = attribute(value, str(step.key)) if step.dotted else item(value, step.key)
            except UnresolvedError:
                parent = Path(path.name, path.steps[: place - 1])
                raise ArgumentsError(
                    f"{path} leads nowhere, or only code could tell: {parent} has no {step} that can be read"
                ) from None
            self._refuse(value, everything)
            secret = secret or self.secret(str(step.key), value)
            way.append(value)
        if beneath and len(way) > 1 and not (is_class(value) or inherits(type(value), *_OF_MODULES)):
            raise ArgumentsError("of modules only functions, classes and numbers are read")
        return Found(str(path), value, secret, tuple(way))

    def _refuse(self, value: Any, everything: object) -> None:
        if value is everything or (type(value) is ModuleType and vars(value) is everything):
            raise ArgumentsError("this is all of the notebook: list_variables lists what is in it")

    def _names(self) -> str:
        names = list(self.listed)
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        shown = ", ".join(islice(names, _MOST_NAMED))
        return f"The variables are {shown}{more}." if names else "There are no variables."

    # --- secrets

    @property
    def disclosure(self) -> Disclosure:
        """What becomes of secrets."""
        of_session = self.session.disclosure
        return disclosure("redact") if of_session is None else disclosure(of_session())

    def cleaned(self, text: str, value: Any = None) -> str:
        """A text as a model may be given it.

        Args:
            text: The text.
            value: What it tells of: what stands in it under the name of a secret is left out.
        """
        found = self.disclosure
        if found.looks and value is not None:
            text = without_secrets(text, value)
        return found.cleaned(printable(replace_surrogates(text)))

    def secret(self, name: str, value: Any) -> str:
        """What is told in a value's place whose name says that it is secret; ``""`` for one that may be told.

        Args:
            name: The name of the variable, the attribute, the entry or the column.
            value: What it holds.
        """
        if not self.disclosure.looks:
            return ""
        if told := withheld(name, value):
            return told
        return (
            f"{type(value).__name__}, not sent: its name says that it is secret" if hides(name, value) else ""
        )


def rank(value: Any) -> int:
    """Where a variable stands in a list: data first, then functions and classes, modules last."""
    if type(value) is ModuleType:
        return 2
    return int(is_class(value) or inherits(type(value), FunctionType, BuiltinFunctionType, MethodType))


def in_words(error: InvalidOptionError) -> ArgumentsError:
    """What is wrong with how cells were chosen, for a model."""
    return ArgumentsError(error.message)
