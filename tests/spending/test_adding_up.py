"""A thousand turns with stops, errors, retries, tools, caches and pauses: the accounts add up to the token."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

import pytest

from notebook_chat import Chat, tool
from notebook_chat.attempts import RetryPolicy
from notebook_chat.errors import ChatError
from notebook_chat.events import Usage
from notebook_chat.ledger import Books, Origin, Planned, Record, RequestKey, Used
from notebook_chat.spending.own_prices import checked
from notebook_chat.spending.prices import Cost, cost_of

from .meters import METERS, Figures, Meter, Move

TURNS = 1050

PRICES = checked(
    {
        "openai:*": {
            "input": 2,
            "output": 8,
            "cached": 0.5,
            "written": 2.5,
            "audio_input": 40,
            "audio_output": 80,
        },
        "deepseek-*": {"input": 0.28, "output": 0.42, "cached": 0.028},
        "xai:grok-test": {"input": 3, "output": 15, "cached": 0.75},
        "openai-responses:gpt-test": {"input": 1.25, "output": 10, "cached": 0.125, "written": 1.5},
        "anthropic:claude-*": {"input": 4, "output": 20, "cached": 0.2, "written": 5, "written_1h": 8},
        "gemini:*": {"input": 0.3, "output": 2.5, "cached": 0.03, "audio_input": 1},
        "ollama:*": {"input": 0, "output": 0},
    }
)


def by_hand(model: str, told: Figures) -> float:
    """What a request costs by the table above, in US dollars, written down once more."""
    given, out = told.get("input_tokens", 0), told.get("output_tokens", 0)
    cached, written = told.get("cached_tokens", 0), told.get("cache_write_tokens", 0)
    long, heard = told.get("cache_write_1h_tokens", 0), told.get("audio_input_tokens", 0)
    spoken = told.get("audio_output_tokens", 0)
    match model.partition(":")[0]:
        case "openai":
            plain = given - cached - written - heard
            parts = (2 * plain, 0.5 * cached, 2.5 * written, 40 * heard, 8 * (out - spoken), 80 * spoken)
        case "deepseek":
            parts = (0.28 * (given - cached), 0.028 * cached, 0.42 * out)
        case "xai":
            parts = (3 * (given - cached), 0.75 * cached, 15 * out)
        case "openai-responses":
            parts = (1.25 * (given - cached - written), 0.125 * cached, 1.5 * written, 10 * out)
        case "anthropic":
            plain = given - cached - written
            parts = (4 * plain, 0.2 * cached, 5 * (written - long), 8 * long, 20 * out)
        case "gemini":
            parts = (0.3 * (given - cached - heard), 0.03 * cached, 1 * heard, 2.5 * out)
        case _:
            parts = (0.0,)
    return sum(parts) / 1_000_000


class Account:
    """One exchange."""

    def __init__(self) -> None:
        self.all: list[Used] = []
        self.planned = 0
        self.record: Record | None = None

    async def before(self, planned: Planned) -> None:
        self.planned += 1

    def left(self, request: object) -> Any:
        return lambda status: None

    def used(self, used: Used) -> None:
        assert self.record is None
        self.all.append(used)

    def close(self, record: Record) -> Future[Any] | None:
        assert self.record is None
        self.record = record
        return None


class Accounts:
    """All exchanges, in memory."""

    def __init__(self) -> None:
        self.all: list[Account] = []

    def open(self, key: RequestKey, origin: Origin) -> Account:
        self.all.append(Account())
        return self.all[-1]


def added(usages: Iterable[Usage | None]) -> Figures:
    """What they have used together."""
    total: Counter[str] = Counter()
    for usage in usages:
        total.update({} if usage is None else usage.to_dict())
    return {name: count for name, count in total.items() if count}


def reported(told: Iterable[Figures]) -> Figures:
    """What a service has told together."""
    total: Counter[str] = Counter()
    for figures in told:
        total.update(figures)
    return {name: count for name, count in total.items() if count}


@tool
def look(place: int) -> str:
    """Looks at a place."""
    return f"nothing at {place}"


def figures(draw: random.Random, meter: Meter) -> Figures | None:
    """What a request uses, as far as the dialect can say; sometimes nothing is said."""
    if draw.random() < 0.08:
        return None
    given, out = draw.randrange(40, 90_000), draw.randrange(2, 5_000)
    found = {"input_tokens": given, "output_tokens": out}
    rest = given

    def some(name: str, most: int) -> int:
        if name not in meter.takes or draw.random() < 0.5:
            return 0
        found[name] = draw.randrange(1, max(most, 2))
        return found[name]

    rest -= some("cached_tokens", rest // 2)
    written = some("cache_write_tokens", rest // 2)
    rest -= written
    if written > 1:
        some("cache_write_1h_tokens", written)
    some("audio_input_tokens", rest // 3)
    some("image_input_tokens", rest // 4)
    some("tool_input_tokens", rest // 4)
    some("reasoning_tokens", out // 2)
    some("audio_output_tokens", out // 3)
    some("searches", 4)
    return found


def scene(draw: random.Random, meter: Meter, *, tools: bool, data: bool) -> list[Move]:
    """What a service does with the requests of one turn."""
    moves: list[Move] = []
    for kind, likely in (("refused", 0.1), ("lost", 0.1), ("early", 0.12)):
        if draw.random() < likely:
            moves.append(
                {
                    "refused": Move(status=draw.choice((429, 503))),
                    "lost": Move(status=0),
                    "early": Move(figures(draw, meter), end="early"),
                }[kind]
            )
    while meter.pauses and draw.random() < 0.25 and len(moves) < 4:
        moves.append(Move(figures(draw, meter), end="pause"))
    while tools and draw.random() < 0.7 and len(moves) < 6:
        moves.append(Move(figures(draw, meter), calls=draw.choice((1, 1, 2))))
    if data and draw.random() < 0.5:
        moves.append(Move(figures(draw, meter), text='{"age": "unknown"}'))
    last = draw.random()
    text = '{"name": "Ann", "age": 7}' if data else "The answer. " * draw.randrange(1, 30)
    if last < 0.1:
        moves.append(Move(figures(draw, meter), text, end="torn"))
    elif last < 0.16:
        moves.append(Move(status=draw.choice((400, 401))))
    else:
        moves.append(Move(figures(draw, meter), text))
    return moves


async def ask(chat: Chat, draw: random.Random, *, tools: bool, data: bool) -> Any:
    """One turn, which may be stopped; what it has become."""
    more: dict[str, Any] = {"schema": "name, age int"} if data else {}
    run = chat.reply("Say something.", fresh=draw.random() < 0.3, tools=[look] if tools else [], **more)
    left = draw.randrange(1, 4) if draw.random() < 0.15 else None
    with contextlib.suppress(ChatError):
        async with contextlib.aclosing(run.batches()) as batches:
            async for _ in batches:
                if left is not None and (left := left - 1) < 0:
                    run.stop()
    return run.turn


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """The accounts of all chats, with the prices of this test; nobody waits between attempts."""
    kept = Accounts()

    def cost(model: str, base_url: str, usage: Usage) -> Cost | None:
        return cost_of(model, base_url, usage, own=PRICES)

    monkeypatch.setattr("notebook_chat.chat._books", lambda conversation: Books(None, kept, "", cost))
    monkeypatch.setattr(RetryPolicy, "backoff", lambda self, attempt: 0.0)
    return kept


def test_a_thousand_turns(accounts: Accounts) -> None:
    draw = random.Random(16)
    meters = [kind() for kind in METERS]
    chats = [
        Chat(meter.model, transport=meter, base_url=meter.url, api_key="", context=2_000) for meter in meters
    ]
    dropped = kept = 0

    async def turns() -> None:
        nonlocal dropped, kept
        for number in range(TURNS):
            place = number % len(meters)
            meter, chat = meters[place], chats[place]
            tools, data = draw.random() < 0.15, draw.random() < 0.1
            told, opened, asked = len(meter.told), len(accounts.all), meter.asked
            meter.moves.clear()
            meter.moves.extend(scene(draw, meter, tools=tools, data=data))
            before = chat.usage
            turn = await ask(chat, draw, tools=tools, data=data)
            check(accounts.all[opened:], meter, told, turn)
            used = accounts.all[opened].all
            assert chat.usage.requests - before.requests == sum(one.requests for one in used)
            # One that was stopped while it waited to be asked once more counts as if it had been.
            assert sum(one.requests for one in used) - max(meter.asked - asked, 1) in (0, 1)
            kept, dropped = kept + (turn is not None), dropped + (turn is None)
            if len(chat.conversation) > 12:
                for old in chat.conversation.turns[:6]:
                    chat.conversation.delete(old.id)

    asyncio.run(turns())
    assert kept > 700
    assert dropped > 50
    for meter, chat in zip(meters, chats, strict=True):
        check_sums(accounts, meter, chat)


def check(opened: list[Account], meter: Meter, before: int, turn: Any) -> None:
    """That the account of a turn has what its service has told, and no more."""
    [account] = opened
    told = meter.told[before:]
    assert account.record is not None
    assert account.planned == len(account.all)
    assert added(one.usage for one in account.all) == reported(told)
    if turn is not None:
        assert turn.usage is None or added([turn.usage]) == reported(told)
        assert turn.usage is not None or not reported(told)
    for used in account.all:
        if used.usage is None and used.first_text is not None:
            assert used.estimated is not None  # something came, and nothing was told
            assert used.estimated.input_tokens
            assert used.estimated.output_tokens
        elif used.usage is not None and used.estimated is not None:
            assert used.estimated.input_tokens is None or used.usage.input_tokens is None


def check_sums(accounts: Accounts, meter: Meter, chat: Chat) -> None:
    """That all of it adds up: what was told, what is estimated, and what it cost."""
    own = [one for account in accounts.all for one in account.all if one.model == meter.model]
    assert added(one.usage for one in own) == reported(meter.told)
    assert added([chat.usage.usage]) == added(one.total for one in own)
    estimated = added(one.estimated for one in own)
    assert chat.usage.estimated == sum(estimated.values())
    assert chat.usage.estimated > 0
    exact = [one for one in own if one.estimated is None and one.usage is not None]
    costs = [cost_of(one.model, "", one.total, own=PRICES) for one in exact]
    assert sum(cost.amount for cost in costs if cost is not None) == pytest.approx(
        sum(by_hand(meter.model, one.usage.to_dict()) for one in exact if one.usage is not None), rel=1e-9
    )
    assert chat.usage.unpriced == 0
    assert chat.usage.cost == pytest.approx(by_hand(meter.model, added(one.total for one in own)), rel=1e-9)


async def test_all_models_of_a_comparison_count(accounts: Accounts) -> None:
    meter = METERS[0]()
    chat = Chat(meter.model, transport=meter, base_url=meter.url, api_key="")
    meter.moves.extend(Move({"input_tokens": 10 * n, "output_tokens": n}) for n in (1, 2, 3))
    await chat.compare_async("Hi", [meter.model, "openai:gpt-other", "openai:gpt-third"])
    assert len(accounts.all) == 3
    assert added(one.usage for account in accounts.all for one in account.all) == reported(meter.told)
    assert chat.usage.usage.to_dict() == {"input_tokens": 60, "output_tokens": 6}
    assert chat.usage.requests == 3


async def test_a_fork_counts_by_itself(accounts: Accounts) -> None:
    import copy

    meter = METERS[0]()
    chat = Chat(meter.model, transport=meter, base_url=meter.url, api_key="")
    await chat.ask_async("Hi")
    fork = copy.deepcopy(chat)
    assert fork.usage.requests == 0
    await fork.ask_async("Hi")
    assert (chat.usage.requests, fork.usage.requests) == (1, 1)
