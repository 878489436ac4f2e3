"""What the history costs with 10,000 turns in it.

    python -m tests.benchmarks.store_cost

Prints, for one conversation of 10,000 turns and for a hundred of a hundred, the median and the 95th
percentile of what a turn takes beside its request, of a search, and of resuming; and what the disk takes to
write a page for good, since that differs most from machine to machine.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.messages import Message
from notebook_chat.store import Store

TURNS = 10_000
SAMPLES = 40
WORDS = "the quick brown fox jumps over a lazy dog and asks what to make of it "


def conversation(name: str, count: int) -> Conversation:
    """A conversation of so many turns, of about a kilobyte each."""
    turns = [
        Turn(
            Message("user", f"question {name} {number}: {WORDS}"),
            answered(f"answer{number} {WORDS * 12}"),
            model="openai:gpt-5",
            cell=f"{name}-{number}",
            position=number,
            revision=number + 1,
            at=float(number),
        )
        for number in range(count)
    ]
    return Conversation(name, turns=turns)


def filled(path: Path, conversations: int) -> tuple[Store, list[Conversation]]:
    """A store with that many conversations, which have ``TURNS`` turns together."""
    store = Store(path)
    all_of_them = [conversation(str(n), TURNS // conversations) for n in range(conversations)]
    for each in all_of_them:
        store.keep(each, f"/notebooks/{each.name}.ipynb")
        store.save(each)
    store.flush()
    return store, all_of_them


def milliseconds(work: Callable[[], object], pause: Callable[[], object] = int) -> list[tuple[float, float]]:
    """How long each of several runs takes, and how much CPU time; ``pause`` is not counted."""
    taken = []
    for _ in range(SAMPLES):
        pause()
        start, cpu = time.perf_counter(), time.process_time()
        work()
        taken.append((1000 * (time.perf_counter() - start), 1000 * (time.process_time() - cpu)))
    return taken


def turn(known: Conversation) -> None:
    """All of a turn but its request: looks the context up, writes the prompt, puts the answer in place."""
    draft = known.begin(Message("user", "hello"))
    written = known.persist(draft)
    assert written is not None
    written.result(10)
    known.commit(draft, draft.turn(answered(f"an answer: {WORDS * 12}"), "complete"))


def of_the_disk(folder: Path) -> list[tuple[float, float]]:
    """How long the disk takes to write a page for good."""
    with (folder / "page").open("wb", buffering=0) as file:

        def write() -> None:
            file.write(b"x" * 4096)
            os.fsync(file.fileno())

        return milliseconds(write)


def line(name: str, taken: list[tuple[float, float]]) -> str:
    """A row of the table. On a machine that has other work, the CPU time says more than the clock."""
    ordered = sorted(wall for wall, _ in taken)
    middle, late = statistics.median(ordered), ordered[int(0.95 * SAMPLES)]
    cpu = statistics.median(cpu for _, cpu in taken)
    return f"  {name:28} median {middle:7.2f} ms, 95% {late:7.2f} ms, CPU {cpu:7.2f} ms"


def main() -> None:
    """Measures, and prints."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        print(line("the disk: a page, for good", of_the_disk(folder)))
        for conversations in (1, 100):
            path = folder / str(conversations) / "conversations.sqlite3"
            store, all_of_them = filled(path, conversations)
            known = all_of_them[0]
            print(f"{conversations} conversations of {len(known)} turns, {path.stat().st_size / 1e6:.0f} MB")
            print(line("a turn's own overhead", milliseconds(lambda k=known: turn(k), store.flush)))
            print(line("a search: one turn", milliseconds(lambda s=store: s.search("answer77"))))  # type: ignore[misc]
            print(line("a search: all turns", milliseconds(lambda s=store: s.search("lazy dog"))))  # type: ignore[misc]
            print(line("a search: nothing", milliseconds(lambda s=store: s.search("nothing such"))))  # type: ignore[misc]
            resume = milliseconds(lambda p=path, c=known: Store(p).load(c.id))  # type: ignore[misc]
            print(line("resuming", resume))


if __name__ == "__main__":
    main()
