"""Code that a model has run in a real kernel: what it gives, how it ends, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from ..tools.kernel_script import SCRIPTED
from .conftest import StartKernel
from .execution import Execution
from .harness import Kernel
from .waiting import made, printed

RUN = "for one in ask([('run_code', {!r})]): print('\\nRESULT', one.is_error, repr(told(one)))"


@pytest.fixture
def kernel(start_kernel: StartKernel) -> Kernel:
    kernel = start_kernel()
    assert kernel.run(f"%load_ext notebook_chat\n{SCRIPTED}", cell_id="load").status == "ok"
    return kernel


def run(kernel: Kernel, code: str, **arguments: Any) -> Execution:
    return kernel.run(RUN.format({"code": code, **arguments}), cell_id="a")


def result(execution: Execution) -> tuple[bool, str]:
    """Whether the code failed, and what the model was told."""
    line = next(line for line in execution.text.splitlines() if line.startswith("RESULT "))
    _, failed, text = line.split(" ", 2)
    return failed == "True", str(eval(text))


def test_what_it_prints_and_gives_is_the_result_and_stands_under_the_cell(kernel: Kernel) -> None:
    ran = run(kernel, "import sys\nprint('out')\nprint('err', file=sys.stderr)\nx = 6\nx * 7")
    assert result(ran) == (False, "out\n[warnings and logs (stderr)]\nerr\n[value of the last line]\n42\n")
    assert "out\n" in ran.text
    shown = [one for one in ran.outputs if one.output_type == "display_data"]
    assert [one.data["text/plain"] for one in shown] == ["42"]
    assert kernel.run("print(x)").text == "6\n"


def test_out_and_the_numbers_of_cells_stay_the_users(kernel: Kernel) -> None:
    kernel.run("'mine'", cell_id="m")
    before = kernel.run("print(len(In))").text
    run(kernel, "'theirs'")
    after = kernel.run("print(len(In))").text
    assert int(after) == int(before) + 2  # the cell that asked, and this one
    assert kernel.run("print(_, [value for value in Out.values() if value == 'theirs'])").text == "mine []\n"
    assert "'theirs'" not in kernel.run("%history").text.splitlines()


def test_an_error_is_told_in_a_few_lines_and_is_no_error_of_the_cell(kernel: Kernel) -> None:
    ran = run(kernel, "def f(a):\n    return 1 / a\n\nf(0)")
    failed, text = result(ran)
    assert failed
    assert "ZeroDivisionError: division by zero" in text
    assert "the code, line 2, in f" in text
    assert ran.status == "ok"
    assert not [one for one in ran.outputs if one.output_type == "error"]
    assert "ZeroDivisionError" in ran.text
    assert "No cell of this kernel has failed" in kernel.run("%chat fix").text


def test_a_syntax_error_is_told(kernel: Kernel) -> None:
    failed, text = result(run(kernel, "x = (1,"))
    assert failed
    assert "SyntaxError" in text


def test_magics_and_commands_of_the_system_are_code(kernel: Kernel) -> None:
    failed, text = result(run(kernel, "!echo from the shell\n%pwd"))
    assert not failed
    assert "from the shell" in text
    assert "[value of the last line]" in text


def test_what_a_process_prints_is_the_result_too(kernel: Kernel) -> None:
    failed, text = result(run(kernel, "import subprocess\n_ = subprocess.run(['echo', 'a process'])"))
    assert (failed, text) == (False, "a process\n")


def test_figures_are_images(kernel: Kernel) -> None:
    code = (
        "from PIL import Image\nimport io\nfrom IPython.display import display, Image as Shown\n"
        "b = io.BytesIO(); Image.new('RGB', (8, 8), 'red').save(b, 'png')\ndisplay(Shown(data=b.getvalue()))"
    )
    kernel.run(
        f"r = ask([('run_code', {{'code': {code!r}}})])[0]\nprint([type(one).__name__ for one in r.parts], told(r))",
        cell_id="a",
    )
    ran = kernel.run("print([one.media_type for one in r.parts if isinstance(one, ImagePart)])")
    if "ModuleNotFoundError" in kernel.run("print(told(r))").text:
        pytest.skip("no Pillow")
    assert ran.text == "['image/png']\n"


def test_an_interrupt_ends_it_and_the_answer_and_the_conversation_goes_on(kernel: Kernel) -> None:
    kernel.run("rounds = [[('run_code', {'code': 'print(1)\\nimport time\\ntime.sleep(60)'})]]", cell_id="r")
    asking = (
        "chat = Chat(provider=model(lambda results: rounds.pop(0) if rounds else []), tools=['run'], permit=Yes())\n"
        "chat.ask('go')"
    )
    one = kernel.submit(asking, cell_id="a")
    one.wait_for(lambda ran: "1\n" in ran.text)
    kernel.interrupt()
    one.wait()
    assert one.status == "error"
    turn = kernel.run(
        "turn = chat.conversation.turns[-1]\n"
        "print(turn.status, [told(one) for one in turn.parts if isinstance(one, ToolResultPart)])"
    )
    assert turn.text == "stopped ['stopped by the user']\n"
    assert kernel.run("print(chat.ask('go on'))").text == "Done.\n"


def test_a_time_limit_ends_it_and_what_came_is_told(kernel: Kernel) -> None:
    failed, text = result(run(kernel, "print('begun')\nimport time\ntime.sleep(60)", seconds=2))
    assert failed
    assert text.startswith("begun\n(it took longer than 2 s")


def test_a_stop_from_elsewhere_ends_it_and_not_the_cell(kernel: Kernel) -> None:
    code = "begun.set()\nimport time\ntime.sleep(60)"
    kernel.run(f"rounds = [[('run_code', {{'code': {code!r}}})]]", cell_id="r")
    asking = (
        "import threading\nbegun = threading.Event()\n"
        "chat = Chat(provider=model(lambda results: rounds.pop(0) if rounds else []), tools=['run'], permit=Yes())\n"
        "threading.Thread(target=lambda: begun.wait(30) and chat.conversation.stop()).start()\n"
        "chat.ask('go')\nprint('goes on', chat.conversation.turns[-1].status)"
    )
    assert kernel.run(asking, cell_id="a").text == "goes on stopped\n"


SWALLOWING = {
    "deleted": "class X:\n    def __del__(self):\n        begun.set(); time.sleep(0.01)\nwhile True:\n    X()",
    "referred": (
        "import weakref\nclass X: pass\ndef gone(_):\n    begun.set(); time.sleep(0.01)\n"
        "while True:\n    x = X(); r = weakref.ref(x, gone); del x"
    ),
    "imported": (
        "import importlib, sys\nwhile True:\n    begun.set()\n    for name in ('this_a', 'this_b', 'this_c'):\n"
        "        sys.modules.pop(name, None); importlib.import_module(name)"
    ),
    "caught": (
        "times = []\nwhile True:\n    try:\n        begun.set(); time.sleep(60)\n"
        "    except KeyboardInterrupt:\n        times.append(1)\n        if len(times) == 2: raise"
    ),
}
"""Code that spends its time where Python, or itself, swallows an interrupt."""


@pytest.mark.parametrize("kind", SWALLOWING)
def test_a_stop_that_is_swallowed_is_sent_again_and_hits_nothing_behind(kernel: Kernel, kind: str) -> None:
    kernel.run("for name in 'abc': open(f'this_{name}.py', 'w').close()")
    code = f"import time\n{SWALLOWING[kind]}"
    asking = (
        "import threading, time\n"
        "for _ in range(3):\n"
        "    begun = threading.Event()\n"
        f"    rounds = [[('run_code', {{'code': {code!r}}})]]\n"
        "    chat = Chat(provider=model(lambda results: rounds.pop(0) if rounds else []), tools=['run'],"
        " permit=Yes())\n"
        "    threading.Thread(target=lambda: begun.wait(30) and chat.conversation.stop()).start()\n"
        "    chat.ask('go')\n"
        "until = time.monotonic() + 1.2\nwhile time.monotonic() < until: pass\n"
        "import sys\nprint('goes on', chat.conversation.turns[-1].status, sys.gettrace())"
    )
    assert kernel.run(asking, cell_id="a").text == "goes on stopped None\n"


@pytest.mark.parametrize("kind", ["deleted", "referred", "imported"])
def test_an_interrupt_of_the_users_that_is_swallowed_ends_it_all_the_same(kernel: Kernel, kind: str) -> None:
    kernel.run("for name in 'abc': open(f'this_{name}.py', 'w').close()")
    kernel.run(
        "import threading\nclass begun:\n    told = False\n    @classmethod\n    def set(cls):\n"
        "        if not cls.told:\n            cls.told = True; print('begun')"
    )
    code = f"import time\n{SWALLOWING[kind]}"
    one = kernel.submit(f"begun.told = False\nask([('run_code', {{'code': {code!r}}})])", cell_id="a")
    one.wait_for(lambda ran: "begun\n" in ran.text)
    kernel.interrupt()
    one.wait()
    assert one.status == "error"
    assert kernel.run("print(42)").text == "42\n"


def test_clear_output_leaves_the_answer_and_keeps_what_follows(kernel: Kernel) -> None:
    code = (
        "from IPython.display import clear_output\nfor n in range(3):\n"
        "    clear_output(wait=True)\n    print('step', n)"
    )
    ran = kernel.run(f"print('before')\n{RUN.format({'code': code})}", cell_id="a")
    assert result(ran) == (False, "step 2\n")
    assert ran.text.startswith("before\nstep 2\n")


@pytest.mark.parametrize(
    "code",
    [
        "%%chat\nhello",
        "x = 1\n%chat history",
        "get_ipython().run_cell_magic('chat', '', 'hello')",
    ],
)
def test_no_model_is_asked_by_a_magic_within_it(kernel: Kernel, code: str) -> None:
    failed, text = result(run(kernel, code))
    assert failed
    assert "no %%chat" in text


def test_await_at_the_top_is_refused_in_words(kernel: Kernel) -> None:
    failed, text = result(run(kernel, "import asyncio\nawait asyncio.sleep(0)"))
    assert failed
    assert "await" in text


def test_without_a_yes_nothing_runs(kernel: Kernel) -> None:
    asked = (
        "from notebook_chat.tools import FreeAlone\n"
        "r = ask([('run_code', {'code': 'ran = True'})], permit=FreeAlone())[0]\n"
        "print(r.is_error, told(r), 'ran' in globals())"
    )
    assert kernel.run(asked, cell_id="a").text == "True not run: nobody has allowed run_code to run False\n"


def test_just_what_is_shown_is_run(kernel: Kernel) -> None:
    asked = (
        "yes = Yes()\nr = ask([('run_code', {'code': 'print(\"a\\u202eb\")'})], permit=yes)[0]\n"
        "print(yes.proposals, told(r))"
    )
    text = kernel.run(asked, cell_id="a").text
    assert "['print(\"a‹U+202E›b\")'] a‹U+202E›b" in text
    assert "1 invisible characters" in text


def test_calls_side_by_side_run_one_after_the_other(kernel: Kernel) -> None:
    asked = (
        "code = 'import time\\ntime.sleep(0.05)\\nprint({})'\n"
        "calls = [('run_code', {'code': code.format(n)}) for n in range(4)]\n"
        "print([told(one).strip() for one in ask(calls)])"
    )
    assert kernel.run(asked, cell_id="a").text.endswith("['0', '1', '2', '3']\n")


def test_an_awaited_chat_runs_it_too(kernel: Kernel) -> None:
    asked = (
        "rounds = [[('run_code', {'code': 'y = 5\\nprint(y)'})]]\n"
        "chat = Chat(provider=model(lambda results: rounds.pop(0) if rounds else []), tools=['run'], permit=Yes())\n"
        "print(await chat.ask_async('go'), y)"
    )
    assert kernel.run(asked, cell_id="a").text == "5\nDone. 5\n"


PANEL = """\
import asyncio, threading, time
from notebook_chat import loop_thread
from notebook_chat.residents import Errand

async def panel(chat):
    async for _ in chat.reply('go', cell='').batches():
        pass

def in_panel(code, **more):
    rounds = [[('run_code', {'code': code, **more})]]
    chat = Chat(provider=model(lambda results: rounds.pop(0) if rounds else []), tools=['run'], permit=Yes())
    loop_thread.post(lambda: Errand(panel(chat)))
    return chat

def results(chat):
    return [told(one) for turn in chat.conversation.turns for one in turn.parts if isinstance(one, ToolResultPart)]
"""


def test_a_panels_code_runs_when_no_cell_does_and_shows_nothing_in_cells(kernel: Kernel) -> None:
    kernel.run(PANEL, cell_id="p")
    busy = kernel.run(
        "chat = in_panel('print(1); z = 3\\nz')\ntime.sleep(0.5)\nprint('z' in globals())", cell_id="a"
    )
    assert busy.text == "False\n"
    told = printed(
        kernel, "print(results(chat), z if 'z' in globals() else '')", lambda text: "[value" in text
    )
    assert told == "['1\\n[value of the last line]\\n3\\n'] 3\n"
    assert busy.text == "False\n"


def test_a_panels_code_gets_no_input_and_an_interrupt_ends_it(kernel: Kernel) -> None:
    kernel.run(PANEL, cell_id="p")
    kernel.run("chat = in_panel('input()')\ntime.sleep(0.1)", cell_id="a")
    told = printed(kernel, "print(results(chat))", lambda text: "input" in text)
    assert "cannot ask the user for input" in told
    kernel.run('chat = in_panel(\'open("began", "w").close()\\ntime.sleep(60)\')', cell_id="a")
    made(kernel, "began")
    kernel.interrupt()
    told = printed(kernel, "print(results(chat))", lambda text: "stopped" in text)
    assert "stopped by the user" in told


def test_interrupts_one_after_the_other_leave_everything_as_it_was(kernel: Kernel) -> None:
    state = "(sys.displayhook, sys.stdout, vars(get_ipython()).get('_showtraceback'))"
    kernel.run(f"import sys\nbefore = {state}\ncode = 'print(1)\\nimport time\\ntime.sleep(60)'")
    for _ in range(5):
        one = kernel.submit("ask([('run_code', {'code': code})])", cell_id="a")
        one.wait_for(lambda ran: "1\n" in ran.text)
        for _ in range(5):
            kernel.interrupt()
        one.wait()
        assert one.status == "error"
    assert kernel.run(f"print({state} == before)\n42").text == "True\n42"
