"""The error tree, and its one line."""

from __future__ import annotations

import inspect

import pytest

from notebook_chat import errors
from notebook_chat.errors import ChatError

CLASSES = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, ChatError)
]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_class_is_drawn_in_the_tree_under_its_parent(kind: type[ChatError]) -> None:
    """The drawing at the top of the module is the tree itself."""
    lines = [
        line
        for line in (errors.__doc__ or "").splitlines()
        if "Error" in line and ("──" in line or "ChatError" in line)
    ]
    depth = {}
    path: list[str] = []
    for line in lines:
        name = next(word for word in line.replace("(", " ").split() if word.endswith("Error"))
        level = (line.index(name) - 4) // 4
        path[level:] = [name]
        depth[name] = path[level - 1] if level else None
    if kind is not ChatError:
        assert depth[kind.__name__] == kind.__mro__[1].__name__


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ChatError("it broke"), "it broke"),
        (ChatError("it broke", provider="openai", status=500), "openai: it broke (HTTP 500)"),
        (ChatError("it broke.", hint="Mend it."), "it broke. Mend it."),
        (errors.AuthenticationError("no", provider="x"), "x: no. Check the API key."),
    ],
)
def test_one_line_says_what_where_and_what_to_do(error: ChatError, line: str) -> None:
    assert str(error) == line


def test_built_in_kinds() -> None:
    assert issubclass(errors.RateLimitError, RuntimeError)
    assert issubclass(errors.ConfigurationError, ValueError)
    assert issubclass(errors.TransportError, ConnectionError)
    assert issubclass(errors.RequestTimeoutError, TimeoutError)
