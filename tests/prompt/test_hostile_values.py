"""Nothing that a value does stops the chat, changes the value, or gets into the cell."""

from __future__ import annotations

import _thread
import asyncio
import gc
import sys
import threading
import time
import tracemalloc
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.prompt import describe
from notebook_chat.prompt.values.bounds import tokens_of
from notebook_chat.prompt.values.patience import FailedError, GaveUpError, within
from notebook_chat.prompt.values.short_repr import short_repr

from .hostile_values import (
    HOSTILE,
    Clings,
    HasEverything,
    Huge,
    LiesAboutItsClass,
    Loops,
    OfMeta,
    Prints,
    Properties,
    Raises,
    Sleeps,
    WaitsForALock,
    recursive,
)

PATIENCE = 30
"""Seconds that are enough on any machine."""


@pytest.mark.parametrize("tokens", [1, 20, 300])
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_each_value_is_described_within_its_room(number: int, tokens: int) -> None:
    description = describe(HOSTILE[number], tokens=tokens, seconds=PATIENCE)
    assert description.text.strip()
    assert tokens_of(description.text) <= max(tokens, 20)
    description.text.encode()
    assert "\n" not in description.label


@pytest.mark.parametrize("value", recursive())
def test_what_holds_itself_comes_to_an_end(value: Any) -> None:
    assert "…" in describe(value).text


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_each_value_has_a_line(number: int) -> None:
    line = short_repr(HOSTILE[number], 60)
    assert 0 < len(line) <= 60
    assert "\n" not in line


@pytest.mark.parametrize("cls", [Loops, Sleeps, Clings])
def test_what_does_not_end_is_given_up(cls: type) -> None:
    begin = time.monotonic()
    description = describe(cls())
    assert time.monotonic() - begin < PATIENCE
    assert cls.__name__ in description.text
    assert "does not end" in description.text


def test_a_lock_that_the_caller_holds_is_not_waited_for_without_end() -> None:
    with WaitsForALock.lock:
        assert "does not end" in describe(WaitsForALock()).text
    assert "got it" in describe(WaitsForALock(), seconds=PATIENCE).text


def test_one_element_that_does_not_end_leaves_the_others() -> None:
    text = describe([1, *(Loops() for _ in range(50)), "last"]).text
    assert "1, <tests.Loops object whose repr does not end>" in text
    assert "'last'" in text


def test_a_thread_that_loops_ends() -> None:
    before = threading.active_count()
    describe(Loops())
    end = time.monotonic() + PATIENCE
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_what_a_value_prints_is_not_seen_and_what_others_print_is(capsys: Any) -> None:
    heard = threading.Event()
    stop = threading.Event()

    def prints() -> None:
        while not stop.is_set():
            print("from elsewhere")
            heard.set()

    other = threading.Thread(target=prints)
    before = sys.stdout, sys.stderr
    other.start()
    assert heard.wait(PATIENCE)
    for _ in range(20):
        assert "said quietly" in describe(Prints(), seconds=PATIENCE).text
    stop.set()
    other.join()
    captured = capsys.readouterr()
    assert "PRINTED" not in captured.out + captured.err
    assert "from elsewhere" in captured.out
    assert (sys.stdout, sys.stderr) == before


def test_an_interrupt_reaches_the_user() -> None:
    begin = time.monotonic()
    timer = threading.Timer(0.2, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        within(PATIENCE * 10, lambda: repr(Loops()))
    timer.join()
    assert time.monotonic() - begin < PATIENCE


def test_a_repr_of_a_hundred_megabytes_is_not_kept() -> None:
    tracemalloc.start()
    try:
        description = describe(Huge(), seconds=PATIENCE)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "left out" in description.text
    assert kept < 5_000_000


def test_no_property_runs() -> None:
    describe(Properties())
    short_repr(Properties())
    assert Properties.touched == 0


def test_attributes_that_are_made_up_are_not_believed() -> None:
    assert describe(HasEverything()).text.startswith("A tests.HasEverything")
    assert describe(LiesAboutItsClass()).text.startswith("A tests.LiesAboutItsClass")
    assert describe(OfMeta()).text.startswith("A tests.OfMeta")


def test_what_is_raised_is_said() -> None:
    text = describe(Raises(ValueError("not\ntoday"))).text
    assert "Its repr fails: ValueError: not today." in text


def test_within_gives_and_raises() -> None:
    assert within(PATIENCE, lambda: 5) == 5
    with pytest.raises(FailedError, match="ZeroDivisionError: division by zero"):
        within(PATIENCE, lambda: 1 / 0)
    with pytest.raises(GaveUpError):
        within(0.05, lambda: time.sleep(1))


def test_calls_within_each_other_share_their_time() -> None:
    def inner() -> str:
        try:
            return within(PATIENCE, lambda: repr(Loops()))
        except GaveUpError:
            return "gave up"

    assert within(1.0, inner) == "gave up"


def test_it_works_in_a_running_loop() -> None:
    async def ask() -> str:
        return describe([1, 2, {"a": Prints()}]).text

    assert "said quietly" in asyncio.run(ask())


def test_several_threads_describe_at_once() -> None:
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda: texts.append(describe(Prints(), seconds=PATIENCE).text))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ["A tests.Prints: said quietly"] * 8


def test_where_there_are_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert (
        describe({"a": [Raises(ValueError("no"))]}).text
        == "{'a': [<tests.Raises object whose repr fails: ValueError: no>]}"
    )


def test_an_object_may_end_while_it_is_described() -> None:
    class Ends:
        ended = 0

        def __del__(self) -> None:
            Ends.ended += 1

        def __repr__(self) -> str:
            return f"{Ends()!s:.3}"[:0] + "ends"

        def __str__(self) -> str:
            return "gone"

    assert "ends" in describe(Ends(), seconds=PATIENCE).text
    gc.collect()
    assert Ends.ended == 2


plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=80)
    | st.binary(max_size=80)
    | st.complex_numbers()
)
hashable = st.none() | st.booleans() | st.integers() | st.text(max_size=30)
nested = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=8)
        | st.tuples(inner, inner)
        | st.dictionaries(hashable, inner, max_size=8)
        | st.sets(hashable, max_size=8)
        | st.frozensets(hashable, max_size=4)
    ),
    max_leaves=40,
)


@given(value=nested, tokens=st.integers(1, 400))
def test_any_value_of_the_language_is_described_within_its_room(value: Any, tokens: int) -> None:
    before = repr(value)
    description = describe(value, tokens=tokens, seconds=PATIENCE)
    assert description.text or value == ""
    assert tokens_of(description.text) <= max(20, tokens)
    assert repr(value) == before
    assert len(short_repr(value, 50)) <= 50
    if description.inline and isinstance(value, (list, dict, tuple, set)):
        assert "…" not in description.text or "…" in before


@given(value=nested)
def test_a_small_value_is_told_whole(value: Any) -> None:
    written = repr(value)
    if len(written) <= 60 and type(value) is not str and written.isprintable() and written.isascii():
        assert describe(value, seconds=PATIENCE).text == written or type(value) in (frozenset, complex, bytes)


def test_nothing_is_changed() -> None:
    missing = defaultdict(list, {"a": [1]})
    numbers = iter([1, 2, 3])
    lines = (line for line in "abc")
    holder = type("Holder", (), {})()
    holder.rows = [1]
    for value in (missing, numbers, lines, holder):
        describe(value)
    assert dict(missing) == {"a": [1]}
    assert list(numbers) == [1, 2, 3]
    assert list(lines) == ["a", "b", "c"]
    assert vars(holder) == {"rows": [1]}


@pytest.mark.parametrize(
    "make",
    [
        lambda: list(range(10_000_000)),
        lambda: dict.fromkeys(range(2_000_000)),
        lambda: set(range(2_000_000)),
        lambda: "x" * 100_000_000,
        lambda: b"x" * 100_000_000,
    ],
    ids=["list", "dict", "set", "text", "bytes"],
)
def test_a_large_value_is_not_walked_through(make: Any) -> None:
    value = make()
    describe(value)  # what is loaded for its kind is not counted
    tracemalloc.start()
    try:
        description = describe(value, seconds=PATIENCE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert f"{len(value):,}" in description.text + description.label
    assert peak < 10_000_000
