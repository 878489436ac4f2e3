"""Files that version 0.1 wrote open as they are; files of a later release than this one are left alone."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from notebook_chat import Chat, exports
from notebook_chat.conversation import Conversation, Turn
from notebook_chat.errors import HistoryError
from notebook_chat.messages import ImagePart
from notebook_chat.store import Store, read_notebook

from .fakes import parrot

FILES = Path(__file__).parent / "data" / "version_0_1"
NOTEBOOK = "/home/someone/analysis.ipynb"
PICTURE = "55303a93ff3c28eaa3b3c3e0cb743f2bd727eae01954adbd8c660cefd04935a7"

FORMULA = r"""Use `statistics.fmean`:

```python
from statistics import fmean

fmean([2, 4, 9])  # 5.0, and 1 < 2 & 3 > 2
```

Its formula is $\bar{x} = \frac{1}{n} \sum_{i=1}^{n} x_i$, or displayed

$$\bar{x} = \frac{2 + 4 + 9}{3} = 5$$

| value | share |
|------:|:------|
| 2     | **13 %** |
| 9     | *60 %* |
"""


class Told(NamedTuple):
    """What a turn tells: its attributes, and the digests of its images."""

    prompt: str
    answer: str
    cell: str | None = None
    status: str = "complete"
    finish_reason: str | None = "stop"
    usage: tuple[int | None, ...] | None = (11, 7, 0, 0)
    model: str = "openai:test-model"
    reasoning: str = ""
    system: str | None = None
    fresh: bool = False
    pinned: bool = False
    options: dict[str, Any] = {}
    images: tuple[str, ...] = ()
    extra: dict[str, Any] = {}


MEAN = Told("What is the mean of 2, 4 and 9?", "The mean is 5.", "mean", usage=(14, 6, 0, 0))
TURNS = {
    "default": [
        MEAN._replace(pinned=True),
        Told("Show it in Python, with the formula.", FORMULA, "python", usage=(31, 120, 0, 0)),
        Told(
            "And the median?\n\nThink first.",
            "The median is 4.",
            "median",
            usage=(160, 42, 30, 128),
            reasoning="Sort them: 2, 4, 9. The one in the middle is 4.",
        ),
        Told(
            "Which of the two is larger?",
            "The mean, by 1",
            "larger",
            finish_reason="length",
            usage=(210, 4, 0, 0),
            options={"temperature": 0.2, "max_tokens": 4},
        ),
        Told("Sum it up.", "Mean 5, median 4. 👋 Grüße, 平均", "sum", usage=None),
    ],
    "detour": [
        MEAN._replace(cell=None),
        Told("Show it in Python.", "Like this: `sum(x) / len(x)`"),
        Told("What about the variance?", "It is 26/3 ≈ 8.67.", "variance"),
        Told("And its root?", "About 2.94: the standard deviation.", "root"),
    ],
    "roles": [
        Told(
            "Who are you?",
            "Arr, a <b>pirate</b> & no other <script>alert(1)</script>",
            "pirate",
            system="Speak like a pirate.",
        ),
        Told("Who are you now?", "An assistant again.", "anew", system="", fresh=True),
        Told("loop 0", "first time around", "loop"),
        Told("loop 1", "second time around", "loop#2"),
    ],
    "pictures": [
        Told("What is in this picture?", "Four pixels.", "picture", images=(PICTURE,)),
        Told("Which colors?", "Red and blue.", extra={"name": "ann"}),
    ],
    "trouble": [
        Told("Count slowly.", "one, two, three", "stopped", "stopped", None, None),
        Told("Tell a long story.", "Once upon a time there was", "failed", "failed", None, None),
        Told(
            "Tell another one.",
            "In a village by the sea lived a fisher",
            "killed",
            "failed",
            None,
            None,
            model="",  # a kernel that is killed tells nothing any more
        ),
    ],
}


def told(turn: Turn) -> Told:
    images = [part.data for part in turn.prompt.parts if isinstance(part, ImagePart)]
    usage = turn.usage
    return Told(
        prompt=turn.prompt.text,
        answer=turn.answer,
        cell=turn.cell,
        status=turn.status,
        finish_reason=turn.finish_reason,
        usage=usage
        and (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage.cached_tokens),
        model=turn.model,
        reasoning=turn.reasoning,
        system=turn.system,
        fresh=turn.fresh,
        pinned=turn.pinned,
        options=turn.options,
        images=tuple(hashlib.sha256(data).hexdigest() for data in images),
        extra=turn.prompt.extra,
    )


def all_told(conversation: Conversation) -> list[Told]:
    return [told(turn) for turn in conversation.turns]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A copy of the database."""
    return shutil.copy(FILES / "conversations.sqlite3", tmp_path / "conversations.sqlite3")


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path)
    yield store
    store.flush()


def loaded(store: Store, name: str) -> Conversation:
    [id] = [entry.id for entry in store.entries() if entry.name == name]
    conversation, broken = store.load(id)
    assert broken == 0
    return conversation


def test_the_history_lists_its_conversations(store: Store) -> None:
    entries = store.of_notebook(NOTEBOOK)
    assert {entry.name: entry.turns for entry in entries} == {
        name: len(turns) for name, turns in TURNS.items()
    }
    assert entries == store.entries()


@pytest.mark.parametrize("name", TURNS)
def test_each_turn_is_as_it_was(store: Store, name: str) -> None:
    assert all_told(loaded(store, name)) == TURNS[name]


def test_what_is_known_of_a_conversation_beside_its_turns(store: Store) -> None:
    default, detour, roles = (loaded(store, name) for name in ("default", "detour", "roles"))
    assert (default.system, default.origin) == (None, None)
    assert detour.origin is not None
    assert (detour.origin.id, detour.origin.position) == (default.id, 1)
    assert detour.turns[0].id == default.turns[0].id
    assert roles.system == "Be brief."
    assert default.stale == {default.turns[2].id, default.turns[3].id}


def test_the_turn_of_a_killed_kernel_has_failed_for_good(store: Store, path: Path) -> None:
    loaded(store, "trouble")
    store.flush()
    with closing(sqlite3.connect(path)) as connection:
        statuses = connection.execute("SELECT status FROM turns WHERE prompt = 'Tell another one.'")
        assert statuses.fetchall() == [("failed",)]
    assert all_told(loaded(Store(path), "trouble")) == TURNS["trouble"]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("default", [text for turn in TURNS["default"] for text in turn[:2]]),
        ("roles", [text for turn in TURNS["roles"][1:] for text in turn[:2]]),  # it started over there
        ("trouble", [text for turn in TURNS["trouble"] for text in turn[:2]]),
    ],
)
def test_a_conversation_goes_on(store: Store, path: Path, name: str, sent: list[str]) -> None:
    conversation = loaded(store, name)
    store.keep(conversation, NOTEBOOK)
    provider = parrot(["and", " on"])
    roles_system = ["Be brief."] if name == "trouble" else []
    assert Chat(provider=provider, conversation=conversation).ask("And now?") == "and on"
    assert [message.text for message in provider.requests[-1]] == [*roles_system, *sent, "And now?"]
    store.flush()
    assert store.warning() is None
    again = all_told(loaded(Store(path), name))
    assert again[:-1] == TURNS[name]
    assert again[-1][:2] == ("And now?", "and on")


def test_pictures_go_out_again(store: Store) -> None:
    provider = parrot()
    Chat(provider=provider, conversation=loaded(store, "pictures")).ask("And now?")
    pictures = [
        part.data
        for message in provider.requests[-1]
        for part in message.parts
        if isinstance(part, ImagePart)
    ]
    assert [hashlib.sha256(picture).hexdigest() for picture in pictures] == [PICTURE]


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("median", ["Sum it up.", "And the median?\n\nThink first."]),
        ("standard devi", ["And its root?"]),
        ("平均", ["Sum it up."]),
        ("fisher", ["Tell another one."]),
        ("nowhere", []),
    ],
)
def test_search_finds_a_word(store: Store, text: str, prompts: list[str]) -> None:
    assert [found.prompt for found in store.search(text)] == prompts


def test_the_saved_notebook_has_the_turns_of_its_outputs(store: Store) -> None:
    file = read_notebook(FILES / "analysis.ipynb")
    assert file.broken == 0
    history = {name: loaded(store, name) for name in TURNS}
    count = 0
    for item in file.stored:
        kept = history[item.name].turn_by_id(item.turn.id)
        assert told(item.turn) == told(kept)._replace(pinned=False)  # it was pinned when the output was there
        assert item.conversation == history[item.name].id
        assert item.origin == history[item.name].origin
        count += 1
    assert count == sum(map(len, TURNS.values())) - 2 - 2 - 1  # taken by the fork, asked by code, killed
    restored = {conversation.name: conversation for conversation in file.conversations()}
    assert all_told(restored["default"])[1:] == TURNS["default"][1:]
    assert all_told(restored["detour"])[2:] == TURNS["detour"][2:]
    assert all_told(restored["roles"]) == TURNS["roles"]
    assert all_told(restored["trouble"]) == TURNS["trouble"][:2]


def test_the_exported_notebook_has_all_turns() -> None:
    [conversation] = read_notebook(FILES / "default.ipynb").conversations()
    assert all_told(conversation) == TURNS["default"]


@pytest.mark.parametrize(("file", "name"), [("default.json", "default"), ("fork.json", "detour")])
def test_an_export_is_imported(store: Store, file: str, name: str) -> None:
    read = exports.read(FILES / file)
    assert all_told(read) == [turn._replace(cell=None) for turn in TURNS[name]]
    assert read.name == name
    assert read.origin is not None
    assert read.origin.id == loaded(store, name).id


@pytest.mark.parametrize("file", ["default.md", "default.json", "default.html", "default.ipynb"])
def test_an_export_of_which_nobody_knows_whether_it_has_changed_stays(
    store: Store, tmp_path: Path, file: str
) -> None:
    copy = Path(shutil.copy(FILES / file, tmp_path / file))
    written = exports.write(loaded(store, "roles"), copy)
    assert copy.read_bytes() == (FILES / file).read_bytes()
    assert written == (tmp_path / file.replace(".", "-2."), "is there and was not exported from here")
    assert "An assistant again." in written.path.read_text(encoding="utf-8")


def test_reading_writes_nothing_but_the_end_of_the_killed_turn(store: Store, path: Path) -> None:
    before = rows(path)
    for entry in store.entries():
        store.load(entry.id)
    store.search("median")
    store.flush()
    changed = {old["prompt"] for old, new in zip(before, rows(path), strict=True) if old != new}
    assert changed == {"Tell another one."}


def rows(path: Path) -> list[dict[str, Any]]:
    """All that the tables of the database hold."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        conversations = connection.execute(
            "SELECT *, NULL AS prompt FROM conversations ORDER BY id"
        ).fetchall()
        turns = connection.execute("SELECT * FROM turns ORDER BY row").fetchall()
    return [dict(row) for row in (*conversations, *turns)]


# --- files of a later release


@pytest.fixture
def newer(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of a later release, which keeps a write-ahead log, to the database."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA user_version = 99")
        yield connection


@pytest.mark.parametrize("running", [False, True])
def test_a_later_history_is_refused_in_words_and_left_alone(
    store: Store, path: Path, newer: sqlite3.Connection, running: bool
) -> None:
    if not running:
        newer.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match="a later release of notebook_chat has written it") as caught:
        store.entries()
    assert "\n" not in str(caught.value)
    conversation = Conversation("mine")
    store.keep(conversation)
    Chat(provider=parrot(), conversation=conversation).ask("Hello?")
    store.flush()
    warning = store.warning()
    assert warning is not None
    assert "update notebook_chat" in warning
    assert len(conversation) == 1
    assert path.read_bytes() == before
    if running:
        assert newer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_a_killed_later_release_left_in_its_log_stays_there(path: Path) -> None:
    code = (
        "import os, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('PRAGMA journal_mode = WAL')\n"
        "connection.execute('PRAGMA user_version = 99')\n"
        "os._exit(0)"  # without closing: that would move the log into the file
    )
    subprocess.run([sys.executable, "-c", code, path], check=True)
    log = path.with_name(f"{path.name}-wal")
    before = (path.read_bytes(), log.read_bytes())
    with pytest.raises(HistoryError, match="a later release of notebook_chat has written it"):
        Store(path).entries()
    assert (path.read_bytes(), log.read_bytes()) == before


@pytest.mark.parametrize("version", [2, 99])
def test_a_later_export_is_refused_in_words(tmp_path: Path, version: int) -> None:
    values = json.loads((FILES / "default.json").read_bytes())
    path = tmp_path / "later.json"
    path.write_text(json.dumps({**values, "version": version}))
    with pytest.raises(HistoryError, match=r"a later release of notebook_chat has written later\.json"):
        exports.read(path)
