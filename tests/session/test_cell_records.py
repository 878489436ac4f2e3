"""What cells give is kept within bounds, whatever they give."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.cell_record import CellOutput, CellRecord
from notebook_chat.session import CellIdentity, CellRecords
from notebook_chat.session.recording import Printed


class FrontEnd:
    """What tells of the cell that runs."""

    parent: dict[str, Any] = {}
    notebook = None

    def run(self, execution: str, cell: str | None = None, deleted: list[str] | None = None) -> None:
        metadata = {"cellId": cell, "deletedCells": deleted or []} if cell else {}
        self.parent = {"header": {"msg_id": execution}, "metadata": metadata}


@pytest.fixture
def front_end() -> FrontEnd:
    return FrontEnd()


@pytest.fixture
def records(front_end: FrontEnd) -> CellRecords:
    return CellRecords(CellIdentity(front_end))


def outputs(records: CellRecords) -> list[tuple[str, str]]:
    """What the last cell gave."""
    return [(output.kind, output.text) for output in records.runs[-1].whole.outputs]


def test_outputs_are_kept_in_their_order(front_end: FrontEnd, records: CellRecords) -> None:
    front_end.run("1")
    records.begin("x")
    records.write("1", "stdout", "a")
    records.write("1", "stdout", "b\n")
    records.write("1", "stderr", "warning")
    records.show("1", "display", {"text/plain": "shown"})
    records.write("1", "stdout", "c")
    records.show("1", "result", {"text/plain": "42"})
    records.end("x", 1, "ValueError")
    assert outputs(records) == [
        ("stdout", "ab"),
        ("stderr", "warning"),
        ("display", "shown"),
        ("stdout", "c"),
        ("result", "42"),
        ("error", "ValueError"),
    ]
    assert records.errors == {1: "ValueError"}


def test_what_comes_later_counts_with_the_cell_that_began_it(
    front_end: FrontEnd, records: CellRecords
) -> None:
    for execution in ("1", "2"):
        front_end.run(execution)
        records.begin("x")
        records.end("x", int(execution))
    records.write("1", "stdout", "late")
    assert [[output.text for output in run.whole.outputs] for run in records.runs] == [["late"], []]


def test_a_cell_that_is_run_by_another_one_belongs_to_it(front_end: FrontEnd, records: CellRecords) -> None:
    front_end.run("1")
    records.begin("run_cell('y')")
    records.begin("y")
    records.write("1", "stdout", "inner")
    assert records.end("y", None) is None
    assert records.end("", None) is None  # an empty one tells of its end alone
    records.end("run_cell('y')", 1)
    assert [run.record.source for run in records.runs] == ["run_cell('y')"]
    assert outputs(records) == [("stdout", "inner")]


def test_a_cell_whose_end_nobody_told_does_not_hold_up_the_next(
    front_end: FrontEnd, records: CellRecords
) -> None:
    front_end.run("1")
    records.begin("x")
    front_end.run("2")
    records.begin("y")
    records.end("y", 2)
    assert [run.record.number for run in records.runs] == [2]


def test_cells_without_a_number_do_not_count(front_end: FrontEnd, records: CellRecords) -> None:
    front_end.run("1")
    records.begin("silent")
    records.end("silent", None)
    assert records.runs == []


def test_nothing_of_a_chat_cell_is_kept(front_end: FrontEnd, records: CellRecords) -> None:
    front_end.run("1")
    records.begin("%%chat\nhello")
    records.show("1", "display", {"text/html": "an answer"}, "id")
    records.update("id", {"text/html": "more"})
    records.end("%%chat\nhello", 1)
    assert outputs(records) == []


def test_displays_are_updated_and_cleared(front_end: FrontEnd, records: CellRecords) -> None:
    front_end.run("1")
    records.begin("x")
    records.show("1", "display", {"text/plain": "10%"}, "bar")
    records.end("x", 1)
    front_end.run("2")
    records.begin("y")
    records.update("bar", {"text/plain": "100%"})
    records.update("unknown", {"text/plain": "?"})
    records.write("2", "stdout", "gone")
    records.clear("2", wait=True)
    assert records.runs[-1].whole.outputs[0].text == "100%"
    records.show("2", "display", {"text/plain": "new"})
    records.end("y", 2)
    assert outputs(records) == [("display", "new")]
    records.clear("2", wait=False)
    assert outputs(records) == []


def test_cells_of_before_are_asked_for_once(front_end: FrontEnd, records: CellRecords) -> None:
    asked = []

    def before() -> list[CellRecord]:
        asked.append(1)
        return [CellRecord(1, "x", (CellOutput("error", "KeyError"),))]

    records.begin_with(before)
    assert "Err" not in asked
    errors = records.errors
    assert asked == []
    assert (errors[1], len(errors), list(errors)) == ("KeyError", 1, [1])
    assert [run.record.number for run in records.runs] == [1]
    assert asked == [1]
    with pytest.raises(KeyError):
        _ = errors[2]


def size(value: Any, seen: set[int] | None = None) -> int:
    """About how many bytes a value holds."""
    seen = set() if seen is None else seen
    if id(value) in seen or isinstance(value, (type, threading.Thread)):
        return 0
    seen.add(id(value))
    total = sys.getsizeof(value, 0)
    if isinstance(value, dict):
        return total + sum(size(key, seen) + size(one, seen) for key, one in value.items())
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ == "deque":
        return total + sum(size(one, seen) for one in value)
    if hasattr(value, "__dict__"):
        total += size(vars(value), seen)
    return total


def test_a_flood_is_bounded(front_end: FrontEnd, records: CellRecords) -> None:
    for number in range(1, 301):
        front_end.run(str(number))
        records.begin("x")
        for _ in range(60):
            records.write(str(number), "stdout", "o" * 30_000)
            records.write(str(number), "stderr", "e" * 30_000)
            records.show(
                str(number), "display", {"text/plain": "d" * 30_000, "image/png": "A" * 10_000}, str(number)
            )
        records.end("x", number)
    assert len(records.runs) == 200
    assert sum(len(run.whole.figures) for run in records.runs) <= 20
    assert size(records) < 100_000_000
    assert any("outputs left out" in text for _, text in outputs(records))


def test_threads_may_tell_at_once(front_end: FrontEnd, records: CellRecords) -> None:
    front_end.run("1")
    records.begin("x")

    def tell() -> None:
        for _ in range(300):
            records.write("1", "stdout", "out\n")
            records.show("1", "display", {"text/plain": "x"}, "id")
            records.update("id", {"text/plain": "y"})

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        _ = records.runs
    records.end("x", 1)
    assert len(outputs(records)) == 31


@given(
    st.lists(
        st.text(max_size=30) | st.builds(str.__mul__, st.text(max_size=9), st.integers(0, 3_000)), max_size=40
    )
)
def test_what_is_printed_keeps_its_beginning_and_its_end(texts: list[str]) -> None:
    printed = Printed("stdout")
    for text in texts:
        printed.write(text)
    whole = "".join(texts)
    kept = "".join((*printed._head, *printed._tail))
    assert len(kept) <= 20_000
    assert len(kept) + printed._lost == len(whole)
    assert whole.startswith("".join(printed._head))
    assert whole.endswith("".join(printed._tail))
