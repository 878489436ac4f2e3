"""What an answer in a cell costs on its way out of a real kernel: bytes on iopub, CPU, time to first sight.

    python -m tests.benchmarks.cell_traffic            # 20 and 80 kB at 200 chunks/s: seven minutes
    python -m tests.benchmarks.cell_traffic --quick    # 5 and 20 kB at 800 chunks/s

The answer comes from an async generator inside the kernel, so that nothing but the showing of it is measured:
the CPU is that of the shown answer less that of the same answer taken silently, the median of three such
pairs for the short one, since thousands of single wake-ups differ from run to run by as much as is measured.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..answers import answer
from ..kernel.harness import Kernel

_SET_UP = """
import asyncio, time
from statistics import median
from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.renderers import DisplayRenderer, Silent, play
text = open({path!r}, encoding="utf-8").read()
first = []
async def paced(messages):
    begin = time.monotonic()
    for number, start in enumerate(range(0, len(text), 5)):
        await asyncio.sleep(max(0.0, begin + number / {rate} - time.monotonic()))
        if not number:
            first.append(time.monotonic())
        yield text[start : start + 5]
def ask(renderer):
    before = time.process_time()
    play(Chat(provider=paced).reply("go"), renderer)
    return time.process_time() - before
warm = DisplayRenderer()
warm.prepare()  # as it is done while the request is on its way
"""
_SHOW = "ask(DisplayRenderer())"
_COST = "cost = median(ask(DisplayRenderer()) - ask(Silent()) for _ in range({pairs}))"


@dataclass(frozen=True)
class Traffic:
    """What one answer cost.

    Attributes:
        size: Its length in characters.
        sent: Bytes of all iopub messages.
        messages: How many there were.
        cpu: Seconds of kernel CPU beyond the stream itself.
        first: Milliseconds from the first chunk in the kernel to the arrival of its message here.
    """

    size: int
    sent: int
    messages: int
    cpu: float
    first: float


def measure(size: int, rate: float, pairs: int) -> Traffic:
    """One answer of ``size`` characters at ``rate`` chunks a second, in a kernel of its own; its CPU is the median
    of so many pairs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "answer.md")
        path.write_text(answer(size), encoding="utf-8")
        with Kernel(Path(folder, "kernel")) as kernel:
            kernel.run(_SET_UP.format(path=str(path), rate=rate), timeout=600)
            run = kernel.run(_SHOW, timeout=600)
            began = eval(kernel.run("first[-1]").text)
            kernel.run(_COST.format(pairs=pairs), timeout=1200)
            cpu = float(kernel.run("cost").text)
            shown = [message for message in run.messages if message.type.endswith("display_data")]
            return Traffic(size, run.iopub_bytes, len(shown), cpu, (shown[0].arrived_at - began) * 1e3)


def main() -> None:
    """Measures a short and a long answer, and how the bytes grow from one to the other."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    sizes, rate = ((5_000, 20_000), 800.0) if quick else ((20_000, 80_000), 200.0)
    short, long = (measure(size, rate, pairs) for size, pairs in zip(sizes, (3, 1), strict=True))
    for one in (short, long):
        print(
            f"{one.size / 1e3:.0f} kB at {rate:.0f} chunks/s: {one.sent / 1e6:.2f} MB in {one.messages} "
            f"messages, {one.cpu:.2f} s of CPU, first text after {one.first:.1f} ms"
        )
    exponent = math.log(long.sent / short.sent) / math.log(long.size / short.size)
    print(f"growth exponent {exponent:.2f}")


if __name__ == "__main__":
    main()
