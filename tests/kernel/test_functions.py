"""Functions as tools in a real kernel: where they run, what becomes of what they print and show, and interrupts."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import StartKernel
from .harness import Kernel
from .waiting import made, printed

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys, threading, time, contextvars
sys.path.insert(0, {str(ROOT)!r})
%load_ext notebook_chat
from notebook_chat import Chat, tool
from notebook_chat.messages import TextPart, ImagePart, ToolResultPart
from tests.tools.scripted import scripted
from tests.tools.test_rounds import called, said

def chat_for(function, name):
    return Chat(provider=scripted(called(("c", name, "{{}}")), said("done")), tools=[function])

def results(chat):
    return [part for part in chat.conversation.turns[-1].parts if isinstance(part, ToolResultPart)][-1]
"""


@pytest.fixture
def kernel(start_kernel: StartKernel) -> Kernel:
    kernel = start_kernel()
    run = kernel.run(SETUP)
    assert run.status == "ok", run.text
    return kernel


def test_prints_are_in_the_result_and_displays_in_both(kernel: Kernel) -> None:
    kernel.run(
        "from IPython.display import display, HTML\n"
        "def look():\n"
        "    print('PRINTED')\n"
        "    display({'shown': 1})\n"
        "    print('TO STDERR', file=sys.stderr)\n"
        "    return threading.current_thread().name\n"
        "chat = chat_for(look, 'look')"
    )
    run = kernel.run("answer = chat.ask('go')", cell_id="a")
    assert run.status == "ok"
    assert "PRINTED" not in run.text
    assert "TO STDERR" in str(run.outputs)
    assert "'shown': 1" in str(run.outputs)
    text = kernel.run("print(results(chat).parts[0].text)").text
    assert text.startswith("Printed:\nPRINTED\n{'shown': 1}\n\nGiven back:\nnotebook_chat: look")
    assert kernel.run("print('as ever')").text.strip() == "as ever"
    assert "Listened" not in kernel.run("print(sys.stdout.write)").text


def test_figures_that_are_shown_go_to_the_model(kernel: Kernel) -> None:
    kernel.run(
        "%matplotlib inline\n"
        "import matplotlib.pyplot as plt\n"
        "@tool(thread='notebook')\n"
        "def plot():\n"
        "    plt.plot([1, 2, 3]); plt.show()\n"
        "chat = chat_for(plot, 'plot')"
    )
    run = kernel.run("answer = chat.ask('go')")
    assert run.status == "ok"
    assert "image/png" in str(run.outputs)
    assert "ImagePart" in kernel.run("print(results(chat).parts)").text


def test_it_runs_in_the_cells_thread_when_it_says_so(kernel: Kernel) -> None:
    kernel.run("@tool(thread='notebook')\ndef where():\n    return threading.current_thread().name")
    kernel.run("chat = chat_for(where, 'where'); chat.ask('go')")
    assert "MainThread" in kernel.run("print(results(chat).parts)").text
    kernel.run("chat = chat_for(where, 'where'); await chat.ask_async('go')")
    assert "MainThread" in kernel.run("print(results(chat).parts)").text


def test_the_notebooks_loop(kernel: Kernel) -> None:
    kernel.run(
        "import asyncio\nloop = asyncio.get_event_loop()\n"
        "@tool(thread='notebook')\nasync def where():\n    return asyncio.get_running_loop() is loop"
    )
    kernel.run("chat = chat_for(where, 'where'); chat.ask('go')")
    assert "await chat.ask_async" in kernel.run("print(results(chat).parts)").text
    kernel.run("chat = chat_for(where, 'where'); await chat.ask_async('go')")
    assert "true" in kernel.run("print(results(chat).parts)").text


# What a panel does: the private loop asks, and no cell waits.
PANEL = (
    "from notebook_chat import loop_thread\nfrom notebook_chat.tools.functions import function_tool\n"
    "outputs = []\n"
    "async def ask(function):\n"
    "    outputs.append(await function_tool(function).run({}, lambda words, fraction: None))\n"
    "def in_panel(function):\n"
    "    home = loop_thread.current().loop\n"
    "    home.call_soon_threadsafe(lambda: home.create_task(ask(function)), context=contextvars.Context())\n"
)


def waited(kernel: Kernel, expected: int) -> str:
    """What has come, when it has: no cell runs in between."""
    return printed(kernel, "print(len(outputs), outputs)", lambda text: text.startswith(str(expected)))


def test_a_panel_calls_in_the_kernels_main_thread_between_cells(kernel: Kernel) -> None:
    kernel.run(PANEL)
    kernel.run(
        "@tool(thread='notebook')\ndef where():\n    return threading.current_thread().name\nin_panel(where)"
    )
    assert "MainThread" in waited(kernel, 1)
    kernel.run(
        "@tool(thread='notebook')\nasync def later():\n"
        "    await __import__('asyncio').sleep(0.01); return threading.current_thread().name\nin_panel(later)"
    )
    assert waited(kernel, 2).count("MainThread") == 2


def test_an_interrupt_ends_what_a_panel_calls_between_cells(kernel: Kernel) -> None:
    kernel.run(PANEL)
    kernel.run(
        "begun = open('begun', 'w')\n"
        "@tool(thread='notebook')\ndef slow():\n    open('running', 'w').close(); time.sleep(60)\nin_panel(slow)"
    )
    made(kernel, "running")
    kernel.interrupt()
    assert "interrupted by the user" in waited(kernel, 1)
    assert kernel.run("1 + 1").text == "2"


@pytest.mark.parametrize("thread", ["worker", "notebook"])
def test_an_interrupt_ends_a_cell_whose_function_sleeps(kernel: Kernel, thread: str) -> None:
    kernel.run(
        f"@tool(thread={thread!r})\ndef slow():\n    open('running', 'w').close(); time.sleep(60)\n"
        "chat = chat_for(slow, 'slow')"
    )
    run = kernel.submit("chat.ask('go')")
    made(kernel, "running")
    kernel.interrupt()
    run.wait()
    assert run.reply["ename"] == "KeyboardInterrupt"
    assert "stopped by the user" in kernel.run("print(results(chat).parts)").text
    assert kernel.run("print(chat.ask('and now'))").text.strip() == "done"


def test_a_time_limit_in_the_cells_thread_does_not_end_the_cell(kernel: Kernel) -> None:
    kernel.run(
        "@tool(thread='notebook', seconds=0.3)\ndef slow():\n    time.sleep(60)\nchat = chat_for(slow, 'slow')"
    )
    run = kernel.run("print(chat.ask('go'))")
    assert run.status == "ok"
    assert run.text.strip() == "done"
    assert "took longer than 0.3 s" in kernel.run("print(results(chat).parts)").text
