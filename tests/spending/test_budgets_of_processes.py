"""Several Pythons at once, with one budget between them."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from notebook_chat.ledger.ledger import default_path

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]

ASKING = """
import asyncio, json, sys
from notebook_chat import Chat
from notebook_chat.errors import BudgetError
from tests.spending.meters import ChatMeter, Move

async def ask(meter, used):
    meter.moves.append(Move({"input_tokens": 0, "output_tokens": used}))
    chat = Chat(meter.model, transport=meter, base_url=meter.url, api_key="", budget=sys.argv[1])
    for _ in range(3):
        try:
            await chat.ask_async("Hi", max_tokens=100, retries=0)
        except BudgetError:
            return 1
        meter.moves.append(Move({"input_tokens": 0, "output_tokens": used}))
    return 0

async def main():
    meters = [ChatMeter() for _ in range(10)]
    print("ready", flush=True)
    sys.stdin.readline()
    refused = await asyncio.gather(*(ask(meter, int(sys.argv[2])) for meter in meters))
    told = [one["output_tokens"] for meter in meters for one in meter.told if one]
    print(json.dumps({"used": sum(told), "requests": sum(m.asked for m in meters), "refused": sum(refused)}))

asyncio.run(main())
"""

KILLED = """
import asyncio, os, sys
from notebook_chat import Chat
from tests.fakes import parrot

async def main():
    chat = Chat(provider=parrot(["Hello", 60]), budget="1M tokens")
    async for _ in chat.stream_async("Hi", max_tokens=500):
        print("coming", flush=True)

asyncio.run(main())
"""


def started(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(
        command, env=environment, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def total() -> int:
    with contextlib.closing(sqlite3.connect(default_path())) as connection:
        query = "SELECT total(input_tokens) + total(output_tokens) FROM exchanges"
        return int(connection.execute(query).fetchone()[0])


@pytest.mark.parametrize(("budget", "used"), [(5_000, 90), (5_000, 400)])
def test_fifty_at_once_in_five_processes(budget: int, used: int) -> None:
    processes = [started(ASKING, f"{budget} tokens / day", str(used)) for _ in range(5)]
    try:
        for one in processes:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in processes:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        told = [json.loads(one.communicate(timeout=120)[0]) for one in processes]
    finally:
        for one in processes:
            one.kill()
            one.communicate()
    spent = sum(one["used"] for one in told)
    assert total() == spent
    assert spent == used * sum(one["requests"] for one in told)
    assert sum(one["refused"] for one in told) > 0
    assert spent >= budget * 0.8
    small = 5 * 0.05 * budget  # which each may have under way before the others know
    assert spent <= budget + small + max(used - 100, 0) * 50  # and what is may be more than was thought


def test_what_a_killed_one_has_reserved_does_not_count() -> None:
    from notebook_chat import Chat
    from notebook_chat.errors import BudgetError
    from notebook_chat.spending import budgeted_accounts

    from ..fakes import parrot

    chat = Chat(provider=parrot(["Hello"]), budget="600 tokens")
    process = started(KILLED)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "coming\n"
        with pytest.raises(BudgetError, match="are on their way"):
            chat.ask("Hi", max_tokens=200)
    finally:
        process.kill()
        process.communicate()
    assert chat.ask("Hi", max_tokens=200) == "Hello"
    for ledger in list(budgeted_accounts._ledgers.values()):
        ledger.close()
