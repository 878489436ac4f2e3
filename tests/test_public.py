"""What is public is there, and the type-checked example uses all of it."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from notebook_chat import errors, messages

EXAMPLE = Path(__file__).parent / "typing" / "api.py"
OLD_NAMES = {"Status"}
"""Names of earlier versions, which still work and which nobody should write."""


def classes(module: object) -> set[str]:
    return {
        name for name, value in vars(module).items() if isinstance(value, type) and not name.startswith("_")
    }


PUBLIC = {
    "notebook_chat": {"Answer", "Chat", "ChatPanel", "MCPServer", "Message", "tool"},
    "notebook_chat.conversation": {"Conversation", "Turn"},
    "notebook_chat.errors": {name for name in classes(errors) if name.endswith("Error")},
    "notebook_chat.events": set(importlib.import_module("notebook_chat.events").__all__) - OLD_NAMES,
    "notebook_chat.messages": {name for name in classes(messages) if name.endswith("Part")}
    | {"Part", "normalize"},
    "notebook_chat.prompt": {"Description", "load", "register"},
    "notebook_chat.tools": {"ArgumentsError", "Progress", "ToolOutput"},
    "notebook_chat.providers": set(importlib.import_module("notebook_chat.providers").__all__),
}


def imported() -> dict[str, set[str]]:
    """The names that the example imports, by module."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(EXAMPLE.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("notebook_chat"):
            found.setdefault(str(node.module), set()).update(alias.name for alias in node.names)
    return found


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_there_and_in_the_example(module: str) -> None:
    home = importlib.import_module(module)
    assert [name for name in sorted(PUBLIC[module]) if not hasattr(home, name)] == []
    assert imported()[module] == PUBLIC[module]


@pytest.mark.parametrize("module", ["notebook_chat", "notebook_chat.providers"])
def test_a_module_that_loads_its_names_late_lists_all_of_them(module: str) -> None:
    home = importlib.import_module(module)
    assert set(home.__all__) == PUBLIC[module]
    assert set(home.__all__) <= set(dir(home))


def test_every_public_class_says_what_it_is() -> None:
    undescribed = []
    for module, names in PUBLIC.items():
        for name in names:
            value = getattr(importlib.import_module(module), name)
            if isinstance(value, type) and not (value.__doc__ or "").strip():
                undescribed.append(f"{module}.{name}")
    assert undescribed == []
