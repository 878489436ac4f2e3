"""Pythons that record exchanges in one ledger, some of which are killed, and what must be true of it afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from notebook_chat.ledger import chain
from notebook_chat.ledger.ledger import Ledger

RECORD = """
import asyncio, os, sys
from pathlib import Path
from notebook_chat.conversation import answered
from notebook_chat.events import Usage
from notebook_chat.ledger import Origin, Planned, Record, RequestKey, Used
from notebook_chat.ledger.ledger import Ledger
from notebook_chat.messages import Message
from notebook_chat.request import HttpRequest

async def main(path, name, most):
    ledger = Ledger(Path(path))
    accounts = ledger.accounts()
    number = 0
    while number < most:
        number += 1
        text = f"{name}-{number} " * (1 + number * 37 % 400)
        key = RequestKey.of("fake", "http://127.0.0.1", "m", {}, [Message("user", text)])
        account = accounts.open(key, Origin("n.ipynb", name, f"{name}-{number}"))
        await account.before(Planned("fake:m", 5))
        told = account.left(HttpRequest("POST", "http://127.0.0.1/v1", {}, text.encode()))
        os.write(1, f"left {name}-{number}\\n".encode())
        if number % 3 == 0:
            await asyncio.sleep(0.002)
        told(200)
        account.used(Used("fake:m", Usage(number, 2 * number)))
        closed = account.close(Record(key.digest, answered(text), model="fake:m", key=key))
        if closed is not None:
            await asyncio.wrap_future(closed)
        os.write(1, f"{name}-{number}\\n".encode())
    ledger.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def recorder(path: Path, name: str, most: int = 10**9) -> subprocess.Popen[bytes]:
    """A Python that records one exchange after the other, and says which it has finished."""
    return subprocess.Popen(
        [sys.executable, "-c", RECORD, str(path), name, str(most)], stdout=subprocess.PIPE
    )


def said(process: subprocess.Popen[bytes]) -> tuple[set[str], set[str]]:
    """The exchanges that a Python that has ended had finished, and those for which it had sent a request."""
    assert process.stdout is not None
    lines = [line for line in process.stdout.read().decode().split("\n")[:-1] if line]
    process.stdout.close()
    finished = {line for line in lines if not line.startswith("left ")}
    return finished, {line.removeprefix("left ") for line in lines if line.startswith("left ")}


def kill_rounds(
    path: Path, rounds: int, chance: random.Random, told: Any = None
) -> tuple[set[str], set[str], int]:
    """Two Pythons record at once, and one is killed at a random moment, again and again.

    Returns:
        The exchanges that were finished, those that had sent a request, and how many processes were killed.
    """
    finished: set[str] = set()
    sent: set[str] = set()
    for number in range(rounds):
        steady = recorder(path, f"steady{number}", 60)
        victim = recorder(path, f"victim{number}")
        assert victim.stdout is not None
        begun = victim.stdout.readline().decode().strip()  # it has sent its first request
        time.sleep(chance.random() * 0.15)
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait(60)
        done, left = said(victim)
        left.add(begun.removeprefix("left "))
        finished |= done
        sent |= left
        done, left = said(steady)
        assert steady.wait(60) == 0
        assert len(done) == 60
        finished |= done
        sent |= left
        if told is not None:
            told(number)
    return finished, sent, rounds


def faults(path: Path, finished: set[str], sent: set[str]) -> list[str]:
    """What is not as it must be: an exchange lost, torn or doubled, or a request missing."""
    ledger = Ledger(path)
    with contextlib.closing(ledger):
        rows = ledger.read(
            lambda connection: connection.execute(
                "SELECT turn, status, answer, input_tokens, output_tokens, id, requests FROM exchanges"
            ).fetchall()
        ).result(60)
        logged = ledger.read(
            lambda connection: connection.execute("SELECT turn FROM requests").fetchall()
        ).result(60)
        checked = ledger.read(chain.check).result(60)
        sound = ledger.read(
            lambda connection: connection.execute("PRAGMA integrity_check").fetchone()
        ).result(60)
    found = list(_faults(rows, finished))
    turns = [turn for (turn,) in logged]
    found += [f"{turn}: its request is not in the log" for turn in sent - set(turns)]
    found += [f"{turns.count(turn)} requests of {turn}" for turn in set(turns) if turns.count(turn) != 1]
    found += [f"the chain: {fault}" for fault in checked.faults]
    return found + ([] if sound == ("ok",) else [f"the database: {sound}"])


def _faults(rows: list[tuple[Any, ...]], finished: set[str]) -> Iterator[str]:
    complete: dict[str, int] = {}
    for turn, status, answer, read, written, *_ in rows:
        number = int(turn.rpartition("-")[2])
        if status == "complete":
            complete[turn] = complete.get(turn, 0) + 1
            text = f"{turn} " * (1 + number * 37 % 400)
            if json.loads(answer)[0]["content"] != text or (read, written) != (number, 2 * number):
                yield f"{turn} is torn"
        elif status != "lost":
            yield f"{turn} is {status}"
    yield from (f"{turn} is lost" for turn in finished - set(complete))
    yield from (f"{turn} is there {count} times" for turn, count in complete.items() if count > 1)
