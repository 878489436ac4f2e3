"""Every regular expression of the package, on long hostile texts: what it costs must not grow faster than the text.

A pattern that goes back over its text holds the interpreter's lock for minutes, and no interrupt reaches it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import notebook_chat

SHORT = 3_000
"""The length of a text, in characters; the longer one has four times as many."""

_QUICK = 0.004  # seconds within which the longer text may be done without a second look
_SLOW = 0.2  # seconds, far more than the shorter text may take
_RATIO = 9.0  # 4 for what is linear, 16 for what is quadratic

# What is repeated: the beginnings of what the patterns look for, without what ends them, and what they repeat.
SEEDS = (
    *(
        " ",
        "\n",
        "\t",
        "a",
        "0",
        "-",
        "_",
        ".",
        "#",
        "|",
        "`",
        "$",
        "\\",
        "<",
        "{",
        "[",
        "&",
        "~",
        ":",
        "!",
        "?",
        '"',
    ),
    *(
        "ab ",
        "a\n",
        " \n",
        "\n ",
        "- ",
        "1.",
        "a.b",
        "#1",
        "-1",
        "+ ",
        "# + a",
        "| - ",
        ":-",
        "a@",
        "%",
        "%%chat ",
    ),
    *(
        "<title",
        "<title>",
        "<a",
        "</a ",
        "<think",
        "<thinking> ",
        "</think",
        "`a",
        "``",
        "\\{",
        "\\a",
        "\\[",
        "\\$",
    ),
    *(
        "://",
        "a://b",
        "http://",
        "http://a@",
        "mailto:",
        "//a@",
        "https://a/v1",
        "/v1",
        "&#x1",
        "&lt",
        "www.",
    ),
    *(
        "?key=",
        "&sig=a",
        "token=",
        "token count ",
        "context ",
        "model ",
        "model not ",
        "not support ",
        "support ",
    ),
    *(
        "stream ",
        "'stream' ",
        "insufficient ",
        "api key ",
        "content ",
        '"type" ',
        '"type": ',
        '"object" ',
        '"done":',
    ),
    *(
        "error: ",
        "error loading model: ",
        "GGML_ASSERT(",
        "1.1 E ",
        "hf:a/b:",
        "-00001-of-",
        "a-00001",
        "[a](b",
        "![a](",
    ),
    *(
        "\\begin{",
        "\\begin{align}",
        "\\end{a",
        "\\tag{",
        "\\label{a",
        "\\text{a",
        "\\operatorname {a",
        "\\cancelto {",
    ),
    *(
        "$$",
        "$a",
        "\\\\",
        "{a}",
        "a_1^",
        "'",
        "import { a, b",
        "export ",
        "a{b",
        "/*",
        "*/",
        ";a",
        "a: b",
        "load_ext ",
    ),
    *(
        "1m",
        "1h2",
        "99",
        "9.9",
        "1,1",
        "€",
        "é",
        "\u200b",
        "🙂",
        "𝔸",
        "中",
        "(a",
        "a)",
        "((",
        "a=b",
        "${A",
        "$A",
        "==",
        "@@",
    ),
)


ANCHORED = frozenset({"match", "fullmatch"})
"""The ways to use a pattern that have it look from one place of the text only."""


@dataclass(frozen=True)
class Use:
    """A pattern of the package, and the ways in which it is used."""

    pattern: re.Pattern[Any]
    ways: frozenset[str]

    def look(self, text: str) -> None:
        """Has the pattern look at a text, in each of its ways."""
        value: Any = text.encode() if isinstance(self.pattern.pattern, bytes) else text
        if "match" in self.ways:
            self.pattern.match(value)
        if "fullmatch" in self.ways:
            self.pattern.fullmatch(value)
        if not self.ways or self.ways - ANCHORED:
            self.pattern.sub(value[:0], value)


def trees() -> Iterator[tuple[str, ast.Module]]:
    """The source of each module, parsed."""
    for path in sorted(Path(notebook_chat.__path__[0]).rglob("*.py")):
        yield (
            path.relative_to(notebook_chat.__path__[0]).as_posix(),
            ast.parse(path.read_text(encoding="utf-8")),
        )


def named() -> Iterator[tuple[str, Use]]:
    """Every compiled pattern that a module of the package holds, by its place."""
    for found in pkgutil.walk_packages(notebook_chat.__path__, "notebook_chat."):
        module = importlib.import_module(found.name)
        tree = ast.parse(inspect.getsource(module)) if inspect.getsourcefile(module) else ast.Module([], [])
        ways: dict[str, set[str]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                ways.setdefault(node.value.id, set()).add(node.attr)
        for name, value in vars(module).items():
            for place, pattern in enumerate(_of(value)):
                yield f"{found.name}.{name}.{place}", Use(pattern, frozenset(ways.get(name, ())))


def _of(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from _of(tuple(value.values()))
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _of(one)


def in_place() -> Iterator[tuple[str, Use]]:
    """Every pattern that is written where it is used, as in ``re.sub(r"…", …)``."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and node.func.attr in {"sub", "match", "search", "fullmatch", "findall", "finditer", "split"}
                and isinstance(node.args[0], ast.Constant)
            ):
                flags = (re.MULTILINE if "MULTILINE" in ast.unparse(node) else 0) | (
                    re.DOTALL if "DOTALL" in ast.unparse(node) else 0
                )
                pattern = re.compile(node.args[0].value, flags)
                yield f"{path}:{pattern.pattern}", Use(pattern, frozenset({node.func.attr}))


OWN = (
    "notebook_chat.markup.style._NESTED",  # our own style sheet
    "markup/style.py:",
    "notebook_chat.markup.style._TAG",  # the sanitizer's HTML, in which every tag is closed
)
"""The patterns that no stranger's text comes near."""

ALL = [
    (name, use)
    for name, use in sorted({**dict(named()), **dict(in_place())}.items(), key=lambda one: one[0])
    if not name.startswith(OWN)
]


def seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def growth(work: Callable[[str], object], seed: str) -> float:
    """How many times as long four times the text takes; 0 where it is quick anyway."""
    short, long = ((seed * (size // len(seed) + 1))[:size] for size in (SHORT, 4 * SHORT))
    if (once := seconds(lambda: work(short))) > _SLOW:
        return once / _SLOW * 100
    if seconds(lambda: work(long)) < _QUICK:
        return 0.0
    return min(seconds(lambda: work(long)) for _ in range(3)) / min(
        seconds(lambda: work(short)) for _ in range(3)
    )


def seeds(pattern: re.Pattern[Any]) -> Iterator[str]:
    """The seeds that a pattern may go for: those whose words it has, and all without words."""
    for seed in SEEDS:
        words = re.findall(r"[a-zA-Z]{3,}", seed)
        if not words or any(word.lower() in str(pattern.pattern).lower() for word in words):
            yield seed


def test_all_patterns_are_found() -> None:
    names = [name for name, _ in ALL]
    assert len(names) > 90
    assert "notebook_chat.providers.error_mapping._BY_WORDS.0" in names


@pytest.mark.parametrize(("name", "use"), ALL, ids=[name for name, _ in ALL])
def test_a_pattern_costs_what_its_text_weighs(name: str, use: Use) -> None:
    for seed in seeds(use.pattern):
        assert growth(use.look, seed) < _RATIO, f"{use.pattern.pattern!r} goes back over a text of {seed!r}"


def test_what_is_quadratic_is_seen() -> None:
    every_way = frozenset({"search"})
    assert growth(Use(re.compile("token count .*exceeds"), every_way).look, "token count ") > _RATIO
    assert growth(Use(re.compile(r"(\s+)x"), every_way).look, " ") > _RATIO
