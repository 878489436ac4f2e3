"""The tool that shows how something is used and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar

from ...prompt import describe
from ...prompt.paths.statics import is_class
from ...prompt.values.classes import type_name
from .headings import heading
from .reading import TOKENS, ReadingTool, Told
from .view import rank

_MOST_SUGGESTED = 200


class ShowHelp(ReadingTool):
    """Shows the signature, the documentation and the source of a function, a class or a module."""

    called = "show_help"
    description = (
        "Shows signature, documentation and source of a function, class or module, such as pandas.merge."
    )
    properties: ClassVar[Mapping[str, Any]] = {
        "name": {"type": "string", "description": "Such as print, my_function, df.groupby, numpy.linalg.norm"}
    }
    needed = ("name",)

    def suggested(self) -> dict[str, tuple[str, ...]]:
        """The functions, classes and modules of the notebook."""
        names = (name for name, value in self.view.listed.items() if rank(value) > 0)
        return {"name": tuple(islice(names, _MOST_SUGGESTED))}

    def variables(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """The variable that the name begins with, if it does with one."""
        found = self.view.find_anything(arguments["name"])
        return self.view.same_as(found) if found.name in self.view.variables else ()

    def read(self, arguments: Mapping[str, Any]) -> Told:
        """What is known of it; of any other object, of its class."""
        found = self.view.find_anything(arguments["name"])
        value, first = found.value, ""
        if rank(value) == 0 and not is_class(value):
            if found.secret:
                return Told(f"{found.path}: {found.secret}")
            first, value = f"{heading(found.path, value)}\n", type(value)
        text = describe(value, name=type_name(value) if first else found.path, tokens=TOKENS).text
        return Told(self.view.cleaned(f"{first}{text}"))
