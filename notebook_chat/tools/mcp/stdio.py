"""The way to a server that is a program: its input and output are pipes, of which no more is held than may be."""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Any

from ... import loop_thread
from ...errors import ChatError
from ...secrets import excerpt
from .launch import Launch
from .lines import Sieve, mend
from .program import exits, found_program, guarded, kill, stop
from .sdk import sdk

LARGEST = 20 * 1024 * 1024
"""How large a message of a server may be, in bytes: what is larger is not kept, and its call fails."""

GRACE_SECONDS = 1.0
"""How long a server may take to end by itself, after the end of its input."""

_MOST_DROPPED = 1 << 30  # bytes of a message that has no end, before the server is given up
_READ = 1 << 16
_LATER = 1 << 18  # bytes of a message that is parsed in a worker
_LAST_WORDS = 16_384  # bytes of what it has written to its standard error
_TOLD_WORDS = 300  # characters
_KILL_SECONDS = 3.0  # after the guard was told to end the server
_HURRY_SECONDS = 0.8  # the same where Python ends
_ID = r'"id"\s*:\s*(-?[0-9]{1,18}|"[^"\\]{0,200}")'
_AT_FRONT = re.compile(rf'\s*\{{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?{_ID}\s*,'.encode())
_AT_END = re.compile(rf',\s*{_ID}\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}}\s*\Z'.encode())
_END_BYTES = 512
_TOO_LARGE = f"its answer is larger than {LARGEST:,} bytes"
_FLOOD, _FLOOD_SECONDS = 100, 0.01  # so many messages at once are taken more slowly than they come
_APART: dict[str, Any] = (
    {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
    if sys.platform == "win32"
    else {"start_new_session": True}
)


class StdioTransport:
    """A running server, as the SDK's ``Client`` takes it: entered, it gives the streams of its messages. It is entered
    and left in one task.

    Args:
        launch: What is started.

    Attributes:
        ended: Whether the server has ended, or nothing can be said to it any more.
    """

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._errors = bytearray()
        self._junk: deque[bytes] = deque(maxlen=3)
        self._tasks: list[asyncio.Task[None]] = []
        self._process: asyncio.subprocess.Process | None = None
        self.ended = asyncio.Event()
        self._sieve = Sieve()

    @property
    def changed(self) -> bool:
        """Whether it has said that what it has to offer is other than before."""
        return self._sieve.changed

    @changed.setter
    def changed(self, changed: bool) -> None:
        self._sieve.changed = changed

    @property
    def pid(self) -> int | None:
        """The process id of the guard, which has started the server."""
        return self._process.pid if self._process is not None else None

    @property
    def last_words(self) -> str:
        """The last line that the server has written to its standard error, else to its output; without secrets."""
        for said in (bytes(self._errors), b"\n".join(self._junk)):
            text = excerpt(said, _LAST_WORDS, *self._launch.secrets)
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            if lines:
                return lines[-1][:_TOLD_WORDS]
        return ""

    @property
    def status(self) -> int | None:
        """How the server has ended; ``None`` as long as it runs."""
        return self._process.returncode if self._process is not None else None

    async def __aenter__(self) -> tuple[Any, Any]:
        """Starts the server.

        Raises:
            ChatError: It cannot be started.
        """
        anyio = sdk().anyio
        command, variables, folder = self._prepared()
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=variables,
                cwd=folder,
                limit=_READ,
                **_APART,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ChatError(f"{self._launch.home} cannot be started: {reason}") from None
        self._process = process
        self._told, given = anyio.create_memory_object_stream(0)
        taken, self._said = anyio.create_memory_object_stream(0)
        self._streams = (self._told, given, taken, self._said)
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(work)
            for work in (self._read(process), self._write(process), self._listen(process))
        ]
        return given, taken

    def _prepared(self) -> tuple[list[str], dict[str, str], str]:
        """The command, its variables, and where it is run."""
        variables = sdk().stdio.get_default_environment()
        variables |= {name: value.reveal() for name, value in self._launch.env.items()}
        folder = self._launch.cwd or Path.cwd()
        if not folder.is_dir():
            raise ChatError(f"{self._launch.home} cannot be started: there is no folder {folder}")
        name, *arguments = self._launch.command
        program = found_program(name, folder, variables.get("PATH"))
        if program is None:
            raise ChatError(
                f"there is no program {name!r}",
                hint="Install it, or write its full path.",
            )
        return guarded([program, *arguments]), variables, str(folder)

    async def __aexit__(self, *_: object) -> None:
        """Ends the server, and all that it has started."""
        try:
            await self._end()
        finally:
            for task in self._tasks:
                task.cancel()
            for stream in self._streams:
                stream.close()
            self.ended.set()

    # --- what is said and heard

    async def _write(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        with contextlib.suppress(OSError, RuntimeError):  # it reads no more, or the pipe is closed
            async for message in self._said:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                process.stdin.write(text.encode() + b"\n")
                await process.stdin.drain()
            return
        self._lose()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while piece := await process.stderr.read(_READ):
            self._errors += piece
            del self._errors[:-_LAST_WORDS]

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := await process.stdout.read(_READ):
                *lines, rest = piece.split(b"\n")
                await asyncio.sleep(_FLOOD_SECONDS if len(lines) > _FLOOD else 0)  # others have their turn
                for line in lines:
                    size += len(line)
                    if size <= LARGEST:
                        await self._take(b"".join((*pieces, line)))
                    else:
                        await self._refuse(b"".join(pieces), line)
                    pieces, size = [], 0
                size += len(rest)
                if size <= LARGEST:
                    pieces.append(rest)
                else:  # its beginning tells which call it answers, and perhaps its end
                    pieces = [b"".join(pieces[:2])[:_END_BYTES], (b"".join(pieces[-1:]) + rest)[-_END_BYTES:]]
                if size > _MOST_DROPPED:
                    break
        except _TooLargeError:
            pass
        except _ClosedError:
            with contextlib.suppress(OSError):  # else it could not end, since nobody reads what it writes
                while await process.stdout.read(_READ):
                    pass
            return
        self._lose()

    async def _take(self, line: bytes) -> None:
        """Passes a message on. What is none is left out: some servers greet on their output."""
        if not line.strip() or not self._sieve.counts(line):
            return
        parse = sdk().types.jsonrpc_message_adapter.validate_json
        try:
            if len(line) > _LATER:
                message = await asyncio.to_thread(parse, line, by_name=False)
            else:
                message = parse(line, by_name=False)
        except ValueError:
            self._junk.append(line[:_TOLD_WORDS])
            if _AT_FRONT.match(line) or _AT_END.search(line[-_END_BYTES:]):
                await self._refuse(line[:_END_BYTES], line[-_END_BYTES:], "its answer cannot be read")
            return
        mend(message)
        await self._pass_on(message)

    async def _refuse(self, front: bytes, end: bytes, why: str = _TOO_LARGE) -> None:
        """Has the call fail whose answer is too large; without one that it is known to answer, the server goes."""
        found = _AT_FRONT.match(front) or _AT_END.search((front + end)[-_END_BYTES:])
        if found is None:
            self._junk.append(f"it has sent a message larger than {LARGEST:,} bytes".encode())
            raise _TooLargeError
        text = found[1].decode("utf-8", "replace")
        types = sdk().types
        error = types.ErrorData(code=types.INTERNAL_ERROR, message=why)
        id = text[1:-1] if text.startswith('"') else int(text)
        await self._pass_on(types.JSONRPCError(jsonrpc="2.0", id=id, error=error))

    async def _pass_on(self, message: Any) -> None:
        anyio = sdk().anyio
        try:
            await self._told.send(sdk().messages.SessionMessage(message))
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            raise _ClosedError from None

    def _lose(self) -> None:
        """Has whoever waits for the server learn that it is gone."""
        self._told.close()
        self.ended.set()

    # --- its end

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        over = loop_thread.is_over()
        for stream in self._streams[1:3]:  # what the session reads, so that nobody waits to be heard
            stream.close()
        if process.stdin is not None:
            process.stdin.close()
        if over or not await exits(process, GRACE_SECONDS):
            stop(process)
            if not await exits(process, _HURRY_SECONDS if over else _KILL_SECONDS) and not over:
                kill(process)
                await exits(process, _KILL_SECONDS)
        transport = getattr(process, "_transport", None)
        if transport is not None:  # it stays open as long as anybody holds an end of its pipes
            with contextlib.suppress(OSError):
                transport.close()


class _ClosedError(Exception):
    """Nobody takes messages any more."""


class _TooLargeError(Exception):
    """What has come is too large, and nobody knows who waits for it."""
