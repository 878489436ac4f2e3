"""The interpreter's end: scripts that end in the middle of something, in every Python that is found here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from ..servers import Answer, Stall
from ..servers.fixtures import ServerFactory

pytestmark = pytest.mark.process

REQUIRE = "NOTEBOOK_CHAT_REQUIRE_KERNELS"
"""With this environment variable set to 1, a Python that is here and cannot be furnished fails the tests."""

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
ROOT = Path(__file__).parents[2]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"

HEAD = """
import asyncio, atexit, logging, os, sys, threading, time
logging.getLogger("asyncio").setLevel(logging.ERROR)  # how long something took says more about the machine
from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.errors import ChatError
from notebook_chat.store import Store

async def endless(messages):
    try:
        number = 0
        while True:
            yield f"w{number} "
            number += 1
            await asyncio.sleep(0.005)
    finally:
        print("closed", flush=True)

async def fine(messages):
    yield "fine"

def kept():
    conversation = Conversation()
    store = Store()
    store.keep(conversation, "a.ipynb")
    return conversation
"""

KEPT = """
import sqlite3, sys
from notebook_chat.store import Store
[entry] = Store().entries()
conversation, broken = Store().load(entry.id)
print([turn.status for turn in conversation.turns], bool(conversation.turns[-1].answer), broken)
"""

SCRIPTS = {
    "after an ask": ("Chat(provider=fine).ask('x')", ""),
    "after an ask that is kept": ("Chat(provider=fine, conversation=kept()).ask('x')", ""),
    "while an answer streams": ("s = Chat(provider=endless).stream('x'); next(s); next(s)", "closed\n"),
    "while an answer streams that is kept": (
        "s = Chat(provider=endless, conversation=kept()).stream('x'); next(s); next(s)",
        "closed\n",
    ),
    "half consumed, in a global of another module": (
        "import types; m = sys.modules['m'] = types.ModuleType('m')\n"
        "m.stream = Chat(provider=endless).stream('x'); next(m.stream)",
        "closed\n",
    ),
    "a daemon thread asks": (
        "threading.Thread(target=Chat(provider=endless).ask, args=('x',), daemon=True).start(); time.sleep(0.3)",
        "closed\n",
    ),
    "daemon threads ask again and again": (
        "def work():\n"
        "    while True: Chat(provider=fine).ask('x')\n"
        "for _ in range(5): threading.Thread(target=work, daemon=True).start()\n"
        "time.sleep(0.5)",
        "",
    ),
    "a thread asks when the main one has ended": (
        "def work():\n"
        "    time.sleep(0.3)\n"
        "    try: print(Chat(provider=fine).ask('x'), flush=True)\n"
        "    except ChatError as error: print('fine')\n"
        "threading.Thread(target=work).start()",
        "fine\n",
    ),
    "a thread asks for the first time when the main one has ended, and it is kept": (
        "def work():\n"
        "    time.sleep(0.3)\n"
        "    try: print(Chat(provider=fine, conversation=kept()).ask('x'), flush=True)\n"
        "    except ChatError as error: print('fine')\n"
        "threading.Thread(target=work).start()",
        "fine\n",
    ),
    "an atexit handler asks, registered before": (
        "def last():\n"
        "    try: Chat(provider=fine).ask('x')\n"
        "    except ChatError as error: print(type(error).__name__)\n"
        "    else: print('ChatError')\n"
        "atexit.register(last); Chat(provider=fine).ask('x')",
        "ChatError\n",
    ),
    "an atexit handler asks for the first time": (
        "def last():\n"
        "    try: Chat(provider=fine, conversation=kept()).ask('x')\n"
        "    except ChatError as error: print(error)\n"
        "    else: print('fine')\n"
        "atexit.register(last)",
        None,
    ),
    "an atexit handler waits for a thread that asks": (
        "t = threading.Thread(target=Chat(provider=endless).ask, args=('x',), daemon=True)\n"
        "import notebook_chat.loop_thread as l\n"
        "threading.excepthook = lambda args: print(args.exc_type.__name__)\n"
        "atexit._clear(); atexit.register(lambda: t.join(20)); atexit.register(l._end)\n"
        "t.start(); time.sleep(0.3)",
        "closed\nChatError\n",
    ),
    "sys.exit in a callback": (
        "for piece in Chat(provider=endless).stream('x'): sys.exit(0)",
        "closed\n",
    ),
    "sys.exit while a renderer shows": (
        "from notebook_chat.renderers import Silent, play\n"
        "class R(Silent):\n"
        "    def show(self, snapshot): sys.exit(0)\n"
        "play(Chat(provider=endless).reply('x'), R())",
        "closed\n",
    ),
    "a __del__ that asks": (
        "class Asks:\n"
        "    def __init__(self): self.chat = Chat(provider=fine); self.error = ChatError\n"
        "    def __del__(self):\n"
        "        try: self.chat.ask('x')\n"
        "        except self.error: pass\n"
        "a = Asks(); Chat(provider=fine).ask('x')",
        "",
    ),
    "a chat in a cycle": ("c = Chat(provider=fine, conversation=kept()); c.me = c; c.ask('x')", ""),
    "a loop of one's own": (
        "async def main():\n"
        "    s = Chat(provider=endless).stream_async('x')\n"
        "    print(await anext(s))\n"
        "    globals()['s'] = s\n"
        "asyncio.run(main())",
        "w0 \nclosed\n",
    ),
    "a provider that swallows its end": (
        "async def stays(messages):\n"
        "    yield 'a'\n"
        "    while True:\n"
        "        try: await asyncio.sleep(60)\n"
        "        except BaseException: pass\n"
        "s = Chat(provider=stays).stream('x'); next(s); time.sleep(0.1)",
        "",
    ),
    "a provider that blocks": (
        "async def blocks(messages):\n"
        "    yield 'a'\n"
        "    await asyncio.sleep(0)\n"
        "    time.sleep(60)\n"
        "s = Chat(provider=blocks).stream('x'); next(s); time.sleep(0.1)",
        "",
    ),
    "a provider that exits at its end": (
        "async def exits(messages):\n"
        "    try:\n"
        "        yield 'a'\n"
        "        await asyncio.sleep(60)\n"
        "    finally:\n"
        "        raise SystemExit(5)\n"
        "s = Chat(provider=exits).stream('x'); next(s); time.sleep(0.1)",
        "",
    ),
    "tasks that nobody ends": (
        "async def leaves(messages):\n"
        "    leaves.task = asyncio.ensure_future(asyncio.sleep(60))\n"
        "    leaves.agen = endless(messages)\n"
        "    await anext(leaves.agen)\n"
        "    await asyncio.to_thread(time.sleep, 0.01)\n"
        "    yield 'a'\n"
        "Chat(provider=leaves).ask('x')",
        "closed\n",
    ),
    "multiprocessing, forked": (
        "import multiprocessing, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "Chat(provider=fine, conversation=kept()).ask('x')\n"
        "def work(): print(Chat(provider=fine).ask('y'), flush=True)\n"
        "p = multiprocessing.get_context('fork').Process(target=work); p.start(); p.join(20); print(p.exitcode)",
        "fine\n0\n",
    ),
}


def _uv() -> str:
    folders = (str(Path(sys.executable).parent), os.environ.get("PATH", ""))
    return str(shutil.which("uv", path=os.pathsep.join(folders)))


def _interpreter(version: str) -> str | None:
    """A Python of a version, on the path or where pyenv and uv keep theirs."""
    if version == HERE:
        return sys.executable
    on_path = shutil.which(f"python{version}")
    folders = (
        Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions",
        Path.home() / ".local/share/uv/python",
    )
    kept = [path for folder in folders for path in sorted(folder.glob(f"*{version}.*/bin/python{version}"))]
    for path in ([on_path] if on_path else []) + [str(path) for path in kept]:
        ask = [path, "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
        told = subprocess.run(ask, capture_output=True, text=True, timeout=60, check=False)
        if told.stdout.strip() == version:  # a shim may stand for none
            return path
    return None


@pytest.fixture(scope="module", params=VERSIONS)
def python(request: Any, kept: Path) -> str:
    """An interpreter with the package in it."""
    version: str = request.param
    found = _interpreter(version)
    if found is None:
        pytest.skip(f"Python {version} is not here")
    return found if version == HERE else _environment(version, found, kept)


def _environment(version: str, base: str, kept: Path) -> str:
    """An environment of another Python with the package's dependencies, made once."""
    folder = kept / f"python-{version}"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    with FileLock(kept / f"python-{version}.lock"):  # another worker may be at it
        if not (folder / "whole").exists():
            steps = (
                [_uv(), "venv", "--quiet", "--clear", "--python", base, str(folder)],
                [_uv(), "pip", "install", "--quiet", "--python", str(python), "-e", str(ROOT)],
            )
            for step in steps:
                done = subprocess.run(step, capture_output=True, text=True, timeout=300, check=False)
                if done.returncode != 0:
                    refuse = pytest.fail if os.environ.get(REQUIRE) == "1" else pytest.skip
                    refuse(f"Python {version} cannot be furnished: {done.stderr.strip()[-300:]}")
            (folder / "whole").touch()
    return str(python)


def run(python: str, script: str) -> tuple[int, str, str]:
    command = [python, "-X", "dev", "-W", "error", "-c", script]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=environment, cwd=Path.home()
    )
    return done.returncode, done.stdout, done.stderr


SERVED = {
    "after an ask": "print(chat.ask('x'))",
    "while it stalls": "s = chat.stream('x'); print(next(s))",
    "a daemon thread asks": (
        "threading.Thread(target=chat.ask, args=('x',), daemon=True).start(); time.sleep(0.5); print('so far')"
    ),
    "a loop that is closed": (
        "loop = asyncio.new_event_loop()\n"
        "s = chat.stream_async('x')\n"
        "print(loop.run_until_complete(anext(s)))\n"
        "loop.run_until_complete(s.aclose())\n"
        "loop.run_until_complete(loop.shutdown_asyncgens())\n"
        "loop.close()"
    ),
    "an atexit handler goes on": (
        "print(chat.ask('x'))\n"
        "def last():\n"
        "    try: chat.ask('x')\n"
        "    except ChatError: pass\n"
        "atexit.register(last)"
    ),
}


@pytest.mark.parametrize("name", SERVED)
def test_a_script_with_connections_ends_in_peace(
    python: str, name: str, vendor_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = name in ("after an ask", "an atexit handler goes on")
    server = vendor_server("openai_chat", Answer("so far") if whole else Answer("so far", Stall()))
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    status, out, err = run(python, f"{HEAD}chat = Chat('openai:test')\n{SERVED[name]}")
    assert (status, out, err) == (0, "so far\n", "")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_ends_in_peace(python: str, name: str) -> None:
    script, wanted = SCRIPTS[name]
    status, out, err = run(python, HEAD + script)
    assert (status, err) == (0, "")
    if wanted is not None:
        assert out == wanted
    if "kept" in name and "thread" not in name:
        status, out, err = run(python, KEPT)
        told = "['stopped'] True 0\n" if "streams" in name else "['complete'] True 0\n"
        assert (status, out, err) == (0, told, "")
