"""The extension loaded and unloaded again and again: nothing stays, and nothing obeys any more."""

from __future__ import annotations

import gc
import importlib
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from traitlets.config import Config

import notebook_chat
from notebook_chat import Chat, ChatPanel, load_ipython_extension, loop_thread, unload_ipython_extension
from notebook_chat.database import writer
from notebook_chat.magics.chat_magics import ChatMagics
from notebook_chat.providers import registry
from notebook_chat.replay import writing
from notebook_chat.session import session_of
from notebook_chat.store import default_path

from ..fakes import parrot
from ..servers.background import PATIENCE
from ..test_magics import provider, run, shared_shell

__all__ = ["provider", "shared_shell"]  # fixtures

RELOADS = 40


@pytest.fixture(autouse=True)
def alone() -> None:
    """Ends what the tests before have left running in this process: it is not counted here."""
    for one in list(writer._writers):
        one.close()
    writing.rest()
    loop_thread.rest()


@pytest.fixture
def shell(shared_shell: Any, provider: Any) -> Iterator[Any]:
    yield shared_shell
    unload_ipython_extension(shared_shell)
    shared_shell.extension_manager.loaded.discard("notebook_chat")
    shared_shell.config.pop("ChatMagics", None)


def threads() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate() if "notebook_chat" in thread.name)


def files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def registered(shell: Any) -> dict[str, int]:
    """How much is registered of whatever an extension may register."""
    import atexit

    callbacks = shell.events.callbacks
    kernel_handlers = getattr(getattr(shell, "kernel", None), "control_handlers", {})
    return {
        **{f"event {name}": len(found) for name, found in callbacks.items()},
        "atexit": atexit._ncallbacks(),  # type: ignore[attr-defined]
        "magics": sum(map(len, shell.magics_manager.magics.values())),
        "registry": len(shell.magics_manager.registry),
        "configurables": len(shell.configurables),
        "transformers": len(shell.input_transformers_cleanup),
        "completers": len(shell.strdispatchers["complete_command"].strs),
        "control": len(kernel_handlers),
        "widgets": len(importlib.import_module("ipywidgets.widgets.widget")._instances),
    }


def settled(before: Callable[[], Any], wanted: Any) -> Any:
    until = time.monotonic() + PATIENCE
    while (now := before()) != wanted and time.monotonic() < until:
        gc.collect()
        time.sleep(0.02)
    return now


def stored() -> list[str]:
    with closing(sqlite3.connect(default_path())) as connection:
        return [row[0] for row in connection.execute("SELECT prompt FROM turns ORDER BY position")]


def test_forty_reloads_leave_nothing(shell: Any, capsys: Any) -> None:
    run(shell, capsys, "%load_ext notebook_chat\n%unload_ext notebook_chat")
    settled(threads, [])
    before, open_files = registered(shell), files()
    run(shell, capsys, "%load_ext notebook_chat")
    for number in range(RELOADS):
        _, fine = run(shell, capsys, f"%%chat\n{number}")
        assert fine
        run(shell, capsys, "%chat panel")
        run(shell, capsys, "%reload_ext notebook_chat")
        assert len(threads()) <= 1
    run(shell, capsys, "%unload_ext notebook_chat")
    assert settled(threads, []) == []
    assert settled(lambda: registered(shell), before) == before
    assert settled(files, open_files) <= open_files
    assert session_of(shell) is None


def test_an_unloaded_extension_obeys_nothing(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "%load_ext notebook_chat")
    [ours] = [one for one in shell.configurables if isinstance(one, ChatMagics)]
    session = session_of(shell)
    assert session is not None
    run(shell, capsys, "%%chat\nto be deleted")
    run(shell, capsys, "%chat delete --yes default")
    run(shell, capsys, "%%chat\nto stay")
    conversation = session.conversation()
    run(shell, capsys, "%unload_ext notebook_chat")
    assert ours not in shell.configurables
    run(shell, capsys, "%config ChatMagics.history = 'off'")
    ours.history = "off"
    ours.history = "on"
    ours.system = "obey"
    ours.update_config(Config({"ChatMagics": {"history": "off", "system": "obey"}}))
    assert session.system == ""
    run(shell, capsys, "1")
    assert len(stored()) == 1
    assert "to stay" in stored()[0]
    assert threads() == []
    # What somebody still holds goes on, and what is said in it is kept.
    assert Chat(provider=provider, conversation=conversation).ask("later") == "You said: later"
    assert settled(lambda: len(stored()), 2) == 2
    assert settled(lambda: [name for name in threads() if "store" in name], []) == []


def test_twice_and_without(shell: Any, capsys: Any) -> None:
    unload_ipython_extension(shell)
    before = registered(shell)
    load_ipython_extension(shell)
    once = registered(shell)
    load_ipython_extension(shell)
    assert registered(shell) == once
    unload_ipython_extension(shell)
    unload_ipython_extension(shell)
    assert registered(shell) == before


@pytest.mark.parametrize("way", ["panel", "thread", "task"])
def test_an_answer_that_is_coming_is_kept(shell: Any, monkeypatch: Any, capsys: Any, way: str) -> None:
    slow = parrot(["so far", 60])
    real = registry.get_provider
    monkeypatch.setattr(registry, "get_provider", lambda name: slow if name == "parrot" else real(name))
    run(shell, capsys, "%load_ext notebook_chat")
    session = session_of(shell)
    assert session is not None
    conversation = session.conversation()
    if way == "panel":
        panel = ChatPanel()
        panel._take(None, {"type": "ready", "view": "v"}, [])
        panel._take(None, {"type": "send", "act": "a", "text": "x"}, [])
    elif way == "thread":
        threading.Thread(target=Chat(provider=slow, conversation=conversation).ask, args=("x",)).start()
    else:
        shell.user_ns["chat"] = Chat(provider=slow, conversation=conversation)
        shell.run_cell("import asyncio, threading")
        loop = importlib.import_module("asyncio").new_event_loop()
        stream = shell.user_ns["chat"].stream_async("x")
        assert loop.run_until_complete(anext(stream)) == "so far"
    until = time.monotonic() + PATIENCE
    while not (conversation.answering and conversation.answering.progress.snapshot.text):
        assert time.monotonic() < until
        time.sleep(0.01)
    run(shell, capsys, "%reload_ext notebook_chat")
    assert [(turn.answer, turn.status) for turn in conversation.turns] == [("so far", "stopped")]
    assert len(stored()) == 1
    if way == "panel":
        assert panel.comm is None
    if way == "task":
        loop.run_until_complete(stream.aclose())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    run(shell, capsys, "%unload_ext notebook_chat")
    assert settled(threads, []) == []


def test_a_panel_of_its_own_conversation_is_no_affair_of_the_extension(
    shell: Any, capsys: Any, provider: Any
) -> None:
    run(shell, capsys, "%load_ext notebook_chat")
    panel = ChatPanel(Chat(provider=provider))
    try:
        run(shell, capsys, "%reload_ext notebook_chat")
        assert panel.comm is not None
        assert panel.chat.ask("x") == "You said: x"
    finally:
        panel.close()
    run(shell, capsys, "%unload_ext notebook_chat")
    assert settled(threads, []) == []


@pytest.fixture
def modules() -> Iterator[Callable[[], None]]:
    """Takes all modules of the package out of ``sys.modules``, as notebooks do to have another version; the test's own
    are there again after it."""
    kept: dict[str, ModuleType] = {}

    def delete() -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == "notebook_chat"]:
            module = sys.modules.pop(name)
            kept.setdefault(name, module)

    yield delete
    delete()
    sys.modules.update(kept)


@pytest.mark.parametrize(
    "how", ["%reload_ext notebook_chat", "%unload_ext notebook_chat\n%load_ext notebook_chat"]
)
def test_modules_that_were_deleted(shell: Any, capsys: Any, modules: Callable[[], None], how: str) -> None:
    before = registered(shell)
    run(shell, capsys, "%load_ext notebook_chat")
    run(shell, capsys, "%%chat\nfirst")
    modules()
    run(shell, capsys, "import notebook_chat")
    run(shell, capsys, how)
    now = registered(shell)
    assert len([one for one in shell.configurables if type(one).__name__ == "ChatMagics"]) == 1
    assert now["event pre_run_cell"] == before["event pre_run_cell"] + 1
    assert settled(threads, []) == []
    run(shell, capsys, "%unload_ext notebook_chat")
    assert {**registered(shell), "atexit": 0} == {**before, "atexit": 0}
    assert settled(threads, []) == []


def test_the_package_reloaded_by_hand(shell: Any, capsys: Any) -> None:
    before = registered(shell)
    run(shell, capsys, "%load_ext notebook_chat")
    importlib.reload(notebook_chat)
    importlib.reload(sys.modules["notebook_chat.magics.chat_magics"])
    importlib.reload(sys.modules["notebook_chat.magics.extension"])
    run(shell, capsys, "%reload_ext notebook_chat")
    assert len([one for one in shell.configurables if type(one).__name__ == "ChatMagics"]) == 1
    run(shell, capsys, "%unload_ext notebook_chat")
    assert registered(shell) == before
