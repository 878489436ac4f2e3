"""What an answer in a panel costs in the kernel: messages, bytes and CPU, beside the same answer taken silently.

    python -m tests.benchmarks.panel_cost            # 20 and 100 kB at 400 chunks/s: two minutes
    python -m tests.benchmarks.panel_cost --quick    # 5 and 25 kB

The bytes are those of the messages' JSON. What they come to in a browser, and how soon they are on screen, is
in `tests/browser/test_panel_streaming.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import msgspec

from notebook_chat import Chat
from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.messages import Message
from notebook_chat.panel.service import Service

from ..answers import answer

_RATE = 400.0  # chunks of five characters a second


@dataclass(frozen=True)
class Cost:
    """What one answer cost.

    Attributes:
        messages: How many messages the views were sent.
        sent: Their bytes.
        cpu: Seconds of CPU beyond the same answer without a panel.
    """

    messages: int
    sent: int
    cpu: float


def _chat(size: int, turns: int) -> Chat:
    text = answer(size)

    async def paced(messages: Any) -> AsyncGenerator[str]:
        begin = time.monotonic()
        for number, start in enumerate(range(0, len(text), 5)):
            await asyncio.sleep(max(0.0, begin + number / _RATE - time.monotonic()))
            yield text[start : start + 5]

    before = [
        Turn(Message("user", f"question {n}"), answered(f"answer {n}"), model="m") for n in range(turns)
    ]
    return Chat(provider=paced, conversation=Conversation(turns=before))


def _cpu(chat: Chat) -> float:
    before = time.process_time()
    chat.ask("go")
    return time.process_time() - before


def measure(size: int, turns: int = 0) -> Cost:
    """One answer of ``size`` characters, after ``turns`` others."""
    silent = _cpu(_chat(size, turns))
    messages: list[bytes] = []
    chat = _chat(size, turns)
    service = Service(
        chat, lambda content, buffers: messages.append(msgspec.json.encode(content)), system=None
    )
    service.take({"type": "ready", "view": "v"}, ())
    while not messages:
        time.sleep(0.01)
    messages.clear()
    cpu = _cpu(chat)
    time.sleep(0.5)  # the last message
    service.close()
    return Cost(len(messages), sum(map(len, messages)), cpu - silent)


def main() -> None:
    """Measures a short and a long answer, and a short one after thousands of turns."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    short, long = (5_000, 25_000) if parser.parse_args().quick else (20_000, 100_000)
    measure(short)  # imports and warms up what renders
    costs = {size: measure(size) for size in (short, long)}
    for size, cost in costs.items():
        print(
            f"{size / 1e3:.0f} kB: {cost.messages} messages, {cost.sent / 1e6:.2f} MB, {cost.cpu:.2f} s of CPU"
        )
    print(f"five times the answer is {costs[long].sent / costs[short].sent:.2f} times the bytes")
    after = measure(short, 5_000)
    print(f"after 5,000 turns: {after.cpu / costs[short].cpu:.2f} times the CPU")


if __name__ == "__main__":
    main()
