"""A plugin of pytest: tests of code that asks models run without a network, from records that lie beside them.

The fixture ``chat_replay`` has every ``Chat`` and every provider of the test answer from
``records/TESTFILE.chat.jsonl``; ``pytest --chat-record=new`` asks for what is not there yet, and records it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Whoever has the package installed loads this with every run of pytest: all else is imported by the fixture.
if TYPE_CHECKING:
    from .chat_replay import ChatReplay

__all__ = ["chat_replay"]

_MODES = ("none", "new", "all")
_KEY = "notebook_chat"


class _Records:
    """What the tests of one run have done with their records.

    Attributes:
        used: The requests that were answered or recorded, by their files.
        added: How many records were written.
    """

    def __init__(self) -> None:
        self.used: dict[str, set[str]] = {}
        self.added = 0

    def merge(self, told: dict[str, Any]) -> None:
        """Adds what another process has done.

        Args:
            told: As ``plain`` gives it.
        """
        for path, requests in told["used"].items():
            self.used.setdefault(path, set()).update(requests)
        self.added += told["added"]

    def plain(self) -> dict[str, Any]:
        """It, as plain values."""
        return {"used": {path: sorted(requests) for path, requests in self.used.items()}, "added": self.added}


_RECORDS: pytest.StashKey[_Records] = pytest.StashKey()
_REPLAY: pytest.StashKey[ChatReplay] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the options; pytest calls it."""
    group = parser.getgroup("notebook_chat", "recorded answers of models (notebook_chat)")
    group.addoption(
        "--chat-record",
        choices=_MODES,
        default="none",
        help="with the fixture chat_replay: none answers from records alone (the default); new asks for what is not"
        " recorded, and records it; all asks for everything anew",
    )
    group.addoption(
        "--chat-unused",
        action="store_true",
        help="list the records that no test of this run has used, of the files that tests have used",
    )
    parser.addini(
        "chat_records",
        "the folder of the records of the fixture chat_replay, seen from the folder of the test",
        default="records",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Prepares for what the tests do; pytest calls it."""
    config.stash[_RECORDS] = _Records()


@pytest.fixture
def chat_replay(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatReplay]:
    """Has all that the test asks models answered from ``records/TESTFILE.chat.jsonl`` beside the test: by each ``Chat``
    and each provider, also where the test does not make it itself. A request that is not recorded fails the test,
    with what differs from the nearest one that is; ``--chat-record=new`` records it.
    """
    from .chat_replay import ChatReplay

    folder = Path(request.config.getini("chat_records"))
    path = request.path.parent / folder / f"{request.path.stem}.chat.jsonl"
    replay = ChatReplay(path, request.config.getoption("--chat-record"))
    request.node.stash[_REPLAY] = replay
    with replay.in_force(monkeypatch):
        yield replay
    told = request.config.stash[_RECORDS]
    told.used.setdefault(str(path), set()).update(replay.used)
    told.added += replay.added


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fails a test that has caught the failure of a request, or whose answer could not be recorded; pytest calls it."""
    result = yield
    replay = item.stash.get(_REPLAY, None)
    if replay is not None and replay.problems:
        pytest.fail("\n".join(dict.fromkeys(replay.problems)), pytrace=False)
    return result


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tells the process that has started this one, with pytest-xdist; pytest calls it."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None and _RECORDS in session.config.stash:
        output[_KEY] = session.config.stash[_RECORDS].plain()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Takes in what a process of pytest-xdist has done; it calls this."""
    told = getattr(node, "workeroutput", {}).get(_KEY)
    if told is not None:
        node.config.stash[_RECORDS].merge(told)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says how many answers were recorded, and which records were not used; pytest calls it."""
    told = config.stash.get(_RECORDS, _Records())
    if told.added:
        many = "1 answer was" if told.added == 1 else f"{told.added} answers were"
        terminalreporter.write_line(f"notebook_chat: {many} recorded.")
    if not config.getoption("--chat-unused"):
        return
    from .chat_replay import unused

    lines = [line for path in sorted(told.used) for line in unused(Path(path), told.used[path])]
    terminalreporter.write_sep("=", "records that no test has used")
    for line in lines or ["none"]:
        terminalreporter.write_line(line)
