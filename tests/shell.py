"""A real IPython shell with the extension loaded, as in a terminal."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.terminal.interactiveshell import TerminalInteractiveShell
from traitlets.config import Config

from notebook_chat import load_ipython_extension, unload_ipython_extension
from notebook_chat.providers import registry
from notebook_chat.session import NotebookSession, session_of

from .fakes import parrot


@pytest.fixture(scope="session")
def shared_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteractiveShell]:
    """One shell for the session: IPython allows no second in a process."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.ipython_dir = str(tmp_path_factory.mktemp("ipython"))
    config.InteractiveShell.colors = "nocolor"
    config.TerminalInteractiveShell.simple_prompt = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shell = TerminalInteractiveShell.instance(config=config)
    yield shell
    TerminalInteractiveShell.clear_instance()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A provider that repeats the prompt, reachable as ``parrot``."""
    echo = parrot(lambda messages: ["You said: ", messages[-1].text])
    real = registry.get_provider
    monkeypatch.setitem(registry.BUILT_IN, "parrot", ".nowhere:Parrot")
    monkeypatch.setattr(registry, "get_provider", lambda name: echo if name == "parrot" else real(name))
    monkeypatch.setenv("NOTEBOOK_CHAT_MODEL", "parrot:grey")
    return echo


@pytest.fixture
def shell(shared_shell: InteractiveShell, provider: Any) -> Iterator[InteractiveShell]:
    """The shell with the extension loaded afresh."""
    load_ipython_extension(shared_shell)
    yield shared_shell
    unload_ipython_extension(shared_shell)
    shared_shell.user_ns.pop("answer", None)
    shared_shell.config.pop("ChatMagics", None)  # what %config has set


def notebook(shell: InteractiveShell) -> NotebookSession:
    """The session of the loaded extension."""
    found = session_of(shell)
    assert found is not None
    return found


def run(shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str) -> tuple[str, bool]:
    """What a cell printed, errors included, and whether it succeeded."""
    capsys.readouterr()
    result = shell.run_cell(cell)
    captured = capsys.readouterr()
    return captured.out + captured.err, bool(result.success)
