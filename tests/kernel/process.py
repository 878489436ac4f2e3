"""A kernel's process: started apart from the user's settings, interrupted, restarted, killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import psutil  # type: ignore[import-untyped]
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from .isolation import isolated_environment
from .kernelspecs import INSTALLED, kernel_name, write_kernelspec

T = TypeVar("T")


class KernelDiedError(RuntimeError):
    """The kernel's process ended while something was expected of it; the message has its last words."""


class KernelProcess:
    """Starts a kernel's process and owns it until `close`.

    jupyter_client's manager is asynchronous at heart, and its blocking form leaves an event loop open
    for the rest of the process, so each kernel brings its own loop and closes it.

    Args:
        folder: an empty folder for all that the kernel reads and writes.
        version: the release of ipykernel, as `kernelspecs.kernel_name` takes it.
        packages: the folder with that release; None for the installed one.
        env: variables for the kernel beyond the isolated environment.

    Attributes:
        work: the kernel's working directory.
    """

    def __init__(
        self, folder: Path, version: str, packages: Path | None, env: Mapping[str, str] | None
    ) -> None:
        if packages is None and version != INSTALLED:
            raise ValueError(f"where is ipykernel {version}? give the folder that install_ipykernel made")
        self.work = folder / "work"
        self.work.mkdir(parents=True)
        write_kernelspec(folder / "kernels", version, packages)
        self._log = (folder / "kernel.log").open("wb")
        self._loop = asyncio.new_event_loop()
        self._manager = AsyncKernelManager(
            kernel_name=kernel_name(version),
            kernel_spec_manager=KernelSpecManager(
                kernel_dirs=[str(folder / "kernels")], ensure_native_kernel=False
            ),
            connection_file=str(folder / "connection.json"),
        )
        self._options = {
            "env": isolated_environment(folder, env),
            "cwd": str(self.work),
            "stdout": self._log,
            "stderr": self._log,
        }

    def start(self) -> KernelConnectionInfo:
        """Starts it and tells how to connect."""
        self._complete(self._manager.start_kernel(**self._options))
        return self._manager.get_connection_info()

    def restart(self) -> None:
        """Asks it to shut down and starts a new one on the same ports."""
        self._complete(self._manager.restart_kernel(now=False))

    def interrupt(self) -> float:
        """Sends the signal that a front end's interrupt sends; gives `time.monotonic()` just before."""
        at = time.monotonic()
        self._complete(self._manager.interrupt_kernel())
        return at

    def kill(self) -> None:
        """Ends it without a chance to clean up, as a crash or the machine's memory killer would."""
        process = psutil.Process(self.pid)
        process.kill()
        while self.alive:
            time.sleep(0.005)

    def shutdown(self) -> int | None:
        """Asks it to shut down, as the end of a session does, and gives its exit status."""
        process = self._process
        self._complete(self._manager.shutdown_kernel(now=False))
        status = process.poll()
        return None if status is None else int(status)

    @property
    def pid(self) -> int:
        """The process id."""
        return int(self._process.pid)

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        provisioner: Any = self._manager.provisioner
        return (
            provisioner is not None and provisioner.process is not None and provisioner.process.poll() is None
        )

    @property
    def log(self) -> str:
        """What it wrote to its own stdout and stderr: crashes, and warnings at its end.

        ipykernel 7.4 writes one line at its start about TCP without encryption.
        """
        return Path(self._log.name).read_text(encoding="utf-8", errors="replace")

    def cpu_seconds(self) -> float:
        """CPU time its process has used so far, user and system, all threads."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def close(self) -> None:
        """Ends the process if it still runs, and gives back all that belongs to it. May be called twice."""
        if self._loop.is_closed():
            return
        try:
            if self._manager.has_kernel:
                self._complete(self._manager.shutdown_kernel(now=True))
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self._log.close()

    @property
    def _process(self) -> Any:
        provisioner: Any = self._manager.provisioner
        if provisioner is None or provisioner.process is None:
            raise KernelDiedError(f"the kernel does not run: {self.log[-2000:]}")
        return provisioner.process

    def _complete(self, step: Awaitable[T]) -> T:
        return self._loop.run_until_complete(step)
