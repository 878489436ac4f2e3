"""A program that has no file or no thread left, and asks: what it prints is compared by ``test_scarce.py``."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from typing import Any

from notebook_chat import Chat
from notebook_chat.errors import ChatError

KIND, ADDRESS = sys.argv[1:3]
held: list[Any] = []


def take_all() -> None:
    """Leaves nothing of what is asked for."""
    if KIND == "files":
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        try:
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            return
    held.append(threading.Thread.start)

    def refuse(thread: Any) -> None:
        raise RuntimeError("can't start new thread")

    threading.Thread.start = refuse  # type: ignore[method-assign, assignment]


def give_back() -> None:
    """Has enough of all again."""
    if KIND == "files":
        for one in held:
            os.close(one)
    else:
        threading.Thread.start = held[0]  # type: ignore[method-assign]
    held.clear()


def tried(what: str, call: Any) -> None:
    try:
        print(what, "gave", repr(call()))
    except ChatError as error:
        print(what, "failed:", " ".join(f"{type(error).__name__}: {error}".split()))
    except BaseException:
        print(what, "RAW:", traceback.format_exc())


def main() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    import notebook_chat.magics.asking
    import notebook_chat.magics.command_table
    import notebook_chat.providers.openai  # noqa: F401

    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "notebook_chat")
    shell.run_cell("1")  # what IPython loads with a first cell
    shell.showtraceback((ValueError, ValueError("shown"), None))
    chat = Chat("openai:m", api_key="k", base_url=ADDRESS, retries=0)
    if "warm" in sys.argv:
        tried("warm", lambda: chat.ask("hi"))
    take_all()
    tried("ask", lambda: chat.ask("hi"))
    tried("stream", lambda: list(chat.stream("hi")))
    for cell in (
        "%%chat openai:m\nhi",
        "%chat list",
        "%chat models openai",
        "%chat doctor openai",
        "%chat status",
    ):
        result = shell.run_cell(cell)
        error = result.error_before_exec or result.error_in_exec
        raw = error is not None and not isinstance(error, ChatError)
        print(cell.split("\n")[0], "RAW:" if raw else "told:", type(error).__name__)
    give_back()
    chat = Chat("openai:m", api_key="k", base_url=ADDRESS, retries=0)
    tried("after", lambda: chat.ask("hi"))
    print(shell.run_cell("%chat list").success)


main()
