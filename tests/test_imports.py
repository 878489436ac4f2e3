"""What is loaded when: a heavy package only when it is first needed."""

from __future__ import annotations

import pytest

from .benchmarks.import_cost import loaded

HEAVY = {
    "aiohttp",
    "ipywidgets",
    "anywidget",
    "markdown_it",
    "pygments",
    "nh3",
    "latex2mathml",
    "xllamacpp",
    "sqlite3",
    "yaml",
}


@pytest.mark.parametrize(
    "code",
    [
        "import notebook_chat",
        "from notebook_chat import Chat, Message; from notebook_chat.errors import ChatError",
        "import notebook_chat.providers",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    assert loaded(code) & HEAVY == set()


def test_what_renders_and_asks_is_not_loaded_with_the_extension() -> None:
    shell = "from IPython.core.interactiveshell import InteractiveShell; shell = InteractiveShell.instance()"
    before = loaded(shell)
    new = loaded(f"{shell}; shell.run_line_magic('load_ext', 'notebook_chat')") - before
    assert "notebook_chat" in new
    assert (
        new & (HEAVY | {"msgspec", "platformdirs", "mdit_py_plugins", "argparse", "email", "zipfile"})
        == set()
    )


def test_the_public_names_are_there() -> None:
    import notebook_chat
    from notebook_chat import providers

    assert notebook_chat.__version__
    for module in (notebook_chat, providers):
        for name in dir(module):
            assert getattr(module, name) is not None
        with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
            _ = module.nonsense
