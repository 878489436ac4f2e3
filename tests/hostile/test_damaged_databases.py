"""600 damaged databases: every one opens, and what can be read of it is there; writing goes on, or says why not."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from notebook_chat.conversation import Conversation, Turn, answered
from notebook_chat.database.writer import Writer, _Job
from notebook_chat.errors import HistoryError
from notebook_chat.messages import Message
from notebook_chat.store import Store
from notebook_chat.store.schema import HISTORY

CONVERSATIONS, TURNS = 5, 6
PATH = "/there/{}.ipynb"


def word(conversation: int, turn: int, what: str) -> str:
    return f"{what}w{conversation:02}w{turn:02}w"


class AtOnce(Writer):
    """The writer without its thread, so that 600 of them are done in seconds."""

    def _put(self, job: _Job) -> object:  # type: ignore[override]
        if job.writes:
            self._backlog.append(job)
            self._write()
        else:
            self._write()
            self._read(job)
        return job.future


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    store = Store(path)
    store._writer = AtOnce(path, HISTORY, lambda: None)
    try:
        yield store
    finally:
        store._writer._close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as a few weeks leave it: long and short turns, some replaced, a conversation deleted."""
    path = tmp_path_factory.mktemp("whole") / "conversations.sqlite3"
    with opened(path) as store:
        for number in range(CONVERSATIONS):
            turns = [
                Turn(
                    Message("user", f"{word(number, turn, 'prompt')} asks"),
                    answered(f"{word(number, turn, 'answer')} " + "says much " * (600 if turn == 3 else 20)),
                    cell=f"cell-{number}-{turn}",
                    position=turn,
                    revision=turn + 1,
                    at=1.7e9 + turn,
                )
                for turn in range(TURNS)
            ]
            conversation = Conversation(f"name-{number}", turns=turns, id=f"{number:032x}")
            store.keep(conversation, PATH.format(number))
            store.save(conversation)
    return path


def flips(file: Path, choose: random.Random) -> None:
    content = bytearray(file.read_bytes())
    for _ in range(choose.choice((1, 1, 4, 40))):
        content[choose.randrange(len(content))] = choose.randrange(256)
    file.write_bytes(content)


def flipped_bits_of_a_page(file: Path, choose: random.Random) -> None:
    content = bytearray(file.read_bytes())
    page = 4096 * choose.randrange(len(content) // 4096)
    for _ in range(3):
        content[page + choose.randrange(120)] ^= 1 << choose.randrange(8)
    file.write_bytes(content)


def cut(file: Path, choose: random.Random) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: choose.randrange(len(content))])


def zeroed(file: Path, choose: random.Random) -> None:
    content = bytearray(file.read_bytes())
    for _ in range(choose.choice((1, 1, 3))):
        page = 4096 * choose.randrange(len(content) // 4096)
        content[page : page + 4096] = bytes(4096)
    file.write_bytes(content)


def header(file: Path, choose: random.Random) -> None:
    content = bytearray(file.read_bytes())
    start, size = choose.choice((0, 0, choose.randrange(100))), choose.choice((1, 16, 100))
    content[start : start + size] = choose.randbytes(size)
    file.write_bytes(content)


VALUES = (
    *("NULL", "1e999", "-5", "9223372036854775807", "'\u2028'", "x'ff00fe'", "x'7b'", "'" + "[" * 5000 + "'"),
    *("'{\"prompt\": 3}'", "''", "zeroblob(20)", "CAST(x'ff41' AS TEXT)", "9007199254740991"),
)


def typed(file: Path, choose: random.Random) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for _ in range(3):
            columns = ("id", "position", "at", "status", "owner", "touched", "prompt", "answer", "data")
            table, column = choose.choice(
                [*(("turns", name) for name in columns)]
                + [("conversations", name) for name in ("name", "notebook", "system", "origin", "updated")]
            )
            where = f"id = '{choose.randrange(CONVERSATIONS):032x}'"
            if table == "turns":
                where = f"row = {choose.randrange(1, CONVERSATIONS * TURNS)}"
            connection.execute(
                f"UPDATE OR IGNORE {table} SET {column} = {choose.choice(VALUES)} WHERE {where}"
            )
        connection.commit()


SCHEMA = (
    "DROP INDEX turns_in_order",
    "DROP TABLE words",
    "DROP TABLE conversations",
    "ALTER TABLE turns RENAME COLUMN data TO dates",
    "ALTER TABLE turns RENAME TO spins",
    "ALTER TABLE turns ADD COLUMN more TEXT NOT NULL DEFAULT ''",
    "CREATE TRIGGER eats AFTER INSERT ON turns BEGIN DELETE FROM turns; END",
    "CREATE TRIGGER refuses BEFORE INSERT ON turns BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
    "DROP TABLE words; CREATE TABLE words (prompt, answer)",
    "PRAGMA user_version = 0",
    "PRAGMA user_version = -7",
    "PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'turns'",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'garbage' WHERE name = 'turns'",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 2 WHERE name = 'turns'",
    "PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'words_data'",
    "DELETE FROM words_data; DELETE FROM words_idx",
    "PRAGMA journal_mode = WAL",
    "CREATE VIEW looks AS SELECT * FROM turns",
)


def schema(file: Path, choose: random.Random) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = OFF")
        connection.executescript(choose.choice(SCHEMA))


def journal(file: Path, choose: random.Random) -> None:
    """A log beside the file that is garbage, or that of a write that was cut off."""
    suffix = choose.choice(("-journal", "-wal", "-shm"))
    magic = bytes.fromhex("d9d505f920a163d7") if suffix == "-journal" else bytes.fromhex("377f0682002de218")
    file.with_name(file.name + suffix).write_bytes(choose.choice((b"", magic)) + choose.randbytes(3000))
    if choose.random() < 0.5:
        flips(file, choose)


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (
    *(flips, flips, flipped_bits_of_a_page, cut, zeroed, header, typed, typed, schema, journal),
)


def readable(content: bytes) -> set[tuple[int, int]]:
    """The turns whose rows stand in a file as they were written, be SQLite able to find them or not."""
    return {
        (number, turn)
        for number in range(CONVERSATIONS)
        for turn in range(TURNS)
        if re.search(
            rb"complete.{8}"
            + f"{word(number, turn, 'prompt')} asks{word(number, turn, 'answer')} says".encode(),
            content,
            re.DOTALL,
        )
    }


def texts(store: Store) -> list[str]:
    """What is said in the turns that the history gives, over the ways that there are to them."""
    said = []
    for entry in store.entries():
        for turn in store.load_all(entry.id).conversation.turns:
            assert turn.checked()
            said.append(f"{turn.prompt.text} {turn.answer}")
    return said


def one_line(told: str) -> None:
    assert "\n" not in told
    for what in ("promptw", "answerw", "says much"):
        assert what not in told


def goes_on(path: Path, damage: str) -> str:
    """Opens a damaged file, reads all of it and writes to it; how that went."""
    before = path.read_bytes()
    with opened(path) as store:
        try:
            said = texts(store)
        except HistoryError as error:
            one_line(str(error))
            assert "later release" in str(error), (damage, str(error))
            return "refused"
        conversation, mine = Conversation("new", id="f" * 32), Message("user", "said since")
        store.keep(conversation, PATH.format("new"))
        draft = conversation.begin(mine)
        conversation.commit(draft, draft.turn(answered("and answered"), "complete"))
        store.search("asks")
        one_line(store.warning() or "")
        for aside in store.set_aside:
            assert aside.read_bytes()[: len(before)] or not before
    with opened(path) as store:
        again = texts(store)
        assert "said since and answered" in again, damage
        assert set(said) <= set(again), damage
        assert store.warning() is None, damage
    shown = "\n".join(said)
    for number, turn in readable(before):
        # A letter may be another one in one of the two; the rest of them is there.
        if not any(word(number, turn, what) in shown for what in ("prompt", "answer")):
            return "missed"
    return "repaired" if store.set_aside else "read"


@pytest.mark.parametrize("group", range(20))
def test_every_damaged_database_is_read_as_far_as_it_can_be(whole: Path, tmp_path: Path, group: int) -> None:
    ways = []
    for number in range(30):
        seed = 30 * group + number
        choose = random.Random(seed)
        damage = DAMAGES[seed % len(DAMAGES)]
        path = tmp_path / str(number) / "conversations.sqlite3"
        path.parent.mkdir()
        shutil.copy(whole, path)
        damage(path, choose)
        ways.append(goes_on(path, f"{damage.__name__} {seed}"))
        shutil.rmtree(path.parent)
    assert ways.count("refused") <= 2  # a later release's, for all that can be seen
    assert ways.count("missed") <= (group == 15)  # a row whose own lengths are damaged, and so its texts
