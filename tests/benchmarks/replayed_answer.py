"""What an answer from before costs, against the floor: showing the same answer, which is there already.

    python -m tests.benchmarks.replayed_answer

Prints, for an answer of 20 kB, the median of the CPU time of showing it, and of asking for it where it is taken from a
file of 300 records, or from a notebook of 300 answers, and shown.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from notebook_chat import Chat
from notebook_chat.answer import AnswerFold
from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.events import TextDelta
from notebook_chat.ledger import Books, Record
from notebook_chat.messages import Message
from notebook_chat.renderers import DisplayRenderer, play
from notebook_chat.replay.library import Library
from notebook_chat.replay.record_file import RecordFile
from notebook_chat.replay.replayer import Replayer
from notebook_chat.store import stored_with

from ..fakes import parrot

SIZE = 20_000
RECORDS = 300
SAMPLES = 30
PARAGRAPH = "The *quick* brown fox jumps over `a lazy dog` and asks what to make of it. " * 4 + "\n\n"
ANSWER = (PARAGRAPH * (SIZE // len(PARAGRAPH) + 1))[:SIZE]
PROVIDER = parrot([AssertionError("it was asked")])


def published(*_: Any, **__: Any) -> None:
    """Takes what would go to the front end."""


def shown() -> None:
    """The floor: the answer is there, and shown."""
    fold = AnswerFold("parrot:grey")
    fold.add([TextDelta(ANSWER)])
    renderer = DisplayRenderer(publish=published)
    renderer.show(fold.snapshot())
    renderer.finish(Turn(Message("user", "hello"), answered(ANSWER), model="parrot:grey"), None)


def played(chat: Chat) -> Callable[[], None]:
    """Asking, and showing what was recorded."""

    def ask() -> None:
        chat.conversation = Conversation()
        play(chat.reply("hello"), DisplayRenderer(publish=published))

    return ask


def request(chat: Chat) -> str:
    """What the request is known by."""
    chat.conversation = Conversation()
    return chat.ask("hello") and chat.conversation.turns[0].request


def milliseconds(work: Callable[[], object]) -> float:
    """The median CPU time of several runs, all threads together."""
    work()
    taken = []
    for _ in range(SAMPLES):
        start = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - start))
    return statistics.median(taken)


def main() -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory() as folder:
        record, notebook = Path(folder) / "a.chat.jsonl", Path(folder) / "a.ipynb"
        digest = request(Chat(provider=parrot([ANSWER]), record=record))
        file = RecordFile(record)
        others = [
            Turn(Message("user", f"p{n}"), answered(f"{n} {ANSWER}"), request=f"{n:040x}")
            for n in range(RECORDS)
        ]
        for turn in others:
            file.add(Record(turn.request, turn.exchange))
        turns = [*others, Turn(Message("user", "hello"), answered(ANSWER), request=digest)]
        conversation = Conversation(turns=turns)
        outputs = [
            {"output_type": "display_data", "metadata": stored_with(conversation, turn)} for turn in turns
        ]
        cells = [
            {"cell_type": "code", "id": str(n), "source": "", "outputs": [one]}
            for n, one in enumerate(outputs)
        ]
        notebook.write_text(json.dumps({"cells": cells}))

        floor = milliseconds(shown)
        from_record = milliseconds(played(Chat(provider=PROVIDER, record=record, replay="only")))
        chat = Chat(provider=PROVIDER)
        books = Books(Replayer(Library(notebook=lambda: notebook), "only"))
        chat._books = lambda *_: books  # type: ignore[method-assign]
        from_notebook = milliseconds(played(chat))
    print(f"showing {SIZE:,} characters   {floor:6.2f} ms")
    for name, cost in (("record", from_record), ("notebook", from_notebook)):
        print(f"from the {name:9}           {cost:6.2f} ms, ratio {cost / floor:.2f}")


if __name__ == "__main__":
    main()
