"""No request goes out that would pass a budget, in chats of Python and in their rounds, comparisons and threads."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.errors import BudgetError, ConfigurationError, InvalidOptionError
from notebook_chat.events import ToolCall, Usage
from notebook_chat.ledger.ledger import default_path
from notebook_chat.policy import policy as policy_module
from notebook_chat.spending import budgeted_accounts, kept_budget, own_prices, periods
from notebook_chat.spending.budgeted_accounts import USUAL_OUTPUT

from ..fakes import parrot

COST = 0.001
"""What a token of an answer costs in these tests, in US dollars."""


@pytest.fixture(autouse=True)
def own_ledgers() -> Iterator[None]:
    """Closes what chats have opened."""
    yield
    for ledger in list(budgeted_accounts._ledgers.values()):
        ledger.close()


@pytest.fixture
def prices() -> None:
    own_prices.place().parent.mkdir(parents=True, exist_ok=True)
    own_prices.place().write_text(f'["parrot:*"]\ninput = 0\noutput = {COST * 1e6}\n')


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    """The machine's policy says something."""
    path = tmp_path / "policy.toml"
    monkeypatch.setattr(policy_module, "place", lambda: path)
    if os.name == "posix":
        monkeypatch.setattr(os, "geteuid", lambda: 0)
    return lambda text: path.write_text(text, encoding="utf-8") and path.chmod(0o644)


def using(out: int, into: int = 10, pause: float = 0) -> Any:
    """A provider each of whose answers uses so many tokens."""
    return parrot([*([pause] if pause else []), "Hello", Usage(into, out)])


def ask(chat: Chat, **options: Any) -> str:
    return str(chat.ask("Hi", max_tokens=options.pop("most", 100), **options))


def rows(query: str) -> list[Any]:
    for ledger in list(budgeted_accounts._ledgers.values()):
        ledger.flush()
    with contextlib.closing(sqlite3.connect(default_path())) as connection:
        return connection.execute(query).fetchall()


def test_money(prices: None) -> None:
    provider = using(100)
    chat = Chat(provider=provider, budget="0.35 USD / day")
    assert [ask(chat) for _ in range(3)] == ["Hello"] * 3
    with pytest.raises(BudgetError) as caught:
        ask(chat)
    told = str(caught.value)
    for piece in (
        "0.35 USD / day",
        "$0.30 are used",
        "may take $0.10",
        "begins anew on",
        "--over-budget",
        "over_budget=True",
    ):
        assert piece in told
    assert "\n" not in told
    assert len(provider.requests) == 3
    assert len(chat.conversation) == 3
    assert ask(chat, most=50) == "Hello"  # which is within it
    assert ask(chat, over_budget=True) == "Hello"
    with pytest.raises(BudgetError):
        ask(chat)


def test_tokens_are_counted_for_all_chats_alike() -> None:
    ask(Chat(provider=using(100, 20), budget="1M tokens"))
    other = Chat(provider=using(100), budget="200 tokens / day")
    with pytest.raises(BudgetError, match="120 tokens are used"):
        ask(other)
    assert ask(Chat(provider=using(100), budget="200 tokens / day for conversation")) == "Hello"
    assert ask(Chat(provider=using(100), budget="200 tokens / day for openai:*")) == "Hello"
    with pytest.raises(BudgetError):
        ask(Chat(provider=using(100), budget="200 tokens for parrot:*"))


def test_all_that_are_set_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = using(10)
    monkeypatch.setenv("NOTEBOOK_CHAT_BUDGET", "130 tokens / day")
    kept_budget.write("1M tokens")
    chat = Chat(provider=provider)  # which has none of its own
    ask(chat)
    with pytest.raises(BudgetError, match="NOTEBOOK_CHAT_BUDGET"):
        ask(chat)
    monkeypatch.setenv("NOTEBOOK_CHAT_BUDGET", "off")
    ask(chat)
    kept_budget.write("1 token")
    with pytest.raises(BudgetError, match="--always"):
        ask(chat)
    kept_budget.write("")
    ask(chat)
    assert len(provider.requests) == 3


def test_without_a_budget_nothing_is_written() -> None:
    ask(Chat(provider=using(10)))
    assert not default_path().exists()


def test_accounts_without_contents() -> None:
    ask(Chat(provider=using(10), budget="1M tokens"))
    assert rows("SELECT key, answer FROM exchanges") == [(None, None)]


@pytest.mark.parametrize("text", ["2 EUR", 2, "2 USD / year"])
def test_no_budget(text: Any) -> None:
    with pytest.raises(InvalidOptionError, match="2 USD / day"):
        Chat(provider=using(10), budget=text)


def test_the_policy_is_passed_by_nobody(says: Callable[[str], object], prices: None) -> None:
    says('[budget]\nspending = "0.15 USD / day, 1M tokens / month for openai:*"')
    chat = Chat(provider=using(100), budget="100 USD")
    ask(chat)
    with pytest.raises(BudgetError, match="Ask whoever looks after this machine") as caught:
        ask(chat, over_budget=True)
    assert "--over-budget" not in str(caught.value)
    says('[budget]\nspending = "0.15 EUR / day"')
    with pytest.raises(ConfigurationError, match=r"not usable: '0\.15 EUR / day' is no budget"):
        ask(chat)


def test_what_is_forgotten_is_counted_all_the_same() -> None:
    from notebook_chat.ledger import forgetting

    chat = Chat(provider=using(100), budget="200 tokens / day")
    ask(chat)
    [ledger] = [one for path, one in budgeted_accounts._ledgers.items() if path == default_path()]
    ledger.transact(lambda connection: forgetting.forget(connection, forgetting.Selection())).result(30)
    assert rows("SELECT * FROM exchanges") == []
    budgeted_accounts._totals.pop(ledger)  # as in a new kernel
    with pytest.raises(BudgetError, match="110 tokens are used"):
        ask(chat)


# --- prices


def test_an_unknown_price_is_refused_with_the_way_out() -> None:
    provider = using(10)
    chat = Chat(provider=provider, budget="5 USD / day")
    with pytest.raises(BudgetError, match="what parrot:grey costs is not known") as caught:
        ask(chat)
    assert "a budget in tokens" in str(caught.value)
    assert provider.requests == []
    assert ask(chat, over_budget=True) == "Hello"


def test_what_costs_nothing_is_never_refused_for_money(prices: None) -> None:
    own_prices.place().write_text('["parrot:*"]\ninput = 0\noutput = 0\n')
    chat = Chat(provider=using(10), budget="0 USD")
    assert ask(chat) == ask(chat) == "Hello"
    with pytest.raises(BudgetError):
        ask(Chat(provider=using(10), budget="0 tokens"))


def test_the_embedded_model_counts_in_no_budget() -> None:
    provider = using(10)
    provider.name = "local"
    chat = Chat(provider=provider, budget="0 USD, 0 tokens")
    assert ask(chat) == "Hello"
    with pytest.raises(BudgetError, match="0 tokens are used"):
        ask(Chat(provider=using(10), budget="0 tokens"))


@pytest.mark.parametrize(
    ("address", "model", "free"),
    [
        ("http://localhost:11434", "llama", True),
        ("http://127.0.0.1:11434", "gpt-oss:120b-cloud", False),
        ("https://ollama.com", "llama", False),
    ],
)
def test_a_server_on_ones_own_machine_costs_nothing(address: str, model: str, free: bool) -> None:
    provider = using(10)
    provider.name = "ollama"
    provider.place = classmethod(lambda cls, options: (address, ""))
    chat = Chat(model, provider=provider, budget="0 USD")
    if free:
        assert ask(chat) == "Hello"
    else:
        with pytest.raises(BudgetError, match="is not known"):
            ask(chat)


def test_an_answer_without_bound_is_taken_for_a_usual_one() -> None:
    chat = Chat(provider=using(60), budget=f"{USUAL_OUTPUT} tokens")
    with pytest.raises(BudgetError):
        chat.ask("Hi")
    chat.ask("Hi", over_budget=True)
    for totals in budgeted_accounts._totals.values():
        totals._usual.clear()  # which is looked up once in a minute
    assert chat.ask("Hi") == "Hello"  # of a model that is known to answer in 60


# --- what follows a prompt


def test_rounds_of_tools_stop_at_it_and_what_came_is_kept(prices: None) -> None:
    def look() -> str:
        """Looks."""
        return "seen"

    def answer(messages: Any) -> Sequence[Any]:
        return ["Looking. ", ToolCall(0, f"c{len(messages)}", "look", "{}"), Usage(10, 100)]

    provider = parrot(answer)
    provider.options = frozenset({"max_tokens", "tools", "tool_choice"})
    chat = Chat(provider=provider, tools=[look], budget="0.35 USD / day")
    with pytest.raises(BudgetError) as caught:
        ask(chat)
    assert len(provider.requests) == 3
    assert caught.value.partial.count("Looking") == 3
    [turn] = chat.conversation.turns
    assert turn.status == "failed"
    assert turn.answer.count("Looking") == 3
    assert rows("SELECT output_tokens, reserved_tokens, reserved_cost FROM exchanges") == [(300, None, None)]


def test_a_reservation_becomes_what_was_used_while_tools_run(prices: None) -> None:
    seen: list[Any] = []

    def look() -> str:
        """Looks."""
        time.sleep(0.3)
        seen.extend(rows("SELECT reserved_tokens FROM exchanges WHERE status = 'open'"))
        return "seen"

    def answer(messages: Any) -> Sequence[Any]:
        calls = [] if messages[-1].role == "tool" else [ToolCall(0, "c", "look", "{}")]
        return ["Looking. ", *calls, Usage(10, 20)]

    provider = parrot(answer)
    provider.options = frozenset({"max_tokens", "tools", "tool_choice"})
    ask(Chat(provider=provider, tools=[look], budget="100 USD"))
    assert seen == [(30,)]


def test_a_broken_answer_is_not_asked_for_again_beyond_it() -> None:
    provider = parrot(["no data", Usage(50, 60)])
    chat = Chat(provider=provider, budget="200 tokens")
    with pytest.raises(BudgetError) as caught:
        chat.ask("Hi", schema="name", max_tokens=100)
    assert len(provider.requests) == 1
    assert caught.value.partial == "no data"


def test_of_models_side_by_side_some_may_go() -> None:
    provider = using(100, 0, pause=0.2)
    chat = Chat(provider=provider, budget="350 tokens / day")
    answers = chat.compare("Hi", ["one", "two", "three", "four"], max_tokens=100)
    refused = [one for one in answers if isinstance(one.error, BudgetError)]
    assert 0 < len(refused) < 4
    assert len(provider.requests) == 4 - len(refused)


def test_an_interrupted_or_failed_answer_leaves_no_reservation() -> None:
    provider = parrot(["Hello", ValueError("broken")])
    chat = Chat(provider=provider, budget="10000 tokens")
    with pytest.raises(Exception, match="broken"):
        ask(chat)
    stream = chat.stream("Hi", max_tokens=100)
    next(stream)
    stream.close()
    deadline = time.monotonic() + 30
    while rows("SELECT count(*) FROM exchanges WHERE status = 'open' OR reserved_tokens > 0") != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- many at once


async def test_fifty_at_once() -> None:
    provider = using(100, 0, pause=0.1)
    chats = [Chat(provider=provider, budget="2000 tokens / day") for _ in range(50)]
    given = await asyncio.gather(
        *(chat.ask_async("Hi", max_tokens=100) for chat in chats), return_exceptions=True
    )
    went = [one for one in given if one == "Hello"]
    assert all(isinstance(one, BudgetError) for one in given if one != "Hello")
    assert len(provider.requests) == len(went)
    assert 10 < len(went) <= 20
    assert rows("SELECT sum(input_tokens + output_tokens) FROM exchanges") == [(100 * len(went),)]


def test_threads_at_once_with_answers_that_are_longer_than_was_thought() -> None:
    provider = using(300, 0, pause=0.05)
    flying, most, lock = 0, 0, threading.Lock()

    def one(_: int) -> None:
        nonlocal flying, most
        with contextlib.suppress(BudgetError):
            chat = Chat(provider=provider, budget="2000 tokens / day")
            with lock:
                flying += 1
                most = max(most, flying)
            try:
                chat.ask("Hi", max_tokens=100)
            finally:
                with lock:
                    flying -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(50)))
    [(used,)] = rows("SELECT sum(input_tokens + output_tokens) FROM exchanges")
    assert used == 300 * len(provider.requests)
    assert used <= 2000 + 300 * most


def test_a_small_request_does_not_wait_for_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = Chat(provider=using(100, 0), budget="20,000 tokens / day")
    ask(chat)
    [ledger] = [one for path, one in budgeted_accounts._ledgers.items() if path == default_path()]
    asked: list[Any] = []
    real = ledger.transact
    monkeypatch.setattr(ledger, "transact", lambda work: (asked.append(work), real(work))[1])
    for _ in range(3):
        rested(ledger)
        ask(chat)
    assert asked == []
    ask(chat, most=1_500)  # which is not small
    assert len(asked) == 1
    rested(ledger)
    with contextlib.closing(sqlite3.connect(default_path())) as connection:  # another kernel has written
        connection.execute("INSERT INTO forgotten VALUES (?, 'parrot:grey', 9000, 0)", (time.time(),))
        connection.commit()
    ask(chat)
    assert len(asked) == 2
    rested(ledger)
    with pytest.raises(BudgetError):
        for _ in range(200):
            ask(chat, most=1_000)
    rested(ledger)
    assert budgeted_accounts.totals_of(ledger)._flying == {}
    assert budgeted_accounts.totals_of(ledger)._unpublished == set()


def rested(ledger: Any) -> None:
    """Waits until all is written, and looked at."""
    ledger.flush()
    ledger.read(lambda _: None).result(30)
    time.sleep(0.1)


def test_what_others_cannot_see_yet_is_small() -> None:
    chat = Chat(provider=using(100, 0), budget="20,000 tokens / day")
    ask(chat)
    [ledger] = [one for path, one in budgeted_accounts._ledgers.items() if path == default_path()]
    rested(ledger)
    totals = budgeted_accounts.totals_of(ledger)
    [budget] = chat._budget
    limits = budgeted_accounts.spans((budget,), time.time())
    flying = budgeted_accounts.Flying("parrot:grey", "", "c", 400, 0)

    def one(name: str) -> bool:
        return (
            totals.quickly(limits, ledger.path, budgeted_accounts.Origin("", "c"), name, flying) is not None
        )

    assert [one(name) for name in "abcd"] == [True, True, False, False]
    totals.published("a")
    assert one("e")
    for name in "abe":
        totals.fly(name, None)


# --- time, and the ledger


def test_it_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = Chat(provider=using(100), budget="200 tokens / day")
    ask(chat)
    with pytest.raises(BudgetError):
        ask(chat)
    tomorrow = time.time() + 86_400
    monkeypatch.setattr(budgeted_accounts.time, "time", lambda: tomorrow)
    assert periods.span_of("day", tomorrow).has(tomorrow)
    assert ask(chat) == "Hello"


def test_a_ledger_that_cannot_be_used_lets_nothing_through(says: Callable[[str], object]) -> None:
    default_path().parent.mkdir(parents=True, exist_ok=True)
    default_path().mkdir()
    provider = using(10)
    chat = Chat(provider=provider, budget="1M tokens")
    with pytest.raises(BudgetError, match="cannot be kept, since the ledger cannot be used") as caught:
        ask(chat)
    assert str(default_path()) in str(caught.value)
    assert provider.requests == []
    assert ask(chat, over_budget=True) == "Hello"
    says('[budget]\nspending = "1M tokens"')
    with pytest.raises(BudgetError, match="the policy of this machine"):
        ask(chat, over_budget=True)


def test_a_ledger_that_goes_is_noticed() -> None:
    chat = Chat(provider=using(100), budget="250 tokens / day")
    ask(chat)
    rows("SELECT 1")  # all is written
    default_path().unlink()
    assert ask(chat) == "Hello"
    assert ask(chat, most=20) == "Hello"
    with pytest.raises(BudgetError, match="220 tokens are used"):
        ask(chat)


def test_values_that_somebody_has_put_there() -> None:
    chat = Chat(provider=using(100), budget="250 tokens / day, 1 USD for openai:*")
    ask(chat)
    with contextlib.closing(sqlite3.connect(default_path())) as connection:
        connection.execute(
            "UPDATE exchanges SET cost = 'much', ended = 'x', output_tokens = -5, touched = 'y'"
        )
        connection.execute(
            "INSERT INTO exchanges SELECT 'z' || id, request, at, 'x', 'open', provider, base_url, model, answered_by,"
            " notebook, conversation, turn, cell, batch, owner, 'y', 'a', 'b', 'c', 'd', 'e', estimated, 'f',"
            " cost_from, requests, seconds, first_text, 'g', 'h', finish_reason, usage, size, key, answer"
            " FROM exchanges"
        )
        connection.commit()
    for ledger in budgeted_accounts._ledgers.values():
        budgeted_accounts._totals.pop(ledger, None)
    assert ask(chat) == "Hello"


# --- what the reader is told


def test_that_a_budget_is_nearly_used_up_is_told_once_in_its_period() -> None:
    chat = Chat(provider=using(90), budget="1000 tokens / day")
    told = []
    for _ in range(9):
        run = chat.reply("Hi", max_tokens=10)
        asyncio.run(_through(run))
        told += run.warnings
    assert len(told) == 1
    assert told[0].startswith("80% of the budget 1,000 tokens / day is used, which begins anew on ")


async def _through(run: Any) -> None:
    async for _ in run.batches():
        pass


def test_a_chat_is_copied_with_its_budget() -> None:
    chat = Chat(provider=using(100), budget="150 tokens / day")
    ask(chat)
    with pytest.raises(BudgetError):
        ask(chat.in_conversation(Conversation()))
