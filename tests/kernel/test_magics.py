"""The magics in a real kernel: Run All, interrupts, other magics around them, and what goes over the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..servers import Answer, Pause, Reset, Stall, VendorServer, Wire, echo, every
from ..servers.fixtures import ServerFactory
from .conftest import StartKernel
from .execution import Execution
from .harness import Kernel

LOAD = "%load_ext notebook_chat\n%config ChatMagics.model = 'openai:test'"
Begin = Callable[..., tuple[Kernel, VendorServer]]


@pytest.fixture
def begin(start_kernel: StartKernel, vendor_server: ServerFactory) -> Begin:
    """Starts a kernel with the extension loaded and a server that answers it."""

    def start(*replies: Any, **options: Any) -> tuple[Kernel, VendorServer]:
        server = vendor_server("openai_chat", *(replies or (echo(lambda turns: f"re {turns[-1].text}"),)))
        kernel = start_kernel(env={"OPENAI_BASE_URL": server.base_url}, **options)
        assert kernel.run(LOAD).status == "ok"
        return kernel, server

    return start


def answer_of(execution: Execution) -> str:
    """The one output of a chat cell, as text."""
    [output] = [output for output in execution.outputs if output.output_type == "display_data"]
    return str(output.data["text/plain"])


def test_run_all_with_three_chats_among_five_cells(begin: Begin) -> None:
    kernel, server = begin()
    cells = ["a = 1", "%%chat\none", "%%chat\ntwo", "print(a + 1)", "%%chat\nthree"]
    runs = [kernel.submit(code, cell_id=f"c{place}") for place, code in enumerate(cells)]
    for run in runs:
        assert run.wait().status == "ok"
    ends = [run.finished_at or 0.0 for run in runs]
    assert ends == sorted(ends)
    assert [answer_of(runs[place]) for place in (1, 2, 4)] == ["re one", "re two", "re three"]
    assert runs[3].text == "2\n"
    assert [turn.text for turn in server.requests[-1].turns] == ["one", "re one", "two", "re two", "three"]


def test_run_all_twice_is_one_conversation(begin: Begin) -> None:
    kernel, server = begin()
    for _ in range(2):
        for prompt in ("one", "two", "three"):
            kernel.run(f"%%chat\n{prompt}", cell_id=f"cell-{prompt}")
    sent = [[turn.text for turn in request.turns] for request in server.requests]
    assert sent[3:] == sent[:3]
    kernel.run("%%chat\nTWO", cell_id="cell-two")
    assert [turn.text for turn in server.requests[-1].turns] == ["one", "re one", "TWO"]


def test_an_interrupt_stops_a_stalled_answer_at_once(begin: Begin) -> None:
    kernel, server = begin(Answer("so ", "far", Stall()))
    seconds = []
    for attempt in range(5):
        run = kernel.submit("%%chat\nhello", cell_id="a")
        run.wait_for(lambda e: any("so far" in d.data.get("text/html", "") for d in e.displays.values()))
        interrupted_at = kernel.interrupt()
        run.wait()
        seconds.append((run.finished_at or 0.0) - interrupted_at)
        assert run.status == "error"
        assert run.errors == ()
        assert "Traceback" not in str(run.outputs)
        assert answer_of(run).startswith("so far")
        assert "stopped" in answer_of(run)
        assert kernel.run("print('next')", cell_id="b").text == "next\n"
        assert server.exchange(attempt).disconnected.wait()
    print(f"\ninterrupt to idle, ms: {[round(1000 * value, 1) for value in sorted(seconds)]}")
    assert "(stopped)" in kernel.run("%chat history").text


def test_a_stopped_answer_is_a_part_of_the_conversation(begin: Begin) -> None:
    kernel, server = begin(Answer("so far", Stall()), Answer("fine"))
    run = kernel.submit("%%chat\nfirst")
    run.wait_for(lambda e: "so far" in str(e.displays))
    kernel.interrupt()
    run.wait()
    kernel.run("%%chat\nsecond")
    assert [turn.text for turn in server.requests[-1].turns] == ["first", "so far", "second"]


def test_interrupts_at_any_moment_leave_no_traceback(begin: Begin) -> None:
    # Far longer than the test looks at: an interrupt that comes after the end hits ipykernel itself.
    kernel, _ = begin(Answer(*[piece for n in range(5000) for piece in (f"{n} ", Pause(0.002))]))
    for attempt in range(12):
        run = kernel.submit(
            f"print('here', flush=True)\nget_ipython().run_cell_magic('chat', '', 'hi {attempt}')"
        )
        run.wait_for(lambda e: "here" in e.text)
        run.wait_for(lambda e, size=3 * attempt: len(str(e.displays)) > 40 * size, timeout=10)
        kernel.interrupt()
        run.wait()
        stray = [error.ename for error in run.errors]
        assert stray in ([], ["KeyboardInterrupt"])  # the interrupt may come before the magic has begun
        assert kernel.run("1 + 1").text == "2"


def test_time_capture_and_a_function_around_it(begin: Begin) -> None:
    kernel, _ = begin()
    timed = kernel.run("%%time\nget_ipython().run_cell_magic('chat', '', 'one')")
    assert answer_of(timed) == "re one"
    assert "Wall time" in timed.text
    nested = kernel.run("%%time\n%%chat\ntwo")
    assert answer_of(nested) == "re two"
    captured = kernel.run("%%capture out\n%%chat\nthree")
    assert captured.outputs == []
    assert kernel.run("len(out.outputs), out.outputs[0].data['text/plain']").text == "(1, 're three')"
    loop = (
        "def ask(text):\n    get_ipython().run_cell_magic('chat', '-o last', text)\n    return last.upper()\n"
    )
    inside = kernel.run(loop + "[ask(text) for text in 'ab']", cell_id="loop")
    assert inside.text.endswith("['RE A', 'RE B']")
    assert len(inside.displays) == 2


def test_a_cell_that_asks_in_a_loop_has_a_turn_for_each(begin: Begin) -> None:
    kernel, server = begin()
    code = "for text in 'ab':\n    get_ipython().run_cell_magic('chat', '', text)"
    for _ in range(2):
        assert kernel.run(code, cell_id="loop").status == "ok"
        assert [turn.text for turn in server.requests[-1].turns] == ["a", "re a", "b"]


def test_output_lands_in_its_own_cell(begin: Begin) -> None:
    kernel, _ = begin(Answer("slow ", Pause(0.3), "answer"))
    runs = [kernel.submit(f"%%chat\n{n}", cell_id=str(n)) for n in range(3)]
    for run in runs:
        run.wait()
        assert len(run.outputs) == 1
        assert answer_of(run) == "slow answer"


def test_providers_inside_a_running_loop_without_patching_it(begin: Begin) -> None:
    kernel, server = begin(Answer("Hel", "lo"))
    code = f"""
import asyncio
from notebook_chat import Chat
from notebook_chat.providers import OpenAI
before = asyncio.run, type(asyncio.get_running_loop()).run_until_complete
base = {server.base_url!r}
pieces = [piece async for piece in OpenAI.create_async_generator("m", "hi", base_url=base)]
whole = await OpenAI.create_async("m", "hi", base_url=base)
synchronous = list(OpenAI.create_completion("m", "hi", base_url=base))
chat = Chat("openai:m", base_url=base)
asked = chat.ask("hi")
awaited = await chat.ask_async("hi")
after = asyncio.run, type(asyncio.get_running_loop()).run_until_complete
pieces, whole, synchronous, asked, awaited, before == after, hasattr(asyncio, "_nest_patched")
"""
    expected = (["Hel", "lo"], "Hello", ["Hel", "lo"], "Hello", "Hello", True, False)
    assert kernel.run(code).text == repr(expected)


def test_chunks_are_coalesced(begin: Begin) -> None:
    kernel, _ = begin(Answer(*["word "] * 4000, wire=Wire(cut=every(2000))))
    run = kernel.run("%%chat\nhello", timeout=60)
    shown = [message for message in run.messages if message.type.endswith("display_data")]
    print(f"\n4000 chunks: {len(shown)} messages, {run.iopub_bytes / 1e3:.0f} kB")
    assert len(shown) < 100
    assert answer_of(run) == "word " * 4000


def test_the_final_state_is_one_static_output_with_the_turn(begin: Begin) -> None:
    kernel, _ = begin(Answer("**bold** <script>alert(1)</script>"))
    run = kernel.run("%%chat\nhello", cell_id="cell-1")
    [output] = run.outputs
    assert output.data["text/plain"] == "**bold** <script>alert(1)</script>"
    assert "<strong>bold</strong>" in output.data["text/html"]
    assert "<script" not in output.data["text/html"]
    stored = output.metadata["notebook_chat"]
    assert stored["conversation"] == "default"
    assert stored["answer"] == "**bold** <script>alert(1)</script>"
    assert stored["prompt"] == {"role": "user", "content": "hello"}


def test_a_failure_fails_the_cell_with_one_line_and_keeps_the_text(begin: Begin) -> None:
    kernel, _ = begin(Answer("so far", Reset()))
    run = kernel.submit("%%chat\nhello")
    queued = kernel.submit("print('not reached')")
    assert run.wait().status == "error"
    [error] = run.errors
    assert error.ename == "StreamInterruptedError"
    assert len(error.traceback) == 1
    assert "\n" not in error.traceback[0]
    assert answer_of(run).startswith("so far")
    assert queued.wait().status == "aborted"


def test_nothing_is_shown_of_an_answer_that_never_came(begin: Begin) -> None:
    kernel, _ = begin()
    run = kernel.run("%%chat -m openai:x -t 9\nhello")
    assert [output.output_type for output in run.outputs] == ["error"]


def test_tab_completes_options_and_models(begin: Begin) -> None:
    kernel, _ = begin()
    kernel.run("%config Completer.use_jedi = False")
    reply = kernel.request("complete_request", {"code": "%%chat --max\nhello", "cursor_pos": 12})
    assert "--max-tokens" in reply["matches"]


def test_tab_completes_values_and_their_cell_sends_them(begin: Begin) -> None:
    kernel, server = begin()
    kernel.run("sales_of_may = {'north': [7, 8]}\n%config Completer.use_jedi = False")
    for written, offered in (("{sal", "sales_of_may"), ('{sales_of_may["n', 'north"]')):
        code = f"%%chat\nWhat is\n{written}"
        reply = kernel.request("complete_request", {"code": code, "cursor_pos": len(code)})
        assert reply["matches"] == [offered]
    kernel.run('%%chat\nIs {sales_of_may["north"][1]} even?')
    assert server.requests[-1].turns[-1].text == "Is 8 even?"


def test_the_kernels_end_leaves_no_warning(begin: Begin) -> None:
    kernel, server = begin()
    kernel.run("%%chat\nhello")
    code = (
        "from notebook_chat.providers import OpenAI\n"
        f"await OpenAI.create_async('m', 'hi', base_url={server.base_url!r})"
    )
    assert kernel.run(code).status == "ok"
    kernel.process.shutdown()
    for word in ("Unclosed", "never awaited", "Traceback", "was destroyed"):
        assert word not in kernel.process.log


def test_a_restart_starts_afresh(begin: Begin) -> None:
    kernel, server = begin()
    kernel.run("%%chat\none")
    kernel.restart()
    kernel.run(LOAD)
    assert answer_of(kernel.run("%%chat\ntwo")) == "re two"
    assert server.requests


def test_a_provider_bound_to_the_notebooks_own_loop_works_by_asking_for_it(begin: Begin) -> None:
    kernel, _ = begin()
    code = """
import asyncio
from notebook_chat import Chat
home = asyncio.get_running_loop()
async def bound(messages):
    assert asyncio.get_running_loop() is home
    yield "on the "
    await asyncio.sleep(0.01)
    yield "notebook's loop"
str(Chat(provider=bound, nested=True).ask("hi")), list(Chat(provider=bound, nested=True).stream("hi"))
"""
    runs = [kernel.submit(code), kernel.submit("'next'")]
    assert runs[0].wait().text == repr(("on the notebook's loop", ["on the ", "notebook's loop"]))
    assert runs[1].wait().text == "'next'"


def test_a_key_is_nowhere_after_a_failure(
    begin: Begin, start_kernel: StartKernel, vendor_server: Any
) -> None:
    key = "sk-planted-secret-42"
    server = vendor_server("openai_chat", Answer("never"), key="another")
    kernel = start_kernel(env={"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": key})
    kernel.run(LOAD)
    kernel.run("%xmode Verbose")
    assert kernel.run("%%chat\nhello").status == "error"
    kernel.run("%tb")
    kernel.run(
        "from notebook_chat import Chat\nfrom notebook_chat.providers import OpenAI\n"
        "chat = Chat('openai:m'); chat"
    )
    kernel.run("chat.ask('hello')")
    kernel.run("await OpenAI.create_async('m', 'hello')")
    kernel.run("list(OpenAI.create_completion('m', 'hello'))")
    kernel.run("%tb")
    kernel.run("%chat history")
    everything = str([message.content for message in kernel.messages]) + kernel.process.log
    assert "AuthenticationError" in everything
    assert key not in everything


def test_an_answer_as_the_last_line_is_shown_as_one(begin: Begin) -> None:
    kernel, _ = begin(Answer("**bold**"))
    kernel.restart()  # without the extension
    run = kernel.run("from notebook_chat import Chat\nanswer = Chat('openai:test').ask('hi')\nanswer")
    [output] = run.outputs
    assert output.output_type == "execute_result"
    assert output.data["text/plain"] == "**bold**"
    assert "<strong>bold</strong>" in output.data["text/html"]
    shown = kernel.run("display(answer)").outputs[0]
    assert shown.data == output.data
    assert kernel.run("answer.upper(), repr(answer)").text == "('**BOLD**', \"'**bold**'\")"
