"""The harness tells the truth about a real kernel."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

import pytest

from .conftest import StartKernel
from .execution import Execution
from .harness import Kernel
from .kernelspecs import INSTALLED, OLDER_VERSIONS
from .process import KernelDiedError

every_ipykernel = pytest.mark.parametrize("kernel", [INSTALLED, *OLDER_VERSIONS], indirect=True)

DISPLAY = """
from IPython.display import clear_output, publish_display_data
def show(text, update=False, **metadata):
    publish_display_data({"text/plain": text}, metadata, transient={"display_id": "d"}, update=update)
"""


def shown(text: str) -> Callable[[Execution], bool]:
    return lambda execution: text in execution.text


def test_a_result_and_the_streams_are_kept_apart(kernel: Kernel) -> None:
    run = kernel.run("import sys; print('out'); print('err', file=sys.stderr); print('more'); 6 * 7")
    assert run.status == "ok"
    assert run.streams == {"stdout": "out\nmore\n", "stderr": "err\n"}
    assert run.outputs[-1].data["text/plain"] == "42"
    assert run.reply["execution_count"] == 1


def test_neighboring_prints_are_one_saved_output(kernel: Kernel) -> None:
    run = kernel.run("print('a', flush=True)\nprint('b', flush=True)")
    assert [(output.name, output.text) for output in run.outputs] == [("stdout", "a\nb\n")]


def test_an_update_replaces_data_and_metadata_of_a_display(kernel: Kernel) -> None:
    kernel.run(DISPLAY)
    run = kernel.run("show('first', note=1); print('between'); show('last', update=True)")
    assert [message.type for message in run.messages if "display" in message.type] == [
        "display_data",
        "update_display_data",
    ]
    assert [output.output_type for output in run.outputs] == ["display_data", "stream"]
    assert run.displays["d"].data == {"text/plain": "last"}
    assert run.displays["d"].metadata == {}
    assert run.outputs[0] == run.displays["d"]


def test_an_update_from_another_cell_reaches_the_display(kernel: Kernel) -> None:
    kernel.run(DISPLAY)
    first = kernel.run("show('first')")
    second = kernel.run("show('later', update=True)")
    assert first.outputs[0].data["text/plain"] == "later"
    assert second.outputs == []


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("show('old'); clear_output(); show('new')", ["new"]),
        ("show('old'); clear_output(wait=True); show('new')", ["new"]),
        ("show('old'); clear_output(wait=True)", ["old"]),
        ("show('old'); clear_output()", []),
    ],
)
def test_clear_output_is_honored(kernel: Kernel, code: str, kept: list[str]) -> None:
    kernel.run(DISPLAY)
    assert [output.data["text/plain"] for output in kernel.run(code).outputs] == kept


def test_a_failure_is_seen_and_aborts_what_is_queued(kernel: Kernel) -> None:
    failing = kernel.submit("import time; time.sleep(0.2); 1 / 0")
    queued = kernel.submit("'never'")
    assert failing.wait().status == "error"
    assert [error.ename for error in failing.errors] == ["ZeroDivisionError"]
    assert queued.wait().status == "aborted"
    assert queued.outputs == []


@every_ipykernel
def test_three_queued_cells_run_in_order(kernel: Kernel) -> None:
    runs = [kernel.submit(f"import time; time.sleep(0.05); print({i})") for i in range(3)]
    assert [run.wait().text for run in runs] == ["0\n", "1\n", "2\n"]
    moments = [moment for run in runs for moment in (run.started_at, run.finished_at)]
    assert None not in moments
    assert moments == sorted(moment for moment in moments if moment is not None)


@every_ipykernel
def test_an_interrupt_ends_a_sleep_and_the_next_cell_runs(kernel: Kernel) -> None:
    sleeping = kernel.submit("import time; print('asleep', flush=True); time.sleep(60)")
    sleeping.wait_for(shown("asleep"))
    interrupted_at = kernel.interrupt()
    assert sleeping.wait(20).errors[0].ename == "KeyboardInterrupt"
    assert sleeping.finished_at is not None
    assert interrupted_at < sleeping.finished_at
    assert kernel.run("1 + 1").text == "2"


def test_a_wait_ends_in_time_and_says_what_came(kernel: Kernel) -> None:
    stuck = kernel.submit("import time; print('so far', flush=True); time.sleep(60)")
    stuck.wait_for(shown("so far"))
    with pytest.raises(TimeoutError, match="so far"):
        stuck.wait(0.1)
    assert stuck.status is None


def test_arrivals_are_stamped_when_they_happen_with_the_clock_of_the_kernel(kernel: Kernel) -> None:
    code = """
import pathlib, time
for _ in range(3):
    print(time.monotonic(), flush=True)
time.sleep(1)
pathlib.Path("later").write_text(str(time.monotonic()))
_ = pathlib.Path("later").rename("done")
"""
    run = kernel.submit(code)
    done = kernel.process.work / "done"
    while not done.exists():  # the test does not read meanwhile
        time.sleep(0.05)
    printed = [float(line) for line in run.wait().text.split()]
    arrived_at = next(message.arrived_at for message in run.messages if message.type == "stream")
    assert printed[0] < arrived_at < float(done.read_text())


def test_sizes_are_those_on_the_wire(kernel: Kernel) -> None:
    small = kernel.run("print('x' * 1_000, flush=True)").iopub_bytes
    large = kernel.run("print('x' * 101_000, flush=True)").iopub_bytes
    assert abs(large - small - 100_000) < 100
    assert small > 1_000


def test_output_of_a_thread_lands_in_its_cell_after_the_end(kernel: Kernel) -> None:
    code = """
import contextvars, threading, time
def late(): time.sleep(0.3); print("late", flush=True)
threading.Thread(target=contextvars.copy_context().run, args=(late,)).start()
"""
    first = kernel.run(code)
    second = kernel.run("pass")
    first.wait_for(shown("late"))
    assert second.text == ""


@every_ipykernel
def test_a_cell_knows_what_a_front_end_sends_with_it(kernel: Kernel) -> None:
    code = "print(sorted(get_ipython().get_parent()['metadata'].items()))"
    assert (
        kernel.run(code, cell_id="a", deleted_cells=["b"]).text
        == "[('cellId', 'a'), ('deletedCells', ['b'])]\n"
    )
    assert kernel.run(code).text == "[]\n"
    assert "'colab'" in kernel.submit(code, metadata={"colab": {"cell_id": "c"}}).wait().text


@every_ipykernel
def test_the_asked_release_of_ipykernel_answers(kernel: Kernel, request: pytest.FixtureRequest) -> None:
    version = request.node.callspec.params["kernel"]
    answered = ".".join(map(str, kernel.ipykernel_version))
    assert kernel.run("import ipykernel; print(ipykernel.__version__)").text.strip() == answered
    assert version in (INSTALLED, answered)
    assert (kernel.create_subshell() is None) == (kernel.ipykernel_version < (7,))


def test_a_subshell_answers_while_a_cell_runs(kernel: Kernel) -> None:
    subshell = kernel.create_subshell()
    if subshell is None:
        pytest.skip("the installed ipykernel has no subshells")
    computing = kernel.submit("import time; print('on', flush=True); time.sleep(60)").wait_for(shown("on"))
    content = {
        "code": "print('from the side')",
        "silent": False,
        "user_expressions": {},
        "allow_stdin": False,
    }
    side = kernel.send("execute_request", content, subshell_id=subshell)
    computing.wait_for(lambda _: any(m.parent_id == side and m.type == "stream" for m in kernel.messages))
    assert not computing.done
    kernel.interrupt()
    computing.wait()


def test_other_requests_get_their_reply(kernel: Kernel) -> None:
    assert kernel.request("is_complete_request", {"code": "for x in y:"})["status"] == "incomplete"
    assert kernel.request("is_complete_request", {"code": "x = 1"})["status"] == "complete"


def test_a_restart_forgets_and_a_new_cell_runs(kernel: Kernel) -> None:
    kernel.run("x = 1")
    pid = kernel.process.pid
    kernel.restart()
    assert kernel.process.pid != pid
    assert kernel.run("x").errors[0].ename == "NameError"


def test_a_dead_kernel_is_reported(kernel: Kernel) -> None:
    computing = kernel.submit("import time; print('on', flush=True); time.sleep(60)").wait_for(shown("on"))
    kernel.kill()
    with pytest.raises(KernelDiedError):
        computing.wait()
    assert computing.text == "on\n"


def test_the_end_of_the_process_can_be_looked_at(kernel: Kernel) -> None:
    kernel.run("import atexit, os; atexit.register(lambda: os.write(2, b'last words'))")
    assert kernel.process.shutdown() == 0
    assert "last words" in kernel.process.log
    assert not kernel.process.alive


def test_cpu_time_is_that_of_the_kernel(kernel: Kernel) -> None:
    before = kernel.cpu_seconds()
    kernel.run("import time; time.sleep(0.3)")
    slept = kernel.cpu_seconds() - before
    spent = float(
        kernel.run("s = time.process_time()\nwhile time.process_time() - s < 0.3: pass\nprint(0.3)").text
    )
    computed = kernel.cpu_seconds() - before - slept
    assert computed >= spent * 0.9  # the operating system counts in steps of 10 ms
    assert slept < computed


def test_a_kernel_knows_nothing_of_the_user(
    start_kernel: StartKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-tests")
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "not-for-tests")
    kernel = start_kernel(env={"FAKE_SERVICE": "http://127.0.0.1:1"})
    seen = kernel.run(
        "import os, pathlib\nprint(dict(os.environ), pathlib.Path.home(), get_ipython().ipython_dir)"
    ).text
    assert "not-for-tests" not in seen
    assert "http://127.0.0.1:1" in seen
    assert os.path.expanduser("~") not in kernel.run("print(pathlib.Path.home())").text  # noqa: PTH111
    assert kernel.run("print(pathlib.Path.cwd())").text.strip() == str(kernel.process.work)


async def test_an_async_test_can_use_a_kernel_beside_its_own_loop(kernel: Kernel) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"from the test's loop")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        code = f"import socket; print(socket.create_connection(('127.0.0.1', {port})).recv(100))"
        assert "test's loop" in (await asyncio.to_thread(kernel.run, code)).text
        sleeping = await asyncio.to_thread(
            kernel.submit, "import time; print('on', flush=True); time.sleep(60)"
        )
        await asyncio.to_thread(sleeping.wait_for, shown("on"))
        await asyncio.to_thread(kernel.interrupt)
        assert (await asyncio.to_thread(sleeping.wait)).status == "error"
