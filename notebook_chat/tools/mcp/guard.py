"""The program that starts a server and outlives nothing: it ends the server, and all that the server has started, when
it is told to (SIGTERM), when the server ends, and when the process that started it is gone, however that ended.

It stands between the kernel and the server because a server that does not mind the end of its input would run for ever
once the kernel was killed. It is run by its path, with nothing but Python's own library: ``guard.py PARENT COMMAND…``.
The server's input and output are those that it was given, and its exit status becomes the guard's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 1.5
"""How long a server may take to end by itself after its parent is gone: its input has ended."""

TERM_SECONDS = 0.5
"""How long what was told to end (SIGTERM) may take before it is killed."""

_KILL_SECONDS = 5.0
_LOOK_SECONDS = 1.0  # between two looks at the parent, where nothing tells of its end
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_NOT_STARTED = 127


def main() -> int:
    """Runs the server to its end."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    return _on_windows(parent, command) if sys.platform == "win32" else _on_posix(parent, command)


if sys.platform != "win32":
    import select

    def _on_posix(parent: int, command: list[str]) -> int:
        # Told of by the pipe; the handlers only keep the signals from ending this process.
        news, told = os.pipe()
        for end in (news, told):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        _adopt()
        watched = _watch(parent)
        if os.getppid() != parent:
            return 0  # it is gone already
        try:
            server = subprocess.Popen(command, start_new_session=True, restore_signals=True)
        except (OSError, ValueError) as error:
            os.write(2, f"{command[0]} cannot be started: {error}\n".encode())
            return _NOT_STARTED
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)  # the ends of the server's pipes are the server's alone
        status = _await(server, parent, news, watched)
        _end_all()
        return status

    def _await(server: subprocess.Popen[bytes], parent: int, news: int, watched: int | None) -> int:
        """Waits for the end of the server or of the parent, or for SIGTERM."""
        poll = select.poll()
        for descriptor in (news, watched):
            if descriptor is not None:
                poll.register(descriptor, select.POLLIN)
        until: float | None = None
        while True:
            patience = _LOOK_SECONDS if watched is None else None
            if until is not None:
                patience = max(until - time.monotonic(), 0.0)
            poll.poll(None if patience is None else patience * 1000)
            with contextlib.suppress(BlockingIOError):
                if {signal.SIGTERM, signal.SIGHUP} & set(os.read(news, 4096)):
                    return 0
            if server.poll() is not None:
                return server.returncode if server.returncode >= 0 else 128 - server.returncode
            _reap(server)
            if until is None and os.getppid() != parent:
                until = time.monotonic() + GRACE_SECONDS
                if watched is not None:
                    poll.unregister(watched)
            if until is not None and time.monotonic() >= until:
                return 0

    def _reap(server: subprocess.Popen[bytes]) -> None:
        """Takes note of the end of what was adopted. The server's own end is told by ``server.poll``."""
        with contextlib.suppress(ChildProcessError, AttributeError):
            while True:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if found is None or found.si_pid == server.pid:
                    return
                os.waitpid(found.si_pid, os.WNOHANG)

    def _end_all() -> None:
        """Ends all that descends from this process."""
        killing = time.monotonic() + TERM_SECONDS
        until = killing + _KILL_SECONDS
        asked: set[int] = set()
        while (left := _descendants()) and time.monotonic() < until:
            kill = time.monotonic() >= killing
            for pid in left if kill else left - asked:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL if kill else signal.SIGTERM)
            asked |= left
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            time.sleep(0.01)

    def _descendants() -> set[int]:
        children: dict[int, list[int]] = {}
        for pid, parent in _processes():
            children.setdefault(parent, []).append(pid)
        found: set[int] = set()
        ahead = [os.getpid()]
        while ahead:
            for pid in children.get(ahead.pop(), ()):
                if pid not in found:
                    found.add(pid)
                    ahead.append(pid)
        return found

    def _processes() -> list[tuple[int, int]]:
        """The processes of the machine, each with its parent; without those that have ended."""
        if not os.path.isdir("/proc/self"):  # noqa: PTH112  pathlib takes longer to import than all of this
            command = ["/bin/ps", "-axo", "pid=,ppid=,stat="]
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                listed = subprocess.run(command, stdout=subprocess.PIPE, timeout=5, check=False).stdout
                rows = [line.split() for line in listed.splitlines()]
                return [
                    (int(row[0]), int(row[1]))
                    for row in rows
                    if len(row) == 3 and not row[2].startswith(b"Z")
                ]
            return []
        found: list[tuple[int, int]] = []
        for name in os.listdir("/proc"):  # noqa: PTH208
            if name.isdigit():
                with (
                    contextlib.suppress(OSError, ValueError, IndexError),
                    open(f"/proc/{name}/stat", "rb") as file,  # noqa: PTH123
                ):
                    fields = file.read().rpartition(b")")[2].split()
                    if fields[0] not in (b"Z", b"X"):
                        found.append((int(name), int(fields[1])))
        return found

    def _adopt() -> None:
        """Has what loses its parent become a child of this process, in whatever session it is."""
        if sys.platform == "linux":
            with contextlib.suppress(Exception):
                import ctypes

                ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)

    def _watch(parent: int) -> int | None:
        """What becomes readable when the parent ends; ``None`` where nothing does."""
        with contextlib.suppress(AttributeError, OSError):
            return os.pidfd_open(parent)
        return None


def _on_windows(parent: int, command: list[str]) -> int:
    import ctypes

    kernel32 = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel32.OpenProcess.restype = ctypes.c_void_p
    watched = kernel32.OpenProcess(0x00100000, False, parent)  # SYNCHRONIZE
    if not watched:
        return 0
    try:
        server = subprocess.Popen(command)
    except (OSError, ValueError) as error:
        os.write(2, f"{command[0]} cannot be started: {error}\n".encode())
        return _NOT_STARTED
    while (status := server.poll()) is None:
        if kernel32.WaitForSingleObject(ctypes.c_void_p(watched), 200) == 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(GRACE_SECONDS)
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(server.pid)], capture_output=True, check=False
            )
            return 0
    return status


if __name__ == "__main__":
    sys.exit(main())
