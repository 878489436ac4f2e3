"""A real IPython kernel in a process of its own, driven the way a front end drives it.

    def test_answers(kernel: Kernel) -> None:
        run = kernel.run("%load_ext notebook_chat")
        assert run.status == "ok"
        stalled = kernel.submit("%%chat\\nhello", cell_id="a").wait_for(lambda e: bool(e.displays))
        queued = kernel.submit("1 + 1", cell_id="b")          # Run All: queued behind it
        interrupted_at = kernel.interrupt()
        assert stalled.wait().finished_at - interrupted_at < 0.1
        assert queued.wait().text == "2"

Everything is stamped with `time.monotonic()` on arrival; sizes are those on the wire.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient

from .execution import Execution
from .kernelspecs import INSTALLED
from .outputs import Message, OutputAreas
from .process import KernelDiedError, KernelProcess
from .recorder import IopubRecorder

_START_SECONDS = 60.0
_VERSION_EXPRESSION = "__import__('ipykernel').__version__"


class Kernel:
    """A kernel that knows nothing of the user: own home, own Jupyter and IPython folders, no keys.

    Every call blocks, so tests are synchronous functions; one that must be async (its fake server runs in
    the test's own loop) writes `await asyncio.to_thread(kernel.run, code)`. Use it from one thread at a
    time. A context manager; `close` ends it.

    Args:
        folder: an empty folder for all it reads and writes.
        version: the release of ipykernel, as `kernelspecs.kernel_name` takes it.
        packages: the folder with that release; None for the installed one.
        env: variables for the kernel beyond the isolated environment.

    Attributes:
        process: its process: `pid`, `alive`, `log`, `work` (the working directory), `shutdown()`.
        ipykernel_version: the release that answers, for example `(7, 4, 0)`.

    Raises:
        KernelDiedError, TimeoutError: it did not start.
    """

    def __init__(
        self,
        folder: Path,
        *,
        version: str = INSTALLED,
        packages: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.process = KernelProcess(folder, version, packages, env)
        self._executions: dict[str, Execution] = {}
        self._replies: dict[str, Mapping[str, Any]] = {}
        self._messages: list[Message] = []
        self._areas = OutputAreas()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._context.setsockopt(zmq.RCVHWM, 0)  # a slow test must not make the kernel drop messages
        self._client = BlockingKernelClient(context=self._context)
        self._recorder: IopubRecorder | None = None
        try:
            self._client.load_connection_info(self.process.start())
            self._client.start_channels(iopub=False, stdin=False, hb=False)
            self._recorder = IopubRecorder(self._client.connect_iopub())
            self._await_ready()
            self.ipykernel_version = self._ask_version()
        except BaseException:
            self.close()
            raise

    # --- running code

    def run(
        self,
        code: str,
        *,
        cell_id: str | None = None,
        deleted_cells: Sequence[str] = (),
        timeout: float = 30.0,
    ) -> Execution:
        """Runs a cell to its end, whatever the end is: look at `status`, `errors` and `outputs`.

        Args:
            code: the cell's source.
            cell_id: its id in the notebook, sent as JupyterLab does; None as nbclient does, without.
            deleted_cells: ids of cells that were deleted since the last run, as JupyterLab sends them.
            timeout: seconds.

        Raises:
            TimeoutError, KernelDiedError: as `Execution.wait`.
        """
        return self.submit(code, cell_id=cell_id, deleted_cells=deleted_cells).wait(timeout)

    def submit(
        self,
        code: str,
        *,
        cell_id: str | None = None,
        deleted_cells: Sequence[str] = (),
        stop_on_error: bool = True,
        allow_stdin: bool = False,
        metadata: Mapping[str, Any] | None = None,
    ) -> Execution:
        """Queues a cell and returns at once; several in a row are what "Run All" does.

        Args:
            code, cell_id, deleted_cells: as for `run`.
            stop_on_error: whether the cells queued behind it are aborted if it fails, as front ends ask.
            allow_stdin: whether the cell may ask the user something; nobody answers here.
            metadata: more of the request's metadata, for example `{"colab": {"cell_id": "x"}}`.
        """
        request_metadata: dict[str, Any] = dict(metadata or {})
        if cell_id is not None:
            request_metadata |= {"cellId": cell_id, "deletedCells": list(deleted_cells)}
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": allow_stdin,
            "stop_on_error": stop_on_error,
        }
        submitted_at = time.monotonic()
        message_id = self.send("execute_request", content, metadata=request_metadata)
        execution = Execution(message_id, code, submitted_at, self._areas, self)
        self._executions[message_id] = execution
        return execution

    # --- any other message

    def send(
        self,
        message_type: str,
        content: Mapping[str, Any],
        *,
        control: bool = False,
        subshell_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Sends any message, such as a widget's click (`comm_msg`), and gives its id.

        Args:
            message_type, content: as the messaging protocol says.
            control: send it on the control channel instead of shell.
            subshell_id: have a subshell handle it (see `create_subshell`), as JupyterLab does with comms.
            metadata: the message's metadata.
        """
        message = self._client.session.msg(message_type, dict(content), metadata=dict(metadata or {}))
        if subshell_id is not None:
            message["header"]["subshell_id"] = subshell_id
        channel: Any = self._client.control_channel if control else self._client.shell_channel
        channel.send(message)
        return str(message["header"]["msg_id"])

    def request(
        self, message_type: str, content: Mapping[str, Any], *, control: bool = False, timeout: float = 30.0
    ) -> Mapping[str, Any]:
        """Sends a request, such as `inspect_request`, and gives the content of its reply.

        The first `complete_request` takes seconds (IPython loads jedi) unless the kernel ran
        `%config Completer.use_jedi = False`.

        Raises:
            TimeoutError: no reply in `timeout` seconds.
            KernelDiedError: the kernel's process is gone.
        """
        message_id = self.send(message_type, content, control=control)
        deadline = time.monotonic() + timeout
        while message_id not in self._replies:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no reply to {message_type} within {timeout} s")
            self.pump(0.01)
        return self._replies.pop(message_id)

    def create_subshell(self) -> str | None:
        """Makes a subshell and gives its id; None where the kernel has none (ipykernel 6)."""
        if "kernel subshells" not in self.request("kernel_info_request", {}).get("supported_features", ()):
            return None
        return str(self.request("create_subshell_request", {}, control=True)["subshell_id"])

    @property
    def messages(self) -> tuple[Message, ...]:
        """All iopub messages since the kernel was made, in the order of arrival."""
        self.pump(0.0)
        return tuple(self._messages)

    # --- its life

    def interrupt(self) -> float:
        """Interrupts what runs; gives `time.monotonic()` just before, in seconds."""
        return self.process.interrupt()

    def restart(self) -> None:
        """Restarts the kernel and waits until it answers; executions that had not ended never will."""
        self.process.restart()
        self._await_ready()

    def kill(self) -> None:
        """Kills the process; waiting for an execution then raises `KernelDiedError`."""
        self.process.kill()

    def cpu_seconds(self) -> float:
        """CPU time used by the process so far, user and system, all threads."""
        return self.process.cpu_seconds()

    def close(self) -> None:
        """Ends the process and closes every socket. May be called twice."""
        if self._recorder is not None:
            self._recorder.close()
        self._client.stop_channels()
        self._context.destroy(linger=0)
        self.process.close()

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what arrives

    def pump(self, timeout: float) -> None:
        """Takes in what has arrived, waiting up to `timeout` seconds for something to arrive on iopub.

        Raises:
            KernelDiedError: nothing arrived and the kernel's process is gone.
        """
        if self._recorder is None or self._context.closed:
            return  # the kernel is closed: what came before can still be read
        self._take_replies()
        arrived = self._recorder.take(timeout)
        for arrived_at, frames in arrived:
            self._take_message(arrived_at, frames)
        if not arrived and timeout > 0 and not self.process.alive:
            raise KernelDiedError(f"the kernel died: {self.process.log[-2000:]}")

    def _take_replies(self) -> None:
        channels: tuple[Any, ...] = (self._client.shell_channel, self._client.control_channel)
        for channel in channels:
            while channel.msg_ready():
                message = channel.get_msg()
                parent_id = message["parent_header"].get("msg_id", "")
                if parent_id in self._executions:
                    self._executions[parent_id].finish(message["content"])
                else:
                    self._replies[parent_id] = message["content"]

    def _take_message(self, arrived_at: float, frames: list[bytes]) -> None:
        _, parts = self._client.session.feed_identities(frames)
        parsed = self._client.session.deserialize(parts)
        message = Message(
            type=parsed["header"]["msg_type"],
            content=parsed["content"],
            metadata=parsed["metadata"],
            parent_id=parsed["parent_header"].get("msg_id", ""),
            size=sum(map(len, frames)),
            arrived_at=arrived_at,
        )
        self._messages.append(message)
        self._areas.apply(message)
        if message.parent_id in self._executions:
            self._executions[message.parent_id].record(message)

    def _await_ready(self) -> None:
        """Waits until the kernel answers and its iopub is heard: a subscription takes a moment."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            message_id = self.send("kernel_info_request", {})
            asked_again_at = time.monotonic() + 0.5
            while time.monotonic() < asked_again_at:
                self.pump(0.02)
                heard = any(m.parent_id == message_id and m.type == "status" for m in self._messages)
                if heard and message_id in self._replies:
                    return
        raise TimeoutError(f"the kernel did not answer within {_START_SECONDS} s: {self.process.log[-2000:]}")

    def _ask_version(self) -> tuple[int, ...]:
        content = {
            "code": "",
            "silent": True,
            "store_history": False,
            "user_expressions": {"version": _VERSION_EXPRESSION},
            "allow_stdin": False,
        }
        answer = self.request("execute_request", content)["user_expressions"]["version"]
        version = str(answer["data"]["text/plain"]).strip("'")
        return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
