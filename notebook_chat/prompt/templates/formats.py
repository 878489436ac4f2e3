"""The files that hold a prompt to reuse: the project's own, those of the program ``llm``, those of VS Code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ... import files
from ...errors import ChatError, InvalidOptionError
from ...providers.options import GENERATION
from ...text import single_line
from .placeholders import BRACES, DOLLARS, INPUTS, NAME, OTHER_VARIABLES, Syntax
from .template import Parameter, Template
from .yaml_text import read_yaml

ENDINGS = (".md", ".prompt.md", ".yaml", ".yml")
"""How the names of such files end, in the order in which they are looked for."""

_LARGEST = 200_000  # bytes
_NOTHING = ("", "~", "null", "Null", "NULL")
_NUMBERS = {"temperature": float, "top_p": float, "max_tokens": int, "seed": int}
_MOST_NAMED = 10


def read_template(path: Path, name: str, where: str, *, beside: bool) -> Template:
    """The prompt that a file holds.

    Args:
        path: The file.
        name: What the prompt is called.
        where: The file, as it is shown.
        beside: Whether it lies beside the notebook.

    Raises:
        InvalidOptionError: The file cannot be read, or something in it; the line says where.
    """
    try:
        text = files.read(path, _LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidOptionError(f"{where} is not UTF-8", hint="Save it as UTF-8.") from None
    except OSError as error:
        raise InvalidOptionError(
            f"{where} cannot be read: {error.strerror or type(error).__name__}"
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if path.suffix == ".md":
        fields, body = _front_matter(text, where)
    else:
        fields, body = read_yaml(text, where), ""
    if isinstance(fields, str) and not body:
        fields = {"prompt": fields}  # of a template of llm's that is a text and nothing else
    if not isinstance(fields, dict):
        raise InvalidOptionError(f"{where} has no names with values where they are expected", hint="")
    template = Template(name, path, where, beside, body, BRACES)
    taken = _Fields(fields, where)
    if path.name.endswith(".prompt.md"):
        return _of_vs_code(template, taken)
    return _own(template, taken) if path.suffix == ".md" else _of_llm(template, taken)


def _front_matter(text: str, where: str) -> tuple[Any, str]:
    """What stands between two lines of hyphens at the beginning of a text, and what follows."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return {}, text
    rest = enumerate(lines[1:], start=1)
    end = next((place for place, line in rest if line.rstrip() in ("---", "...")), None)
    if end is None:
        raise InvalidOptionError(
            f"{where} begins with --- and has no second line --- where the prompt begins", hint="Add one."
        )
    fields = read_yaml("\n".join(lines[1:end]), where, first_line=2)
    return ({} if fields is None or fields == "" else fields), "\n".join(lines[end + 1 :])


class _Fields:
    """The fields of a file, which are taken one by one; those that nobody has taken are told."""

    def __init__(self, fields: Mapping[str, Any], where: str) -> None:
        self._fields = dict(fields)
        self._where = where
        self.unused: list[str] = []

    def text(self, name: str) -> str:
        """A text; empty where there is none."""
        value = self._fields.pop(name, "")
        if not isinstance(value, str):
            raise InvalidOptionError(f"{self._where}: {name} must be a text", hint="")
        return "" if value in _NOTHING else value

    def mapping(self, name: str) -> dict[str, Any]:
        """Names with values; a list has names without."""
        value = self._fields.pop(name, {})
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            value = dict.fromkeys(value, "")
        if value in _NOTHING:
            value = {}
        if not isinstance(value, dict):
            raise InvalidOptionError(f"{self._where}: {name} must have names with values", hint="")
        return value

    def options(self) -> dict[str, Any]:
        """The options that shape an answer, under ``options`` or by themselves. No other is taken from a file: neither
        a key nor an address, a header or a proxy."""
        given = {name: self._fields.pop(name) for name in GENERATION if name in self._fields}
        given |= self.mapping("options")
        self.unused += [f"options: {name}" for name in given if name not in GENERATION]
        return {
            name: _option(name, value, self._where)
            for name, value in given.items()
            if name in GENERATION and value not in _NOTHING
        }

    def any(self, name: str) -> Any:
        """Whatever stands there; an empty text where nothing does."""
        return self._fields.pop(name, "")

    def drop(self, *names: str) -> None:
        """Takes fields that are for others, and of which nothing need be told."""
        for name in names:
            self._fields.pop(name, None)

    def left(self, more: Iterable[str] = ()) -> tuple[str, ...]:
        """What nobody has taken, each in a line."""
        return tuple(single_line(str(name))[:80] for name in (*self.unused, *self._fields, *more))[
            :_MOST_NAMED
        ]


def _option(name: str, value: Any, where: str) -> Any:
    try:
        if name in _NUMBERS:
            value = _NUMBERS[name](value if len(value) < 40 else "")
        return GENERATION[name](name, value)
    except (ValueError, TypeError) as error:
        why = error.message if isinstance(error, ChatError) else f"{name} must be a number"
        raise InvalidOptionError(f"{where}: {why}", hint="") from None


def _own(template: Template, fields: _Fields) -> Template:
    declared, system = fields.mapping("parameters"), fields.text("system") or None
    described, model, options = fields.text("description"), fields.text("model") or None, fields.options()
    fields.drop("name")
    return replace(
        template,
        description=described,
        parameters=_parameters(BRACES, (template.text, system or ""), declared, template.where),
        model=model,
        system=system,
        options=options,
        unused=fields.left(),
    )


def _of_vs_code(template: Template, fields: _Fields) -> Template:
    model, described = fields.any("model"), fields.text("description") or fields.text("argument-hint")
    fields.drop("name", "argument-hint")
    ours = model if isinstance(model, str) and ":" in model else None  # there they are called by other names
    unused = ["model"] if model and ours is None else []
    unused += dict.fromkeys(found[0] for found in OTHER_VARIABLES.finditer(template.text))
    return replace(
        template,
        syntax=INPUTS,
        description=described,
        parameters=_parameters(INPUTS, (template.text,), {}, template.where),
        model=ours,
        unused=fields.left(unused),
    )


def _of_llm(template: Template, fields: _Fields) -> Template:
    text, system = fields.text("prompt"), fields.text("system") or None
    defaults, options = fields.mapping("defaults"), fields.options()
    model, described = fields.text("model") or None, fields.text("description")
    fields.drop("name")
    return replace(
        template,
        text=text,
        syntax=DOLLARS,
        description=described,
        parameters=_parameters(DOLLARS, (text, system or ""), defaults, template.where),
        model=model,
        system=system,
        options=options,
        unused=fields.left(),
    )


def _parameters(
    syntax: Syntax, texts: Iterable[str], declared: Mapping[str, Any], where: str
) -> tuple[Parameter, ...]:
    """The parameters of a template: those that its file declares, and those that its texts name."""
    found: dict[str, Parameter] = {}
    for name, told in declared.items():
        if not NAME.fullmatch(name):
            raise InvalidOptionError(
                f"{where}: no parameter can be called {single_line(name)[:80]!r}", hint=""
            )
        found[name] = _parameter(name, told, where)
    for text in texts:
        hints = syntax.hints(text)
        for name in syntax.names(text):
            found.setdefault(name, Parameter(name, None, hints.get(name, "")))
    return tuple(found.values())


def _parameter(name: str, told: Any, where: str) -> Parameter:
    """A parameter as a file declares it: by its default, or by its default and its description."""
    if isinstance(told, str):
        return Parameter(name, None if told in _NOTHING else told)
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise InvalidOptionError(
            f"{where}: the parameter {name} has a default and a description, both texts", hint=""
        )
    return Parameter(name, told.get("default"), told.get("description", ""))
